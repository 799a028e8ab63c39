"""Queries for the checks of a site, turned page by page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_of_visible_page
from daemon.store.tables import Attempt
from daemon.store.views.lists.keyset import Cursor, Order, Page, Turn, page_of
from daemon.store.views.sites import ATTEMPT, AttemptView

_ORDER = Order(Attempt.started_at, Attempt.id)


async def turn_checks(
    session: AsyncSession, viewer: Viewer, page_id: UUID, since: datetime, turn: Turn
) -> Page[AttemptView]:
    """The checks of a page, the latest first; any before `since` were for other sites."""
    query = select(*ATTEMPT).where(
        Attempt.page_id == page_id,
        Attempt.started_at >= since,
        is_of_visible_page(Attempt.page_id, viewer),
        *_ORDER.begins(turn),
    )
    rows = await session.execute(_ORDER.sorted(query, turn).limit(turn.limit + 1))
    found = [AttemptView(*row) for row in rows]
    return page_of(found, turn, lambda one: Cursor(one.started_at, one.id))
