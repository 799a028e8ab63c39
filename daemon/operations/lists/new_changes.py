"""Changes as programs follow them: each once, in the end."""

from __future__ import annotations

from datetime import datetime

from daemon.model.viewer import Viewer
from daemon.store.core.database import Database
from daemon.store.views import new_changes as views
from daemon.store.views.new_changes import MOST_IN_FLIGHT as MOST_IN_FLIGHT
from daemon.store.views.new_changes import Followed as Followed
from daemon.store.views.new_changes import Position as Position


async def follow(
    database: Database, viewer: Viewer, place: Position | None, now: datetime, limit: int
) -> Followed:
    """The changes of the viewer's own sites since a place; without one, the place of now."""
    async with database.reading() as session:
        return await views.follow(session, viewer, place, now, limit)
