"""Reads a configuration file and its drop-ins into one tree that knows where each key stands.

Tables merge option by option, the later file wins, and lists of tables such as [[site]] add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.config.reading.lines import find_lines
from daemon.config.reading.source import decode, drop_ins, label_of, parse, read_plain, read_text
from daemon.config.shape import place_at
from daemon.config.values import KeyPath
from daemon.model.errors import ConfigError, Fault


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of one of the files, and the path of its key in that file alone."""

    order: tuple[int, int]  # of the file, and of the line in it
    label: str
    own_path: KeyPath

    def __str__(self) -> str:
        return f"{self.label}:{self.order[1]}"


@dataclass(slots=True)
class _File:
    """One file that could be parsed, and how its tree lies in the whole one."""

    label: str
    text: str
    tree: dict[str, Any]
    offsets: Counter[str] = field(default_factory=Counter)  # of its lists of tables
    unused: set[KeyPath] = field(default_factory=set)  # where an earlier file is kept instead


@dataclass(frozen=True, slots=True)
class Files:
    """What the files say together, and the faults of those that cannot be parsed.

    Shape: `labels` are the names of all the files, the main one first.
    """

    labels: tuple[str, ...] = ()
    tree: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    blank: str = ""  # the name of the first without any content
    has_references: bool = False
    parsed: tuple[_File, ...] = ()

    def spots(self) -> dict[KeyPath, Spot]:
        """Where each key of the tree stands."""
        return {
            path: Spot((number, line), one.label, own)
            for number, one in enumerate(self.parsed)
            for path, own, line in _lines(one)
        }


def read_files(path: Path | None, data: bytes | None = None, beside: Path | None = None) -> Files:
    """The file and its drop-ins in the order of their names.

    Shape:  with `data` that is the file's content; the drop-ins are those `beside` another file
            if one is named.
    Errors: none; faults.
    """
    if path is None:
        return Files()
    found: list[_File] = []
    faults: list[Fault] = []
    others: tuple[Path, ...] = ()
    try:
        others = drop_ins(beside or path)
    except ConfigError as exc:
        faults += exc.faults
    for one in (path, *others):
        try:
            found.append(_parsed(one, data if one is path else None, is_first=one is path))
        except ConfigError as exc:
            faults += exc.faults
    return Files(
        tuple(map(label_of, (path, *others))),
        _together(found),
        tuple(faults),
        next((one.label for one in found if not one.text.strip()), ""),
        any("${" in one.text for one in found),
        tuple(found),
    )


def _parsed(path: Path, data: bytes | None, *, is_first: bool) -> _File:
    if data is not None:
        text = decode(data, path)
    else:
        text = read_text(path) if is_first else read_plain(path)
    return _File(label_of(path), text, parse(text, path))


def _together(files: list[_File]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for one in files:
        _merge(tree, one.tree, (), one)
    return tree


def _merge(into: dict[str, Any], given: dict[str, Any], path: KeyPath, file: _File) -> None:
    for key, value in given.items():
        at, had = (*path, key), into.get(key)
        if key not in into or not _is_container(at):
            into[key] = value
        elif isinstance(had, dict) and isinstance(value, dict):
            into[key] = dict(had)  # the earlier file keeps its own
            _merge(into[key], value, at, file)
        elif isinstance(had, list) and isinstance(value, list):
            file.offsets[key] = len(had)
            into[key] = [*had, *value]
        elif _fits(had, at):  # else the earlier one stays, as the one that is at fault
            into[key] = value
        else:
            file.unused.add(at)


def _is_container(path: KeyPath) -> bool:
    """Whether tables merge here, or lists of tables add up: not for the value of an option."""
    place = place_at(path)
    if place is None or place.is_section:
        return True
    inner = place_at((*path, "" if place.is_table else 0))
    return inner is not None and inner.is_section


def _fits(value: Any, path: KeyPath) -> bool:
    place = place_at(path)
    return isinstance(value, list if place and place.is_list else dict)


def _lines(file: _File) -> Iterator[tuple[KeyPath, KeyPath, int]]:
    """The path of each key in the whole tree and in its own file, and its line."""
    lengths = {len(path) for path in file.unused}
    for own, line in find_lines(file.text).items():
        if any(own[:length] in file.unused for length in lengths):
            continue
        path = own
        if len(own) > 1 and isinstance(own[1], int):
            path = (own[0], own[1] + file.offsets[str(own[0])], *own[2:])
        yield path, own, line
