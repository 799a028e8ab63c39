"""Counts how often each address asks, so that none takes the pages from the others."""

from __future__ import annotations

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

_MOST = 10_000  # addresses that are remembered
_AT_ONCE_SECONDS = 3  # so many seconds' worth may come at once, as when a browser opens tabs
_NETWORK_BITS = 64  # of IPv6: whoever has one such network has all addresses in it


class Visits:
    """A bucket of tokens for each address; every request takes one, and time puts them back.

    Shape: the address that asked least lately is forgotten first; it may begin anew with a full
           bucket, as it would by then have it anyway unless very many ask.
    """

    def __init__(self, per_second: int, most: int = _MOST) -> None:
        """`per_second` is how many each may ask, 0 being no limit."""
        self._per_second = per_second
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def wait_seconds(self, address: str | None, at: float) -> int:
        """How many whole seconds an address must wait that asks at this moment; 0 for none."""
        if not self._per_second:
            return 0
        full, key = float(self._per_second * _AT_ONCE_SECONDS), _network(address or "")
        left, since = self._left.get(key, (full, at))
        left = min(full, left + (at - since) * self._per_second)
        is_allowed = left >= 1
        self._left[key] = (left - 1 if is_allowed else left), at
        self._left.move_to_end(key)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0 if is_allowed else math.ceil((1 - left) / self._per_second)


def _network(address: str) -> str:
    """An address, of IPv6 the network that it is in."""
    if ":" not in address:
        return address
    try:
        whole = IPv6Address(ip_address(address.partition("%")[0]))
    except ValueError:
        return address
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    return str(int(whole) >> _NETWORK_BITS)
