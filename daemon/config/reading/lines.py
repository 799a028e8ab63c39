"""Finds the line of each key in a valid TOML text, as the parsers keep no positions."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.config.values import KeyPath

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<long>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5})
    |(?P<quoted>"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s\[\]{}=,."'\#]+)""",
    re.VERBOSE | re.DOTALL,
)


def find_lines(text: str) -> dict[KeyPath, int]:
    """The 1-based line on which each key, table and list item begins.

    Shape:  a path as pydantic writes it: ("site", 2, "include", 0).
    Errors: none for text that tomllib accepts; no other text may be given.
    """
    walk = _TomlWalk()
    line = 1
    for kind, mark in _tokens(text):
        walk.take(kind, mark, line)
        line += mark.count("\n")
    walk.take("newline", "", line)
    return walk.lines


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield match.lastgroup or "", match.group()


@dataclass(slots=True)
class _Frame:
    """An open bracket inside a value, with the path of its content."""

    path: KeyPath
    is_list: bool
    index: int = 0
    in_value: bool = False  # of an inline table: after the "="


@dataclass(slots=True)
class _TomlWalk:
    """One pass over the tokens, statement by statement."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    table: KeyPath = ()
    counts: Counter[KeyPath] = field(default_factory=Counter)
    key: list[str] = field(default_factory=list)
    brackets: int = 0  # of a table header
    state: str = "start"  # start, key, header, value
    frames: list[_Frame] = field(default_factory=list)
    value: KeyPath = ()

    def take(self, kind: str, mark: str, line: int) -> None:
        if kind == "newline":
            self._end_line(line)
        elif self.state == "start" and mark == "[":
            self.state, self.brackets, self.key = "header", 1, []
        elif self.state == "header":
            self._header(kind, mark)
        elif self.state == "value":
            self._value(kind, mark, line)
        else:
            self._key(kind, mark, line)

    def _end_line(self, line: int) -> None:
        if self.state == "header":
            self._open_table(line)
        if not self.frames:
            self.state, self.key = "start", []

    def _header(self, kind: str, mark: str) -> None:
        if mark == "[":
            self.brackets += 1
        elif kind in ("bare", "quoted"):
            self.key.append(_unquoted(mark))

    def _open_table(self, line: int) -> None:
        path = self._inside(tuple(self.key[:-1])) + tuple(self.key[-1:])
        if self.brackets > 1:
            index = self.counts[path]
            self.counts[path] += 1
            self._record(path, line)
            path = (*path, index)
        else:
            path = self._last(path)
        self.table = path
        self._record(path, line)

    def _inside(self, names: tuple[str, ...]) -> KeyPath:
        path: KeyPath = ()
        for name in names:
            path = self._last((*path, name))
        return path

    def _last(self, path: KeyPath) -> KeyPath:
        """The path, through the last item of each list of tables."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _key(self, kind: str, mark: str, line: int) -> None:
        self.state = "key"
        if mark == "=":
            holder = self.frames[-1].path if self.frames else self.table
            self.value = holder + tuple(self.key)
            self._record(self.value, line)
            self.state, self.key = "value", []
        elif mark == "}":
            self._close()
        elif kind in ("bare", "quoted"):
            self.key.append(_unquoted(mark))

    def _value(self, kind: str, mark: str, line: int) -> None:
        frame = self.frames[-1] if self.frames else None
        if mark in ("]", "}"):
            self._close()
        elif mark == "," and frame:
            frame.index += 1
            self.state = "value" if frame.is_list else "key"
        elif kind != "mark" or mark in ("[", "{"):
            path = (*frame.path, frame.index) if frame and frame.is_list else self.value
            self._record(path, line)
            self._open(path, mark)

    def _open(self, path: KeyPath, mark: str) -> None:
        """A list or an inline table begins there, if this is the mark of one."""
        if after := {"[": "value", "{": "key"}.get(mark):
            self.frames.append(_Frame(path, is_list=mark == "["))
            self.state = after

    def _close(self) -> None:
        if self.frames:
            self.frames.pop()
        self.state = "value"

    def _record(self, path: KeyPath, line: int) -> None:
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return
            self.lines[path[:length]] = line


def _unquoted(mark: str) -> str:
    if mark[0] == "'":
        return mark[1:-1]
    if mark[0] == '"':
        return str(tomllib.loads(f"key = {mark}")["key"])
    return mark
