"""Resolves names: look-ups share a channel, but a malformed answer fails only its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from aiodns.error import ARES_EBADRESP
from aiohttp.abc import ResolveResult
from aiohttp.resolver import AsyncResolver

DNS_TRIES = 2
_FRESH_AT_ONCE = 32  # each is a thread and some open files


class Resolver(AsyncResolver):
    """Asks the system's name servers, or the given ones.

    Shape: c-ares fails all look-ups pending in a channel when one answer is malformed; each
           of them is retried once, in a channel of its own.
    Units: `timeout_seconds` is for one look-up in one channel.
    """

    def __init__(self, timeout_seconds: float, nameservers: Sequence[str] | None = None) -> None:
        self._options: dict[str, Any] = {
            "timeout": timeout_seconds / DNS_TRIES,
            "tries": DNS_TRIES,
            "nameservers": nameservers,
        }
        self._fresh = asyncio.Semaphore(_FRESH_AT_ONCE)
        super().__init__(**self._options)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Errors: OSError, with the words of c-ares.
        """
        try:
            return await super().resolve(host, port, family)
        except OSError as exc:
            if not _is_malformed(exc):
                raise
        async with self._fresh:
            fresh = AsyncResolver(**self._options)
            try:
                return await fresh.resolve(host, port, family)
            finally:
                await fresh.close()


def _is_malformed(error: OSError) -> bool:
    """Whether an answer was malformed, perhaps that of another look-up."""
    cause = error.__cause__
    return cause is not None and cause.args[:1] == (ARES_EBADRESP,)
