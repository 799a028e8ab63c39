"""Compares feeds by entries, and lays JSON out in lines that include their path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.model.change import Hunk
from daemon.model.reading import Entry

_STEP = 2
_LOOK_AHEAD = 12
_NAMES = ("id", "key", "slug", "uuid", "name", "title", "url", "path", "version", "tag")


def entry_hunks(before: Sequence[Entry], after: Sequence[Entry]) -> tuple[list[Hunk], int]:
    """New, changed and withdrawn entries, by identity; and how many rolled off.

    Shape: entries missing at the old end of a feed have rolled off, even if all have.
    """
    old = {entry.id: entry for entry in before}
    new = {entry.id: entry for entry in after}
    hunks = [
        Hunk(0, place, (), _entry_lines(entry))
        for place, entry in enumerate(after, start=1)
        if entry.id not in old
    ]
    hunks.extend(_edited(before, new, after))
    withdrawn, rolled = _gone(before, new)
    hunks.extend(withdrawn)
    return hunks, rolled


def _entry_lines(entry: Entry) -> tuple[str, ...]:
    return tuple(
        part for part in (entry.title, entry.link, *entry.text.split("\n")) if part.strip()
    )


def _edited(
    before: Sequence[Entry], new: dict[str, Entry], after: Sequence[Entry]
) -> Iterator[Hunk]:
    places = {entry.id: place for place, entry in enumerate(after, start=1)}
    for place, entry in enumerate(before, start=1):
        other = new.get(entry.id)
        if other is None:
            continue
        old_lines, new_lines = _entry_lines(entry), _entry_lines(other)
        removed = tuple(line for line in old_lines if line not in new_lines)
        added = tuple(line for line in new_lines if line not in old_lines)
        if removed or added:
            yield Hunk(place, places[entry.id], removed, added)


def _gone(before: Sequence[Entry], new: dict[str, Entry]) -> tuple[list[Hunk], int]:
    """The withdrawn entries, and how many rolled off at the old end of the feed."""
    kept = [place for place, entry in enumerate(before) if entry.id in new]
    first, last = (kept[0], kept[-1]) if kept else (0, -1)
    # Most feeds list the newest entry first, some the oldest.
    ends = (last + 1, len(before)) if _begins_with_newest(before, new) else (0, first)
    rolled = range(*ends) if kept else range(len(before))
    withdrawn = [
        Hunk(place + 1, 0, _entry_lines(entry), ())
        for place, entry in enumerate(before)
        if entry.id not in new and place not in rolled
    ]
    return withdrawn, len(rolled)


def _begins_with_newest(before: Sequence[Entry], new: dict[str, Entry]) -> bool:
    """Whether new entries are added on top; without new ones, by the first and last date."""
    known = {entry.id for entry in before}
    places = list(new)
    fresh = [place for place, name in enumerate(places) if name not in known]
    stayed = [place for place, name in enumerate(places) if name in known]
    if fresh and stayed and fresh[0] > stayed[-1]:
        return False
    if fresh and stayed and fresh[-1] < stayed[0]:
        return True
    return not before[0].published_at < before[-1].published_at


def json_lines(text: str) -> list[str]:
    """The lines of laid-out JSON, each with the path of its value.

    Shape: `items[id=7].price: 3`; list items are named by their id, key or name when they
           have one, else by index, so that a new item renames no other.
    """
    source = [_Laid.of(line) for line in text.split("\n")]
    paths: list[tuple[int, str]] = []
    counts: dict[str, int] = {}
    lines = []
    for place, line in enumerate(source):
        while paths and paths[-1][0] >= line.indent:
            paths.pop()
        indent = line.indent
        for _ in range(line.dashes):
            outer = paths[-1][1] if paths else ""
            counts[outer] = counts.get(outer, -1) + 1
            name = _identity(source, place) or str(counts[outer])
            paths.append((indent, f"{outer}[{name}]"))
            indent += _STEP
        path = paths[-1][1] if paths else ""
        if line.key and not line.value:
            paths.append((indent, f"{path}.{line.key}" if path else line.key))
        else:
            lines.append(_leaf(path, line))
    return lines


@dataclass(frozen=True, slots=True)
class _Laid:
    """One laid-out line: how deep, how many list items it opens, its key and its value."""

    indent: int
    dashes: int
    key: str
    value: str

    @classmethod
    def of(cls, line: str) -> _Laid:
        rest = line.lstrip(" ")
        indent, dashes = len(line) - len(rest), 0
        while rest.startswith("- "):
            rest, dashes = rest[2:], dashes + 1
        key, colon, value = rest.partition(":")
        if not colon or (value and not value.startswith(" ")):
            return cls(indent, dashes, "", rest)
        return cls(indent, dashes, key, value.strip())

    @property
    def inner_indent(self) -> int:
        return self.indent + _STEP * self.dashes


def _leaf(path: str, line: _Laid) -> str:
    name = f"{path}.{line.key}" if path and line.key else path or line.key
    return f"{name}: {line.value}" if name else line.value


def _identity(source: Sequence[_Laid], place: int) -> str | None:
    """The name of the list item that opens here, from its own first lines."""
    inner = source[place].inner_indent
    for at in range(place, min(place + _LOOK_AHEAD, len(source))):
        line = source[at]
        if at > place and line.inner_indent != line.indent:
            continue
        if at > place and line.indent < inner:
            return None
        if line.key in _NAMES and line.value and line.inner_indent == inner:
            return f"{line.key}={line.value}"
    return None
