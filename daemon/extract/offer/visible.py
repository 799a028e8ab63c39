"""Scores the amounts of money in a page's visible text as claims."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.offer import regions
from daemon.extract.offer.choice import is_chosen, is_option
from daemon.extract.offer.labels import NO_LABEL, amounts_in, label_of, role_of
from daemon.extract.offer.quotes import PriceQuote
from daemon.extract.offer.regions import DomContext, place_of
from daemon.extract.offer.tree import (
    INLINE,
    Tree,
    are_cents,
    lineage,
    names_of,
    path_of,
    squeeze,
    text_of,
)
from daemon.money.currencies import Evidence, mark_of, resolve_currency
from daemon.money.numbers import POINT
from daemon.money.parse import Amount, find_amounts

MOST_TEXTS = 1_500  # with a digit in them
MOST_CLAIMS = 400
_DIGIT = re.compile(r"\d")
_SHORT_LINE = 24  # a longer text without a currency mark is no price
_LONGEST_BLOCK = 50
_MOST_BLOCKS = 5  # around one text
_LETTER = re.compile(r"[^\W\d_]")
_ONE_NUMBER = re.compile(r"^[\s\d.,'⋅:–—-]{1,16}$")
_WHOLE = re.compile(r"\d[.,:] ?[-–—]{1,2}$")
_ENDS_IN_NUMBER = re.compile(r"[\d.,]$")
_SHORT_WORD = re.compile(r"[A-Za-z.]{1,3}")
_SURE_SHORT = frozenset(
    {"EUR", "kr", "kr.", "Kr", "Kr.", "Ft", "Kc", "RM", "Rs", "Rs.", "Rp", "CHF", "TL"}
)
_ROLE_SCORES = {
    "now": 1.5, "plain": 0.0, "from": -0.3, "piece": -0.5, "member": -2.5,
    "net": -4.0, "unit": -4.0, "was": -5.0, "struck": -5.0,
    "monthly": -4.0, "shipping": -4.0, "instalment": -5.0, "save": -5.0,
}  # fmt: skip
_LEVELS_OF_SALE = 3  # from a price to the block that has the old one too
_FAR = 40  # steps
_OPTION_SCORE = -1.5  # one of several: the price of a size, or what it costs more


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node whose text reads as one amount."""

    element: Element
    text: str
    amount: Amount
    place: int  # in document order


def read_visible(
    tree: Tree, evidence: Evidence, locale: str | None, pay: Element | None
) -> list[PriceQuote]:
    """Every amount of money in the page's text, the likeliest price first.

    Shape: `weight` is the score; `role` is what the words beside the amount say it is.
    """
    spots = list(_spots(tree))[:MOST_CLAIMS]
    scored = [_scored(spot, tree, evidence, locale, pay) for spot in spots]
    found = [pair for pair in scored if pair]
    ranked = _by_rank(_without_crowds(found, tree), tree)
    return sorted(_with_repeats(ranked), key=lambda quote: -quote.weight)


@lru_cache(maxsize=2048)
def _quick_amounts(text: str) -> tuple[Amount, ...]:
    """The amounts of a short text, without roles: pages repeat their numbers a lot."""
    return tuple(find_amounts(text, with_roles=False))


def _spots(tree: Tree) -> Iterator[_Spot]:
    seen: set[tuple[Element, int]] = set()
    for element, text, place in _digit_texts(tree):
        line = squeeze(text[:2000])
        for spot in _in_line(element, line, place, tree):
            key = (spot.element, spot.amount.start)
            if key not in seen:
                seen.add(key)
                yield spot


def _in_line(element: Element, line: str, place: int, tree: Tree) -> list[_Spot]:
    """The spots of one text: a short one is read with the block around it, a long one alone."""
    quick = _quick_amounts(line[:600])
    marked = any(amount.mark for amount in quick)
    if not quick or not (marked or len(line) <= _SHORT_LINE):
        return []
    if len(line) <= 40:
        spot = _climb(element, quick, place, tree)
        return [spot] if spot else []
    found = find_amounts(line[:600])
    return [_Spot(element, line, amount, place) for amount in found if amount.mark]


def _digit_texts(tree: Tree) -> Iterator[tuple[Element, str, int]]:
    left = MOST_TEXTS
    for element, place in tree.order.items():
        own = element.text
        if own and _DIGIT.search(own):
            yield element, own, place
            left -= 1
        tail = element.tail
        if tail and _DIGIT.search(tail):
            parent = element.getparent()
            if parent is not None and parent in tree.order:
                yield parent, tail, place
                left -= 1
        if left <= 0:
            return


def _climb(element: Element, own: tuple[Amount, ...], place: int, tree: Tree) -> _Spot | None:
    """The largest short block around a text that still reads as exactly one amount."""
    best: _Spot | None = None
    for spot in _growing(element, own, place, tree):
        if best is None or _says_more(spot.amount, best):
            best = spot
    if best is None or best.amount.mark is None:
        best = _beside(element, own, place, tree) or best
    if best is None or (best.amount.mark is None and not _may_be_bare(best)):
        return None
    return _with_role(best)


def _beside(element: Element, own: tuple[Amount, ...], place: int, tree: Tree) -> _Spot | None:
    """The text with its mark and cents in the elements right beside it, if those say no more."""
    before = element.getprevious()
    if before is not None and _ENDS_IN_NUMBER.search(tree.line_of(before)):
        return None  # they are the cents of that number
    parts = [] if before is None else [mark for mark in (_as_mark(before, tree),) if mark]
    parts.append(tree.line_of(element))
    for node in islice(element.itersiblings(), 2):
        part = _as_mark(node, tree) or _as_cents(node, tree)
        if not part or (node.getprevious().tail or "").strip():
            break
        parts.append(part)
    text = " ".join(parts).replace(f" {POINT}", POINT)
    amount = _only(_quick_amounts(text)) if len(parts) > 1 else None
    if amount is None or not _has_digits(amount, own):
        return None
    return _Spot(element, text, amount, place)


def _as_mark(node: Element, tree: Tree) -> str:
    """The text of an element that is a currency mark and nothing else."""
    line = tree.line_of(node) if node.tag in INLINE else ""
    return line if mark_of(line) else ""


def _as_cents(node: Element, tree: Tree) -> str:
    line = tree.line_of(node) if node.tag in INLINE else ""
    return POINT + line if are_cents(node, line) else ""


def _growing(element: Element, own: tuple[Amount, ...], place: int, tree: Tree) -> Iterator[_Spot]:
    """The spots of larger and larger blocks, as long as each reads as one amount of the text."""
    for node, text in _short_blocks(element, tree):
        amounts = _quick_amounts(text)
        chosen = _chosen(amounts, own, node is element)
        if chosen is None and node is not element:
            return
        if chosen and not (_has_digits(chosen, own) and _is_whole(chosen, own, node is element)):
            return
        if chosen:
            yield _Spot(node, text, chosen, place)


def _short_blocks(element: Element, tree: Tree) -> Iterator[tuple[Element, str]]:
    """The element and the short blocks around it, with their texts, up to the heading's."""
    for node in islice(lineage(element), _MOST_BLOCKS):
        text = tree.line_of(node)
        if len(text) > _LONGEST_BLOCK or (node is not element and node in tree.heading_line):
            return
        yield node, text


def _only(amounts: tuple[Amount, ...]) -> Amount | None:
    """The one amount, or of several the first with a currency mark."""
    marked = (amount for amount in amounts if amount.mark)
    return amounts[0] if len(amounts) == 1 else next(marked, None)


def _chosen(amounts: tuple[Amount, ...], own: tuple[Amount, ...], is_own: bool) -> Amount | None:
    """The amount of a block that is made of the text's number; is_own: the text's own block."""
    if len(amounts) == 1 or not is_own:
        return _only(amounts) if len(amounts) == 1 else _marked(amounts, own)
    numbers = {found.number for found in own}
    return next((amount for amount in amounts if amount.number in numbers), _only(amounts))


def _marked(amounts: tuple[Amount, ...], own: tuple[Amount, ...]) -> Amount | None:
    """Of several amounts the only one with a mark, if the text has its number: "7 折 686 元"."""
    marked = [amount for amount in amounts if amount.mark]
    numbers = {found.number for found in own if not found.mark}
    return marked[0] if len(marked) == 1 and marked[0].number in numbers else None


def _with_role(spot: _Spot) -> _Spot:
    """The spot with the role that the words in its text give the amount."""
    same = (found for found in amounts_in(spot.text) if found.start == spot.amount.start)
    return replace(spot, amount=next(same, spot.amount))


def _has_digits(amount: Amount, own: tuple[Amount, ...]) -> bool:
    """Whether the amount is made of a number in the text from which the climb began."""
    digits = _digits(amount)
    return any(_digits(found) in digits for found in own)


def _is_whole(amount: Amount, own: tuple[Amount, ...], is_one_text: bool) -> bool:
    """Whether a number with spaces in it is one number: parts in two nodes are two prices."""
    return (
        is_one_text
        or " " not in amount.number
        or any(_digits(amount).startswith(_digits(found)) and " " in found.number for found in own)
    )


def _digits(amount: Amount) -> str:
    return "".join(filter(str.isdigit, amount.number))


def _says_more(chosen: Amount, best: _Spot) -> bool:
    """Whether a larger block adds the mark or the cents."""
    if chosen.mark and not best.amount.mark:
        return True
    return chosen.mark == best.amount.mark and chosen.number != best.amount.number


def _may_be_bare(spot: _Spot) -> bool:
    """Whether a number without a mark stands alone in a node that is named like a price.

    A dash for the cents, "149,–", marks a price as well.
    """
    if _WHOLE.search(spot.text):
        return True
    if not _ONE_NUMBER.match(spot.text):
        return False
    names = regions.parts_of(
        " ".join(names_of(node) for node, _ in zip(lineage(spot.element), range(2), strict=False))
    )
    return bool(regions.PRICE.search(names))


def _scored(
    spot: _Spot, tree: Tree, evidence: Evidence, locale: str | None, pay: Element | None
) -> PriceQuote | None:
    mark = spot.amount.mark
    currency = resolve_currency(mark, evidence) if mark else None
    if spot.amount.negative or (mark and currency is None and _may_be_a_word(mark.text)):
        return None
    value = spot.amount.value(currency, locale)
    if value is None or value < 0:
        return None
    where = place_of(spot.element, tree)
    is_own = not (where.is_elsewhere or where.links_away)
    label = label_of(spot.element, spot.text, spot.amount, tree) if is_own else NO_LABEL
    role = role_of(spot.amount, label, where)
    score = _ROLE_SCORES[role] + _text_score(spot) + label.score
    score += _name_score(where) + _place_score(where) + _regular_score(spot.element, where)
    if is_own and is_option(spot.element, tree) and not is_chosen(spot.element, tree):
        score += _OPTION_SCORE
    if pay is None and label.is_other:
        score -= 2.0  # of a successor, of an offer of somebody else: nothing is sold here
    score += _heading_score(spot, tree) + _pay_score(spot.element, pay)
    if mark is None:
        score -= 1.5
    return PriceQuote(
        amount=value,
        source="visible",
        raw=spot.text[:80],
        path=path_of(spot.element),
        currency=currency,
        symbol=mark.text if mark else None,
        role=role,
        weight=score,
        element=spot.element,
    )


def _may_be_a_word(mark: str) -> bool:
    """Whether a currency mark is so short that it may be a word beside a number."""
    return mark not in _SURE_SHORT and bool(_SHORT_WORD.fullmatch(mark))


def _text_score(spot: _Spot) -> float:
    """The score for being a price and nothing else."""
    letters = len(_LETTER.findall(spot.text))
    if letters > 60:
        return -2.5
    score = 1.0 if letters <= 4 else 0.3 if letters <= 20 else -0.8
    return score + (0.3 if re.search(r"[.,⋅]\d{2}$", spot.amount.number) else 0.0)


def _name_score(where: DomContext) -> float:
    score = 0.0
    if regions.PRICE.search(where.near):
        score += 1.5
        if regions.SALE.search(where.near):
            score += 0.7
    return score


def _regular_score(element: Element, where: DomContext) -> float:
    """The score for being named as the price before a sale, where another stands beside it."""
    if not regions.REGULAR.search(where.near):
        return 0.0
    block = next(islice(lineage(element), _LEVELS_OF_SALE, None), element)
    beside = [amount for amount in _quick_amounts(squeeze(text_of(block, 170))) if amount.mark]
    return -1.2 if len({amount.number for amount in beside}) > 1 else 0.0


def _place_score(where: DomContext) -> float:
    score = 0.0
    if where.is_related:
        score -= 4.0
    elif where.is_card:
        score -= 1.5
    if where.is_framed:
        score -= 4.0
    if where.links_away:
        score -= 3.0
    if where.is_hidden or regions.HIDDEN.search(where.near):
        score -= 1.5
    return score - 0.12 * min(where.distance, 15)


def _heading_score(spot: _Spot, tree: Tree) -> float:
    if tree.heading is None:
        return 0.0
    return 0.8 if spot.place >= tree.order.get(tree.heading, 0) else -0.5


def _pay_score(element: Element, pay: Element | None) -> float:
    """The score for being near the buy button: steps up to the block that holds both."""
    if pay is None:
        return 0.0
    back = {node: steps for steps, node in enumerate(lineage(pay))}
    there = (steps + back[node] for steps, node in enumerate(lineage(element)) if node in back)
    return max(0.0, 1.8 - 0.15 * next(there, _FAR))


def _without_crowds(quotes: list[PriceQuote], tree: Tree) -> list[PriceQuote]:
    """The claims, lowered where they stand in a row of similar nodes with other prices."""
    groups: dict[str, set[Decimal]] = defaultdict(set)
    for quote in quotes:
        groups[_shape(quote)].add(quote.amount)
    return [quote.raised(-_crowd_cost(quote, len(groups[_shape(quote)]), tree)) for quote in quotes]


def _shape(quote: PriceQuote) -> str:
    line = [] if quote.element is None else list(lineage(quote.element))[:6]
    return "/".join(f"{node.tag}.{(node.get('class') or '').strip()}" for node in line)


def _crowd_cost(quote: PriceQuote, size: int, tree: Tree) -> float:
    """The penalty per similar node with another price; higher in cards that link elsewhere."""
    if size < 3:
        return 0.0
    return min(2.5, 1.0 + 0.3 * (size - 2)) + (2.0 if _is_in_card(quote, tree) else 0.0)


def _is_in_card(quote: PriceQuote, tree: Tree) -> bool:
    """Whether a near block around the amount, away from the heading, links to another page."""
    if quote.element is None:
        return False
    for node, _ in zip(lineage(quote.element), range(5), strict=False):
        if node in tree.heading_line:
            return False
        if any(regions.leads_away(link.get("href") or "", tree.url) for link in node.iter("a")):
            return True
    return False


def _by_rank(quotes: list[PriceQuote], tree: Tree) -> list[PriceQuote]:
    """The claims, raised the earlier they stand: a page leads with its price."""
    rank = 0
    ranked = []
    start = tree.order.get(tree.heading, -1) if tree.heading is not None else -1
    for quote in quotes:
        place = tree.order.get(quote.element, 0) if quote.element is not None else 0
        is_first = quote.weight > 0 and place >= start
        bonus = max(0.0, 1.5 - 0.3 * rank) if is_first else 0.0
        rank += is_first
        ranked.append(quote.raised(bonus))
    return ranked


def _with_repeats(quotes: list[PriceQuote]) -> list[PriceQuote]:
    """The claims, raised where the page shows the amount as its price more than once."""
    counts = Counter(quote.amount for quote in quotes if quote.weight > 0)
    return [quote.raised(min(0.8, 0.4 * max(0, counts[quote.amount] - 1))) for quote in quotes]
