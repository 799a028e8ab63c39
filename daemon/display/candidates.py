"""Words for the prices that a page names: where each was found, and why it was not chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from daemon.display.prices import money
from daemon.money.offer import PriceCandidate

_SOURCES = {
    "hint": "your selector",
    "jsonld": "JSON-LD",
    "microdata": "microdata",
    "rdfa": "RDFa",
    "meta": "a meta tag",
    "state": "data of the page's script",
    "visible": "text on the page",
}
_ROLES = {
    "was": "a former price",
    "struck": "struck through",
    "list": "a list price",
    "unit": "per unit",
    "member": "for members",
    "monthly": "by the month",
    "instalment": "an instalment",
    "shipping": "shipping",
    "save": "what is saved",
    "from": "the least of several",
    "free": "called free",
}


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One price that a page names.

    Shape: `source` says where it was found, `place` is the path there; `note` what tells it from
           the one that was chosen.
    """

    price: str
    source: str
    place: str
    note: str
    is_chosen: bool
    agrees: bool  # the same amount as the one that was chosen


def source_words(source: str) -> str:
    """Where a price was found, for people."""
    return _SOURCES.get(source, source)


def shown_candidates(
    candidates: Sequence[PriceCandidate], price: Decimal | None, source: str, path: str
) -> list[ShownCandidate]:
    """These candidates, the chosen one first, then those that agree with it."""
    found = list(_shown(candidates, price, source, path))
    return sorted(found, key=lambda one: (not one.is_chosen, not one.agrees))


def _shown(
    candidates: Sequence[PriceCandidate], price: Decimal | None, source: str, path: str
) -> Iterator[ShownCandidate]:
    chosen = _chosen(candidates, price, source, path)
    for place, one in enumerate(candidates):
        role, _, where = one.context.partition(" ")
        agrees = price is not None and one.amount == price
        yield ShownCandidate(
            price=money(one.amount, one.currency),
            source=source_words(one.source),
            place=where,
            note=_note(role, one, is_chosen=place == chosen, agrees=agrees),
            is_chosen=place == chosen,
            agrees=agrees,
        )


def _chosen(
    candidates: Sequence[PriceCandidate], price: Decimal | None, source: str, path: str
) -> int | None:
    """Which one was chosen: the one of its source with this amount, at this place if it has one."""
    same = [
        place
        for place, one in enumerate(candidates)
        if price is not None and (one.amount, one.source) == (price, source)
    ]
    there = [place for place in same if path and candidates[place].context.endswith(path)]
    return next(iter([*there, *same]), None)


def _note(role: str, one: PriceCandidate, *, is_chosen: bool, agrees: bool) -> str:
    if is_chosen:
        return "chosen"
    if agrees:
        return "agrees"
    if role in _ROLES:
        return _ROLES[role]
    if one.source == "visible" and one.score < 0:
        return "not beside the product"
    return "another price"
