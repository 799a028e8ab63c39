"""Remembers the throttle state of hosts across restarts and daemons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daemon.model.host import HostMemory
from daemon.store.tables import Host
from daemon.store.tables.types import db_now, insert_for, later_of

_wants_nothing = (
    func.coalesce(Host.paused_until, db_now()) <= db_now(),
    func.coalesce(Host.next_request_at, db_now()) <= db_now(),
    func.coalesce(Host.crawl_delay_seconds, 0) <= 0,
)


async def load_hosts(session: AsyncSession) -> list[HostMemory]:
    """The hosts with pauses or delays in force, by the database's clock."""
    rows = await session.execute(
        select(
            Host.host,
            Host.paused_until,
            Host.next_request_at,
            Host.crawl_delay_seconds,
            db_now().label("now"),
        ).where(
            or_(
                Host.paused_until > db_now(),
                Host.next_request_at > db_now(),
                Host.crawl_delay_seconds > 0,
            )
        )
    )
    return [
        HostMemory(
            row.host,
            _until(row.paused_until, row.now),
            row.crawl_delay_seconds or 0.0,
            _until(row.next_request_at, row.now),
        )
        for row in rows
    ]


def _until(instant: datetime | None, now: datetime) -> float:
    return max((instant - now).total_seconds(), 0.0) if instant else 0.0


async def save_hosts(session: AsyncSession, memories: Sequence[HostMemory]) -> None:
    """Save these hosts; a longer wait saved by another daemon stays.

    Shape: for the delay between two requests the last value counts.
    """
    if memories:
        connection = await session.connection()
        add = _insert(connection)
        await connection.execute(
            add.on_conflict_do_update(
                index_elements=["host"],
                set_={
                    **_later("paused_until", add),
                    **_later("next_request_at", add),
                    "crawl_delay_seconds": add.excluded.crawl_delay_seconds,
                    "updated_at": db_now(),
                },
            ),
            [_row(memory) for memory in sorted(memories, key=lambda memory: memory.host)],
        )


async def pause_hosts(connection: AsyncConnection, pauses: dict[str, float]) -> None:
    """Save the pauses in seconds that these hosts asked for; never shortens one."""
    if pauses:
        add = _insert(connection)
        await connection.execute(
            add.on_conflict_do_update(
                index_elements=["host"],
                set_={**_later("paused_until", add), "updated_at": db_now()},
            ),
            [_row(HostMemory(host, pauses[host])) for host in sorted(pauses)],
        )


async def forget_hosts(session: AsyncSession) -> None:
    """Drop the hosts without pauses or delays in force."""
    await session.execute(delete(Host).where(*_wants_nothing))


def _insert(connection: AsyncConnection) -> Any:
    return insert_for(connection, Host.__table__).values(
        host=bindparam("name"),
        paused_until=db_now(bindparam("pause")),
        next_request_at=db_now(bindparam("wait")),
        crawl_delay_seconds=bindparam("delay"),
        updated_at=db_now(),
    )


def _later(name: str, add: Any) -> dict[str, Any]:
    mine, theirs = add.excluded[name], Host.__table__.c[name]
    return {name: later_of(mine, func.coalesce(theirs, mine))}


def _row(memory: HostMemory) -> dict[str, Any]:
    return {
        "name": memory.host,
        "pause": memory.pause_seconds,
        "wait": memory.wait_seconds,
        "delay": memory.crawl_delay_seconds,
    }
