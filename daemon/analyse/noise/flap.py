"""Finds the earlier state that a reading returns to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from daemon.analyse.noise.volatility import first_within
from daemon.compare import line_key
from daemon.compare.ignore import without_ignored
from daemon.model.reading import Reading, State
from daemon.model.site import Rules

_MAX_LINES = 5_000
_MAX_MASKED_CHARS = 500_000  # of all texts; masking takes up to 2 s per million


@dataclass(frozen=True, slots=True)
class Closest:
    """The known state nearest to a reading."""

    place: int  # index in the history
    similarity: float  # 0 to 1, by lines without their noise
    is_same: bool  # equal once noise is masked: the page flapped back


def closest_state(after: Reading, history: Sequence[State], rules: Rules) -> Closest | None:
    """The known state most similar to the new text, the latest one among equals.

    Shape:  of large texts only the latest states are compared, of the largest with their noise.
    Errors: ExtractError (selector), as in comparing.
    """
    first = first_within(history, _MAX_MASKED_CHARS - len(after.text))
    is_masked = first < len(history)
    key = line_key(rules) if is_masked else str.strip
    wanted = _keys(without_ignored(after, rules), key)
    best: Closest | None = None
    for place in range(len(history) - 1, -1, -1):
        reading = history[place].reading
        if reading.text_hash == after.text_hash:
            return Closest(place, 1.0, is_same=True)
        if is_masked and place < first:
            continue
        known = _keys(without_ignored(reading, rules), key)
        if known == wanted:
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
