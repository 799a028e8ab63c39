"""A reading and the states before it in; which of them it brings back out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from daemon.compare import line_key
from daemon.model import Reading, Rules, State

_MAX_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Closest:
    """The known state nearest to a reading."""

    place: int  # in the history as given
    similarity: float  # 0 to 1, by lines without their noise
    is_same: bool  # equal once noise is masked: the page flapped back


def closest_state(after: Reading, history: Sequence[State], rules: Rules) -> Closest | None:
    """The known state nearest to the new text, the latest one when several are equal.

    Errors: ExtractError (selector), as in comparing.
    """
    key = line_key(rules)
    wanted = _keys(after, key)
    best: Closest | None = None
    for place in range(len(history) - 1, -1, -1):
        reading = history[place].reading
        if reading.text_hash == after.text_hash or (known := _keys(reading, key)) == wanted:
            return Closest(place, 1.0, is_same=True)
        alike = _alike(known, wanted)
        if best is None or alike > best.similarity:
            best = Closest(place, alike, is_same=False)
    return best


def _keys(reading: Reading, key: Callable[[str], str]) -> list[str]:
    return [name for line in reading.text.split("\n") if (name := key(line))]


def _alike(one: list[str], other: list[str]) -> float:
    if max(len(one), len(other)) > _MAX_LINES:
        left, right = set(one), set(other)
        return len(left & right) / max(len(left | right), 1)
    return Indel.normalized_similarity(one, other)
