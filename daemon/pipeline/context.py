"""The tools and bounds with which a check reaches the outside world."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.model.change import Finding
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Response
from daemon.sandbox.pool import Sandbox
from daemon.schedule.next_check import Limits
from daemon.store.core.database import Database

Turn = Callable[[str], AbstractAsyncContextManager[None]]
Pause = Callable[[float], Awaitable[None]]
Fetch = Callable[[Page, Validators | None, AsyncExitStack], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a check needs to reach the outside world, and the operator's bounds.

    Shape: each request is made in a `turn` of its host; `deadline` is for the whole check.
    """

    turn: Turn
    fetch: Fetch
    sandbox: Sandbox
    database: Database
    limits: Limits
    clock: Callable[[], datetime]
    luck: Callable[[], float]
    is_for_a_model: Callable[[Finding], bool] = lambda finding: False
    deadline: timedelta = timedelta(minutes=2)
    pause: Pause = asyncio.sleep
