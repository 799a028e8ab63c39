"""Structured readings in, feeds and JSON; lines that name what they belong to out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from daemon.model import Entry, Hunk, Reading

_MAX_LEAVES = 50_000
_MAX_DEPTH = 200
_NAMES = ("id", "key", "slug", "uuid", "name", "title", "url", "path", "version", "tag")


def entry_hunks(before: Sequence[Entry], after: Sequence[Entry]) -> tuple[list[Hunk], int]:
    """Entries that came, changed or were withdrawn, by identity; and how many rolled off.

    Shape: what left at the old end of a feed while new entries came has rolled off.
    """
    old = {entry.id: entry for entry in before}
    new = {entry.id: entry for entry in after}
    hunks = [
        Hunk(0, place, (), _entry_lines(entry))
        for place, entry in enumerate(after, start=1)
        if entry.id not in old
    ]
    hunks.extend(_edited(before, new, after))
    withdrawn, rolled = _gone(before, new, came=len(hunks) > 0)
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


def _gone(before: Sequence[Entry], new: dict[str, Entry], *, came: bool) -> tuple[list[Hunk], int]:
    kept = [place for place, entry in enumerate(before) if entry.id in new]
    last_kept = kept[-1] if kept else -1
    withdrawn, rolled = [], 0
    for place, entry in enumerate(before):
        if entry.id in new:
            continue
        if came and place > last_kept:
            rolled += 1
        else:
            withdrawn.append(Hunk(place + 1, 0, _entry_lines(entry), ()))
    return withdrawn, rolled


def json_lines(reading: Reading) -> list[str] | None:
    """One line for each leaf, `path: value`; None when the text is no JSON of sane size.

    Shape: list items are named by their id, key or name when they have one, else by place.
    """
    try:
        value = json.loads(reading.text)
    except (ValueError, RecursionError):
        return None
    lines: list[str] = []
    pending: list[tuple[str, Any, int]] = [("", value, 0)]
    while pending:
        path, node, depth = pending.pop()
        if depth > _MAX_DEPTH or len(lines) > _MAX_LEAVES:
            return None
        children = list(_children(path, node))
        if children:
            pending.extend((name, child, depth + 1) for name, child in reversed(children))
        else:
            lines.append(f"{path or '.'}: {json.dumps(node, ensure_ascii=False)}")
    return lines


def _children(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{path}.{key}" if path else str(key), value
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield f"{path}[{_name(value, place)}]", value


def _name(value: Any, place: int) -> str:
    if isinstance(value, dict):
        for key in _NAMES:
            if isinstance(value.get(key), str | int):
                return f"{key}={value[key]}"
    return str(place)
