"""Chooses the server that somebody reads from, so that they see all that they have written."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import Database, written_up_to
from daemon.web.access.cookies import Cookies
from daemon.web.context import Context
from daemon.web.memory.written import ANYTHING

log = get_logger(__name__)

WRITTEN_SECONDS = 3600  # that a standby which is read from may be behind


def source_of(context: Context, viewer: Viewer | None, cookies: Mapping[str, str]) -> Database:
    """The standby if it has all that this viewer has written, by us or another daemon."""
    if context.replica is None:
        return context.reading
    told = cookies.get(Cookies.of(context.config().web).written, "")
    position = context.written.after(viewer.user_id if viewer else "", told)
    return context.replica.database if context.replica.has(position) else context.reading


def is_given_up(context: Context, database: Database, trouble: StoreError) -> bool:
    """Whether this was trouble of the standby, from which nobody reads until the next look."""
    replica = context.replica
    if replica is None or database is not replica.database or not trouble.is_transient:
        return False
    replica.fail(trouble)
    log.info("read_from_primary", reason=replica.reason)
    return True


def source_of_head(context: Context, database: Database) -> Database:
    """Where the head of a page is read from, the rest of which is from this database."""
    replica = context.replica
    is_there = replica is not None and database is replica.database and not replica.reason
    return database if is_there else context.reading


async def note_written(context: Context, viewer: Viewer | None) -> str:
    """Have this viewer be shown what they have just written; the position that tells others.

    Errors: none: what was done is done.
    """
    if context.replica is None:
        return ""
    try:
        position = await written_up_to(context.reading)
    except StoreError:
        position = ANYTHING
    if viewer is not None:
        context.written.note(viewer.user_id, position)
    return str(position)
