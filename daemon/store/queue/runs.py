"""The runs of daemons and single checks, which hold leases."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon import __version__
from daemon.store.tables import HostShard, Page, Run
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now

_DAY_SECONDS = 86_400.0
LEASE_SECONDS = 30.0  # without a heartbeat for this long a daemon is presumed dead
# A heartbeat in the future was written before the clock was set back: it proves nothing.
is_live = and_(
    Run.kind == "run",
    Run.ended_at.is_(None),
    Run.heartbeat_at > db_now(-LEASE_SECONDS),
    Run.heartbeat_at < db_now(LEASE_SECONDS),
)


async def begin_run(session: AsyncSession, kind: str, now: datetime | None = None) -> UUID:
    """Start a new run of this process; `kind` is `run` or `check`. It begins now unless given."""
    run_id = new_id()
    await session.execute(
        insert(Run).values(
            id=run_id,
            kind=kind,
            machine=socket.gethostname()[:255],
            pid=os.getpid(),
            version=__version__,
            started_at=now or db_now(),
            heartbeat_at=db_now(),
        )
    )
    return run_id


async def beat(session: AsyncSession, run_id: UUID, checks_per_minute: float | None = None) -> None:
    """Record a heartbeat of this run, by the database's clock, even if it was presumed dead."""
    alive = {"heartbeat_at": db_now(), "ended_at": None, "checks_per_minute": checks_per_minute}
    await session.execute(update(Run).where(Run.id == run_id).values(**alive))


async def end_run(session: AsyncSession, run_id: UUID) -> None:
    """Record that this run ended in order."""
    await session.execute(update(Run).where(Run.id == run_id).values(ended_at=db_now()))


async def bury_silent(session: AsyncSession) -> None:
    """End the runs of daemons without a heartbeat for a day."""
    silent = (Run.ended_at.is_(None), Run.heartbeat_at < db_now(-_DAY_SECONDS))
    await session.execute(update(Run).where(*silent).values(ended_at=Run.heartbeat_at))


async def bury_dead(session: AsyncSession, run_id: UUID) -> bool:
    """End the runs of earlier daemons, and their leases; returns whether there were any.

    Shape: only for callers that know none of them is alive.
    """
    dead = (Run.kind == "run", Run.id != run_id, Run.ended_at.is_(None))
    await session.execute(
        update(Page)
        .where(Page.leased_by.in_(select(Run.id).where(*dead)))
        .values(leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )
    buried = await session.scalars(
        update(Run).where(*dead).values(ended_at=Run.heartbeat_at).returning(Run.id)
    )
    return bool(buried.all())


@dataclass(frozen=True, slots=True)
class DaemonView:
    """A daemon, by its run.

    Shape: `state` is `alive`, `silent` without a heartbeat for longer than a lease, or `ended`.
    Units: `shards` of 256 are its part of all hosts; None where they are not divided.
    """

    id: UUID
    machine: str
    pid: int
    version: str
    state: str
    started_at: datetime
    heartbeat_at: datetime | None
    ended_at: datetime | None
    checks_per_minute: float | None
    shards: int | None


async def list_daemons(session: AsyncSession) -> list[DaemonView]:
    """The daemons that are alive, or went silent or ended within a day; live ones first."""
    shards = (
        select(HostShard.leased_by, func.count().label("shards"))
        .group_by(HostShard.leased_by)
        .subquery()
    )
    lately = db_now(-_DAY_SECONDS)
    table = Run.__table__
    rows = await session.execute(
        select(table, case((is_live, True), else_=False).label("lives"), shards.c.shards)
        .outerjoin(shards, shards.c.leased_by == table.c.id)
        .where(Run.kind == "run", or_(Run.ended_at.is_(None), Run.ended_at > lately))
        .order_by(Run.started_at.desc())
    )
    found = [_daemon_view(row) for row in rows]
    return sorted(found, key=lambda one: ("alive", "silent", "ended").index(one.state))


def _daemon_view(row: Row[Any]) -> DaemonView:
    state = "ended" if row.ended_at else "alive" if row.lives else "silent"
    return DaemonView(
        id=row.id,
        machine=row.machine,
        pid=row.pid,
        version=row.version,
        state=state,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        ended_at=row.ended_at,
        checks_per_minute=row.checks_per_minute if state == "alive" else None,
        shards=row.shards,
    )


async def latest_run(session: AsyncSession) -> UUID | None:
    """The run that was started last."""
    return await session.scalar(select(Run.id).order_by(Run.started_at.desc()).limit(1))
