"""Sessions of browsers: begin them, say whose they are, and end them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from daemon.login.identity import Visit
from daemon.login.secret import hash_of, new_secret
from daemon.model.viewer import Actor, Viewer
from daemon.operations.installation.opening import Database
from daemon.store.people.audit import write_down
from daemon.store.people.sessions import SessionView as SessionView
from daemon.store.people.sessions import (
    add_session,
    end_session,
    end_sessions,
    note_seen,
    open_session,
    sessions_of,
)
from daemon.store.people.users import change_user

_NOTED_EVERY = 60  # times within the idle time: a page that is shown rarely writes


class Lengths(Protocol):
    """How long sessions last: without use, and at most."""

    @property
    def session_idle(self) -> timedelta: ...
    @property
    def session_longest(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """What a browser's cookie gets, and whose session it is."""

    secret: str
    user_id: str


async def begin(
    database: Database,
    user_id: str,
    visit: Visit,
    lengths: Lengths,
    now: datetime,
    before: str = "",
) -> Begun:
    """Begin a session; the one that this browser had `before` ends.

    Errors: StoreError.
    """
    secret = new_secret()
    ends_at = now + min(lengths.session_idle, lengths.session_longest)
    how, agent, address = visit.how, visit.agent[:255], visit.address
    begun = SessionView(hash_of(secret), how, now, now, ends_at, agent, address)
    async with database.writing() as session:
        if before:
            await end_session(session, hash_of(before))
        await add_session(session, user_id, begun)
        await change_user(session, user_id, {"last_login_at": now})
        await write_down(session, Actor(Viewer(user_id), how, address), "login", now)
    return Begun(secret, user_id)


async def viewer_of(
    reading: Database, database: Database, secret: str, lengths: Lengths, now: datetime
) -> Viewer | None:
    """Whose session this is, with the role of now; None when it has ended or never was.

    Errors: StoreError.
    """
    id_hash = hash_of(secret)
    async with reading.reading() as session:
        found = await open_session(session, id_hash, now)
    if found is None:
        return None
    if now - found.seen_at > lengths.session_idle / _NOTED_EVERY:
        ends_at = min(now + lengths.session_idle, found.created_at + lengths.session_longest)
        async with database.writing() as session:
            await note_seen(session, id_hash, now, ends_at)
    return found.viewer


async def list_sessions(database: Database, viewer: Viewer, now: datetime) -> list[SessionView]:
    """The viewer's own open sessions."""
    async with database.reading() as session:
        return await sessions_of(session, viewer.user_id, now)


async def end(database: Database, actor: Actor, secret: str, now: datetime) -> None:
    """Log out of one browser."""
    async with database.writing() as session:
        if await end_session(session, hash_of(secret)):
            await write_down(session, actor, "logout", now)


async def end_everywhere(database: Database, actor: Actor, now: datetime) -> int:
    """Log out of all browsers; how many there were."""
    async with database.writing() as session:
        ended = await end_sessions(session, actor.user_id)
        await write_down(session, actor, "logout everywhere", now)
    return ended
