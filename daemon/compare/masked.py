"""Lists what is masked in a text, by kind of noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from daemon.compare.masks import (
    _CLOCK,
    _COPYRIGHT,
    _COUNTERS,
    _GENERATED,
    _QUERY,
    _RELATIVE,
    _TOKENS,
    mask,
)
from daemon.lexicon.spelling import fold

# What is masked, in the words that people are shown.
KINDS = (
    ("age", _RELATIVE),
    ("cache-buster", _QUERY),
    ("time of making", _GENERATED),
    ("clock", _CLOCK),
    ("counter", _COUNTERS),
    ("copyright year", _COPYRIGHT),
    ("token", _TOKENS),
)
_MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Masked:
    """One kind of noise in a text: on how many lines, and the first of them."""

    kind: str
    lines: int
    example: str


def masked(text: str) -> tuple[Masked, ...]:
    """What the masks take out of a text, or out of its first 20,000 lines."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n")[:_MAX_LINES]:
        for kind, part in _parts(fold(line)):
            found.setdefault(kind, []).append(part)
    return tuple(
        Masked(kind, len(found[kind]), found[kind][0]) for kind, _ in KINDS if kind in found
    )


def _parts(line: str) -> Iterator[tuple[str, str]]:
    """The parts that the mask takes out of one line, each with the kind that names it."""
    if mask(line) == line:
        return
    for kind, pattern in KINDS:
        hit = pattern.search(line)
        if hit is not None:
            yield kind, " ".join(hit.group().split())
