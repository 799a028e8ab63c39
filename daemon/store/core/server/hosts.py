"""Connects to the one of several hosts that fits, without waiting for those that are silent.

The driver asks one after the other and has one time for all of them: a host that drops what it is
sent uses it up, and the next is never asked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection

from daemon.store.core.server.pooler import PROTOCOL_VIOLATION

Address: TypeAlias = tuple[str, int]

_HEAD_START_SECONDS = 0.5  # of a host over the next; people who read wait little longer
_CONNECT_SECONDS = 10.0  # of one host, where the URL says nothing else
_ANSWER_SECONDS = 2.5  # twice, as a process that was stopped finds its time over, and the answer
_TARGET = "target_session_attrs"
_OF_ONE = ("read-write", "primary")  # only one host at a time is such


# Rows of our own sessions, which their role may see.
_AWAITING_STANDBY = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND wait_event = 'SyncRep'
"""


class Hosts:
    """Makes the connections of one engine, and drops those to a host that another has replaced."""

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[Any, Address | None] = WeakKeyDictionary()
        self._asked: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})  # for the last connection

    async def connect(self, *args: Any, **options: Any) -> Any:
        """A connection, as the driver makes it.

        Errors: the driver's; OSError with the reason of each host where there are several, and
                where the only one is silent.
        """
        from asyncpg import connect

        self._asked = args, dict(options)
        options["timeout"] = float(options.get("timeout", _CONNECT_SECONDS))
        addresses, target = _addresses(options), options.pop(_TARGET, "any")

        async def connect_to(address: Address | None) -> Any:
            where = {} if address is None else dict(zip(("host", "port"), address, strict=True))
            return await connect(*args, **options, **where, **{_TARGET: target})

        race = _Race(connect_to, addresses)
        if not await race.run():
            self._drop(race.is_silent)
            raise race.failure()
        if target in _OF_ONE:
            self._drop(lambda address: address != race.winner)
        self._made[race.made[0]] = race.winner
        return race.made[0]

    async def examine(self) -> int:
        """How many commits wait for a standby, by a connection of its own.

        Shape:  what waits for a server that is silent, or that another has replaced, is ended.
        Errors: the driver's; OSError as in `connect`.
        """
        args, options = self._asked
        connection = await self.connect(*args, **options)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                # As one message, which a pooler cannot tear apart; its status has the number.
                status = await connection.execute(_AWAITING_STANDBY)
        finally:
            connection.terminate()
        return int(status.rpartition(" ")[2])

    def ping(self, connection: DBAPIConnection) -> bool:
        """Whether a connection still answers, by one message.

        Shape: the library's own has no limit but that of any statement. When a server is silent,
               what other connections wait for will not come either: they are dropped.
        """
        adapted: Any = connection
        answers: bool | None = adapted.run_async(_answers)
        if answers is None:
            self._drop(lambda _: True)
        return bool(answers)

    def _drop(self, of: Callable[[Address | None], bool]) -> None:
        """End all connections to such hosts, and with them what waits there."""
        for connection, address in list(self._made.items()):
            if of(address):
                del self._made[connection]
                connection.terminate()


HOSTS: WeakKeyDictionary[Engine, Hosts] = WeakKeyDictionary()  # of each engine


def _addresses(options: dict[str, Any]) -> Sequence[Address | None]:
    """The hosts to ask; None for what the driver finds by itself."""
    hosts = options.get("host")
    if not isinstance(hosts, list):
        return [None]
    del options["host"]
    return list(zip(hosts, options.pop("port"), strict=True))


class _Race:
    """Asks each host in turn, the next while the one before it is silent; the first that fits wins.

    Shape: `made` is the connection, to the `winner`.
    """

    def __init__(
        self,
        connect: Callable[[Address | None], Awaitable[Any]],
        addresses: Sequence[Address | None],
    ) -> None:
        self._connect, self._addresses = connect, addresses
        self._asked: list[asyncio.Task[None]] = []
        self._refusals: dict[Address | None, Exception] = {}
        self.made: list[Any] = []
        self.winner: Address | None = None

    async def run(self) -> bool:
        """Whether one of them fits."""
        try:
            async with asyncio.TaskGroup() as group:
                for address in self._addresses:
                    self._asked.append(group.create_task(self._ask(address), name="database host"))
                    await asyncio.wait(self._asked[-1:], timeout=_HEAD_START_SECONDS)
                    if self.made:
                        break
        except BaseException:
            for connection in self.made:
                connection.terminate()
            raise
        return bool(self.made)

    async def _ask(self, address: Address | None) -> None:
        try:
            made = await self._connect(address)
        # The bulkhead: whatever is wrong with a host, the next may be well.
        except Exception as exc:  # noqa: BLE001  # the reason of each is told
            self._refusals[address] = exc
            return
        if self.made:
            made.terminate()
            return
        self.made, self.winner = [made], address
        for task in self._asked:
            if task is not asyncio.current_task():
                task.cancel()

    def is_silent(self, address: Address | None) -> bool:
        """Whether this host took its time and did not answer."""
        return isinstance(self._refusals.get(address), TimeoutError)

    def failure(self) -> Exception:
        """The error of the only host, or one that tells of all."""
        for exc in self._refusals.values():
            if getattr(exc, "sqlstate", None) == PROTOCOL_VIOLATION:
                return exc  # by which a pooler is noticed
        if (only := self._refusals.get(None)) is not None:
            return OSError(f"the database {_reason(only)}") if _is_told(only) else only
        asked = sorted(self._refusals.items(), key=lambda one: self._addresses.index(one[0]))
        told = (f"{_named(address)} {_reason(exc)}" for address, exc in asked)
        return OSError(f"no host of the database fits: {'; '.join(told)}")


def _is_told(exc: Exception) -> bool:
    """Whether the driver has no good words for this."""
    from asyncpg import TargetServerAttributeNotMatched

    return isinstance(exc, TimeoutError | TargetServerAttributeNotMatched)


def _reason(exc: Exception) -> str:
    from asyncpg import TargetServerAttributeNotMatched

    if isinstance(exc, TimeoutError):
        return "does not answer"
    if isinstance(exc, TargetServerAttributeNotMatched):
        return "can only be read (a standby, or a server set to that)"
    if isinstance(exc, OSError) and exc.errno and exc.errno > 0:
        return f"cannot be reached ({os.strerror(exc.errno)})"
    return f"refuses ({exc})"


def _named(address: Address | None) -> str:
    host, port = address or ("", 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _answers(connection: Any) -> bool | None:
    """Whether the server answers on this connection; None when it is silent."""
    later, silent = asyncio.get_running_loop().call_later, list[Any]()

    def give_up() -> None:
        silent.append(connection)
        connection.terminate()  # which ends the question

    timers: list[asyncio.TimerHandle] = [
        later(_ANSWER_SECONDS, lambda: timers.append(later(_ANSWER_SECONDS, give_up)))
    ]
    try:
        await connection.execute("SELECT 1")
    # The bulkhead: whatever is wrong with it, the connection is not to be used.
    except Exception:  # noqa: BLE001  # it is replaced, and that is told of when it fails too
        return None if silent else False
    finally:
        for timer in timers:
            timer.cancel()
    return True
