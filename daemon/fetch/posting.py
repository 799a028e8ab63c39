"""Posts messages to URLs, guarded and limited as fetches are, without redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

import aiohttp
from yarl import URL

from daemon.config.sections import FetchConfig
from daemon.fetch.body import READABLE, read_body
from daemon.fetch.client import bounded
from daemon.fetch.connection.connector import (
    CertifiedResponse,
    GuardedConnector,
    open_session,
)
from daemon.fetch.connection.guard import AddressGuard
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.faults import Progress, status_fault
from daemon.fetch.headers import default_headers, kept_headers, retry_after_seconds
from daemon.model.errors import FetchError, UrlError
from daemon.model.status import ErrorClass
from daemon.url import parse_url

ANSWER_BYTES = 1024 * 1024
EXCHANGED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Posted:
    """A receiver's response, without its body."""

    status: int
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A server's response, whatever its status, with its body."""

    status: int
    body: bytes


class Poster:
    """Sends to webhooks and models, on connections of its own so that checks never wait for them.

    Use it as `async with`; one per process.
    """

    def __init__(self, settings: FetchConfig) -> None:
        self._settings = settings.model_copy(update={"max_body_bytes": ANSWER_BYTES})
        self._defaults = {**default_headers(settings), "accept": "application/json"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        guard = AddressGuard(self._settings.allow_networks)
        connector = GuardedConnector(self._settings, guard, Pacer())
        self._session = open_session(self._settings, connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> Posted:
        """The status of a receiver's response, whatever it is; its body is not read.

        Units:  `seconds` is the one deadline over everything.
        Errors: FetchError when there is no response, or the address is not allowed.
        """
        progress = _progress(url)
        return await bounded(self._post(progress, body, headers), seconds, progress)

    async def get(self, url: str, seconds: float) -> Posted:
        """The status of a URL's response, whatever it is; its body is not read.

        Units:  `seconds` is the one deadline over everything.
        Errors: FetchError as of `post`.
        """
        progress = _progress(url)
        return await bounded(self._post(progress, None, {}), seconds, progress)

    async def ask(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> bytes:
        """The body of an endpoint's response: 1 MiB at the most.

        Units:  `seconds` is the one deadline over everything.
        Errors: FetchError of every class, as of a fetch, also for an error status.
        """
        progress = _progress(url)
        return await bounded(self._ask(progress, body, headers), seconds, progress)

    async def exchange(
        self, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> Exchanged:
        """A server's response to a form, or without one to a GET; 64 KiB at the most.

        Units:  `seconds` is the one deadline over everything.
        Errors: FetchError when there is no response, it is too large, or the address not allowed.
        """
        progress = _progress(url)
        return await bounded(self._exchange(progress, body, headers), seconds, progress)

    async def _exchange(
        self, progress: Progress, body: bytes | None, headers: Mapping[str, str]
    ) -> Exchanged:
        answer = await self._send(progress, body, headers)
        try:
            progress.stage = "reading the answer"
            read = await read_body(answer, progress, EXCHANGED_BYTES)
            return Exchanged(answer.status, read.content)
        finally:
            answer.release()

    async def _post(
        self, progress: Progress, body: bytes | None, headers: Mapping[str, str]
    ) -> Posted:
        answer = await self._send(progress, body, headers)
        # Its body is not read: releasing closes the connection when there is one.
        answer.release()
        return Posted(answer.status, retry_after_seconds(answer.headers.get("Retry-After")))

    async def _ask(self, progress: Progress, body: bytes, headers: Mapping[str, str]) -> bytes:
        answer = await self._send(progress, body, headers)
        try:
            if answer.status not in READABLE:
                kept = kept_headers(answer.headers.items())
                raise status_fault(answer.status, kept, progress.url)
            progress.stage = "reading the answer"
            return (await read_body(answer, progress, ANSWER_BYTES)).content
        finally:
            answer.release()

    async def _send(
        self, progress: Progress, body: bytes | None, headers: Mapping[str, str]
    ) -> CertifiedResponse:
        if self._session is None:
            raise FetchError(ErrorClass.INTERNAL, "the poster is not open")
        answer = await self._session.request(
            "GET" if body is None else "POST",
            URL(progress.url, encoded=True),
            data=body,
            headers={**self._defaults, **headers},
            allow_redirects=False,
        )
        progress.status = answer.status
        return cast("CertifiedResponse", answer)  # the session's class of answers


def _progress(url: str) -> Progress:
    try:
        return Progress(parse_url(url), stage="waiting for the answer")
    except UrlError as exc:
        raise FetchError(ErrorClass.BLOCKED, str(exc)) from exc
