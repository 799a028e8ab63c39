"""Routes that users make themselves, and the channels on which they want nothing for now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import Route
from daemon.store.core.aside import KEEPS
from daemon.store.record.outbox import PAUSED, ROUTES, paused_in
from daemon.store.tables import User

BY_USER = "user"  # what manages a route that the configuration does not


async def change_routes(
    session: AsyncSession,
    user_id: str,
    change: Callable[[tuple[Route, ...]], Iterable[Route]],
) -> None:
    """Change the routes that a user has made; those of the configuration stay before them.

    Shape: locks the user until the transaction ends, and with that the release of what they wait
           for.
    """
    preferences = await _locked(session, user_id)
    known = _known(preferences)
    given = [route for route in known if route.managed_by != BY_USER]
    own = change(tuple(route for route in known if route.managed_by == BY_USER))
    # Through JSON, so that lists compare equal to those in a row.
    wanted = msgspec.json.decode(msgspec.json.encode([*given, *own]))
    await _store(session, user_id, {**preferences, ROUTES: wanted})


async def stored_routes(
    session: AsyncSession, user_id: str
) -> tuple[tuple[Route, ...], Mapping[str, str]]:
    """All routes of a user as they are stored, and which channels are paused, each since when."""
    preferences = await _preferences(session, user_id)
    return _known(preferences), paused_in(preferences)


async def set_paused(
    session: AsyncSession, user_id: str, channel: str, since: datetime | None
) -> bool:
    """Send a user nothing on a channel since then, or again; whether that is new."""
    preferences = await _locked(session, user_id)
    paused = dict(paused_in(preferences))
    if (channel in paused) == (since is not None):
        return False
    if since is None:
        del paused[channel]
    else:
        paused[channel] = since.isoformat()
    await _store(session, user_id, {**preferences, PAUSED: paused})
    return True


async def paused_since(
    session: AsyncSession, channels: Sequence[tuple[str, str]]
) -> list[datetime | None]:
    """Since when each of these channels is paused, given by its user and name."""
    users = {user_id for user_id, _ in channels}
    query = select(User.id, User.preferences).where(User.id.in_(users)).execution_options(**KEEPS)
    rows = await session.execute(query) if users else ()
    paused = {row.id: paused_in(_usable(row.preferences)) for row in rows}
    return [_instant(paused.get(user_id, {}).get(name)) for user_id, name in channels]


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _known(preferences: Mapping[str, Any]) -> tuple[Route, ...]:
    try:
        return msgspec.convert(preferences.get(ROUTES, []), tuple[Route, ...])
    except msgspec.ValidationError:
        return ()  # set aside, with its reason, wherever it is read to be followed


async def _locked(session: AsyncSession, user_id: str) -> dict[str, Any]:
    query = select(User.preferences).where(User.id == user_id).with_for_update()
    return _usable(await session.scalar(query.execution_options(**KEEPS)))


async def _preferences(session: AsyncSession, user_id: str) -> dict[str, Any]:
    query = select(User.preferences).where(User.id == user_id).execution_options(**KEEPS)
    return _usable(await session.scalar(query))


def _usable(stored: object) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}


async def _store(session: AsyncSession, user_id: str, preferences: dict[str, Any]) -> None:
    whole = update(User).where(User.id == user_id).values(preferences=preferences)
    await session.execute(whole.execution_options(synchronize_session=False))
