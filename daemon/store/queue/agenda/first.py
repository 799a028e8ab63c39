"""When the first page, notice and analysis is due, in one cheap query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, ScalarSelect, String, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.store.core.aside import KEEPS
from daemon.store.tables import ContentUpdate, Notice, Page

# Part of the statement: SQLite takes a partial index only for what it can see to be in it.
_PENDING, _HELD = literal_column("'pending'", String()), literal_column("'held'", String())
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Agenda:
    """When the first of each kind of work is due, whoever holds it; None when there is none."""

    pages_at: datetime | None
    notices_at: datetime | None
    analyses_at: datetime | None


async def read_agenda(session: AsyncSession) -> Agenda:
    """The first instant of each kind, from the ends of four indexes."""
    query = select(
        _first(Page.next_check_at, Page.is_active),
        _first(Notice.next_attempt_at, Notice.status == _PENDING),
        _first(Notice.next_attempt_at, Notice.status == _HELD, Notice.bundle_id.is_(None)),
        _first(ContentUpdate.analysis_next_at, ContentUpdate.analysis_status == _PENDING),
    ).execution_options(**KEEPS)
    pages, pending, held, analyses = (await session.execute(query)).one()
    return Agenda(_earliest([pages]), _earliest([pending, held]), _earliest([analyses]))


def _first(
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    *conditions: ColumnElement[bool] | InstrumentedAttribute[bool],
) -> ScalarSelect[datetime | None]:
    known = select(at).where(*conditions, at.is_not(None))
    return known.order_by(at).limit(1).scalar_subquery()


def _earliest(found: Sequence[object]) -> datetime | None:
    """The first instant; a garbled one is due, as whoever claims it sets it aside."""
    known = [one for one in found if one is not None]
    return min((one if isinstance(one, datetime) else _LONG_AGO for one in known), default=None)
