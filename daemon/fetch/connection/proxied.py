"""A connector whose connections go through one proxy, and never around it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Any, cast

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest

from daemon.config.proxies import ProxyConfig
from daemon.config.sections import FetchConfig
from daemon.fetch.connection.connector import GuardedConnector
from daemon.fetch.connection.guard import AddressGuard, BlockedAddressError
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.connection.tunnel import connect_to, open_tunnel

_MOST_ADDRESSES = 4  # of one name, tried one after the other


class ProxiedConnector(GuardedConnector):
    """Connects through a proxy: to addresses that the guard permits, or to names if it is trusted.

    Shape: the proxy itself is the operator's choice, and may have any address.
    """

    def __init__(
        self, settings: FetchConfig, guard: AddressGuard, pacer: Pacer, proxy: ProxyConfig
    ) -> None:
        super().__init__(settings, guard, pacer)
        self._proxy = proxy
        self._guard = guard
        self._tls_to_proxy = ssl.create_default_context()

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        if not self._proxy.trusted:
            return await super()._resolve_host(host, port, traces)
        named = {"hostname": host, "host": host, "port": port, "family": socket.AF_INET}
        return [cast("ResolveResult", {**named, "proto": 0, "flags": 0})]

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        req: ClientRequest,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's name
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        try:
            places = [info[4][:2] for info in addr_infos[:_MOST_ADDRESSES]]
            transport = await first_tunnel(
                self._proxy, self._guard, places, self._tls_to_proxy, timeout.sock_connect
            )
        except TimeoutError:
            raise
        except OSError as exc:
            raise client_error(req.connection_key, exc) from exc
        if req.is_ssl():
            tls = await self._start_tls_connection(transport, req, timeout, client_error)
            return cast("tuple[asyncio.Transport, ResponseHandler]", tls)
        handler = self._factory()
        transport.set_protocol(handler)
        handler.connection_made(transport)
        return transport, handler

    async def _create_proxy_connection(
        self,
        req: ClientRequest,
        traces: Any,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's name
    ) -> tuple[asyncio.BaseTransport, ResponseHandler]:
        """The connection for a request that the proxy makes itself, by name."""
        transport, handler = await connect_to(
            self._proxy, self._factory, self._tls_to_proxy, timeout.sock_connect
        )
        return transport, cast("ResponseHandler", handler)


async def first_tunnel(
    proxy: ProxyConfig,
    guard: AddressGuard,
    places: Sequence[tuple[str, int]],
    tls: ssl.SSLContext,
    seconds: float | None,
) -> asyncio.Transport:
    """A tunnel to the first of these addresses that the proxy reaches.

    Errors: as of `open_tunnel`; BlockedAddressError when none may be asked for.
    """
    errors: list[OSError] = []
    for host, port in places:
        try:
            if not proxy.trusted:
                guard.check(host)
            return await open_tunnel(proxy, host, port, tls, seconds)
        except OSError as exc:
            errors.append(exc)
    raise next((one for one in errors if not isinstance(one, BlockedAddressError)), errors[0])
