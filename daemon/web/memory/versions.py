"""Knows since when documents are as they are, for programs that only ask whether they changed."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

_MOST = 1_000
# Another daemon may have answered with the version before as late as that.
_SETTLED = timedelta(minutes=1)


class Versions:
    """Since when this daemon has seen each document as it is; the one asked for longest ago goes.

    Shape: not the instant of its newest part, as a part that is found earlier may be stored later.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._seen: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def unchanged_since(self, address: str, mark: str, now: datetime) -> datetime | None:
        """A whole second since which the document is surely this one; None if none is past."""
        known = self._seen.get(address)
        if known is None or known[0] != mark or known[1] > now:
            known = self._seen[address] = mark, now
        self._seen.move_to_end(address)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        settled = (known[1] + _SETTLED + timedelta(microseconds=999_999)).replace(microsecond=0)
        return settled if settled <= now else None
