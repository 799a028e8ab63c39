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
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import LateralFromClause

from daemon.store.queue.runs import is_live
from daemon.store.tables import HostShard, Page, Run
from daemon.store.tables.types import db_now

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


# As the index `ix_pages_shard_due` has it, word for word.
_SHARD = literal_column(
    r"get_byte(sha256(decode(replace(pages.host, '\', '\\'), 'escape')), 0)", Integer()
)
_HEADS = 4  # as many of each shard that there would be four times enough in all


def most_overdue(run_id: UUID, is_due: ColumnElement[bool], limit: int) -> ColumnElement[Any]:
    """The ids of the due pages whose hosts this run has, an array of the `limit` most overdue.

    Shape: none in a shard that it gives away. Pages of others are not even read, however many of
           them are due before: the heads of all its shards show where the last of its own is.
    """
    mine = (
        select(HostShard.shard)
        .where(HostShard.leased_by == run_id, ~HostShard.is_leaving)
        .cte("mine")
    )

    def of_each(most: int, *more: ColumnElement[bool]) -> LateralFromClause:
        rows = select(Page.id, Page.next_check_at).where(is_due, mine.c.shard == _SHARD, *more)
        return rows.order_by(Page.next_check_at).limit(most).lateral()

    heads = of_each(-(-_HEADS * limit // SHARDS))
    last = (
        select(heads.c.next_check_at)
        .select_from(mine.join(heads, true()))
        .order_by(heads.c.next_check_at)
        .offset(limit - 1)
        .limit(1)
        .scalar_subquery()
    )
    near = of_each(limit, Page.next_check_at <= func.coalesce(last, db_now()))
    chosen = (
        select(near.c.id)
        .select_from(mine.join(near, true()))
        .order_by(near.c.next_check_at)
        .limit(limit)
    )
    return func.array(chosen.scalar_subquery(), type_=ARRAY(Page.id.type))


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
