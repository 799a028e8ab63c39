"""Judges a check of a product: an error, or a price check with its alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from daemon.lexicon.availability import Availability
from daemon.model.outcome import ProductOutcome
from daemon.model.product import (
    AlertState,
    Decision,
    LastPriceCheck,
    PriceCheckDraft,
    PricePoint,
    Product,
    ProductState,
)
from daemon.model.status import ErrorClass, Verdict
from daemon.money.numbers import LARGEST
from daemon.money.offer import Offer
from daemon.packing import Packed
from daemon.prices.alerts import decide_alerts

STORED_EVERY = timedelta(days=1)  # while the page is unchanged and not read
_REFUSALS = {
    "wall": (ErrorClass.BOT_WALL, "a page against robots stands where the product was"),
    "queue": (ErrorClass.BOT_WALL, "a waiting room stands where the product was"),
    "missing": (ErrorClass.GONE, "the page says that there is nothing here"),
    "empty": (ErrorClass.EMPTY, "the page is empty"),
}


def judge_offer(
    product: Product,
    offer: Offer,
    offer_hash: str,
    history: tuple[PricePoint, ...],
    now: datetime,
) -> ProductOutcome:
    """The outcome of an offer that was read: an error, or a price check with its alerts.

    Shape:  a page that sells nothing, or has no readable price, is an error: it stores no check
            and changes no stored state. The draft has no id and no source yet.
    Errors: none.
    """
    if offer.price is not None and offer.price >= LARGEST:
        offer = replace(offer, price=None, flags=(*offer.flags, "absurd"))
    failure = _failure(product, offer)
    if failure is not None:
        return ProductOutcome(
            product, Verdict.FAILED, error_class=failure[0], error_detail=failure[1]
        )
    before = product.state
    rules = product.rules.alerts(product.target_price, product.currency)
    decision = decide_alerts(rules, before.alerts if before else None, offer, history, now)
    repeats = before is not None and _repeats(before, offer_hash, decision)
    check = PriceCheckDraft(UUID(int=0), offer, decision.is_believed, decision.reason, repeats)
    return ProductOutcome(
        product=product,
        verdict=_verdict(before, decision),
        state=_following(product, offer, offer_hash, decision, now),
        check=check,
        alerts=decision.alerts,
        # Once for each doubt: fluctuating prices are no reason to check early every time.
        looks_again=decision.looks_again and (before is None or not before.alerts.quarantine),
    )


def unread(product: Product, verdict: Verdict, now: datetime) -> ProductOutcome:
    """The outcome of an unchanged page: the last check still holds, and is stored daily."""
    state = product.state
    if state is None or now - state.seen.kept_at < STORED_EVERY:
        return ProductOutcome(product, verdict)
    seen = state.seen
    offer = Offer(
        price=seen.price,
        currency=seen.currency,
        availability=seen.availability,
        variant=seen.variant,
        confidence=seen.confidence,
    )
    return ProductOutcome(
        product=product,
        verdict=verdict,
        state=replace(state, seen=replace(seen, kept_at=now)),
        check=PriceCheckDraft(UUID(int=0), offer, seen.is_believed, repeats=True),
    )


def with_evidence(outcome: ProductOutcome, check_id: UUID, source: Packed | None) -> ProductOutcome:
    """The outcome with an id for its check, and the source of one with a new offer."""
    if outcome.check is None:
        return outcome
    kept = None if outcome.check.repeats else source
    return replace(outcome, check=replace(outcome.check, id=check_id, source=kept))


def _failure(product: Product, offer: Offer) -> tuple[ErrorClass, str] | None:
    refusal = next((flag for flag in offer.flags if flag.startswith("no_product:")), None)
    if refusal is not None:
        return _REFUSALS[refusal.partition(":")[2]]
    is_stated = offer.availability is not Availability.UNKNOWN or "on_request" in offer.flags
    if offer.price is not None or is_stated:
        return None
    if product.rules.selector and "hint_lost" in offer.flags:
        return ErrorClass.SELECTOR, f"the selector {product.rules.selector!r} finds no price"
    return ErrorClass.PARSE, "no price and no stock can be made out on the page"


def _verdict(before: ProductState | None, decision: Decision) -> Verdict:
    if before is None:
        return Verdict.INITIAL
    moved = _told(before.alerts) != _told(decision.state)
    return Verdict.CHANGED if moved or decision.alerts else Verdict.UNCHANGED


def _told(state: AlertState) -> tuple[object, ...]:
    return state.price, state.currency, state.availability


def _repeats(before: ProductState, offer_hash: str, decision: Decision) -> bool:
    seen = before.seen
    is_same = (seen.offer_hash, seen.is_believed) == (offer_hash, decision.is_believed)
    return is_same and not decision.alerts and before.alerts == decision.state


def _following(
    product: Product, offer: Offer, offer_hash: str, decision: Decision, now: datetime
) -> ProductState:
    before = product.state
    seen = LastPriceCheck(
        offer_hash=offer_hash,
        kept_at=now,
        price=offer.price,
        currency=offer.currency,
        availability=offer.availability,
        variant=offer.variant,
        confidence=offer.confidence,
        is_believed=decision.is_believed,
    )
    known = (before.source, before.path) if before else (None, None)
    source, path = (offer.source, offer.path) if decision.is_believed else known
    return ProductState(product.read_with, seen, decision.state, source, path)
