"""Throttles requests to each host: one budget per host, shared by everyone."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from daemon.config.sections import FetchConfig
from daemon.fetch.politeness.slots import Slots
from daemon.model.errors import ThrottledError
from daemon.model.host import HostMemory
from daemon.wording import duration

MAX_CRAWL_DELAY_SECONDS = 60.0
MAX_PAUSE_SECONDS = 86400.0
MAX_HOSTS = 10_000
JITTER = 0.1  # of the delay, so that requests are not evenly spaced
FIRST_SERVICE_SECONDS = 0.1  # of a request to a host that has not answered yet
LEARNING = 0.2  # the weight of the newest request in the mean

Waits: TypeAlias = Callable[[str, float, str], None]


@dataclass(slots=True)
class _Host:
    slots: Slots
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    in_use: int = 0  # running or waiting
    waiting: int = 0  # of those with a slot, the ones before their turn
    free_at: float = 0.0  # when the next request may start, moved by requests
    horizon: float = 0.0  # when the next deferred page may come, moved by deferrals
    paused_until: float = 0.0
    crawl_delay_seconds: float = 0.0
    service_seconds: float = FIRST_SERVICE_SECONDS  # moving mean of a request's duration

    def is_idle(self, now: float) -> bool:
        return not self.in_use and max(self.free_at, self.horizon, self.paused_until) <= now


@dataclass(slots=True)
class HostThrottle:
    """The throttle of every host: concurrency, spacing, Crawl-delay and pauses.

    Shape: a turn later than in `patience_seconds` is not waited for; `waits` is called with
           each wait for a turn, its length and its reason.
    Units: instants are seconds of the monotonic clock; nothing here uses the date.
    """

    per_host: int = 2
    delay_seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random  # 0 to 1
    max_hosts: int = MAX_HOSTS
    patience_seconds: float = math.inf
    waits: Waits = lambda host, seconds, reason: None
    _unknown_from: float = 0.0  # when unknown hosts may be asked
    _hosts: OrderedDict[str, _Host] = field(default_factory=OrderedDict)

    @classmethod
    def from_config(cls, fetch: FetchConfig, patience_seconds: float, waits: Waits) -> HostThrottle:
        """The configured throttle for all hosts."""
        pace = fetch.per_host, fetch.delay_seconds
        return cls(*pace, patience_seconds=patience_seconds, waits=waits)

    @asynccontextmanager
    async def slot(self, host: str, patience_seconds: float | None = None) -> AsyncIterator[None]:
        """Permission to send one request to a host, after waiting for its turn.

        Shape:  a waiter holds only its slot of this host; cancelling gives it back.
        Errors: ThrottledError when its turn comes later than `patience_seconds`, which are those
                of the throttle if not given, also when it became so while queued.
        """
        known = self._host(host)
        known.in_use += 1
        patience = self.patience_seconds if patience_seconds is None else patience_seconds
        try:
            async with known.slots:
                await self._wait_turn(host, known, patience)
                began = self.clock()
                yield
                took = self.clock() - began
                known.service_seconds += LEARNING * (took - known.service_seconds)
        finally:
            known.in_use -= 1

    def wait_seconds(self, host: str, ahead: int = 0) -> float:
        """The least time that `slot` would wait; 0 when a request may start now.

        Shape: `ahead` counts requests that will queue before it, but have not yet.
        """
        known = self._hosts.get(host)
        if known is None:
            return max(0.0, self._unknown_from - self.clock()) + ahead * self.delay_seconds
        wait = max(0.0, self._turn_at(known, ahead) - self.clock())
        is_full = known.in_use + ahead >= self.per_host
        return max(wait, self._step(known)) if is_full else wait

    def why(self, host: str) -> str:
        """Why a request to a host must wait, in words."""
        known = self._hosts.get(host)
        if known is not None and known.paused_until > self.clock():
            return "the host asked to be left alone"
        if known is not None and known.crawl_delay_seconds > self.delay_seconds:
            return f"its robots.txt asks for {duration(known.crawl_delay_seconds)} between requests"
        return f"its requests are {duration(self.delay_seconds)} apart"

    def horizon(self, host: str, ahead: int = 0) -> float:
        """In how many seconds a page that must be deferred should be retried.

        Shape: each call gives a later instant, one delay after those in use or given out.
        """
        known = self._host(host)
        now = self.clock()
        start = max(known.horizon, self._turn_at(known, ahead), now + self._step(known))
        known.horizon = start + self._step(known)
        return start - now

    def pause(self, host: str, seconds: float) -> None:
        """Stop asking a host for a while; never shortens a longer pause. At most 24 h."""
        if seconds > 0:
            until = self.clock() + min(seconds, MAX_PAUSE_SECONDS)
            known = self._host(host)
            known.paused_until = max(known.paused_until, until)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """Set the delay that robots.txt asks for; 0 when it asks for none. At most 60 s."""
        known = self._host(host) if seconds > 0 else self._hosts.get(host)
        if known is not None:
            # A database may hold NaN, which compares neither greater nor less than 0.
            asked = seconds if seconds > 0 else 0.0
            known.crawl_delay_seconds = min(asked, MAX_CRAWL_DELAY_SECONDS)

    def adopt(self, fetch: FetchConfig) -> None:
        """Change the limits, also for known hosts; what hosts asked for stays in force."""
        self.delay_seconds = fetch.delay_seconds
        if fetch.per_host != self.per_host:
            self.per_host = fetch.per_host
            for known in self._hosts.values():
                known.slots.resize(self.per_host)

    def snapshot(
        self, is_meant: Callable[[str], bool] = lambda host: True, least_wait_seconds: float = 0.0
    ) -> tuple[HostMemory, ...]:
        """The selected hosts with state worth remembering, as durations from now.

        Units: waits for the next turn up to `least_wait_seconds` are left out.
        """
        now = self.clock()
        found = (_memory(name, known, now) for name, known in self._hosts.items() if is_meant(name))
        return tuple(
            one
            for one in found
            if one.pause_seconds or one.crawl_delay_seconds or one.wait_seconds > least_wait_seconds
        )

    def restore(self, memories: Iterable[HostMemory]) -> None:
        """Restore the state of an earlier process; the caller subtracts the time since."""
        for memory in memories:
            self.pause(memory.host, memory.pause_seconds)
            self.set_crawl_delay(memory.host, memory.crawl_delay_seconds)
            if memory.wait_seconds > 0:
                known = self._host(memory.host)
                wait = min(memory.wait_seconds, MAX_PAUSE_SECONDS)
                known.free_at = max(known.free_at, self.clock() + wait)

    def forget(self, is_meant: Callable[[str], bool]) -> None:
        """Forget these hosts, except those in use: another daemon asks them from now on."""
        names = [n for n, known in self._hosts.items() if not known.in_use and is_meant(n)]
        for name in names:
            del self._hosts[name]

    def hold_back(self) -> None:
        """Wait one delay before each unknown host: another daemon may just have asked it."""
        self._unknown_from = self.clock() + self.delay_seconds

    async def _wait_turn(self, host: str, known: _Host, patience_seconds: float) -> None:
        # One at a time: the one sleeping here has the next turn, the others queue behind it.
        known.waiting += 1
        try:
            async with known.turn:
                # A pause may come, or grow, while we wait.
                while (wait := max(known.free_at, known.paused_until) - self.clock()) > 0:
                    if wait > patience_seconds:
                        raise ThrottledError(host, wait)
                    self.waits(host, wait, self.why(host))
                    await self.sleep(wait)
                gap = self._gap(known) * (1 + JITTER * self.jitter())
                known.free_at = self.clock() + gap
        finally:
            known.waiting -= 1

    def _turn_at(self, known: _Host, ahead: int) -> float:
        """When a new request may start, behind those waiting and `ahead` more."""
        before = (known.waiting + ahead) * self._gap(known)
        return max(known.free_at, known.paused_until) + before

    def _gap(self, known: _Host) -> float:
        return max(self.delay_seconds, known.crawl_delay_seconds)

    def _step(self, known: _Host) -> float:
        """The time between two deferred pages: the host's delay, or its usual response time."""
        return self._gap(known) or known.service_seconds / self.per_host

    def _host(self, name: str) -> _Host:
        known = self._hosts.get(name)
        if known is None:
            known = _Host(Slots(self.per_host), free_at=self._unknown_from)
            self._hosts[name] = known
            self._forget_idle()
        else:
            self._hosts.move_to_end(name)
        return known

    def _forget_idle(self) -> None:
        """Drop the least recently used hosts beyond the limit, idle ones before paused ones."""
        excess = len(self._hosts) - self.max_hosts
        if excess <= 0:
            return
        now = self.clock()
        oldest = list(islice(self._hosts, max(64, excess)))
        idle = [name for name in oldest if self._hosts[name].is_idle(now)]
        resting = [name for name in oldest if not self._hosts[name].in_use]
        for name in (idle if len(idle) >= excess else resting)[:excess]:
            del self._hosts[name]


def _memory(name: str, known: _Host, now: float) -> HostMemory:
    return HostMemory(
        name,
        pause_seconds=max(0.0, known.paused_until - now),
        wait_seconds=max(0.0, known.free_at - now),
        crawl_delay_seconds=known.crawl_delay_seconds,
    )
