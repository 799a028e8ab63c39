"""Who asks, as a proxy in front says that has asked for the login, and from where."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_LONGEST = 255
_SUBNET = 64  # one customer of a provider has at least as many addresses of IPv6


class UntrustedHeaderError(Exception):
    """The header that logs people in, from an address that may not send it, or without a use."""


class Headers(Protocol):
    """Headers by name, some of them several times."""

    def getall(self, key: str, default: list[str], /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies in front of the pages, and the header in which they name the person."""

    user_header: str
    networks: tuple[_Network, ...]

    @classmethod
    def of(cls, user_header: str, networks: Sequence[str]) -> Proxies:
        """As the configuration has them."""
        return cls(user_header, tuple(ipaddress.ip_network(one, strict=False) for one in networks))

    def user_in(self, peer: str, headers: Headers) -> str | None:
        """The name in the header; None without one.

        Errors: UntrustedHeaderError: one from elsewhere is refused, as nobody sends it by chance.
        """
        if not self.user_header or not (given := headers.getall(self.user_header, [])):
            return None
        if not self._trusts(peer):
            raise UntrustedHeaderError(f"{self.user_header} is not taken from this address")
        name = given[0].strip()
        # Identities of providers hold a `|`: a proxy must not name them.
        if len(given) > 1 or not name or "|" in name or len(name) > _LONGEST:
            raise UntrustedHeaderError(f"{self.user_header} names nobody")
        return name

    def client_of(self, peer: str, headers: Headers) -> str:
        """The address of the browser: the last in X-Forwarded-For that is no proxy of ours."""
        if not self._trusts(peer):
            return peer
        chain = ",".join(headers.getall("X-Forwarded-For", [])).split(",")
        for one in reversed([word.strip() for word in chain]):
            if _address(one) is None:
                break
            peer = one
            if not self._trusts(one):
                break
        return peer

    def _trusts(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self.networks)


def network_of(address: str) -> str:
    """What counts as one place of failures: an address, or a /64 of IPv6."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _SUBNET), strict=False))
    return str(found or "")


def _address(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
