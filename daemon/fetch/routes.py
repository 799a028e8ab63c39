"""The ways out of this process: directly, or through one of the proxies, each with its sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Self, cast

import aiohttp
from yarl import URL

from daemon.config.proxies import ProxyConfig
from daemon.config.sections import FetchConfig
from daemon.fetch.connection.connector import (
    CertifiedResponse,
    GuardedConnector,
    open_session,
)
from daemon.fetch.connection.guard import AddressGuard
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.connection.proxied import ProxiedConnector
from daemon.fetch.connection.tunnel import ProxyError, basic, wants_password
from daemon.model.errors import FetchError
from daemon.model.request import DIRECT
from daemon.model.status import ErrorClass


class Route:
    """One way out, and the session whose connections take it.

    Shape: `proxy` None is the direct way.
    """

    def __init__(self, session: aiohttp.ClientSession, proxy: ProxyConfig | None) -> None:
        self._session = session
        self.proxy = proxy

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], **options: Any
    ) -> CertifiedResponse:
        """The answer to one request, open; redirects are not followed.

        Errors: as of the library, and ProxyError.
        """
        proxy = self.proxy
        if proxy is None or not _asks_by_name(proxy, url):
            return await self._send(method, url, headers=headers, **options)
        address = URL.build(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
        login = {"Proxy-Authorization": basic(proxy)} if proxy.credentials[0] else {}
        answer = await self._send(
            method, url, proxy=address, headers={**headers, **login}, **options
        )
        if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            answer.release()
            raise wants_password(proxy)
        return answer

    async def _send(self, method: str, url: str, **options: Any) -> CertifiedResponse:
        target = URL(url, encoded=True)
        answer = await self._session.request(method, target, allow_redirects=False, **options)
        return cast("CertifiedResponse", answer)  # the session's class of answers


def _asks_by_name(proxy: ProxyConfig, url: str) -> bool:
    """Whether the proxy makes the request itself, without a tunnel.

    Shape: so are pages without TLS, which few HTTP proxies open tunnels for; only a trusted proxy
           may look names up.
    """
    return proxy.trusted and not proxy.is_socks and not url.startswith("https:")


class Routes:
    """All ways out, by name. Use it as `async with`."""

    def __init__(
        self,
        settings: FetchConfig,
        proxies: Iterable[ProxyConfig],
        guard: AddressGuard,
        pacer: Pacer,
    ) -> None:
        self._settings = settings
        self._proxies = tuple(proxies)
        self._parts = settings, guard, pacer
        self._routes: dict[str, Route] = {}
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._routes[DIRECT] = await self._open(GuardedConnector(*self._parts), None)
        for proxy in self._proxies:
            connector = ProxiedConnector(*self._parts, proxy)
            self._routes[proxy.name] = await self._open(connector, proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._routes.clear()
        await self._closing.aclose()

    def of(self, wanted: str) -> Route:
        """The way that a request wants; "" wants the usual one.

        Errors: ProxyError when there is no such proxy: nothing goes out another way;
                FetchError(internal) while these are not open.
        """
        if not self._routes:
            raise FetchError(ErrorClass.INTERNAL, "the fetcher is not open")
        name = wanted or self._settings.proxy
        if name not in self._routes:
            raise ProxyError(name, "is not in the configuration: add a [[proxy]] of this name")
        return self._routes[name]

    def proxy_named(self, wanted: str) -> ProxyConfig | None:
        """The proxy that a request goes through; None for the direct way.

        Errors: as of `of`.
        """
        return self.of(wanted).proxy

    def proxy_of(self, wanted: str) -> str:
        """The name of the proxy that a request goes through; "" for none."""
        name = wanted or self._settings.proxy
        return "" if name == DIRECT else name

    async def _open(self, connector: GuardedConnector, proxy: ProxyConfig | None) -> Route:
        session = open_session(self._settings, connector)
        return Route(await self._closing.enter_async_context(session), proxy)
