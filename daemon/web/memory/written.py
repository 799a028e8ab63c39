"""Up to where people have written, so that what they read has all of it.

A daemon remembers it for each person, and their browser takes it to the other daemons.
"""

from __future__ import annotations

import re
from collections import OrderedDict

_MOST = 10_000  # people who are remembered
_POSITION = re.compile("[0-9]{1,19}")
ANYTHING = 10**18  # where it is not known: no log gets as long


class Written:
    """The position in the primary's log after the last write of each person."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._after: OrderedDict[str, int] = OrderedDict()

    def note(self, user_id: str, position: int) -> None:
        """Remember that somebody has written up to there."""
        self._after[user_id] = position
        self._after.move_to_end(user_id)
        if len(self._after) > self._most:
            self._after.popitem(last=False)

    def after(self, user_id: str, told: str) -> int:
        """The position that somebody must be shown, whose browser has `told` one."""
        theirs = int(told) if _POSITION.fullmatch(told) else 0
        return max(theirs, self._after.get(user_id, 0))
