"""Users: who they are, what is theirs, and how they come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Role
from daemon.store.core.database import Database
from daemon.store.tables import (
    ApiToken,
    Destination,
    Identity,
    MonitoredSite,
    Notice,
    Password,
    Product,
    Rating,
    User,
    WebSession,
)

_AT_ONCE = 50  # sites whose history is dropped in one transaction


@dataclass(frozen=True, slots=True)
class UserView:
    """A user; `sites` and `products` are how many they watch, `max_sites` None is no limit."""

    id: str
    email: str
    username: str | None
    role: Role
    managed_by: str
    created_at: datetime
    disabled_at: datetime | None
    last_login_at: datetime | None
    max_sites: int | None
    shortest_interval_seconds: int | None
    sites: int
    products: int

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


def count_of(owned: Any, key: Any) -> Any:
    """How many live sites or products a user has, in a query for users."""
    live = select(func.count(key)).where(owned.owner_id == User.id, owned.deleted_at.is_(None))
    return live.scalar_subquery()


def _views() -> Select[Any]:
    columns: tuple[Any, ...] = (
        User.id,
        User.email,
        User.username,
        User.role,
        User.managed_by,
        User.created_at,
        User.disabled_at,
        User.last_login_at,
        User.max_sites,
        User.shortest_interval_seconds,
        count_of(MonitoredSite, MonitoredSite.id).label("sites"),
        count_of(Product, Product.product_id).label("products"),
    )
    return select(*columns)


def _view(row: Row[Any]) -> UserView:
    values = dict(row._mapping)
    return UserView(**{**values, "role": Role(values["role"])})


async def list_users(session: AsyncSession, after: str = "", limit: int = 1000) -> list[UserView]:
    """Users in the order of their ids."""
    rows = await session.execute(_views().where(User.id > after).order_by(User.id).limit(limit))
    return [_view(row) for row in rows]


async def find_users(session: AsyncSession, word: str) -> list[UserView]:
    """The users of whom this is the id, the name or the mail address; by id, one alone."""
    # Each by an index of its own, which no planner needs statistics for.
    columns = (User.id, User.username, User.email)
    known = User.id.in_(union(*(select(User.id).where(column == word) for column in columns)))
    found = [_view(row) for row in await session.execute(_views().where(known))]
    found.sort(key=lambda one: one.id)
    return [one for one in found if one.id == word] or found


async def ids_of_users(session: AsyncSession) -> Sequence[str]:
    """The ids of all users, in their order."""
    return (await session.scalars(select(User.id).order_by(User.id))).all()


async def user_of_identity(session: AsyncSession, identity: str) -> UserView | None:
    """The user whom a provider knows so: by an identity of theirs, or by their id."""
    linked = select(Identity.user_id).where(Identity.identity == identity)
    ids = (await session.scalars(linked)).all() or [identity]
    rows = (await session.execute(_views().where(User.id.in_(ids)))).all()
    return _view(rows[0]) if rows else None


async def add_user(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Add a user with these columns."""
    session.add(User(**values))
    await session.flush()


async def change_user(session: AsyncSession, user_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a user."""
    changed = update(User).where(User.id == user_id).values(**values)
    await session.execute(changed.execution_options(synchronize_session=False))


async def is_taken(session: AsyncSession, email: str, username: str | None) -> str:
    """The column in which another user has one of these; "" when both are free."""
    query = select(User.email, User.username).where(
        or_(User.email == email, User.username == username if username else User.id.is_(None))
    )
    for row in await session.execute(query):
        return "email" if row.email == email else "username"
    return ""


async def add_identity(session: AsyncSession, user_id: str, identity: str, now: datetime) -> None:
    """Have a provider's identity mean this user."""
    session.add(Identity(identity=identity, user_id=user_id, created_at=now))
    await session.flush()


async def identities_of(session: AsyncSession, user_id: str) -> Sequence[str]:
    """What else a user is known by."""
    query = select(Identity.identity).where(Identity.user_id == user_id)
    return (await session.scalars(query.order_by(Identity.identity))).all()


async def theirs(session: AsyncSession, user_id: str) -> dict[str, int]:
    """How much there is that goes with a user, by its noun."""
    counted = {
        "site": (MonitoredSite.id, MonitoredSite.owner_id),
        "product": (Product.product_id, Product.owner_id),
        "notification": (Notice.id, Notice.user_id),
        "rating": (Rating.id, Rating.user_id),
        "session": (WebSession.id_hash, WebSession.user_id),
        "token": (ApiToken.id, ApiToken.user_id),
        "destination": (Destination.id, Destination.user_id),
        "other id": (Identity.identity, Identity.user_id),
        "password": (Password.user_id, Password.user_id),
    }
    row = (
        await session.execute(
            select(
                *(
                    select(func.count(key)).where(owner == user_id).scalar_subquery().label(noun)
                    for noun, (key, owner) in counted.items()
                )
            )
        )
    ).one()
    return dict(row._mapping)


async def remove_user(database: Database, user_id: str) -> None:
    """Delete a user with everything of theirs; sites go first, in batches."""
    for key, owner in (
        (MonitoredSite.id, MonitoredSite.owner_id),
        (Product.product_id, Product.owner_id),
    ):
        while await _remove_some(database, key, owner == user_id):
            pass
    async with database.writing() as session:
        await session.execute(_quietly(delete(User).where(User.id == user_id)))


async def _remove_some(database: Database, key: Any, of_user: Any) -> int:
    async with database.writing() as session:
        ids = (await session.scalars(select(key).where(of_user).limit(_AT_ONCE))).all()
        await session.execute(_quietly(delete(key.class_).where(key.in_(ids))))
    return len(ids)


def _quietly(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)
