"""Opens connections that are guarded by address, metered by bytes, and rarely kept idle."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from daemon.config.sections import FetchConfig
from daemon.fetch.connection.guard import AddressGuard
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.connection.resolver import Resolver
from daemon.fetch.connection.wire import MeteredHandler, WireLimits
from daemon.model.response import Validity
from daemon.system.process import affordable_fetches, open_files_limit
from daemon.system.tls import authorities, usual_context

KEEPALIVE_SECONDS = 5.0
READ_BUFFER_BYTES = 64 * 1024
IDLE_CONNECTIONS = 256
MIN_WIRE_BYTES = 1024 * 1024  # room for a robots.txt, even if pages are limited to less
DNS_CACHE_SECONDS = 60
_AUTHORITIES = authorities()  # those that the library read when it was imported


class CertifiedResponse(aiohttp.ClientResponse):
    """A response that knows how long the certificate of its connection is valid.

    Shape: `pacer` tells when there is time for more of its body.
    """

    pacer: Pacer
    validity: Validity | None = None

    async def start(self, connection: Connection) -> Self:
        """Begin to read; a short response has released its connection when this returns."""
        self.pacer = cast("MeteredHandler", connection.protocol).pacer
        transport = connection.transport
        if transport is not None:
            # Kept since the handshake, so reused connections have it too.
            self.validity = validity_of(transport.get_extra_info("peercert"))
        await super().start(connection)
        return self


def validity_of(certificate: Mapping[str, Any] | None) -> Validity | None:
    """The validity of a certificate; None when there is none or it was not verified."""
    if not certificate or "notAfter" not in certificate:
        return None
    first, last = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate[name]), UTC)
        for name in ("notBefore", "notAfter")
    )
    return Validity(first, last)


def usual_tls(*, verify: bool) -> ssl.SSLContext | bool:
    """What a connector takes for the usual context; True is the library's own.

    Shape: that is as ours is, and was made already; to read the authorities again takes as long as
           some checks.
    """
    is_known = verify and authorities() == _AUTHORITIES
    return True if is_known else usual_context(verify=verify)


class GuardedConnector(aiohttp.TCPConnector):
    """A TCP connector that checks every address with the guard and keeps few idle sockets."""

    def __init__(self, settings: FetchConfig, guard: AddressGuard, pacer: Pacer) -> None:
        super().__init__(
            limit=0,  # the caller limits concurrency; waiting here would cost its deadline
            limit_per_host=settings.per_host,
            resolver=Resolver(settings.dns_timeout_seconds),
            ttl_dns_cache=DNS_CACHE_SECONDS,
            keepalive_timeout=KEEPALIVE_SECONDS,
            ssl=usual_tls(verify=settings.verify_tls),
            socket_factory=guard.open_socket,
        )
        self._resolver_owner = True
        fetches = affordable_fetches(settings.concurrency, open_files_limit())
        self._most_idle = min(IDLE_CONNECTIONS, 4 * fetches)
        # A quarter more than the body: the framing of normal servers costs far less.
        largest = max(settings.max_body_bytes, MIN_WIRE_BYTES)
        most = largest * 5 // 4 + settings.max_header_bytes
        limits = WireLimits(most, settings.max_header_bytes)
        metered = functools.partial(MeteredHandler, self._loop, limits, pacer)
        self._factory = cast("functools.partial[ResponseHandler]", metered)

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        crowded = len(self._conns) >= self._most_idle
        super()._release(key, protocol, should_close=should_close or crowded)


def open_session(settings: FetchConfig, connector: GuardedConnector) -> aiohttp.ClientSession:
    """A session that keeps only idle connections between requests; the caller closes it."""
    return aiohttp.ClientSession(
        connector=connector,
        response_class=CertifiedResponse,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_seconds),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=READ_BUFFER_BYTES,
        max_line_size=settings.max_header_bytes,
        max_field_size=settings.max_header_bytes,
    )
