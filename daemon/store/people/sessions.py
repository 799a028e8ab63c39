"""Sessions of browsers, links that log in once, and passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Role, Viewer
from daemon.store.tables import LoginFailure, LoginLink, Password, User, WebSession
from daemon.store.tables.types import insert_for


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser in which somebody is logged in."""

    id_hash: str
    how: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    agent: str
    address: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not ended, and whose it is, with the role of now."""

    viewer: Viewer
    created_at: datetime
    seen_at: datetime


async def add_session(session: AsyncSession, user_id: str, view: SessionView) -> None:
    """Begin a session."""
    session.add(
        WebSession(
            id_hash=view.id_hash,
            user_id=user_id,
            how=view.how,
            created_at=view.created_at,
            seen_at=view.seen_at,
            ends_at=view.ends_at,
            agent=view.agent,
            address=view.address,
        )
    )
    await session.flush()


async def open_session(session: AsyncSession, id_hash: str, now: datetime) -> OpenSession | None:
    """The session with this hash, unless it has ended or its user was disabled."""
    query = (
        select(WebSession.user_id, WebSession.created_at, WebSession.seen_at, User.role)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.id_hash == id_hash, WebSession.ends_at > now)
        .where(User.disabled_at.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return OpenSession(Viewer(row.user_id, Role(row.role)), row.created_at, row.seen_at)


async def note_seen(
    session: AsyncSession, id_hash: str, seen_at: datetime, ends_at: datetime
) -> None:
    """Keep a session open until then."""
    await session.execute(
        update(WebSession)
        .where(WebSession.id_hash == id_hash, WebSession.seen_at < seen_at)
        .values(seen_at=seen_at, ends_at=ends_at)
        .execution_options(synchronize_session=False)
    )


async def sessions_of(session: AsyncSession, user_id: str, now: datetime) -> list[SessionView]:
    """The open sessions of a user, those seen last first."""
    rows = await session.execute(
        select(
            WebSession.id_hash,
            WebSession.how,
            WebSession.created_at,
            WebSession.seen_at,
            WebSession.ends_at,
            WebSession.agent,
            WebSession.address,
        )
        .where(WebSession.user_id == user_id, WebSession.ends_at > now)
        .order_by(WebSession.seen_at.desc())
    )
    return [SessionView(**row._mapping) for row in rows]


async def end_session(session: AsyncSession, id_hash: str) -> str | None:
    """End one session; whose it was."""
    gone = delete(WebSession).where(WebSession.id_hash == id_hash).returning(WebSession.user_id)
    return await session.scalar(gone.execution_options(synchronize_session=False))


async def end_sessions(session: AsyncSession, user_id: str) -> int:
    """End all sessions of a user, and their links; how many sessions there were."""
    links = delete(LoginLink).where(LoginLink.user_id == user_id)
    await session.execute(links.execution_options(synchronize_session=False))
    gone = delete(WebSession).where(WebSession.user_id == user_id).returning(WebSession.id_hash)
    ended = await session.scalars(gone.execution_options(synchronize_session=False))
    return len(ended.all())


async def add_link(
    session: AsyncSession, user_id: str, token_hash: str, now: datetime, ends_at: datetime
) -> None:
    """Let a link log this user in once."""
    session.add(LoginLink(user_id=user_id, token_hash=token_hash, created_at=now, ends_at=ends_at))
    await session.flush()


async def user_of_link(session: AsyncSession, token_hash: str, now: datetime) -> str | None:
    """Whom a link would log in."""
    query = select(LoginLink.user_id)
    return await session.scalar(
        query.where(LoginLink.token_hash == token_hash, LoginLink.ends_at > now)
    )


async def use_link(session: AsyncSession, token_hash: str, now: datetime) -> str | None:
    """Use a link up: whom it logs in; None for one that was used, has ended or never was."""
    gone = (
        delete(LoginLink)
        .where(LoginLink.token_hash == token_hash, LoginLink.ends_at > now)
        .returning(LoginLink.user_id)
    )
    return await session.scalar(gone.execution_options(synchronize_session=False))


async def password_of(session: AsyncSession, user_id: str) -> str | None:
    """What is stored of a user's password."""
    return await session.scalar(select(Password.hash).where(Password.user_id == user_id))


async def set_password(
    session: AsyncSession, user_id: str, stored: str | None, now: datetime
) -> None:
    """Store a user's password; None takes it away."""
    old = delete(Password).where(Password.user_id == user_id)
    await session.execute(old.execution_options(synchronize_session=False))
    if stored is not None:
        session.add(Password(user_id=user_id, hash=stored, changed_at=now))
        await session.flush()


async def count_failures(
    session: AsyncSession, ends_at: dict[str, datetime], now: datetime
) -> dict[str, int]:
    """Count one more failure under each key; how many there are in the window that is open.

    Shape: `ends_at` is by key when a window that begins now ends.
    """
    found = dict[str, int]()
    for key in sorted(ends_at):  # in one order, so that two logins do not wait for each other
        row = insert_for(await session.connection(), LoginFailure.__table__).values(
            key=key, failures=1, ends_at=ends_at[key]
        )
        is_over = LoginFailure.ends_at <= now
        counted = row.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((is_over, 1), else_=LoginFailure.failures + 1),
                "ends_at": case((is_over, ends_at[key]), else_=LoginFailure.ends_at),
            },
        ).returning(LoginFailure.failures)
        found[key] = await session.scalar(counted) or 0
    return found


async def forget_failure(session: AsyncSession, key: str, *, all_of_them: bool) -> None:
    """Take a failure under this key back, or all."""
    left = 0 if all_of_them else LoginFailure.failures - 1
    counted = LoginFailure.key == key, LoginFailure.failures > 0
    changed = update(LoginFailure).where(*counted).values(failures=left)
    await session.execute(changed.execution_options(synchronize_session=False))
