"""Operations on what was seen: mark changes as seen or unseen, and take a mark back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.changes import the_change
from daemon.store.catalogue import seen
from daemon.store.core.database import Database


@dataclass(frozen=True, slots=True)
class Marked:
    """How many sites a mark has changed, and the instant by which it is taken back."""

    sites: int
    marked_at: datetime


async def mark_seen(
    database: Database,
    viewer: Viewer,
    now: datetime,
    site_ids: Sequence[UUID] | None = None,
    until: datetime | None = None,
    shown_at: datetime | None = None,
) -> Marked:
    """Mark the changes of these sites as seen, or of all that are the viewer's.

    Shape:  those that are known now, and none of after `until`. Where a list of them was shown at
            an instant, none that was stored since, as nobody has seen it.
    Errors: NotFoundError for an id that is no live site of the viewer's: then none is marked.
    """
    async with database.writing() as session:
        if site_ids is not None:
            known = await seen.sites_of(session, viewer, site_ids)
            for unknown in set(site_ids) - known:
                raise NotFoundError("site", str(unknown))
        marked = await seen.mark_seen(session, viewer, site_ids, until, now, shown_at)
        return Marked(marked, now)


async def mark_unseen(database: Database, viewer: Viewer, change: str, now: datetime) -> Marked:
    """Mark the change that an id names as unseen, and with it those after it of its site.

    Errors: NotFoundError, AmbiguousError.
    """
    detail = await the_change(database, viewer, change)
    async with database.writing() as session:
        return Marked(await seen.mark_unseen(session, viewer, detail.view.id, now), now)


async def undo_mark(database: Database, viewer: Viewer, marked_at: datetime) -> int:
    """Take back what was marked at an instant; returns of how many sites.

    Shape: a site that has been marked again since then keeps its newer mark.
    """
    async with database.writing() as session:
        return await seen.undo(session, viewer, marked_at)
