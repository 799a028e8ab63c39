"""A message out to a receiver's URL: guarded and limited as fetches are, and never redirected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import aiohttp
from yarl import URL

from daemon.errors import FetchError, UrlError
from daemon.fetch.client import READ_BUFFER_BYTES, bounded
from daemon.fetch.connector import GuardedConnector
from daemon.fetch.faults import Progress
from daemon.fetch.guard import AddressGuard
from daemon.fetch.headers import retry_after_seconds
from daemon.fetch.settings import FetchSettings
from daemon.model import ErrorClass
from daemon.url import parse_url

_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Posted:
    """What a receiver answered; its words are of no interest."""

    status: int
    retry_after_seconds: float | None = None


class Poster:
    """Sends to webhooks with connections of its own: no receiver holds what checks need.

    Use it as `async with`; one per process.
    """

    def __init__(self, settings: FetchSettings, timeout_seconds: float) -> None:
        self._settings = replace(settings, max_body_bytes=_ANSWER_BYTES)
        self._timeout_seconds = timeout_seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(self._settings, AddressGuard(self._settings.allow_networks)),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._settings.connect_timeout_seconds
            ),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=self._settings.max_header_bytes,
            max_field_size=self._settings.max_header_bytes,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """The status that a receiver answered with, whatever it is.

        Errors: FetchError when there is no answer, or the address is not one to send to.
        """
        try:
            target = parse_url(url)
        except UrlError as exc:
            raise FetchError(ErrorClass.BLOCKED, str(exc)) from exc
        progress = Progress(target, stage="waiting for the answer")
        return await bounded(self._post(target, body, headers), self._timeout_seconds, progress)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        if self._session is None:
            raise FetchError(ErrorClass.INTERNAL, "the poster is not open")
        answer = await self._session.post(
            URL(url, encoded=True),
            data=body,
            headers={"User-Agent": self._settings.user_agent, **headers},
            allow_redirects=False,
        )
        try:
            return Posted(answer.status, retry_after_seconds(answer.headers.get("Retry-After")))
        finally:
            # Its body is not read: releasing closes the connection when there is one.
            answer.release()
