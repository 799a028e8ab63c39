"""Forgets states that a check could not read, so that each is reported once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.outcome import Outcome, SiteOutcome
from daemon.store.tables import Snapshot

_SNAPSHOT = Snapshot.__table__
_this_state = and_(
    _SNAPSHOT.c.site_id == bindparam("site"), _SNAPSHOT.c.text_hash == bindparam("text")
)
_forget_source = update(_SNAPSHOT).where(_this_state).values(source_hash=None)
_forget_state = delete(_SNAPSHOT).where(_this_state)


async def forget_lost(
    connection: AsyncConnection, sites: Sequence[tuple[Outcome, SiteOutcome]]
) -> None:
    """Forget the unreadable states of these sites.

    Shape: changes that refer to such a state keep their own record. Call it before new states
           are stored: one of them may be the same state, intact again.
    """
    for what, forget in (("source", _forget_source), ("text", _forget_state)):
        rows = [
            {"site": one.site.id, "text": lost.text_hash}
            for _, one in sites
            for lost in one.lost
            if lost.what == what
        ]
        if rows:
            await connection.execute(forget, rows)
