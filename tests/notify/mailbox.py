"""A real SMTP server on loopback that keeps what it takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd import smtp
from aiosmtpd.controller import Controller


class Inbox:
    """An SMTP server's handler that keeps what it takes."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.mails: list[Any] = []
        self.answer = answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append((envelope.rcpt_tos, mail))
        return self.answer


class Mailbox(Controller):
    """The server on a free port of loopback, which is held from the first moment on."""

    def __init__(self, inbox: Inbox) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        host, port = self._listening.getsockname()
        super().__init__(inbox, hostname=host, port=port)

    def _create_server(self) -> Coroutine[Any, Any, asyncio.Server]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)

    def factory(self) -> smtp.SMTP:
        return smtp.SMTP(self.handler, hostname="mail.example")


@asynccontextmanager
async def receiving_mail(inbox: Inbox) -> AsyncIterator[int]:
    """The port of a server that fills this inbox."""
    box = Mailbox(inbox)
    await asyncio.to_thread(box.start)
    try:
        yield box.port
    finally:
        await asyncio.to_thread(box.stop)
