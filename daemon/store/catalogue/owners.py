"""Synchronises owners: the users that the configuration names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.errors import UNPLACED, ConfigError, Fault
from daemon.model.site import Owner
from daemon.store.core.aside import KEEPS
from daemon.store.tables import MonitoredSite, Product, User
from daemon.store.tables.garbled import Garbled
from daemon.store.tables.types import has_tags


async def sync_owners(session: AsyncSession, owners: Sequence[Owner]) -> None:
    """Make sure that these owners exist, with these addresses.

    Errors: ConfigError when an address or a name belongs to a user who is not among them.
    """
    await _give_ids_back(session, owners)
    fresh, moved = await plan_owners(session, owners)
    # Clear the addresses first: two owners may have swapped them.
    for _, owner in moved:
        aside = {"email": f"moving:{owner.id}"[:255], "username": None}
        await session.execute(update(User).where(User.id == owner.id).values(**aside))
    for _, owner in moved:
        values = {"email": owner.email, "username": owner.username}
        await session.execute(update(User).where(User.id == owner.id).values(**values))
    if fresh:
        await session.execute(
            insert(User), [{"id": o.id, "email": o.email, "username": o.username} for o in fresh]
        )
    await _set_managed(session, User.id.in_([owner.id for owner in owners]), "config")


async def release_owners(session: AsyncSession, owners: Sequence[Owner]) -> None:
    """Let users be managed by the command line and by pages whom the file names no longer."""
    await _set_managed(session, User.id.not_in([owner.id for owner in owners]), "cli")


async def _set_managed(session: AsyncSession, users: ColumnElement[bool], by: str) -> None:
    changed = update(User).where(users, User.managed_by != by).values(managed_by=by)
    await session.execute(changed.execution_options(synchronize_session=False))


async def _give_ids_back(session: AsyncSession, owners: Sequence[Owner]) -> None:
    """Restore garbled user ids, found by the users' addresses."""
    for row in await session.execute(_of(owners)):
        for owner in owners:
            if isinstance(row.id, Garbled) and row.email == owner.email:
                mended = update(User).where(User.email == owner.email).values(id=owner.id)
                await session.execute(mended.execution_options(synchronize_session=False))


async def names_owned(session: AsyncSession) -> dict[str, set[str]]:
    """The names of all sites and products, by owner."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(owned.owner_id, owned.name).where(owned.deleted_at.is_(None))
        )
        for row in rows:
            names[row.owner_id].add(row.name)
    return names


async def tags_owned(session: AsyncSession) -> dict[str, set[str]]:
    """The tags of all sites and products, by owner."""
    tags: defaultdict[str, set[str]] = defaultdict(set)
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(owned.owner_id, owned.tags)
            .where(owned.deleted_at.is_(None), has_tags(owned.tags))
            .distinct()
        )
        for row in rows:
            tags[row.owner_id].update(row.tags)
    return tags


async def plan_owners(
    session: AsyncSession, owners: Sequence[Owner]
) -> tuple[list[Owner], list[tuple[Owner, Owner]]]:
    """The new owners, and the changed ones as before and after.

    Errors: ConfigError when an address or a name belongs to a user who is not among them.
    """
    known = await _users(session, owners)
    _refuse_taken(owners, known)
    fresh = [owner for owner in owners if owner.id not in known]
    both = [(known[owner.id], owner) for owner in owners if owner.id in known]
    return fresh, [(before, after) for before, after in both if before != after]


async def _users(session: AsyncSession, owners: Sequence[Owner]) -> dict[str, Owner]:
    """The users who are these owners, or have their addresses or names."""
    rows = await session.execute(_of(owners))
    return {row.id: Owner(row.id, row.email, row.username) for row in rows}


def _of(owners: Sequence[Owner]) -> Select[str, str, str | None]:
    # Garbled values in a row that the configuration describes are rewritten.
    return (
        select(User.id, User.email, User.username)
        .where(
            or_(
                User.id.in_([owner.id for owner in owners]),
                User.email.in_([owner.email for owner in owners]),
                User.username.in_([owner.username for owner in owners if owner.username]),
            )
        )
        .execution_options(**KEEPS)
    )


def _refuse_taken(owners: Sequence[Owner], known: dict[str, Owner]) -> None:
    strangers = [user for user in known.values() if user.id not in {one.id for one in owners}]
    faults = [
        _taken(place, key, getattr(owner, key))
        for place, owner in enumerate(owners)
        for key in ("email", "username")
        for user in strangers
        if getattr(owner, key) and getattr(owner, key) == getattr(user, key)
    ]
    if faults:
        raise ConfigError(faults)


def _taken(place: int, key: str, word: str) -> Fault:
    """Names nobody: what is wrong is said in places where not only admins look."""
    problem = f'"{word}" is the {key} of another user in the database'
    hint = "give another one, or the id of that user, which `changelogger users` lists"
    return Fault(UNPLACED, f"owner[{place}].{key}", problem, hint)
