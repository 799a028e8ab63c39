"""Tokens of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Role, Viewer
from daemon.store.tables import ApiToken, User


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token without its secret."""

    id: UUID
    name: str
    scopes: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that may be used, and for whom."""

    id: UUID
    viewer: Viewer
    scopes: Sequence[str]
    last_used_at: datetime | None


async def add_token(session: AsyncSession, user_id: str, hash_: str, view: TokenView) -> None:
    """Let programs in by a token of this user."""
    session.add(
        ApiToken(
            id=view.id,
            user_id=user_id,
            name=view.name,
            hash=hash_,
            scopes=list(view.scopes),
            created_at=view.created_at,
            ends_at=view.ends_at,
        )
    )
    await session.flush()


async def tokens_of(session: AsyncSession, user_id: str, now: datetime) -> list[TokenView]:
    """The tokens of a user that may be used, the newest first."""
    rows = await session.execute(
        select(
            ApiToken.id,
            ApiToken.name,
            ApiToken.scopes,
            ApiToken.created_at,
            ApiToken.last_used_at,
            ApiToken.ends_at,
        )
        .where(ApiToken.user_id == user_id, *_usable(now))
        .order_by(ApiToken.id.desc())
    )
    return [TokenView(**row._mapping) for row in rows]


async def find_token(session: AsyncSession, hash_: str, now: datetime) -> FoundToken | None:
    """The token with this hash, unless it ended, was revoked, or its user was disabled."""
    query = (
        select(ApiToken.id, ApiToken.user_id, ApiToken.scopes, ApiToken.last_used_at, User.role)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.hash == hash_, User.disabled_at.is_(None), *_usable(now))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    viewer = Viewer(row.user_id, Role(row.role))
    return FoundToken(row.id, viewer, tuple(row.scopes), row.last_used_at)


async def note_use(session: AsyncSession, token_id: UUID, now: datetime) -> None:
    """Remember when a token was used last."""
    used = update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now)
    await session.execute(used.execution_options(synchronize_session=False))


async def revoke_token(
    session: AsyncSession, user_id: str, token_id: UUID, now: datetime
) -> str | None:
    """Revoke a token of this user; its name, None without such a one."""
    revoked = (
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id)
        .where(ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.name)
    )
    return await session.scalar(revoked.execution_options(synchronize_session=False))


def _usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (ApiToken.revoked_at.is_(None), or_(ApiToken.ends_at.is_(None), ApiToken.ends_at > now))
