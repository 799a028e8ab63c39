"""Decides which alerts a check causes, from the rules, the previous state and an offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from daemon.lexicon.availability import Availability
from daemon.model.product import (
    AlertIntent,
    AlertKind,
    AlertRules,
    AlertState,
    Decision,
    PricePoint,
    Quarantine,
)
from daemon.money.offer import Offer

# A move beyond these is more likely a misreading than a bargain, until it is seen twice.
STRANGEST_DROP = Decimal("0.6")
STRANGEST_RISE = Decimal("1.5")
_SCALES = (Decimal(10), Decimal(100), Decimal(1000))
_NEAR_SCALE = Decimal("0.05")
_SAME = Decimal("0.02")  # two checks of one price may differ by this share
_WAITING = frozenset({Availability.PREORDER, Availability.BACKORDER, Availability.IN_STORE_ONLY})


@dataclass(frozen=True, slots=True)
class _Check:
    """One successful check and the stored state; `price` is None when uncertain."""

    rules: AlertRules
    state: AlertState
    offer: Offer
    price: Decimal | None
    history: Sequence[PricePoint]
    now: datetime

    @property
    def is_own_money(self) -> bool:
        """Whether the owner's amounts are in the offer's currency."""
        return self.rules.currency in (None, self.offer.currency)

    @property
    def is_comparable(self) -> bool:
        """Whether there is an earlier price in the same currency, or both leave it open."""
        return self.state.price is not None and self.state.currency == self.offer.currency


def decide_alerts(
    rules: AlertRules,
    before: AlertState | None,
    offer: Offer,
    history: Sequence[PricePoint],
    now: datetime,
) -> Decision:
    """The alerts that a good check causes, and what to remember for the next.

    Shape:  `before` None is the first check, which causes no alert; each event causes one; a
            check without a sure price moves only the stock, a check without a stated stock only
            the price. A price that is not believed is in no alert. Failed and blocked checks have
            no offer and never come here.
    Errors: none; a price that is not finite or not positive is no price.
    """
    state = before or AlertState()
    if state.variant and offer.variant and offer.variant != state.variant:
        state = AlertState(told=state.told)  # another product: compare nothing
    check = _Check(rules, state, offer, _sure_price(rules, offer), history, now)
    doubt = "" if _is_confirmed(check) else _doubt(check)
    stock, after = _stock_alerts(replace(check, price=None) if doubt else check)
    if check.price is None:
        reason = "no_price" if offer.price is None else "low_confidence"
        return Decision(stock, after, is_believed=False, reason=reason)
    if doubt:
        kept = Quarantine(check.price, offer.currency, doubt, now)
        after = replace(after, quarantine=kept)
        return Decision(stock, after, is_believed=False, looks_again=True, reason=doubt)
    moves = _price_alerts(check)
    alerts = (*moves, *stock)
    return Decision(alerts, _remembered(check, after, bool(moves)), is_believed=True)


def _sure_price(rules: AlertRules, offer: Offer) -> Decimal | None:
    price = offer.price
    if price is None or not price.is_finite() or price < 0:
        return None
    if price == 0 and "free" not in offer.flags:
        return None
    return price if offer.confidence >= rules.least_confidence else None


def _doubt(check: _Check) -> str:
    """Why a price is not believed at its first check; empty when it is."""
    price, last = check.price, check.state.price
    if price is None or last is None:
        return ""
    if not check.is_comparable:
        return "currency"
    if price == last:
        return ""
    if price == 0 or last == 0:
        return "jump"
    if _is_other_scale(price, last):
        return "scale"
    is_strange = price < last * (1 - STRANGEST_DROP) or price > last * (1 + STRANGEST_RISE)
    return "jump" if is_strange else ""


def _is_other_scale(price: Decimal, last: Decimal) -> bool:
    """Whether a price is the last one with its decimal mark elsewhere, or nearly so."""
    ratio = max(price / last, last / price)
    return any(abs(ratio - scale) <= scale * _NEAR_SCALE for scale in _SCALES)


def _is_confirmed(check: _Check) -> bool:
    """Whether the price quarantined at the last check is seen again."""
    waiting, price = check.state.quarantine, check.price
    if waiting is None or price is None or waiting.currency != check.offer.currency:
        return False
    return abs(price - waiting.price) <= waiting.price * _SAME


def _price_alerts(check: _Check) -> tuple[AlertIntent, ...]:
    """At most one alert for a move of the price or its currency: by the first rule it meets."""
    if not check.is_comparable:
        return _currency_alerts(check)
    rule = next(_drop_rules(check), None)
    if rule:
        is_drop = rule in ("amount", "percent", "any")
        before = check.state.reference_price if is_drop else check.state.price
        return (_intent(check, AlertKind.PRICE_DROP, rule, before),)
    if _has_risen(check):
        return (_intent(check, AlertKind.PRICE_RISE, "rise", check.state.price),)
    return ()


def _currency_alerts(check: _Check) -> tuple[AlertIntent, ...]:
    """An alert for a price in another currency; one that no longer names its currency is none."""
    before, after = check.state.currency, check.offer.currency
    if not check.rules.currency_change or check.state.price is None or not (before and after):
        return ()
    told = _intent(check, AlertKind.CURRENCY_CHANGE, "currency", check.state.price)
    return (replace(told, previous_currency=before),)


def _drop_rules(check: _Check) -> Iterator[str]:
    """The rules for a drop that the check meets, the owner's target first."""
    if check.rules.only_when_buyable and not _can_be_had(check.offer):
        return
    if _meets_target(check) and check.state.is_target_armed:
        yield "target"
    yield from _drops_from_reference(check)
    if _is_lowest(check):
        yield "lowest"


def _drops_from_reference(check: _Check) -> Iterator[str]:
    rules, reference, price = check.rules, check.state.reference_price, check.price
    if reference is None or price is None or price >= reference:
        return
    last = check.state.price
    # Where each move is told, a rise is none of them, be the reference still higher.
    if rules.tells_each_move and last is not None and price >= last:
        return
    drop = reference - price
    if rules.drop_amount is not None and check.is_own_money and drop >= rules.drop_amount:
        yield "amount"
    if rules.drop_percent is not None and drop * 100 >= reference * rules.drop_percent:
        yield "percent"
    if rules.tells_any_drop:
        yield "any"


def _can_be_had(offer: Offer) -> bool:
    return not offer.availability.is_out


def _meets_target(check: _Check) -> bool:
    target, price = check.rules.target_price, check.price
    return target is not None and price is not None and check.is_own_money and price <= target


def _is_lowest(check: _Check) -> bool:
    """Whether the price is below all others in the configured days, if there are any."""
    days = check.rules.lowest_in_days
    if days is None or check.price is None:
        return False
    start = check.now - timedelta(days=days)
    others = [
        point.price
        for point in check.history
        if point.price is not None
        and point.currency == check.offer.currency
        and point.variant == check.offer.variant
        and start <= point.checked_at < check.now
    ]
    return bool(others) and check.price < min(others)


def _has_risen(check: _Check) -> bool:
    rules, last, price = check.rules, check.state.price, check.price
    if not rules.price_rise or last is None or price is None or price <= last:
        return False
    return rules.rise_percent is None or (price - last) * 100 >= last * rules.rise_percent


def _remembered(check: _Check, after: AlertState, was_told: bool) -> AlertState:
    """The state after a believed price; its reference rises at once, and falls with an alert."""
    reference, price = check.state.reference_price, check.price
    if was_told or reference is None or not check.is_comparable or (price or 0) > reference:
        reference = price
    return replace(
        after,
        price=price,
        currency=check.offer.currency,
        reference_price=reference,
        is_target_armed=_stays_armed(check),
        quarantine=None,
        variant=check.offer.variant or check.state.variant,
        told=after.told + was_told,
    )


def _stays_armed(check: _Check) -> bool:
    """Whether the target alert is armed: not below its target, then only clearly above it."""
    target, price = check.rules.target_price, check.price
    if target is None or price is None or not check.is_own_money:
        return True
    if price <= target:
        waits = check.rules.only_when_buyable and not _can_be_had(check.offer)
        return waits and check.state.is_target_armed
    clear = target * (1 + check.rules.hysteresis_percent / 100)
    return check.state.is_target_armed or price >= clear


def _stock_alerts(check: _Check) -> tuple[tuple[AlertIntent, ...], AlertState]:
    """Alerts for a change of stock; `unknown` and guesses cause none and are not remembered."""
    after = check.offer.availability
    is_stated = check.offer.availability_confidence >= check.rules.least_stock_confidence
    if after is Availability.UNKNOWN or not is_stated:
        return (), check.state
    following = replace(check.state, availability=after)
    kind = _stock_move(check.rules, check.state.availability, after)
    if kind is None:
        return (), following
    is_known = check.price is None or check.is_comparable
    alert = _intent(check, kind, "stock", check.state.price if is_known else None)
    return (alert,), replace(following, told=following.told + 1)


def _stock_move(rules: AlertRules, before: Availability, after: Availability) -> AlertKind | None:
    """The alert for a change of stock: the first kind that its owner wants."""
    if before is Availability.UNKNOWN or before is after:
        return None
    wanted = {
        AlertKind.BACK_IN_STOCK: rules.back_in_stock,
        AlertKind.DISCONTINUED: rules.discontinued,
        AlertKind.OUT_OF_STOCK: rules.out_of_stock,
        AlertKind.AVAILABILITY_CHANGE: rules.availability_change,
    }
    return next((kind for kind in _stock_moves(before, after) if wanted[kind]), None)


def _stock_moves(before: Availability, after: Availability) -> Iterator[AlertKind]:
    """All the alerts that fit a change of stock, the most exact first."""
    if after.is_buyable and (before.is_out or before in _WAITING):
        yield AlertKind.BACK_IN_STOCK
    if after is Availability.DISCONTINUED:
        yield AlertKind.DISCONTINUED
    if after.is_out and not before.is_out:
        yield AlertKind.OUT_OF_STOCK
    yield AlertKind.AVAILABILITY_CHANGE


def _intent(
    check: _Check, kind: AlertKind, rule: str, previous_price: Decimal | None
) -> AlertIntent:
    return AlertIntent(
        kind=kind,
        rule=rule,
        price=check.price,
        previous_price=previous_price,
        # The currency of the amounts beside it: without a price, that of the last believed one.
        currency=check.state.currency if check.price is None else check.offer.currency,
        availability=check.offer.availability,
        key=f"{kind}:{check.state.told}",
    )
