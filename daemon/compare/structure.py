"""Lays JSON out in lines that include their path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.model.reading import NAMING_KEYS

_STEP = 2
_LOOK_AHEAD = 12


def json_lines(text: str) -> list[str]:
    """The lines of laid-out JSON, each with the path of its value.

    Shape: `items[id=7].price: 3`; list items are named by their id, key or name when they
           have one, else by index, so that a new item renames no other.
    """
    source = [_Laid.of(line) for line in text.split("\n")]
    path = _Path()
    lines = []
    for place, line in enumerate(source):
        path.leave(line.indent)
        for indent in range(line.indent, line.inner_indent, _STEP):
            path.enter_item(indent, _identity(source, place))
        name = path.to(line.key)
        if line.key and not line.value:
            path.enter(line.inner_indent, name)
        else:
            lines.append(f"{name}: {line.value}" if name else line.value)
    return lines


@dataclass(frozen=True, slots=True)
class _Laid:
    """One laid-out line: how deep it is, before and behind its dashes, its key and its value."""

    indent: int
    inner_indent: int  # one step deeper for each list item that the line opens
    key: str
    value: str

    @classmethod
    def of(cls, line: str) -> _Laid:
        rest = line.lstrip(" ")
        indent = inner = len(line) - len(rest)
        while rest.startswith("- "):
            rest, inner = rest[_STEP:], inner + _STEP
        key, colon, value = rest.partition(":")
        if not colon or (value and not value.startswith(" ")):
            return cls(indent, inner, "", rest)
        return cls(indent, inner, key, value.strip())


class _Path:
    """The path to the line being read: what is open around it, and the items counted so far."""

    def __init__(self) -> None:
        self._open = [(-1, "")]  # by indent, outermost first; the document itself is never left
        self._counts: dict[str, int] = {}

    def leave(self, indent: int) -> None:
        """Close all that a line with this indent is not inside."""
        while self._open[-1][0] >= indent:
            self._open.pop()

    def enter(self, indent: int, name: str) -> None:
        self._open.append((indent, name))

    def enter_item(self, indent: int, identity: str | None) -> None:
        """Open the next item of the innermost list: by its identity, else by its index."""
        outer = self._open[-1][1]
        index = self._counts[outer] = self._counts.get(outer, -1) + 1
        self.enter(indent, f"{outer}[{identity or index}]")

    def to(self, key: str) -> str:
        here = self._open[-1][1]
        return f"{here}.{key}" if here and key else here or key


def _identity(source: Sequence[_Laid], place: int) -> str | None:
    """The name of the list item that opens here, from its own first lines."""
    inner = source[place].inner_indent
    for at in range(place, min(place + _LOOK_AHEAD, len(source))):
        line = source[at]
        if at > place and line.inner_indent != line.indent:
            continue
        if at > place and line.indent < inner:
            return None
        if line.key in NAMING_KEYS and line.value and line.inner_indent == inner:
            return f"{line.key}={line.value}"
    return None
