"""Lines that went and lines that came in; what a terminal shows of them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import click

from daemon.cli.show import DIM, PLAIN, Clean, Style
from daemon.compare import DiffLine, Mark, Segment, word_segments
from daemon.model import Change

_REMOVED: Style = {"fg": "red"}
_ADDED: Style = {"fg": "green"}
_STRONG: Style = {"bold": True, "underline": True}
_PLACE: Style = {"fg": "cyan"}
_ALIKE = 0.4  # below this share of common text two lines are not one line that was rewritten
_LONGEST_SAME = 80  # of a stretch that stayed, inside a line that did not
_KEPT = 30
_WORD = re.compile(r"\w")


def show_change(change: Change, clean: Clean, limit: int | None = None) -> list[str]:
    """The hunks of a change, word by word; how many lines were left out, when it is too long."""
    lines = [line for hunk in change.hunks for line in _by_words(hunk.removed, hunk.added, clean)]
    return _limited(lines, limit)


def by_words(lines: Iterable[DiffLine], clean: Clean) -> Iterator[str]:
    """A difference of two texts with the words that differ set off, some lines around each."""
    for is_same, run in groupby(lines, key=lambda line: line.mark in (Mark.SAME, Mark.GAP)):
        block = list(run)
        if is_same:
            yield from (_around(line, clean) for line in block)
        else:
            removed = [line.text for line in block if line.mark is Mark.REMOVED]
            added = [line.text for line in block if line.mark is Mark.ADDED]
            yield from _by_words(removed, added, clean)


def by_lines(lines: Iterable[DiffLine], clean: Clean) -> Iterator[str]:
    """The same as `diff -u` writes it."""
    for is_gap, run in groupby(lines, key=lambda line: line.mark is Mark.GAP):
        if not is_gap:
            block = list(run)
            yield click.style(_range(block), **_PLACE)
            for line in block:
                sign, style = _SIGNS[line.mark]
                yield click.style(sign + clean.text(line.text), **style)


_SIGNS = {
    Mark.SAME: (" ", PLAIN),
    Mark.GAP: (" ", PLAIN),
    Mark.REMOVED: ("-", _REMOVED),
    Mark.ADDED: ("+", _ADDED),
}


def _range(block: Sequence[DiffLine]) -> str:
    before = [line.before_line for line in block if line.before_line is not None]
    after = [line.after_line for line in block if line.after_line is not None]
    return f"@@ -{_span(before)} +{_span(after)} @@"


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]},{len(numbers)}" if numbers else "0,0"


def _around(line: DiffLine, clean: Clean) -> str:
    if line.mark is Mark.GAP:
        return click.style(f"  ⋮ line {line.after_line}", **_PLACE)
    return click.style(f"  {clean.text(line.text)}", **DIM)


def _by_words(removed: Sequence[str], added: Sequence[str], clean: Clean) -> Iterator[str]:
    """Lines that were rewritten as pairs, the others as they are."""
    gone = [text for text in map(clean.line, removed) if text]
    came = [text for text in map(clean.line, added) if text]
    for old, new in zip(gone, came, strict=False):
        left, right = word_segments(old, new)
        if _share(left) < _ALIKE and _share(right) < _ALIKE:
            left, right = (Segment(Mark.SAME, old),), (Segment(Mark.SAME, new),)
        yield _line("-", left, _REMOVED)
        yield _line("+", right, _ADDED)
    for old in gone[len(came) :]:
        yield click.style(f"- {old}", **_REMOVED)
    for new in came[len(gone) :]:
        yield click.style(f"+ {new}", **_ADDED)


def _share(segments: Sequence[Segment]) -> float:
    """How much of a line is also in the other."""
    total = sum(len(_WORD.findall(segment.text)) for segment in segments)
    same = sum(len(_WORD.findall(s.text)) for s in segments if s.mark is Mark.SAME)
    return same / total if total else 1.0


def _line(sign: str, segments: Sequence[Segment], style: Style) -> str:
    parts = [click.style(f"{sign} ", **style)]
    for segment in segments:
        is_same = segment.mark is Mark.SAME
        text = _shortened(segment.text) if is_same and len(segments) > 1 else segment.text
        parts.append(click.style(text, **(style if is_same else {**style, **_STRONG})))
    return "".join(parts)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_SAME:
        return text
    return f"{text[:_KEPT].rstrip()} … {text[-_KEPT:].lstrip()}"


def _limited(lines: list[str], limit: int | None) -> list[str]:
    if limit is None or len(lines) <= limit + 1:
        return lines
    left = len(lines) - limit
    return [*lines[:limit], click.style(f"… {left} more lines", **DIM)]
