"""What waits for a route that changed: it is given the times of the route as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import CursorResult, Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.releasing import retimed
from daemon.alerting.timing import after_quiet
from daemon.alerting.values import GATHERED, Cause, CauseKind, Route
from daemon.model.change import ChangeType
from daemon.store.core.aside import KEEPS, whole
from daemon.store.core.chunks import chunks
from daemon.store.queue.notices import is_free
from daemon.store.queue.release import HELD_COLUMNS, held_of, is_held
from daemon.store.tables import ContentUpdate, Notice

_TOGETHER = 500  # payloads that are held in memory at once


async def retime(session: AsyncSession, user_id: str, route: Route, now: datetime) -> int:
    """Let what waits for this route go when the route says; how many notices that moved.

    Shape: what is due goes as it would have, and what is being sent is left alone. The caller
           keeps releases of this user away, by the lock that changes the route.
    """
    here = Notice.user_id == user_id, Notice.channel == route.name
    waiting = await session.scalars(
        select(Notice.id).where(*here, is_held, Notice.next_attempt_at > now)
    )
    moved = 0
    for ids in chunks(waiting.all(), _TOGETHER):
        moved += await _move(session, await _rows(session, ids), route, now)
    return moved + await _move_rested(session, here, route, now)


async def _rows(session: AsyncSession, ids: Iterable[UUID]) -> list[Row[Any]]:
    rows = await session.execute(
        select(*HELD_COLUMNS, Notice.kind, Notice.payload, ContentUpdate.analysis_status)
        .outerjoin(ContentUpdate, ContentUpdate.id == Notice.content_update_id)
        .where(Notice.id.in_(ids))
        .execution_options(**KEEPS)
    )
    return list(whole(rows, but="payload"))


async def _move(
    session: AsyncSession, rows: Iterable[Row[Any]], route: Route, now: datetime
) -> int:
    moves: defaultdict[tuple[str, datetime], list[UUID]] = defaultdict(list)
    for row in rows:
        held = held_of(row)
        then = retimed(held, _cause_of(row), route, now)
        if then != (held.bundle_key, held.release_at):
            moves[then].append(row.id)
    for (key, at), ids in moves.items():
        await session.execute(
            update(Notice)
            .where(Notice.id.in_(ids))
            .values(bundle_key=key, next_attempt_at=at)
            .execution_options(synchronize_session=False)
        )
    return sum(map(len, moves.values()))


def _cause_of(row: Row[Any]) -> Cause:
    """What a stored notice tells of, as far as its timing goes; garbled facts say nothing."""
    facts = row.payload if isinstance(row.payload, dict) else {}
    severity = None
    if row.kind == CauseKind.CHANGE:
        with suppress(ValueError):
            severity = ChangeType(str(facts.get("change_type")))
    return Cause(
        kind=CauseKind.CHANGE,
        id="",
        owner_id="",
        name="",
        host=_host(row.bundle_key, facts),
        at=row.created_at,
        facts={},
        severity=severity,
        awaits_analysis=row.analysis_status == "pending",
        may_be_ours=row.kind == CauseKind.FAILING,
    )


def _host(bundle_key: str, facts: Mapping[str, Any]) -> str:
    if bundle_key.startswith(GATHERED):
        return bundle_key.removeprefix(GATHERED)
    if "host" in facts:
        return str(facts["host"])
    with suppress(ValueError):
        return urlsplit(str(facts.get("url", ""))).netloc
    return ""


async def _move_rested(
    session: AsyncSession, here: tuple[Any, ...], route: Route, now: datetime
) -> int:
    """What was let go and then met quiet hours: it waits for their end, and for nothing else."""
    ended = await session.execute(
        update(Notice)
        .where(
            *here,
            Notice.status == "pending",
            Notice.error_detail.is_(None),
            Notice.next_attempt_at > now,
            Notice.next_attempt_at != (at := after_quiet(route, now)),
            is_free,
        )
        .values(next_attempt_at=at)
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], ended).rowcount
