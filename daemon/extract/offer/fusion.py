"""Decides which price to believe from the claims of all sources."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from daemon.extract.offer.quotes import PriceQuote, amounts_of

# Scores of visible claims, in the units of their weights.
SURE = 4.5  # clearly a price: may overrule markup that the page does not show
CLEAR = 3.0  # the same where no other comes near it
LIKELY = 2.2  # the least that is believed without markup
POSSIBLE = 0.0  # the least where a button says that there is a price
CLEAR_LEAD = 1.0
# What a price of another role regains where no regular price is shown.
_ALONE = {"was": 4.0, "net": 2.5, "unit": 2.5, "monthly": 2.5, "member": 1.0}
_LOW = ":lowPrice"  # of a range: what the page shows is the price of its own variant
_OLD = frozenset({"was", "struck"})
# What a likely price is worth without markup, by how much holds: it is sure, it leads clearly.
_BY_SIGHT = ("visible_weak", "visible_close", "visible_clear")
_PAYABLE = frozenset({"plain", "now", "from", "piece"})
_DEAREST_SALE = Decimal("0.1")  # a sale to less than a tenth is a misreading


@dataclass(frozen=True, slots=True)
class PriceDecision:
    """The claim believed, the kind of evidence for it, and how many doubts remain."""

    quote: PriceQuote | None
    kind: str
    doubts: int = 0
    flags: tuple[str, ...] = ()


def decide(
    markup: list[PriceQuote],
    visible: list[PriceQuote],
    last_path: str | None = None,
    can_buy: bool = False,
    listed: frozenset[Decimal] = frozenset(),
) -> PriceDecision:
    """The price that all claims support together; `markup` most trusted first.

    Shape: `can_buy` says that the page has a button to buy its product, so it has a price;
           `listed` are the amounts that any source calls the standard ones.
    """
    payable = _payable(visible, last_path)
    best = payable[0] if payable else None
    stated = _reduced(_settled(markup, visible), listed)
    if not stated:
        return _by_sight(payable, can_buy)
    shown = {quote.amount: quote for quote in reversed(payable) if quote.weight > 0}
    seen = [quote for quote in stated if quote.amount in shown]
    struck = {quote.amount for quote in visible if quote.role in _OLD}
    if seen:
        return _seen(seen, stated, shown, struck, best)
    return _unseen(stated, struck, payable)


def _payable(visible: list[PriceQuote], last_path: str | None) -> list[PriceQuote]:
    """Visible claims that can be the price, the position of the last believed one first."""
    priced = [quote for quote in visible if quote.amount > 0]
    payable = [quote for quote in priced if quote.role in _PAYABLE]
    if not any(quote.weight >= LIKELY for quote in payable):
        # A "regular price", or a price by the month or metre, without another is the price.
        payable += [quote.raised(_ALONE[quote.role]) for quote in priced if quote.role in _ALONE]
    return sorted(
        payable, key=lambda quote: -quote.weight - (1.5 if quote.path == last_path else 0)
    )


def _settled(markup: list[PriceQuote], visible: list[PriceQuote]) -> list[PriceQuote]:
    """Markup's claims with their scale settled by what is visible; those without scale dropped."""
    amounts = amounts_of(visible)
    settled = []
    for quote in markup:
        other = next((amount for amount in quote.others if amount in amounts), None)
        if quote.amount in amounts or (other is None and not quote.needs_sight):
            settled.append(quote)
        elif other is not None:
            settled.append(quote.read_as(other))
    return settled


def _reduced(stated: list[PriceQuote], listed: frozenset[Decimal]) -> list[PriceQuote]:
    """The claims without the standard price, where another source states a lower one."""
    lower = [quote for quote in stated if quote.amount not in listed]
    standard = max((quote.amount for quote in stated if quote.amount in listed), default=None)
    is_sale = standard and any(_DEAREST_SALE * standard < one.amount < standard for one in lower)
    return lower if is_sale else stated


def _seen(
    seen: list[PriceQuote],
    stated: list[PriceQuote],
    shown: dict[Decimal, PriceQuote],
    struck: set[Decimal],
    best: PriceQuote | None,
) -> PriceDecision:
    """The verdict for markup that the page shows: right, unless it is the old price."""
    top = _most_supported(seen, shown)
    if best is None or best.amount == top.amount:
        doubts = 0 if len(amounts_of(stated)) == 1 else 1
        return PriceDecision(top, "agreed", doubts)
    if _is_sale(best, top, struck):
        return PriceDecision(best, "markup_sale", flags=("sale",))
    if top.path.endswith(_LOW) and best.weight > shown[top.amount].weight + CLEAR_LEAD:
        return PriceDecision(best, "visible_clear", flags=("range",))
    return PriceDecision(
        top, "markup_seen", int(best.weight > shown[top.amount].weight + CLEAR_LEAD)
    )


def _most_supported(seen: list[PriceQuote], shown: dict[Decimal, PriceQuote]) -> PriceQuote:
    """The claim of the chosen variant, else the one whose amount is best placed."""
    return max(seen, key=lambda quote: (quote.weight > 0, shown[quote.amount].weight))


def _is_sale(best: PriceQuote, top: PriceQuote, struck: set[Decimal]) -> bool:
    lower = _DEAREST_SALE * top.amount < best.amount < top.amount
    return lower and best.weight >= LIKELY and (top.amount in struck or best.role == "now")


def _unseen(
    stated: list[PriceQuote], struck: set[Decimal], payable: list[PriceQuote]
) -> PriceDecision:
    """The verdict for markup that the page does not show as a price to pay."""
    best = payable[0] if payable else None
    trusted = _most_trusted(stated)
    lowest = min(trusted, key=lambda quote: quote.amount)
    flags = ("range",) if len(amounts_of(trusted)) > 1 else ()
    if best is None or best.weight < LIKELY:
        return PriceDecision(lowest, "markup_unseen", flags=flags)
    if any(_is_sale(best, quote, struck) for quote in trusted):
        return PriceDecision(best, "markup_sale", flags=("sale",))
    if _is_plain_to_see(best, payable):
        return PriceDecision(best, "visible_close", 1, ("disagreement",))
    return PriceDecision(lowest, "markup_unseen", 1, flags)


def _is_plain_to_see(best: PriceQuote, payable: list[PriceQuote]) -> bool:
    """Whether the page shows one price so clearly that markup with another is out of date."""
    if best.weight >= SURE:
        return True
    rival = next((quote.weight for quote in payable if quote.amount != best.amount), -9.0)
    return best.weight >= CLEAR and best.weight - rival >= CLEAR_LEAD


def _most_trusted(stated: list[PriceQuote]) -> list[PriceQuote]:
    """The claims of the first one's source that are as near to the chosen variant."""
    top = stated[0]
    return [quote for quote in stated if (quote.source, quote.weight) == (top.source, top.weight)]


def _by_sight(payable: list[PriceQuote], can_buy: bool) -> PriceDecision:
    """Without markup: the likeliest visible claim, if likely, or possible beside a buy button."""
    if not payable:
        return PriceDecision(None, "none_empty")
    best = payable[0]
    rival = next((quote.weight for quote in payable if quote.amount != best.amount), -9.0)
    lead = best.weight - rival
    if best.weight >= LIKELY:
        return PriceDecision(best, _BY_SIGHT[(best.weight >= SURE) + (lead >= CLEAR_LEAD)])
    if _is_possible(best.weight, lead, can_buy):
        return PriceDecision(best, "visible_weak")
    return PriceDecision(None, "none_weak")


def _is_possible(weight: float, lead: float, can_buy: bool) -> bool:
    """Whether an unlikely price stands out enough to be believed."""
    stands_out = weight >= POSSIBLE + CLEAR_LEAD and lead >= 2 * CLEAR_LEAD
    return stands_out or (can_buy and weight >= POSSIBLE and lead >= CLEAR_LEAD)
