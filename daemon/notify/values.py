"""The channel interface and the messages that it sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Words:
    """One message in the formats that channels use; `bare` is its text without links of ours."""

    title: str
    text: str
    markdown: str
    html: str
    bare: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the words, the facts behind them, and the idempotency key.

    Shape: `picture` is how the page looks now, as PNG, for channels that carry one.
    """

    key: str
    kind: str
    user_id: str
    created_at: datetime
    facts: Mapping[str, Any]
    words: Words
    picture: bytes = b""


class Channel(Protocol):
    """One way to reach a person."""

    async def send(self, message: Message) -> None:
        """Deliver the message.

        Errors: NotifyError when it was not accepted, or this is unknown.
        """


class Delivery(Protocol):
    """The response of a receiver."""

    @property
    def status(self) -> int: ...

    @property
    def retry_after_seconds(self) -> float | None: ...


Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Delivery]]
