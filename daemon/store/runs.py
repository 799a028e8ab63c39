"""The lives of daemons and of single checks: who holds leases, and since when."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon import __version__
from daemon.store.ids import new_id
from daemon.store.tables import Page, Run
from daemon.store.types import db_now


async def begin_run(session: AsyncSession, kind: str, now: datetime) -> UUID:
    """A new run of this process; `kind` is `run` or `check`."""
    run_id = new_id()
    await session.execute(
        insert(Run).values(
            id=run_id,
            kind=kind,
            machine=socket.gethostname()[:255],
            pid=os.getpid(),
            version=__version__,
            started_at=now,
            heartbeat_at=db_now(),
        )
    )
    return run_id


async def beat(session: AsyncSession, run_id: UUID) -> None:
    """Say that this run is alive, by the database's clock."""
    await session.execute(update(Run).where(Run.id == run_id).values(heartbeat_at=db_now()))


async def end_run(session: AsyncSession, run_id: UUID) -> None:
    """Say that this run has ended as it should."""
    await session.execute(update(Run).where(Run.id == run_id).values(ended_at=db_now()))


async def bury_dead(session: AsyncSession, run_id: UUID) -> None:
    """End the daemons before this one, and their leases; for who knows that none of them lives."""
    dead = (Run.kind == "run", Run.id != run_id, Run.ended_at.is_(None))
    await session.execute(
        update(Page)
        .where(Page.leased_by.in_(select(Run.id).where(*dead)))
        .values(leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(update(Run).where(*dead).values(ended_at=Run.heartbeat_at))


async def latest_run(session: AsyncSession) -> UUID | None:
    """The run that was started last."""
    return await session.scalar(select(Run.id).order_by(Run.started_at.desc()).limit(1))
