"""Finds the lines that flicker from visit to visit in a history of readings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import islice, pairwise

from daemon.analyse import amounts, facts, places, words
from daemon.analyse.blocks import Block
from daemon.lexicon.availability import Availability
from daemon.lexicon.states import has_flipped, poles_of
from daemon.model.reading import State

_DIGITS = bytes.maketrans(b"0123456789", b"##########")
_NUMBERS = re.compile(rb"#(?:[.,']?#)*")
MAX_STATES = 6
_MAX_BLOCKS = 300
_MAX_CHARS = 4_000_000  # of all states together; larger histories are cut to the latest
_MAX_WORDS = 12
_MAX_ALIKE = 200  # lines of one shape that are compared word by word
_FLIPS = 2  # present, absent, and present again
_VALUE_FLIPS = 4
_LINE_END = "\0"  # is in no text, and no space
_BULLETS = " \t•*-–·◦▪"


@dataclass(frozen=True, slots=True)
class Noise:
    """One line that flickers, and at how many visits it was present."""

    template: str
    present: int
    visits: int
    why: str


def template(text: str) -> bytes:
    """A text without case, spaces and digits: equal when only numbers change."""
    return _template_of(_joined(text))


def _template_of(joined: str) -> bytes:
    return joined.encode("utf-8", "replace").translate(_DIGITS)


def _joined(text: str) -> str:
    return "".join(text.split()).casefold()


def first_within(history: Sequence[State], room: int) -> int:
    """The index of the first of the latest states whose texts together fit into `room`."""
    place = len(history)
    while place and room >= len(history[place - 1].reading.text):
        place -= 1
        room -= len(history[place].reading.text)
    return place


class _Lines:
    """The lines of one state, indexed by their words when first asked for."""

    def __init__(self, state: State) -> None:
        self._lines = [line.strip(_BULLETS) for line in state.reading.text.split("\n")]

    def holds(self, text: str) -> bool:
        """Whether a line has the same text, apart from ages, counters and tokens."""
        if _joined(text) in self._exact:
            return True
        name = template(text)
        if name not in self._names:
            return False
        named = zip(self._templates, self._lines, strict=False)
        alike = islice((line for one, line in named if one == name), _MAX_ALIKE)
        return any(words.steady(line) == words.steady(text) for line in alike)

    @cached_property
    def _whole(self) -> str:
        """All lines without case and spaces: one pass is many times faster than one for each."""
        return _joined(_LINE_END.join(self._lines))

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset(self._whole.split(_LINE_END))

    @cached_property
    def _templates(self) -> list[bytes]:
        return _template_of(self._whole).split(_LINE_END.encode())

    @cached_property
    def _names(self) -> frozenset[bytes]:
        return frozenset(self._templates)


class EarlierStates:
    """The lines of earlier states, indexed for lookup, and which of their changes were told.

    Shape: `before_at` is when the state after the last of these was entered.
    """

    def __init__(
        self, history: Sequence[State], before_at: datetime, told_at: Sequence[datetime] = ()
    ) -> None:
        known = history[-MAX_STATES:]
        self._history = known[first_within(known, _MAX_CHARS) :]
        entered = [*(state.seen_at for state in self._history), before_at]
        self._told = [any(one < at <= other for at in told_at) for one, other in pairwise(entered)]
        self._lines: list[_Lines] | None = None

    def __len__(self) -> int:
        return len(self._history)

    def presence(self, text: str) -> list[bool]:
        """For each earlier state, oldest first, whether it holds the line."""
        if self._lines is None:
            self._lines = [_Lines(state) for state in self._history]
        return [known.holds(text) for known in self._lines]

    def flickers(
        self, block: Block, around: Callable[[], tuple[bool, bool]], is_value: Callable[[], bool]
    ) -> bool:
        """Whether a short block that was removed or added has come and gone before.

        Shape: one that came is known when an older state had it; one that went, when it had been
               absent between two states that had it. `around` says whether the states before and
               after have it. A value (a price, a stock, a number in a line that stays) must have
               been back twice. Long blocks and headings are never taken for noise: a text that
               comes back is news. So is a line of which each coming and going was told.
        """
        if block.words > _MAX_WORDS or block.kind in (places.HEADING, places.TITLE):
            return False
        seen = [*self.presence(block.text), *around()]
        flips = _flips(seen)
        if flips < _FLIPS or (flips < _VALUE_FLIPS and is_value()):
            return False
        return not self._was_told(seen[:-1])

    def _was_told(self, seen: Sequence[bool]) -> bool:
        """Whether the line was told each time that it disappeared or came back."""
        flips = zip(pairwise(seen), self._told, strict=True)
        told = [was_told for (one, other), was_told in flips if one != other]
        return bool(told) and all(told)


def _flips(seen: Sequence[bool]) -> int:
    """How often it disappeared or came back since it first appeared."""
    if True not in seen:
        return 0
    return sum(one != other for one, other in pairwise(seen[seen.index(True) :]))


@dataclass(frozen=True)
class Side:
    """The blocks that one side of a difference has alone, and the whole text of the other."""

    blocks: Sequence[Block]
    others: Sequence[Block]  # what only the other side has
    other_state: State

    @cached_property
    def other_lines(self) -> _Lines:
        return _Lines(self.other_state)

    @cached_property
    def replaced(self) -> Collection[bytes]:
        """The shapes of what only the other side has."""
        return {_shape(block.text) for block in self.others}

    @cached_property
    def stated(self) -> list[str]:
        """What only the other side has and says of a state."""
        return _stated(self.others)


def split(side: Side, past: EarlierStates, *, in_before: bool) -> tuple[list[Block], list[Block]]:
    """The stable blocks, and those that flicker."""
    if not len(past):
        return list(side.blocks), []
    steady: list[Block] = []
    flickering: list[Block] = []
    for place, block in enumerate(side.blocks):
        known = place < _MAX_BLOCKS and past.flickers(
            block, partial(_around, block, side, in_before), partial(_is_value, block, side)
        )
        is_noise = known and not any(has_flipped(block.text, other) for other in side.stated)
        (flickering if is_noise else steady).append(block)
    return steady, flickering


def _around(block: Block, side: Side, in_before: bool) -> tuple[bool, bool]:
    """Whether the states before and after have it: one more of what was always there is news."""
    is_beside = side.other_lines.holds(block.text)
    return in_before or is_beside, not in_before or is_beside


def _stated(blocks: Sequence[Block]) -> list[str]:
    """The short blocks with a word of state: to go from one to its contrary is always news."""
    short = (block.text for block in blocks[:_MAX_BLOCKS] if block.words <= _MAX_WORDS)
    return [text for text in short if poles_of(text)]


def _is_value(block: Block, side: Side) -> bool:
    """Whether a block is news even when it reverts: a number, a price, a stock."""
    if _shape(block.text) in side.replaced:
        return True
    names_stock = facts.availability(block) is not Availability.UNKNOWN
    return names_stock or bool(amounts.prices(block.text))


def _shape(text: str) -> bytes:
    """The template in which numbers of any length are alike."""
    return _NUMBERS.sub(b"#", template(text))


@dataclass(frozen=True, slots=True)
class Unrest:
    """At how many of the last visits the text differed from the visit before."""

    changes: int = 0
    visits: int = 0  # the first one, which has none before it, left out

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.changes / self.visits if self.visits else 0.0


CALM = Unrest()


def unrest(states: Sequence[State]) -> Unrest:
    """How often a site was found changed, by the number of visits that saw each state."""
    known = states[-MAX_STATES:]
    hashes = [state.reading.text_hash for state in known]
    changes = sum(one != other for one, other in pairwise(hashes))
    return Unrest(changes, max(0, sum(state.visits for state in known) - 1))


def learned(history: Sequence[State]) -> tuple[Noise, ...]:
    """The lines of a site that come and go repeatedly, and why they are noise.

    Shape: long lines and states that flip are none, as in `split`.
    """
    recent = history[-MAX_STATES:]
    if len(recent) < 3:
        return ()
    found, visits = [], sum(state.visits for state in recent)
    unsteady = _unsteady(recent)
    stated = [shown for shown, _ in unsteady.values() if poles_of(shown)]
    for shown, holding in unsteady.values():
        presence = [place in holding for place in range(len(recent))]
        is_news = any(has_flipped(shown, other) for other in stated)
        if _flips(presence) >= _FLIPS and not is_news:
            present = sum(recent[place].visits for place in holding)
            found.append(Noise(shown, present, visits, "flickers"))
    return tuple(found)


def _unsteady(history: Sequence[State]) -> dict[tuple[str, ...], tuple[str, set[int]]]:
    """The short lines that not every state has, by their words, and where those are."""
    texts = [
        dict.fromkeys(line.strip(_BULLETS) for line in state.reading.text.split("\n"))
        for state in history
    ]
    always = set(texts[0]).intersection(*texts)
    seen: dict[tuple[str, ...], tuple[str, set[int]]] = {}
    for place, lines in enumerate(texts):
        for line in lines:
            if line not in always and 0 < len(said := words.steady(line)) <= _MAX_WORDS:
                seen.setdefault(said, (line, set()))[1].add(place)
    return seen
