"""Keeps for some seconds what is dear to find, for pages that ask the same again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

FRESH = timedelta(seconds=5)
_MOST = 100  # of them a page of today is the largest, some 300 KB
T = TypeVar("T")


class Recent:
    """What was found at most a few seconds ago, by who asked and what; the oldest goes first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, tuple[datetime, Any]] = OrderedDict()
        self._age = 0

    def __len__(self) -> int:
        return len(self._found)

    async def found(self, key: Hashable, now: datetime, find: Callable[[], Awaitable[T]]) -> T:
        """What is kept under the key, or else what `find` finds.

        Errors: those of `find`, of which nothing is kept.
        """
        known = self._found.get(key)
        if known is not None and known[0] <= now < known[0] + FRESH:
            recent: T = known[1]
            return recent
        age = self._age
        value = await find()
        if age == self._age:  # else it was begun before somebody acted, and may be out of date
            self._keep(key, now, value)
        return value

    def forget(self) -> None:
        """Find all anew, after somebody did something that may change it."""
        self._age += 1
        self._found.clear()

    def _keep(self, key: Hashable, now: datetime, value: object) -> None:
        self._found[key] = now, value
        self._found.move_to_end(key)
        if len(self._found) > self._most:
            self._found.popitem(last=False)
