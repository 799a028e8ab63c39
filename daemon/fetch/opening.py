"""Opens connections for what speaks for itself: guarded by address, or through a proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

from aiohappyeyeballs import start_connection

from daemon.config.proxies import ProxyConfig
from daemon.config.sections import FetchConfig
from daemon.fetch.connection.guard import AddressGuard
from daemon.fetch.connection.proxied import first_tunnel
from daemon.fetch.connection.resolver import Resolver
from daemon.fetch.faults import Progress, fault_of
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from daemon.url import is_address

_MOST_ADDRESSES = 4  # of one name
_NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305 §5
_READ_BUFFER_BYTES = 64 * 1024


class Opener:
    """Opens connections to hosts, one by one; the caller closes it.

    Shape: what is connected to is the very address that the guard has judged.
    """

    def __init__(self, settings: FetchConfig, guard: AddressGuard) -> None:
        self._settings = settings
        self._guard = guard
        self._resolver: Resolver | None = None
        self._tls_to_proxy: ssl.SSLContext | None = None

    async def open(
        self, host: str, port: int, proxy: ProxyConfig | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a host, a name or an address.

        Errors: FetchError.
        """
        progress = Progress(host, proxy=proxy.name if proxy else "")
        try:
            if proxy is not None:
                return await self._through(proxy, host, port)
            async with asyncio.timeout(self._settings.connect_timeout_seconds):
                line = await self._connect(await self._addresses(host, port))
            return await asyncio.open_connection(sock=line, limit=_READ_BUFFER_BYTES)
        except OSError as exc:
            raise fault_of(exc, progress) from exc

    async def close(self) -> None:
        """End what look-ups use."""
        if self._resolver is not None:
            await self._resolver.close()

    async def _addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        if ":" in host or is_address(host):
            return [(host, port)]
        if self._resolver is None:
            self._resolver = Resolver(self._settings.dns_timeout_seconds)
        try:
            found = await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        except OSError as exc:
            raise FetchError(
                ErrorClass.DNS, f"the name {host} was not resolved: {exc.strerror or exc}"
            ) from exc
        return [(one["host"], one["port"]) for one in found[:_MOST_ADDRESSES]]

    async def _connect(self, places: Sequence[tuple[str, int]]) -> socket.socket:
        infos = [
            (
                socket.AF_INET6 if ":" in host else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (host, port),
            )
            for host, port in places
        ]
        return await start_connection(
            infos,
            happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
            socket_factory=self._guard.open_socket,
        )

    async def _through(
        self, proxy: ProxyConfig, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        seconds = self._settings.connect_timeout_seconds
        places = [(host, port)] if proxy.trusted else await self._addresses(host, port)
        if self._tls_to_proxy is None:
            self._tls_to_proxy = ssl.create_default_context()
        transport = await first_tunnel(proxy, self._guard, places, self._tls_to_proxy, seconds)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(_READ_BUFFER_BYTES, loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
