"""Decides which price to believe from the claims of all sources."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from daemon.extract.offer.claims import Claim, amounts_of

# Scores of visible claims, in the units of their weights.
SURE = 4.5  # clearly a price: may overrule markup that the page does not show
LIKELY = 2.2  # the least that is believed without markup
POSSIBLE = 0.0  # the least where a button says that there is a price
CLEAR_LEAD = 1.0
# What a price of another role regains where no regular price is shown.
_ALONE = {"was": 4.0, "unit": 2.5, "monthly": 2.5, "member": 1.0}
_OLD = frozenset({"was", "struck"})
# What a likely price is worth without markup, by how much holds: it is sure, it leads clearly.
_BY_SIGHT = ("visible_weak", "visible_close", "visible_clear")
_PAYABLE = frozenset({"plain", "now", "from"})
_DEAREST_SALE = Decimal("0.1")  # a sale to less than a tenth is a misreading


@dataclass(frozen=True, slots=True)
class Verdict:
    """The claim believed, the kind of evidence for it, and how many doubts remain."""

    claim: Claim | None
    kind: str
    doubts: int = 0
    flags: tuple[str, ...] = ()


def decide(
    markup: list[Claim], visible: list[Claim], last_path: str | None = None, can_buy: bool = False
) -> Verdict:
    """The price that all claims support together; `markup` most trusted first.

    Shape: `can_buy` says that the page has a button to buy its product, so it has a price.
    """
    payable = _payable(visible, last_path)
    best = payable[0] if payable else None
    stated = _settled(markup, visible)
    if not stated:
        return _by_sight(payable, can_buy)
    shown = {claim.amount: claim for claim in reversed(payable) if claim.weight > 0}
    seen = [claim for claim in stated if claim.amount in shown]
    struck = {claim.amount for claim in visible if claim.role in _OLD}
    if seen:
        return _seen(seen, stated, shown, struck, best)
    return _unseen(stated, struck, best)


def _payable(visible: list[Claim], last_path: str | None) -> list[Claim]:
    """Visible claims that can be the price, the position of the last believed one first."""
    priced = [claim for claim in visible if claim.amount > 0]
    payable = [claim for claim in priced if claim.role in _PAYABLE]
    if not any(claim.weight >= LIKELY for claim in payable):
        # A "regular price", or a price by the month or metre, without another is the price.
        payable += [claim.raised(_ALONE[claim.role]) for claim in priced if claim.role in _ALONE]
    return sorted(
        payable, key=lambda claim: -claim.weight - (1.5 if claim.path == last_path else 0)
    )


def _settled(markup: list[Claim], visible: list[Claim]) -> list[Claim]:
    """Markup's claims with their scale settled by what is visible; those without scale dropped."""
    amounts = amounts_of(visible)
    settled = []
    for claim in markup:
        other = next((amount for amount in claim.others if amount in amounts), None)
        if claim.amount in amounts or (other is None and not claim.needs_sight):
            settled.append(claim)
        elif other is not None:
            settled.append(claim.read_as(other))
    return settled


def _seen(
    seen: list[Claim],
    stated: list[Claim],
    shown: dict[Decimal, Claim],
    struck: set[Decimal],
    best: Claim | None,
) -> Verdict:
    """The verdict for markup that the page shows: right, unless it is the old price."""
    top = _most_supported(seen, shown)
    if best is None or best.amount == top.amount:
        doubts = 0 if len(amounts_of(stated)) == 1 else 1
        return Verdict(top, "agreed", doubts)
    if _is_sale(best, top, struck):
        return Verdict(best, "markup_sale", flags=("sale",))
    return Verdict(top, "markup_seen", int(best.weight > shown[top.amount].weight + CLEAR_LEAD))


def _most_supported(seen: list[Claim], shown: dict[Decimal, Claim]) -> Claim:
    """The claim of the chosen variant, else the one whose amount is best placed."""
    return max(seen, key=lambda claim: (claim.weight > 0, shown[claim.amount].weight))


def _is_sale(best: Claim, top: Claim, struck: set[Decimal]) -> bool:
    lower = _DEAREST_SALE * top.amount < best.amount < top.amount
    return lower and best.weight >= LIKELY and (top.amount in struck or best.role == "now")


def _unseen(stated: list[Claim], struck: set[Decimal], best: Claim | None) -> Verdict:
    """The verdict for markup that the page does not show as a price to pay."""
    trusted = _most_trusted(stated)
    lowest = min(trusted, key=lambda claim: claim.amount)
    flags = ("range",) if len(amounts_of(trusted)) > 1 else ()
    if best is None or best.weight < LIKELY:
        return Verdict(lowest, "markup_unseen", flags=flags)
    if any(_is_sale(best, claim, struck) for claim in trusted):
        return Verdict(best, "markup_sale", flags=("sale",))
    if best.weight >= SURE:
        return Verdict(best, "visible_close", 1, ("disagreement",))
    return Verdict(lowest, "markup_unseen", 1, flags)


def _most_trusted(stated: list[Claim]) -> list[Claim]:
    """The claims of the first one's source that are as near to the chosen variant."""
    top = stated[0]
    return [claim for claim in stated if (claim.source, claim.weight) == (top.source, top.weight)]


def _by_sight(payable: list[Claim], can_buy: bool) -> Verdict:
    """Without markup: the likeliest visible claim, if likely, or possible beside a buy button."""
    if not payable:
        return Verdict(None, "none_empty")
    best = payable[0]
    rival = next((claim.weight for claim in payable if claim.amount != best.amount), -9.0)
    lead = best.weight - rival
    if best.weight >= LIKELY:
        return Verdict(best, _BY_SIGHT[(best.weight >= SURE) + (lead >= CLEAR_LEAD)])
    if _is_possible(best.weight, lead, can_buy):
        return Verdict(best, "visible_weak")
    return Verdict(None, "none_weak")


def _is_possible(weight: float, lead: float, can_buy: bool) -> bool:
    """Whether an unlikely price stands out enough to be believed."""
    stands_out = weight >= POSSIBLE + CLEAR_LEAD and lead >= 2 * CLEAR_LEAD
    return stands_out or (can_buy and weight >= POSSIBLE and lead >= CLEAR_LEAD)
