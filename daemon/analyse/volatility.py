"""A history of readings in; what flickers in it, from visit to visit, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.model import State

_DIGITS = bytes.maketrans(b"0123456789", b"##########")
MAX_STATES = 6
_MAX_BLOCKS = 300
_MAX_CHARS = 4_000_000  # of all states; of larger pages the latest states stand for all
_MAX_WORDS = 12
_BULLETS = " \t•*-–·◦▪"


@dataclass(frozen=True, slots=True)
class Noise:
    """One line template that comes and goes, and how often it was there."""

    template: str
    present: int
    states: int
    why: str


def template(text: str) -> bytes:
    """A text without case, spaces and digits: what repeats when only numbers move."""
    return "".join(text.split()).casefold().encode("utf-8", "replace").translate(_DIGITS)


def first_within(history: Sequence[State], room: int) -> int:
    """The place of the first of the latest states whose texts have room for so many characters."""
    place = len(history)
    while place and room >= len(history[place - 1].reading.text):
        place -= 1
        room -= len(history[place].reading.text)
    return place


class Past:
    """The lines of earlier states, ready to be asked whether they hold one."""

    def __init__(self, history: Sequence[State]) -> None:
        known = history[-MAX_STATES:]
        self._history = known[first_within(known, _MAX_CHARS) :]
        self._lines: list[frozenset[bytes]] | None = None

    def __len__(self) -> int:
        return len(self._history)

    def presence(self, text: str) -> list[bool]:
        """For each earlier state, oldest first, whether it holds the line's template."""
        if self._lines is None:
            self._lines = [_line_templates(state) for state in self._history]
        wanted = template(text)
        return [wanted in known for known in self._lines]

    def flickers(self, block: Block, *, in_before: bool, in_after: bool) -> bool:
        """Whether a short block that went or came has come and gone before.

        Shape: one that came is known when an older state had it; one that went, when it
               had been absent between two states that had it. Long blocks and headings
               are never taken for noise: a text that comes back is news.
        """
        if block.words > _MAX_WORDS or block.kind in (places.HEADING, places.TITLE):
            return False
        return _returns([*self.presence(block.text), in_before, in_after])


def _line_templates(state: State) -> frozenset[bytes]:
    return frozenset(template(line.lstrip(_BULLETS)) for line in state.reading.text.split("\n"))


def _returns(seen: Sequence[bool]) -> bool:
    """Whether it was there, was not, and was there again; or came back now."""
    if True not in seen:
        return False
    shown = seen[seen.index(True) :]
    flips = sum(one != other for one, other in pairwise(shown))
    return flips >= 2


@dataclass(frozen=True, slots=True)
class Side:
    """The blocks that one side of a difference has alone, and the whole text of the other."""

    blocks: Sequence[Block]
    others: Sequence[Block]  # what only the other side has
    other_state: State


def split(side: Side, past: Past, *, in_before: bool) -> tuple[list[Block], list[Block]]:
    """Blocks that stand still, and those that flicker."""
    if not len(past):
        return list(side.blocks), []
    # One more line of a kind that was there all the time (a release below others) is news; one
    # that took the place of its like is judged by whether that place comes and goes.
    beside = _line_templates(side.other_state) - {template(block.text) for block in side.others}
    steady: list[Block] = []
    flickering: list[Block] = []
    for place, block in enumerate(side.blocks):
        is_beside = template(block.text) in beside
        known = place < _MAX_BLOCKS and past.flickers(
            block, in_before=in_before or is_beside, in_after=not in_before or is_beside
        )
        (flickering if known else steady).append(block)
    return steady, flickering


def restless(states: Sequence[State]) -> float:
    """The share of visits at which the text was not that of the visit before, 0 to 1."""
    hashes = [state.reading.text_hash for state in states[-MAX_STATES:]]
    steps = list(pairwise(hashes))
    return sum(one != other for one, other in steps) / len(steps) if steps else 0.0


def learned(history: Sequence[State]) -> tuple[Noise, ...]:
    """The lines of a site that come and go, and come again, and why they are noise."""
    recent = history[-MAX_STATES:]
    if len(recent) < 3:
        return ()
    seen = _templates(recent)
    found = []
    for name, (shown, holding) in seen.items():
        presence = [place in holding for place in range(len(recent))]
        if name and _returns(presence):
            found.append(Noise(shown, len(holding), len(recent), "flickers"))
    return tuple(found)


def _templates(history: Iterable[State]) -> dict[bytes, tuple[str, set[int]]]:
    seen: dict[bytes, tuple[str, set[int]]] = {}
    for place, state in enumerate(history):
        for line in state.reading.text.split("\n"):
            seen.setdefault(template(line), (line.strip(), set()))[1].add(place)
    return seen
