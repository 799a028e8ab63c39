"""Pairs of pages that differ by one known edit, made from the lines of pages/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made_changes.layouts import LAYOUTS, LENGTHS, Line, filler

HALVES = ("develop", "unseen")
_PAGES = Path(__file__).with_name("pages")
_GRADES = frozenset({"minor", "moderate", "major", "critical"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit, and what a careful person says of it; an empty set is no opinion."""

    source: str
    matters: bool
    categories: frozenset[str]
    grades: frozenset[str]


@dataclass(frozen=True, slots=True)
class Source:
    """A page as lines, and its edits."""

    domain: str
    half: str
    language: str
    url: str
    title: str
    lines: tuple[Line, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A page before and after, as a server sends them."""

    name: str
    domain: str
    language: str
    layout: str
    length: str
    url: str
    content_type: str
    before: str
    after: str
    edit: Edit


def sources() -> Iterator[Source]:
    """The pages that the files describe."""
    for path in sorted(_PAGES.glob("*.txt")):
        for text in path.read_text(encoding="utf8").split("\n===\n"):
            yield _source(path.stem, text)


def _source(domain: str, text: str) -> Source:
    named: dict[str, str] = {}
    lines: list[Line] = []
    edits = []
    for line in filter(None, text.splitlines()):
        if line[:2] in ("!!", ".."):
            edits.append(_edit(line))
            continue
        kind, _, said = line.partition(": ")
        if len(kind) == 1:
            lines.append((kind, said))
        else:
            named[kind] = said
    return Source(
        domain,
        named["half"],
        named["lang"],
        named["url"],
        named["title"],
        tuple(lines),
        tuple(edits),
    )


def _edit(line: str) -> Edit:
    source, _, expected = line[3:].partition(" :: ")
    words = frozenset(expected.split())
    return Edit(source, line.startswith("!!"), words - _GRADES, words & _GRADES)


def edited(lines: tuple[Line, ...], edit: str) -> list[Line]:
    """The lines after an edit: `- TEXT`, `+ KIND: LINE < TEXT` or `OLD => NEW`."""
    if edit.startswith("- "):
        return [line for line in lines if edit[2:] not in line[1]]
    if edit.startswith("+ "):
        new, _, anchor = edit[2:].partition(" < ")
        kind, _, said = new.partition(": ")
        at = next(at for at, line in enumerate(lines) if anchor in " = ".join([line[1]]))
        return [*lines[:at], (kind, said), *lines[at:]]
    old, _, new = edit.partition(" => ")
    return [(kind, said.replace(old, new)) for kind, said in lines]


def pairs(half: str) -> Iterator[Pair]:
    """Each edit of a half's pages in each layout, on a short and on a long page."""
    for source in sources():
        if source.half != half:
            continue
        for number, edit in enumerate(source.edits):
            changed = edited(source.lines, edit.source)
            if changed == list(source.lines):
                raise ValueError(f"{source.url}: {edit.source!r} changes nothing")
            for layout in LAYOUTS:
                for length in LENGTHS:
                    yield _pair(source, edit, changed, (layout, length, number))


def _pair(source: Source, edit: Edit, changed: list[Line], form: tuple[str, str, int]) -> Pair:
    layout, length, number = form
    rest = filler(source.domain, length)
    before, content_type = LAYOUTS[layout](source.title, [*source.lines, *rest], 0)
    after, _ = LAYOUTS[layout](source.title, [*changed, *rest], 1)
    name = f"{source.domain}-{source.language}-{number:02}-{layout}-{length}"
    return Pair(
        name,
        source.domain,
        source.language,
        layout,
        length,
        source.url,
        content_type,
        before,
        after,
        edit,
    )
