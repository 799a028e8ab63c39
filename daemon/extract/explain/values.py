"""What is told of a reading, step by step."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_LINES = 4
EXAMPLES = 3
_HEAD_CHARS = 300
_EXAMPLE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Amount:
    """How much text there is."""

    lines: int
    characters: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule matched in what its step was given."""

    rule: str  # "replace[0]"
    written: str  # as its owner wrote it
    matches: int
    examples: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reading; `detail` says what its amounts do not."""

    name: str
    before: Amount
    after: Amount
    head: tuple[str, ...]  # the first lines of what it left
    effects: tuple[Effect, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """The steps of a reading as far as it came, and the error that ended it."""

    steps: tuple[Step, ...]
    kind: str = ""
    flags: tuple[str, ...] = ()
    error_class: str = ""
    error_detail: str = ""


def amount_of(text: str) -> Amount:
    """How many lines with anything in them, and how many characters."""
    return Amount(sum(1 for line in text.split("\n") if line.strip()), len(text))


def head_of(text: str) -> tuple[str, ...]:
    """The first lines that say anything."""
    lines = (line for line in text[:100_000].split("\n") if line.strip())
    return tuple(line[:_HEAD_CHARS] for line, _ in zip(lines, range(HEAD_LINES), strict=False))


def example_of(text: str) -> str:
    """A match, short and on one line."""
    line = " ".join(text[: 4 * _EXAMPLE_CHARS].split())
    return line if len(line) <= _EXAMPLE_CHARS else f"{line[: _EXAMPLE_CHARS - 1]}…"
