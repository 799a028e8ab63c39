"""Lays out the difference of two texts for people: by words, by lines, or side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from daemon.characters import marked
from daemon.compare import DiffLine, Mark, Segment, inline, joined, rewritten, unified
from daemon.compare.lines import MAX_LINES

MOST_ROWS = 500  # what a template fills in well under ten milliseconds
MOST_CHARS = 200_000  # of all rows
LONGEST_LINE = 4_000
FOLDED_LINES = 50  # beside the context, at each end of an unchanged stretch
MOST_FOLDED = 200  # rows, or the unchanged would crowd out what differs
_COMPARED_CHARS = 40_000  # of one difference's rewritten lines, compared word by word
_ROW_BYTES, _SEGMENT_BYTES = 250, 120  # of objects, besides their characters
_KEPT = 80  # of each end of an unchanged stretch in a line that is too long


class Form(StrEnum):
    """How a difference is laid out."""

    WORDS = "words"  # a rewritten line once, with the words that went and that came
    LINES = "lines"  # as `diff -u` writes it
    SIDES = "sides"  # before beside after


class Kind(StrEnum):
    """What a block or a row is."""

    SAME = "same"
    FOLDED = "folded"  # unchanged, and further from a difference than the context
    DIFFERENCE = "difference"
    REMOVED = "removed"
    ADDED = "added"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with the numbers of its lines where it has them.

    Shape: an added line is in `after`, every other in `before`; a rewritten one is in both side by
           side, and by words in `before` alone, with the words that went and that came.
    """

    kind: Kind
    before_line: int | None
    after_line: int | None
    before: tuple[Segment, ...] = ()
    after: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that belong together; differences are numbered from 1.

    Shape: `left_out` counts unchanged lines that are not among the rows.
    """

    kind: Kind
    rows: tuple[Row, ...]
    number: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A difference as it is shown.

    Shape: the counts are of the whole difference; `shown` differences are among the blocks, the
           last of them cut where `is_cut`. Unless it `is_aligned`, the texts have too many lines,
           and only those that one of them lacks are shown.
    """

    form: Form
    blocks: tuple[Block, ...]
    differences: int = 0
    removed: int = 0
    added: int = 0
    shown: int = 0
    is_cut: bool = False
    is_aligned: bool = True
    long_lines: int = 0  # that were cut

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes."""
        rows = [row for block in self.blocks for row in block.rows]
        segments = [one for row in rows for one in (*row.before, *row.after)]
        characters = sum(len(one.text) for one in segments)
        return _ROW_BYTES * len(rows) + _SEGMENT_BYTES * len(segments) + 2 * characters

    @property
    def is_whole(self) -> bool:
        """Whether all of the difference is shown."""
        return not self.is_cut and self.shown == self.differences and not self.long_lines


def layout(before: str, after: str, form: Form, context: int = 3) -> Layout:
    """The difference of two texts, with `context` unchanged lines around each change.

    Shape: at most 500 rows of 200,000 characters; a line of over 4,000 characters is cut.
    """
    lines = unified(before, after, context + FOLDED_LINES)
    totals = before.count("\n") + 1, after.count("\n") + 1
    return _layout(lines, totals, form, context)


def recorded_layout(recorded: str, form: Form) -> Layout:
    """The difference that was recorded with a change, for texts that are no longer kept."""
    lines = [_recorded_line(line) for line in recorded.split("\n")] if recorded else []
    return _layout(lines, (0, 0), form, len(lines))


_MARKS = {"-": Mark.REMOVED, "+": Mark.ADDED, "…": Mark.GAP}


def _recorded_line(line: str) -> DiffLine:
    mark = _MARKS.get(line[:1], Mark.SAME)
    return DiffLine(mark, "" if mark is Mark.GAP else line[1:])


def _layout(lines: Sequence[DiffLine], totals: tuple[int, int], form: Form, context: int) -> Layout:
    runs = [
        (is_same, list(run))
        for is_same, run in groupby(lines, key=lambda line: line.mark in (Mark.SAME, Mark.GAP))
    ]
    room = _Room()
    blocks: list[Block] = []
    shown = 0
    for place, (is_same, run) in enumerate(runs):
        if room.is_full:
            break
        if is_same:
            ends = (0 if place == 0 else context, 0 if place == len(runs) - 1 else context)
            blocks += _unchanged(run, ends, totals[0], room)
        else:
            shown += 1
            rows = tuple(room.taken(_changed(_worded(run) if form is Form.WORDS else run, form)))
            blocks.append(Block(Kind.DIFFERENCE, rows, shown))
    return Layout(
        form=form,
        blocks=tuple(blocks),
        differences=sum(not is_same for is_same, _ in runs),
        removed=sum(line.mark is Mark.REMOVED for line in lines),
        added=sum(line.mark is Mark.ADDED for line in lines),
        shown=shown,
        is_cut=room.is_full,
        is_aligned=max(totals) <= MAX_LINES,
        long_lines=room.long_lines,
    )


class _Room:
    """What a page has room for."""

    def __init__(self) -> None:
        self.is_full = False  # something had to be left out
        self.long_lines = 0
        self._rows = MOST_ROWS
        self._chars = MOST_CHARS
        self._folded = MOST_FOLDED

    def has_for_folded(self, rows: int) -> bool:
        """Whether so many unchanged rows, far from any difference, still have room; takes it."""
        self._folded -= rows
        return self._folded >= 0

    def taken(self, rows: Iterable[Row]) -> Iterator[Row]:
        """These rows with their lines cut, as far as there is room."""
        for row in rows:
            cut = replace(row, before=self._cut(row.before), after=self._cut(row.after))
            self._rows -= 1
            self._chars -= sum(len(one.text) for one in (*cut.before, *cut.after))
            if min(self._rows, self._chars) < 0:
                self.is_full = True
                return
            yield cut

    def _cut(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        if sum(len(one.text) for one in segments) > LONGEST_LINE:
            self.long_lines += 1
            segments = tuple(_cut(segments))
        return tuple(replace(one, text=marked(one.text)) for one in segments)


def _cut(segments: Iterable[Segment]) -> Iterator[Segment]:
    """A line as far as there is room, with what differs before what does not."""
    room = LONGEST_LINE
    for one in segments:
        text = shortened(one.text, 2 * _KEPT, _KEPT) if one.mark is Mark.SAME else one.text
        if len(text) > room:
            yield Segment(one.mark, f"{text[:room]} …")
            return
        yield replace(one, text=text)
        room -= len(text)


def shortened(text: str, longest: int, kept: int) -> str:
    """A text without its middle, if it is longer than that; `kept` characters stay at each end."""
    if len(text) <= longest:
        return text
    return f"{text[:kept].rstrip()} … {text[-kept:].lstrip()}"


def _unchanged(
    run: Sequence[DiffLine], ends: tuple[int, int], total: int, room: _Room
) -> Iterator[Block]:
    for kind, part in _stretches(run, ends):
        kept = [line for line in part if line.mark is Mark.SAME]
        left_out = _left_out(part, total)
        if kind is Kind.FOLDED and not room.has_for_folded(len(kept)):
            yield Block(kind, (), left_out=left_out + len(kept))
            continue
        rows = (
            Row(Kind.SAME, line.before_line, line.after_line, (Segment(Mark.SAME, line.text),))
            for line in kept
        )
        yield Block(kind, tuple(room.taken(rows)), left_out=left_out)


def _left_out(part: Sequence[DiffLine], total: int) -> int:
    """How many lines its gaps stand for; none where the lines have no numbers."""
    ends = [line.before_line or 0 for line in part[1:]] + [total + 1]
    return sum(
        end - line.before_line
        for line, end in zip(part, ends, strict=True)
        if line.mark is Mark.GAP and line.before_line is not None
    )


def _stretches(
    run: Sequence[DiffLine], ends: tuple[int, int]
) -> Iterator[tuple[Kind, Sequence[DiffLine]]]:
    """The context after a difference, what is folded, and the context before the next one."""
    head, tail = ends
    if len(run) <= head + tail + 1:  # one line takes no more room than the word that it is folded
        for is_gap, part in groupby(run, key=lambda line: line.mark is Mark.GAP):
            yield Kind.FOLDED if is_gap else Kind.SAME, list(part)
        return
    parts = run[:head], run[head : len(run) - tail], run[len(run) - tail :]
    for kind, stretch in zip((Kind.SAME, Kind.FOLDED, Kind.SAME), parts, strict=True):
        if stretch:
            yield kind, stretch


def _changed(run: Sequence[DiffLine], form: Form) -> Iterator[Row]:
    removed = [line for line in run if line.mark is Mark.REMOVED]
    added = [line for line in run if line.mark is Mark.ADDED]
    pairs = 0 if form is Form.LINES else min(len(removed), len(added))
    room = _COMPARED_CHARS
    for old, new in zip(removed[:pairs], added[:pairs], strict=True):
        is_alike = False
        if room > 0:
            room -= len(old.text) + len(new.text)
            [(left, right)] = rewritten([old.text], [new.text])
            is_alike = any(one.mark is Mark.SAME for one in left)
        if is_alike and form is Form.WORDS:
            both = tuple(_phrased(inline(left, right)))
            yield Row(Kind.REWRITTEN, old.before_line, new.after_line, both)
        elif is_alike:
            sides = tuple(joined(left)), tuple(joined(right))
            yield Row(Kind.REWRITTEN, old.before_line, new.after_line, *sides)
        elif form is Form.SIDES:
            yield replace(_whole(old), after_line=new.after_line, after=_whole(new).after)
        else:
            yield from (_whole(old), _whole(new))
    yield from map(_whole, (*removed[pairs:], *added[pairs:]))


def _worded(run: Sequence[DiffLine]) -> Sequence[DiffLine]:
    """The lines with words in them, as blank ones say nothing beside them."""
    return [line for line in run if line.text.strip()] or run


def _whole(line: DiffLine) -> Row:
    """A line that one text lacks."""
    segments = (Segment(line.mark, line.text),)
    if line.mark is Mark.REMOVED:
        return Row(Kind.REMOVED, line.before_line, None, before=segments)
    return Row(Kind.ADDED, None, line.after_line, after=segments)


def _phrased(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments of a rewritten line, with words that differ in a row as one phrase."""
    gone = came = between = ""
    for one in segments:
        if one.mark is Mark.SAME and one.text.isspace() and gone and came and not between:
            between = one.text
        elif one.mark is Mark.SAME:
            yield from _phrase(gone, came)
            yield Segment(Mark.SAME, between + one.text)
            gone = came = between = ""
        else:
            gone, came = gone + between, came + between
            between = ""
            gone += one.text if one.mark is Mark.REMOVED else ""
            came += one.text if one.mark is Mark.ADDED else ""
    yield from _phrase(gone, came)
    if between:
        yield Segment(Mark.SAME, between)


def _phrase(gone: str, came: str) -> Iterator[Segment]:
    if gone:
        yield Segment(Mark.REMOVED, gone)
    if came:
        yield Segment(Mark.ADDED, came)


SIGNS = {Mark.SAME: " ", Mark.GAP: " ", Mark.REMOVED: "-", Mark.ADDED: "+"}


def hunks(lines: Iterable[DiffLine]) -> Iterator[tuple[str, list[DiffLine]]]:
    """The parts of a unified difference, each with its head as `diff -u` writes it."""
    for is_gap, run in groupby(lines, key=lambda line: line.mark is Mark.GAP):
        if not is_gap:
            block = list(run)
            yield _head(block), block


def _head(block: Sequence[DiffLine]) -> str:
    before = [line.before_line for line in block if line.before_line is not None]
    after = [line.after_line for line in block if line.after_line is not None]
    return f"@@ -{_span(before)} +{_span(after)} @@"


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]},{len(numbers)}" if numbers else "0,0"


def patch(before: str, after: str, names: tuple[str, str]) -> str:
    """The difference of two texts for `patch`, if each ends with a line feed as downloads do.

    Shape: no patch, but a list of lines, above 20,000 lines; its first line then says so.
    """
    lines = unified(before, after)
    if max(before.count("\n"), after.count("\n")) >= MAX_LINES:
        told = [f"Over {MAX_LINES:,} lines: only those that one of the texts lacks."]
        return "\n".join([*told, *(SIGNS[line.mark] + line.text for line in lines), ""])
    told = [f"--- {names[0]}", f"+++ {names[1]}"]
    for head, block in hunks(lines):
        told += [head, *(SIGNS[line.mark] + line.text for line in block)]
    return "\n".join([*told, ""]) if lines else ""
