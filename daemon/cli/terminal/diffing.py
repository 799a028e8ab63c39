"""Formats removed and added lines for a terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import click

from daemon.cli.terminal.show import DIM, PLAIN, Clean, Style, is_terminal
from daemon.compare import DiffLine, Mark, Segment, joined, rewritten
from daemon.display.differences import SIGNS, hunks, shortened
from daemon.display.words import count
from daemon.model.change import Change

Part: TypeAlias = tuple[str, Style]

_REMOVED: Style = {"fg": "red"}
_ADDED: Style = {"fg": "green"}
_STRONG: Style = {"bold": True, "underline": True}
_PLACE: Style = {"fg": "cyan"}
_LONGEST_SAME = 80  # of an unchanged stretch inside a changed line
_KEPT = 30
_TOKEN = re.compile(r"\s+|\S+")
_BRACKETS = {"red": "[-{}-]", "green": "{{+{}+}}"}
_INDENT = "    "
_GLANCE = 300  # characters


def show_change(change: Change, clean: Clean, limit: int) -> list[str]:
    """The hunks of a change, word by word, indented; only the first if there are many."""
    lines = [line for hunk in change.hunks for line in _pairs(hunk.removed, hunk.added, clean)]
    shown = [fitted(_shortest(line), _INDENT) for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(click.style(f"{_INDENT}… {count(len(lines) - limit, 'more line')}", **DIM))
    return shown


def by_words(lines: Iterable[DiffLine], clean: Clean, *, in_colour: bool) -> Iterator[str]:
    """The difference of two texts with changed words highlighted, and some context lines.

    Shape: without colours as [-gone-] and {+come+}.
    """
    for is_same, run in groupby(lines, key=lambda line: line.mark in (Mark.SAME, Mark.GAP)):
        block = list(run)
        if is_same:
            yield from (_around(line, clean) for line in block)
        else:
            removed = [line.text for line in block if line.mark is Mark.REMOVED]
            added = [line.text for line in block if line.mark is Mark.ADDED]
            for parts in _pairs(removed, added, clean):
                yield fitted(parts if in_colour else _bracketed(parts), "")


def by_lines(lines: Iterable[DiffLine], clean: Clean) -> Iterator[str]:
    """The difference in the format of `diff -u`."""
    for head, block in hunks(lines):
        yield click.style(head, **_PLACE)
        for line in block:
            yield click.style(SIGNS[line.mark] + clean.text(line.text), **_STYLES[line.mark])


_STYLES = {Mark.SAME: PLAIN, Mark.GAP: PLAIN, Mark.REMOVED: _REMOVED, Mark.ADDED: _ADDED}


def _around(line: DiffLine, clean: Clean) -> str:
    if line.mark is Mark.GAP:
        return click.style(f"  ⋮ line {line.after_line}", **_PLACE)
    return click.style(f"  {clean.text(line.text)}", **DIM)


def _pairs(removed: Sequence[str], added: Sequence[str], clean: Clean) -> Iterator[list[Part]]:
    """Rewritten lines as pairs, the others as they are."""
    gone = [text for text in map(clean.line, removed) if text]
    came = [text for text in map(clean.line, added) if text]
    for left, right in rewritten(gone, came):
        if left:
            yield _parts("-", left, _REMOVED)
        if right:
            yield _parts("+", right, _ADDED)


def _parts(sign: str, segments: Sequence[Segment], style: Style) -> list[Part]:
    parts: list[Part] = [(f"{sign} ", style)]
    if len(segments) == 1:
        return [*parts, (segments[0].text, style)]
    for segment in joined(segments):
        is_same = segment.mark is Mark.SAME
        text = shortened(segment.text, _LONGEST_SAME, _KEPT) if is_same else segment.text
        parts.append((text, style if is_same else {**style, **_STRONG}))
    return parts


def _bracketed(parts: Sequence[Part]) -> Iterator[Part]:
    """Without colours, removed and added words in brackets."""
    for text, style in parts:
        signs = _BRACKETS[style["fg"]] if style.get("underline") else "{}"
        yield signs.format(text), style


def _shortest(parts: list[Part]) -> list[Part]:
    """A line shortened to be read at a glance."""
    kept: list[Part] = []
    room = _GLANCE
    for text, style in parts:
        if len(text) > room:
            return [*kept, (text[:room].rstrip() + " …", style)]
        kept.append((text, style))
        room -= len(text)
    return kept


def fitted(parts: Iterable[Part], indent: str) -> str:
    """One line of styled parts; on a terminal wrapped between words, and indented."""
    if not is_terminal():
        return indent + "".join(click.style(text, **style) for text, style in parts)
    from rich.cells import cell_len

    width = shutil.get_terminal_size().columns
    column, out = len(indent), [indent]
    for text, style in parts:
        for word in _TOKEN.findall(text):
            cells = cell_len(word)
            if column + cells > width and cells < width - len(indent) - 2 and not word.isspace():
                out.append(f"\n{indent}  ")
                column = len(indent) + 2
            out.append(click.style(word, **style))
            column += cells
    return "".join(out)
