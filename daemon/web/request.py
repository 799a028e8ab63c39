"""What a handler is given: who asks, when, and which values."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from daemon.config import Config
from daemon.config.sections import PreferencesConfig
from daemon.model.errors import InputError, NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import Database, Sent
from daemon.web.access.asking import STRANGER, Asking
from daemon.web.context import Context
from daemon.web.forms import Fields

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """What answering a request takes: since when, and the statements sent so far."""

    began: float
    sent: Sent

    @property
    def milliseconds(self) -> float:
        """How long it has taken until now."""
        return (time.perf_counter() - self.began) * 1000


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request of a viewer, whose host, origin and size are fine.

    Shape: `parts` are the values in the path, `path` is it as it was asked for, at
           `origin`, our own address as this browser knows it. `database` only
           reads when a page is shown, and is the daemon's own for a form. It `is_from_us` unless
           a foreign page has led here. `body` is what a program has sent, and `known` the ETags one
           of which must be that of what it wants to change; None if it says nothing about that.
    """

    context: Context
    asking: Asking
    preferences: PreferencesConfig
    now: datetime
    database: Database
    path: str
    origin: str
    parts: Fields
    query: Fields
    form: Fields
    cost: Cost
    is_from_us: bool = True
    body: bytes = b""
    known: Collection[str] | None = None

    @property
    def viewer(self) -> Viewer:
        """Who asks; before a login somebody who owns nothing."""
        return self.asking.viewer or STRANGER

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.context.config()

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone that the viewer prefers; None for this machine's."""
        wanted = self.preferences.time_zone
        return ZoneInfo(wanted) if wanted else None

    @property
    def page_size(self) -> int:
        """How many rows a list shows."""
        return self.preferences.page_size or self.config.web.page_size

    async def recent(self, what: Hashable, find: Callable[[], Awaitable[T]]) -> T:
        """What was found for this viewer some seconds ago, under this name, or is found now."""
        return await self.context.recent.found((self.viewer, what), self.now, find)

    def id(self, name: str, kind: str) -> UUID:
        """The id in the path, of a site or another `kind`.

        Errors: NotFoundError for what cannot be one.
        """
        word = self.parts.text(name)
        try:
            found = self.parts.id(name)
        except InputError:
            found = None
        if found is None:
            raise NotFoundError(kind, word)
        return found
