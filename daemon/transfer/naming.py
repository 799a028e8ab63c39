"""Finds free names close to the wanted ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

LONGEST_NAME = 255
_ROOM_FOR_NUMBER = 10


class Names:
    """The names in use for one kind of object."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 1)

    def free(self, name: str) -> str:
        """Take this name, or the first free one of `name (2)`, `name (3)`, …."""
        free = name
        while free in self._taken:
            self._numbers[name] += 1
            free = f"{name[: LONGEST_NAME - _ROOM_FOR_NUMBER]} ({self._numbers[name]})"
        self._taken.add(free)
        return free
