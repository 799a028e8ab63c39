"""Operations on notifications: list, retry and drop them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from daemon.model.errors import AmbiguousError, NotFoundError
from daemon.model.viewer import Viewer
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.queue import notices_by_hand as notices
from daemon.store.queue.notices import Settled as Settled
from daemon.store.queue.notices_by_hand import NoticeView as NoticeView


async def list_notifications(
    database: Database,
    viewer: Viewer,
    statuses: Sequence[str] = (),
    channel: str | None = None,
    limit: int | None = None,
) -> list[NoticeView]:
    """The notifications to the viewer, or all for an admin, newest first."""
    async with database.reading() as session:
        return await notices.list_notices(session, viewer, statuses, channel, limit)


async def the_notification(database: Database, viewer: Viewer, word: str) -> NoticeView:
    """The one notification that an id, or a part of it, names.

    Errors: NotFoundError, AmbiguousError.
    """
    async with database.reading() as session:
        ids = await _ids_named(session, viewer, [word])
        found = await notices.get_notices(session, viewer, ids)
    if not found:  # its row is garbled, and set aside
        raise NotFoundError("notice", word)
    return found[0]


async def retry_notifications(
    database: Database, viewer: Viewer, words: Sequence[str] | None, now: datetime
) -> int:
    """Make dead, dropped or waiting notifications due now; returns how many.

    Shape:  ids, or parts of them; None for all that were given up.
    Errors: NotFoundError, AmbiguousError for a word that does not name one; none is sent then.
    """
    async with database.writing() as session:
        ids = await _ids_meant(session, viewer, words)
        return await notices.retry(session, viewer, ids, now)


async def drop_notifications(
    database: Database, viewer: Viewer, words: Sequence[str] | None
) -> int:
    """Drop these notifications; returns how many were not sent yet.

    Shape:  ids, or parts of them; None for all that were given up.
    Errors: NotFoundError, AmbiguousError for a word that does not name one; none is dropped then.
    """
    async with database.writing() as session:
        ids = await _ids_meant(session, viewer, words)
        return await notices.drop(session, viewer, ids)


async def count_waiting(database: Database, viewer: Viewer) -> int:
    """How many notifications are still to be sent, held ones included."""
    async with database.reading() as session:
        return await notices.count_waiting_for(session, viewer)


async def _ids_meant(
    session: DatabaseSession, viewer: Viewer, words: Sequence[str] | None
) -> list[UUID]:
    if words is not None:
        return await _ids_named(session, viewer, words)
    return [one.id for one in await notices.list_notices(session, viewer, ["dead"])]


async def _ids_named(session: DatabaseSession, viewer: Viewer, words: Sequence[str]) -> list[UUID]:
    ids: list[UUID] = []
    for word in words:
        found = await notices.find_notices(session, viewer, word.strip())
        if not found:
            raise NotFoundError("notice", word)
        if len(found) > 1:
            raise AmbiguousError("notice", word, [str(one) for one in found])
        ids += found
    return ids
