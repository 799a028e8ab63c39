"""Sends messages through Apprise, each channel in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

from daemon.bulkhead import contained
from daemon.model.errors import NotifyError
from daemon.notify.escaping import chat, cut, fitting, line
from daemon.notify.values import Message
from daemon.wording import duration

_MISSING = "Apprise is not installed: pip install 'changelogger[notify]'"
_BODY_UNITS = 4000
_TITLE_UNITS = 150


class Apprised:
    """A service by its Apprise URL; such services open their own connections.

    Shape: one delivery at a time. A thread cannot be killed: one that hangs blocks only this
           channel, and not the end of the process.
    """

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._service: Any = None
        self._thread: threading.Thread | None = None

    async def send(self, message: Message) -> None:
        """Hand the message to the service, in plain text."""
        if self._thread is not None and self._thread.is_alive():
            raise NotifyError("the delivery before has not come back")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                is_sent = await self._in_thread(lambda: self._deliver(message))
        except TimeoutError:
            raise NotifyError(f"no receipt within {duration(self._timeout_seconds)}") from None
        if not is_sent:
            raise NotifyError("the service did not take it")

    def _deliver(self, message: Message) -> bool:
        service, words = self._opened(), message.words
        room = min(_BODY_UNITS, service.body_maxlen)
        taken = service.notify(
            body=fitting((chat(words.text), chat(words.bare)), room),
            title=cut(chat(line(words.title)), _TITLE_UNITS, note="…"),
        )
        return bool(taken)

    def _opened(self) -> Any:
        if self._service is None:
            try:
                import apprise
            except ImportError:
                raise NotifyError(_MISSING) from None
            service = apprise.Apprise.instantiate(self._url, suppress_exceptions=True)
            if service is None:
                raise NotifyError("Apprise does not know this kind of URL")
            self._service = service
        return self._service

    async def _in_thread(self, work: Callable[[], bool]) -> bool:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def tell(result: bool, error: NotifyError | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def run() -> None:
            result, error = _outcome(work)
            with contextlib.suppress(RuntimeError):  # the loop has ended: no caller is waiting
                loop.call_soon_threadsafe(tell, result, error)

        self._thread = threading.Thread(target=run, name="apprise", daemon=True)
        self._thread.start()
        return await done


def _outcome(work: Callable[[], bool]) -> tuple[bool, NotifyError | None]:
    # Services raise any exception; whatever it is, the message was not delivered.
    return contained(lambda: (work(), None), lambda exc: (False, _as_ours(exc)))


def _as_ours(error: Exception) -> NotifyError:
    if isinstance(error, NotifyError):
        return error
    # Its text may quote the URL, including a token.
    return NotifyError(f"the service failed with {type(error).__name__}")
