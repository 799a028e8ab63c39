"""What a channel is given, and what it is: a message in, nothing or a NotifyError out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Words:
    """One message in the forms that channels speak."""

    title: str
    text: str
    markdown: str
    html: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the words, the facts behind them, and the key that every delivery repeats."""

    key: str
    kind: str
    user_id: str
    created_at: datetime
    facts: Mapping[str, Any]
    words: Words


class Channel(Protocol):
    """One way to reach somebody."""

    async def send(self, message: Message) -> None:
        """Hand the message over.

        Errors: NotifyError when it was not taken, or nobody knows whether it was.
        """


class Answer(Protocol):
    """What a receiver answered."""

    @property
    def status(self) -> int: ...

    @property
    def retry_after_seconds(self) -> float | None: ...


Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Answer]]
