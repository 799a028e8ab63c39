"""Divides all hosts into 256 shards, each held by one live run, which alone asks them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    and_,
    any_,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.queue.runs import is_live
from daemon.store.tables import HostShard, Page, Run

SHARDS = 256  # the values of a byte


def shard_of(host: str) -> int:
    """The shard of a host: the first byte of its name's SHA-256."""
    return sha256(host.encode()).digest()[0]


@dataclass(frozen=True, slots=True)
class Holding:
    """A shard and its holder."""

    shard: int
    is_mine: bool
    is_leaving: bool


def is_in_share(run_id: UUID) -> ColumnElement[bool]:
    """Whether a page's host is in a shard that this run holds and is not giving away."""
    mine = select(HostShard.shard).where(HostShard.leased_by == run_id, ~HostShard.is_leaving)
    byte = func.get_byte(func.sha256(func.convert_to(Page.host, literal_column("'UTF8'"))), 0)
    # An array, not IN: a join could make the planner abandon the index order.
    held: ColumnElement[Any] = func.array(mine.scalar_subquery(), type_=ARRAY(Integer))
    return byte == any_(held)


async def make_shards(session: AsyncSession) -> None:
    """Make sure that there is a row for each shard."""
    rows = [{"shard": shard} for shard in range(SHARDS)]
    await session.execute(postgresql.insert(HostShard).on_conflict_do_nothing(), rows)


async def count_daemons(session: AsyncSession) -> int:
    """The number of live daemons."""
    return await session.scalar(select(func.count()).select_from(Run).where(is_live)) or 0


async def holdings(session: AsyncSession, run_id: UUID) -> list[Holding]:
    """All shards, in order."""
    rows = await session.execute(
        select(HostShard.shard, HostShard.leased_by, HostShard.is_leaving).order_by(HostShard.shard)
    )
    return [Holding(row.shard, row.leased_by == run_id, row.is_leaving) for row in rows]


async def set_leaving(
    session: AsyncSession, run_id: UUID, shards: Collection[int], *, is_leaving: bool
) -> None:
    """Stop starting checks on these shards' hosts, or resume them."""
    if shards:
        await _change(session, run_id, shards, is_leaving=is_leaving)


async def release(session: AsyncSession, run_id: UUID, shards: Collection[int]) -> None:
    """Release these shards."""
    if shards:
        await _change(session, run_id, shards, leased_by=None, is_leaving=False)


async def release_all(session: AsyncSession, run_id: UUID) -> None:
    """Release all shards of a run that is stopping."""
    await _change(session, run_id, range(SHARDS), leased_by=None, is_leaving=False)


async def _change(
    session: AsyncSession, run_id: UUID, shards: Collection[int], **values: Any
) -> None:
    await session.execute(
        update(HostShard)
        .where(HostShard.leased_by == run_id, HostShard.shard.in_(shards))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def take(
    session: AsyncSession, run_id: UUID, limit: int, *, inherits: bool
) -> tuple[list[int], list[int]]:
    """Take free shards: those released, and those left behind by dead runs.

    Shape: at most `limit` in all; the dead's only when this run `inherits`.
    """
    dead = and_(
        HostShard.leased_by.is_not(None), HostShard.leased_by.not_in(select(Run.id).where(is_live))
    )
    is_free = HostShard.leased_by.is_(None)
    chosen = (
        select(HostShard.shard, HostShard.leased_by)
        .where(or_(is_free, dead) if inherits else is_free)
        .order_by(func.random())  # so that simultaneous daemons choose different ones
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = await session.execute(
        update(HostShard)
        .where(HostShard.shard == chosen.c.shard)
        .values(leased_by=run_id, is_leaving=False)
        .returning(HostShard.shard, chosen.c.leased_by.label("holder"))
        .execution_options(synchronize_session=False)
    )
    found = rows.all()
    given = [row.shard for row in found if row.holder is None]
    return given, [row.shard for row in found if row.holder is not None]
