"""Owners: the users whom the configuration names, made so."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.errors import StoreError
from daemon.model import Owner
from daemon.store.tables import User


async def sync_owners(session: AsyncSession, owners: Sequence[Owner]) -> None:
    """Make sure that these owners exist, with these addresses.

    Errors: StoreError when an address or a name belongs to a user who is not among them.
    """
    fresh, moved = await plan_owners(session, owners)
    # First out of each other's way: two owners may have swapped their addresses.
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


async def plan_owners(
    session: AsyncSession, owners: Sequence[Owner]
) -> tuple[list[Owner], list[tuple[Owner, Owner]]]:
    """Which of these owners are new, and which are others than they were: before and after.

    Errors: StoreError when an address or a name belongs to a user who is not among them.
    """
    known = await _users(session, owners)
    _refuse_taken(owners, known)
    fresh = [owner for owner in owners if owner.id not in known]
    both = [(known[owner.id], owner) for owner in owners if owner.id in known]
    return fresh, [(before, after) for before, after in both if before != after]


async def _users(session: AsyncSession, owners: Sequence[Owner]) -> dict[str, Owner]:
    """The users who are these owners, or have what these owners want."""
    rows = await session.execute(
        select(User.id, User.email, User.username).where(
            or_(
                User.id.in_([owner.id for owner in owners]),
                User.email.in_([owner.email for owner in owners]),
                User.username.in_([owner.username for owner in owners if owner.username]),
            )
        )
    )
    return {row.id: Owner(row.id, row.email, row.username) for row in rows}


def _refuse_taken(owners: Sequence[Owner], known: dict[str, Owner]) -> None:
    strangers = known.keys() - {owner.id for owner in owners}
    taken = {word: user_id for user_id in strangers for word in _contact(known[user_id]) if word}
    for owner in owners:
        for word in _contact(owner):
            if word in taken:
                raise StoreError(
                    f"the owner {owner.id} cannot have {word}: it is the user {taken[word]}'s"
                )


def _contact(user: Owner) -> tuple[str, str | None]:
    return user.email, user.username
