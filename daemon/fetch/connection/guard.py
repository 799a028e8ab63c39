"""Decides which addresses may be connected to, by an explicit table of networks."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's special-purpose registries, and one address that only looks public. `is_global` is
# no substitute: it treats multicast, NAT64 and 6to4 as global and varies by Python version.
_REFUSED_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # the host of a virtual machine on Azure
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_REFUSED_IPV6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_6TO4 = IPv6Network("2002::/16")
_COMPATIBLE = IPv6Network("::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")
_LOW_32 = 0xFFFF_FFFF


class BlockedAddressError(OSError):
    """An address outside the public internet that no setting allows."""

    def __init__(self, address: str) -> None:
        # The same words for every address: the library merges the errors of a name's addresses
        # into one of this type only when all messages are equal.
        super().__init__(errno.EACCES, "not a public address")
        self.address = address

    @property
    def detail(self) -> str:
        """What was blocked, and the setting that allows it."""
        return f"{self.address} is not a public address; fetch.allow_networks can open it"


class AddressGuard:
    """Blocks every address that is neither public nor in an allowed network."""

    def __init__(self, allow_networks: Iterable[str] = ()) -> None:
        self._open = tuple(ip_network(text, strict=False) for text in allow_networks)
        self._permits = lru_cache(maxsize=4096)(self._judge)

    def check(self, address: str) -> None:
        """Raise BlockedAddressError unless the address is a permitted IP literal."""
        if not self._permits(address):
            raise BlockedAddressError(address)

    def open_socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for the address about to be connected to; the last check before the network."""
        family, kind, protocol, _, address = addr_info
        if family not in (socket.AF_INET, socket.AF_INET6):
            raise BlockedAddressError(str(address))
        self.check(address[0])
        return socket.socket(family, kind, protocol)

    def _judge(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        inner = tuple(_inside(address))
        if any(_is_in(self._open, each) for each in (address, *inner)):
            return True
        if inner:
            return all(map(_is_public, inner))
        return _is_public(address)


def _inside(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that packets to this address reach or are relayed by."""
    if isinstance(address, IPv4Address):
        return
    value = int(address)
    if any(address in network for network in (_MAPPED, _COMPATIBLE, _NAT64)):
        yield IPv4Address(value & _LOW_32)
    elif address in _6TO4:
        yield IPv4Address(value >> 80 & _LOW_32)
    elif address in _TEREDO:
        yield IPv4Address(value >> 64 & _LOW_32)
        yield IPv4Address(~value & _LOW_32)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not _is_in(_REFUSED_IPV4, address)
    return address in _GLOBAL_IPV6 and not _is_in(_REFUSED_IPV6, address)


def _is_in(networks: Iterable[Network], address: Address) -> bool:
    return any(address in network for network in networks)
