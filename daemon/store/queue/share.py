"""Keeps this daemon's share of all hosts balanced with other daemons."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.model.host import HostMemory
from daemon.store.core.clock import seconds_since_boot
from daemon.store.core.database import Database
from daemon.store.queue import runs, shards
from daemon.store.queue.shards import SHARDS, Holding, shard_of
from daemon.store.record import hosts

log = get_logger(__name__)

_MINUTE = 60.0
_SHORT_WAIT_SECONDS = 5.0  # waits that end before the next heartbeat need no row
_SAVED_EVERY_SECONDS = 10.0


class Memory(Protocol):
    """This process's state of hosts, its own and that restored from the database."""

    delay_seconds: float

    def snapshot(
        self, is_meant: Callable[[str], bool] = ..., least_wait_seconds: float = ...
    ) -> Sequence[HostMemory]: ...
    def restore(self, memories: Iterable[HostMemory]) -> None: ...
    def forget(self, is_meant: Callable[[str], bool]) -> None: ...
    def hold_back(self) -> None: ...


class Work(Protocol):
    """The current work of this daemon."""

    @property
    def checked(self) -> int: ...
    def hosts_in_use(self) -> Collection[str] | None: ...


@dataclass(frozen=True, slots=True)
class Division:
    """One daemon's step towards equal shares: shards by their numbers, `take` a count."""

    leave: tuple[int, ...] = ()
    stay: tuple[int, ...] = ()
    release: tuple[int, ...] = ()
    take: int = 0


def divide(held: Sequence[Holding], daemons: int, busy: frozenset[int] | None) -> Division:
    """The next step of one daemon towards equal shares of all shards.

    Shape: a surplus shard is first marked as leaving, so that nothing new starts there, and
           released at a later step, once none of its hosts is `busy`; None, unknown, releases none.
    """
    fair = -(-SHARDS // max(daemons, 1))
    mine = [one for one in held if one.is_mine]
    keeping = [one.shard for one in mine if not one.is_leaving]
    leaving = [one.shard for one in mine if one.is_leaving]
    lacking = max(fair - len(keeping), 0)
    stay, gone = leaving[:lacking], leaving[lacking:]
    return Division(
        leave=tuple(keeping[fair:]),
        stay=tuple(stay),
        release=() if busy is None else tuple(one for one in gone if one not in busy),
        take=lacking - len(stay),
    )


class Share:
    """Keeps this daemon's run alive, and its share of the hosts balanced with other daemons.

    Shape:  on SQLite there is one daemon, which has all hosts; only its heartbeat is written.
    Errors: StoreError; the next step catches up.
    """

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        throttle: Memory,
        work: Work,
        steady: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._throttle = throttle
        self._work = work
        self._steady = steady
        self._held: frozenset[int] = frozenset()
        self._beaten_at = self._saved_at = steady()
        self._inherits_from = steady()
        self._counts = deque([(steady(), work.checked)])

    @property
    def does_chores(self) -> bool:
        """Whether this daemon does the maintenance that one does for all."""
        return not self._database.is_shared or 0 in self._held

    @property
    def shards(self) -> int:
        """The number of the 256 shards that this daemon holds."""
        return len(self._held) if self._database.is_shared else SHARDS

    async def begin(self, *, was_orderly: bool = True) -> None:
        """Restore the state of hosts, and take this daemon's share of them.

        Shape: unless the last run ended in order, any host may have been asked just now.
        """
        if self._database.is_shared:
            async with self._database.writing() as session:
                await shards.make_shards(session)
            await self.step()
            return
        async with self._database.reading() as session:
            known = await hosts.load_hosts(session)
        self._recall(known, was_orderly=was_orderly)
        if not was_orderly:
            self._throttle.hold_back()

    async def step(self) -> None:
        """Write a heartbeat, and rebalance the shares."""
        began_at = self._steady()
        if began_at - self._beaten_at > runs.LEASE_SECONDS / 2:
            # A daemon that missed its heartbeat cannot tell whether the others are alive.
            self._inherits_from = began_at + runs.LEASE_SECONDS
        held = self._held
        async with self._database.writing() as session:
            await runs.beat(session, self._run_id, self._checks_per_minute(began_at))
            await self._save(session, began_at)
            if self._database.is_shared:
                held = await self._rebalance(session, inherits=began_at >= self._inherits_from)
        self._beaten_at = began_at
        self._settle(held)

    def _checks_per_minute(self, now: float) -> float | None:
        """The rate over the last minute, or since the start."""
        self._counts.append((now, self._work.checked))
        while len(self._counts) > 2 and self._counts[1][0] <= now - _MINUTE:
            self._counts.popleft()
        (since, before), (_, checked) = self._counts[0], self._counts[-1]
        return (checked - before) * _MINUTE / (now - since) if now > since else None

    async def _save(self, session: AsyncSession, now: float) -> None:
        """Save the state of hosts that would be lost if this daemon died now."""
        if now - self._saved_at < _SAVED_EVERY_SECONDS:
            return
        least = _SHORT_WAIT_SECONDS
        await hosts.save_hosts(session, self._throttle.snapshot(least_wait_seconds=least))
        if self.does_chores:
            await hosts.forget_hosts(session)
        self._saved_at = now

    async def _rebalance(self, session: AsyncSession, *, inherits: bool) -> frozenset[int]:
        """Rebalance, and return the shards held after this transaction."""
        in_use = self._work.hosts_in_use()
        busy = None if in_use is None else frozenset(map(shard_of, in_use))
        held = await shards.holdings(session, self._run_id)
        division = divide(held, await shards.count_daemons(session), busy)
        await shards.set_leaving(session, self._run_id, division.leave, is_leaving=True)
        await shards.set_leaving(session, self._run_id, division.stay, is_leaving=False)
        await self._release(session, frozenset(division.release))
        taken = await self._take(session, division.take, inherits=inherits)
        return frozenset(one.shard for one in held if one.is_mine) - {*division.release} | taken

    async def _release(self, session: AsyncSession, gone: frozenset[int]) -> None:
        if gone:
            handed_over = self._throttle.snapshot(lambda host: shard_of(host) in gone)
            await hosts.save_hosts(session, handed_over)
            await shards.release(session, self._run_id, gone)

    async def _take(self, session: AsyncSession, limit: int, *, inherits: bool) -> frozenset[int]:
        """Take free shards, and restore their hosts' state before any check can start there."""
        if not limit:
            return frozenset()
        given, left = await shards.take(session, self._run_id, limit, inherits=inherits)
        if given or left:
            known = await hosts.load_hosts(session)
            self._recall([one for one in known if shard_of(one.host) in given])
            inherited = [one for one in known if shard_of(one.host) in left]
            self._recall(inherited, was_orderly=False)
        if left and self._throttle.delay_seconds > runs.LEASE_SECONDS:
            self._throttle.hold_back()
        return frozenset((*given, *left))

    def _recall(self, known: Iterable[HostMemory], *, was_orderly: bool = True) -> None:
        if not was_orderly:
            known = (
                replace(one, wait_seconds=max(one.wait_seconds, one.crawl_delay_seconds))
                for one in known
            )
        self._throttle.restore(known)

    def _settle(self, held: frozenset[int]) -> None:
        lost = self._held - held
        if lost:
            self._throttle.forget(lambda host: shard_of(host) in lost)
        if held != self._held:
            log.info("share_of_hosts", shards=len(held), of=SHARDS)
        self._held = held
