"""Lists of notifications: filtered by what became of them, counted, and turned page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Counted, Page, Turn
from daemon.store.core.database import Database
from daemon.store.queue import notices_by_hand as notices
from daemon.store.queue.notices_by_hand import STATUSES as STATUSES
from daemon.store.queue.notices_by_hand import NoticeView as NoticeView


@dataclass(frozen=True, slots=True)
class NotificationsPage:
    """A page of notifications, and how many there are of each status, whichever are shown."""

    page: Page[NoticeView]
    counts: Mapping[str, Counted]


async def page_of_notifications(
    database: Database,
    viewer: Viewer,
    status: str = "",
    channel: str = "",
    turn: Turn = FIRST,
) -> NotificationsPage:
    """A page of the viewer's notifications, newest first, and what there is of each status.

    Shape: those of every status, or on every channel, where none is named.
    """
    async with database.reading() as session:
        page = await notices.page_of_notices(session, viewer, status, channel, turn)
        return NotificationsPage(page, await notices.count_by_status(session, viewer))
