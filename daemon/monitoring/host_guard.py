"""Rejects requests for foreign hosts, so that no web page can misuse the endpoint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_METHODS = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "changelogger",
    "X-Content-Type-Options": "nosniff",
}
_ANSWER_SECONDS = 5.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def only_known_hosts(allowed: Collection[str]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Reject requests for another host: from a page by DNS rebinding, or through a proxy.

    Shape: names as in a Host header, without the port; the address of the connection is allowed.
    """
    known = known_hosts(allowed)

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        refuse_foreign_host(request, known, "health.allowed_hosts")
        if request.method not in _METHODS:
            raise web.HTTPMethodNotAllowed(request.method, _METHODS)
        return await handler(request)

    return guard


def known_hosts(allowed: Collection[str]) -> frozenset[str]:
    """The hosts of an option, for comparison."""
    return frozenset(name.lower() for name in allowed)


def refuse_foreign_host(request: web.BaseRequest, known: frozenset[str], option: str) -> None:
    """Raise unless this is for one of these hosts, or for the address of the connection.

    Errors: HTTPBadRequest, HTTPMisdirectedRequest, which names the option.
    """
    names = request.headers.getall("Host", [])
    # Without the header, aiohttp would resolve our own name.
    if len(names) != 1:
        raise web.HTTPBadRequest(text="one Host header is needed\n")
    # `request.host` is the target's if that is an absolute URL, else the header's.
    asked = {_host(names[0]), _host(request.host)}
    if not asked <= known | _own_addresses(request):
        raise web.HTTPMisdirectedRequest(text=f"this name is not in {option}\n")


async def finish_safely(request: web.Request, response: web.StreamResponse) -> None:
    """Add headers that keep browsers from using the response, and close its connection."""
    response.headers.update(_HEADERS)
    # One response per connection: none can be held open, or flooded with requests.
    response.force_close()
    if request.transport is not None:
        asyncio.get_running_loop().call_later(_ANSWER_SECONDS, request.transport.abort)


def protocol_logger() -> logging.Logger:
    """A logger for the server's own errors, which ignores those of clients."""
    logger = logging.getLogger("daemon.monitoring.protocol")
    if not logger.filters:
        logger.addFilter(_is_our_fault)
    return logger


def _is_our_fault(record: logging.LogRecord) -> bool:
    exc = record.exc_info[1] if record.exc_info else None
    return not isinstance(exc, HttpProcessingError | ConnectionError)


def _host(header: str) -> str:
    name, colon, port = header.strip().lower().rpartition(":")
    return name if colon and port.isascii() and port.isdecimal() else header.strip().lower()


def _own_addresses(request: web.BaseRequest) -> frozenset[str]:
    # The owner of a name can point it at us, but not an address.
    local = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(local, tuple):
        return frozenset()
    return frozenset({local[0], f"[{local[0]}]"})
