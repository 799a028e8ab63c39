"""Learns which lines of a page change at every visit, as templates.

A line is learned when its text differs in each of two fetches in a row and in an earlier state.
Only its numbers and tokens are placeholders: a line with other words is news.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from daemon.analyse import amounts, words
from daemon.compare.dates import dates, mask_dates
from daemon.lexicon.availability import Availability, stock_of
from daemon.model.volatile_lines import MAX_CHARS, VolatileLine

_CHUNK = re.compile(r"[^\s=:：]+[=:：]?|[=:：]")
_NUMBER = re.compile(r"\d+(?:[.,'’]\d+)*")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")
_MARKS = ".,;()[]|·-–—"
_OPEN = "⁂"  # placeholder for a token, with its length where that is constant
_MAX_WORDS = 40
_SHORT_WORDS = 12
_MAX_WEIGHED = 150  # lines of a difference
_MAX_PARTNERS = 8
_LINES_AWAY = 3


@dataclass(frozen=True)
class StateLines:
    """The lines, or the blocks, of one state in their order."""

    texts: Sequence[str]
    _said: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def all(self) -> frozenset[str]:
        return frozenset(self.texts)

    def only(self, *others: StateLines) -> list[int]:
        """The indexes of lines that none of the others has; of very many the first ones."""
        rare = self.all.difference(*(other.all for other in others), ("",))
        found = (place for place, text in enumerate(self.texts) if text in rare)
        return list(islice(found, _MAX_WEIGHED))

    def said(self, place: int) -> tuple[str, ...]:
        """The chunks of a line."""
        if place not in self._said:
            self._said[place] = chunks(self.texts[place])
        return self._said[place]

    def above(self, place: int) -> str:
        """The words of the nearest line above that has any: the label of a bare number."""
        return self._first_words(range(place - 1, max(-1, place - 1 - _LINES_AWAY), -1))

    def below(self, place: int) -> str:
        """The words of the nearest line below that has any."""
        return self._first_words(range(place + 1, len(self.texts))[:_LINES_AWAY])

    def around(self, place: int) -> tuple[str, str]:
        """The words above and below."""
        return self.above(place), self.below(place)

    def _first_words(self, places: range) -> str:
        for place in places:
            still = [chunk for chunk in self.said(place) if not _DIGIT.search(chunk)]
            if still:
                return " ".join(still)[:MAX_CHARS]
        return ""


def _is_one_place(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether one neighbour is the same: the other may have been added or removed."""
    pairs = zip(one, other, strict=True)
    return one == other or any(mine and mine == theirs for mine, theirs in pairs)


def chunks(text: str) -> tuple[str, ...]:
    """The words of a line as they stand, without dates and masked noise; numbers in one piece."""
    found: list[str] = []
    text = words.masked(text)
    # A bare year may also be a counter.
    is_dated = not all(date.isdecimal() for date in dates(text))
    for chunk in _CHUNK.findall((mask_dates(text) if is_dated else text).casefold()):
        if found and _is_number(chunk) and _is_number(found[-1]):
            found[-1] += chunk
        else:
            found.append(chunk)
    return tuple(found)


def _is_number(chunk: str) -> bool:
    return _shape(chunk).strip(_MARKS) == "#"


def _shape(chunk: str) -> str:
    return _NUMBER.sub("#", chunk)


def _in_common(*lines: tuple[str, ...]) -> tuple[str, ...] | None:
    """The template of lines that only differ in numbers and tokens; None when words differ too."""
    if len({len(line) for line in lines}) != 1:
        return None
    found = []
    for column in zip(*lines, strict=True):
        if (common := _common_chunk(column)) is None:
            return None
        found.append(common)
    return tuple(found)


def _common_chunk(column: tuple[str, ...]) -> str | None:
    """The chunk of a template that these are; None when they are different words."""
    shapes = {_shape(chunk) for chunk in column}
    if len(shapes) == 1:
        return shapes.pop()
    sizes = {len(chunk) for chunk in column}
    size = str(sizes.pop()) if len(sizes) == 1 else ""
    # Tokens of equal length may have no digit; others are distinguished from words by theirs.
    are_tokens = any if size else all
    return f"{_OPEN}{size}" if are_tokens(map(_DIGIT.search, column)) else None


def _fits(template: Sequence[str], line: Sequence[str]) -> bool:
    return len(template) == len(line) and all(map(_fits_chunk, template, line))


def _fits_chunk(wanted: str, chunk: str) -> bool:
    if not wanted.startswith(_OPEN):
        return wanted == _shape(chunk)
    return _DIGIT.search(chunk) is not None or wanted == f"{_OPEN}{len(chunk)}"


class Templates:
    """The templates known to change at every visit, indexed for matching."""

    def __init__(self, known: Collection[VolatileLine]) -> None:
        self._known = [((one.above, one.below), one.template.split(" ")) for one in known]

    def moving(self, lines: StateLines, wanted: Collection[str]) -> frozenset[str]:
        """Those of the wanted lines that match a template in their position."""
        if not self._known:
            return frozenset()
        return frozenset(
            text
            for place, text in enumerate(lines.texts)
            if text in wanted and self._holds(lines, place)
        )

    def _holds(self, lines: StateLines, place: int) -> bool:
        mine = lines.said(place)
        fitting = [(around, parts) for around, parts in self._known if _fits(parts, mine)]
        return any(_names_itself(parts) for _, parts in fitting) or any(
            _is_one_place(around, lines.around(place)) for around, _ in fitting
        )


def _names_itself(template: Sequence[str]) -> bool:
    """Whether a template has words for its numbers, so that its position does not matter."""
    text = " ".join(template)
    return bool(_WORD.search(text)) and ("#" in text or _OPEN in text)


def is_doubtful(
    before: StateLines, after: StateLines, gone: Collection[str], came: Collection[str]
) -> bool:
    """Whether something in a difference may change at every visit, as another fetch would show."""
    if not (gone and came):
        return False
    old = [place for place in before.only(after) if before.texts[place] in gone]
    new = [place for place in after.only(before) if after.texts[place] in came]
    return any(
        not _says_offer(after.texts[there])
        and (_is_alike(before, here, after, there) or _is_swapped(before, here, after, there))
        for there in new
        for here in old
    )


def learn(before: StateLines, first: StateLines, second: StateLines) -> Iterator[VolatileLine]:
    """The lines that were different at each of three fetches, the last two of them in a row.

    Shape: a line that reverted or stayed is news; so are prices and stock.
    """
    old, new = before.only(first, second), second.only(first, before)
    for place in first.only(before, second):
        if not _says_offer(first.texts[place]):
            yield from _learned((before, old), (first, place), (second, new))


def _learned(
    older: tuple[StateLines, Sequence[int]],
    mine: tuple[StateLines, int],
    newer: tuple[StateLines, Sequence[int]],
) -> Iterator[VolatileLine]:
    lines, place = mine
    for old in _partners(older, mine, _is_alike):
        for new in _partners(newer, mine, _is_alike):
            said = [one.said(at) for one, at in (old, mine, new)]
            template = _in_common(*said)
            # A text seen before is news, or comes from a stale server.
            if template is not None and (len(set(said)) == len(said) or _is_dated(mine, new)):
                yield from _line(lines, place, template)
                return
    olds, news = _partners(older, mine, _is_swapped), _partners(newer, mine, _is_swapped)
    if olds and news:
        for one, at in (olds[0], mine, news[0]):
            yield from _line(one, at, tuple(map(_shape, one.said(at))))


def _is_dated(mine: tuple[StateLines, int], other: tuple[StateLines, int]) -> bool:
    """Whether two lines differ only in a date: what is masked need not be learned."""
    (one, here), (two, there) = mine, other
    is_same = one.said(here) == two.said(there)
    return is_same and words.steady(one.texts[here]) != words.steady(two.texts[there])


def _partners(
    side: tuple[StateLines, Sequence[int]],
    mine: tuple[StateLines, int],
    is_one: Callable[[StateLines, int, StateLines, int], bool],
) -> list[tuple[StateLines, int]]:
    lines, places = side
    found = ((lines, place) for place in places if is_one(lines, place, *mine))
    return list(islice(found, _MAX_PARTNERS))


def _says_offer(text: str) -> bool:
    return bool(amounts.prices(text)) or stock_of(text) is not Availability.UNKNOWN


def _line(lines: StateLines, place: int, template: Sequence[str]) -> Iterator[VolatileLine]:
    text = " ".join(template)
    if len(text) <= MAX_CHARS:
        yield VolatileLine(*lines.around(place), text, lines.texts[place][:MAX_CHARS])


def _is_alike(one: StateLines, here: int, other: StateLines, there: int) -> bool:
    """Whether two lines differ only in numbers, tokens and dates; bare ones in one position."""
    mine, theirs = one.said(here), other.said(there)
    if not mine or len(mine) > _MAX_WORDS:
        return False
    template = _in_common(mine, theirs)
    if template is None:
        return False
    has_words = _WORD.search(" ".join(template)) is not None
    return has_words or _is_one_place(one.around(here), other.around(there))


def _is_swapped(one: StateLines, here: int, other: StateLines, there: int) -> bool:
    """Whether two short lines swapped places."""
    sizes = (len(one.said(here)), len(other.said(there)))
    if not 0 < min(sizes) <= max(sizes) <= _SHORT_WORDS:
        return False
    above = one.above(here)
    return bool(above) and above == other.above(there)
