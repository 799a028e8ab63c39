"""The outbox: notices written together with their causes, and the routes of their recipients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Row, and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daemon.alerting.values import (
    HeldFacts,
    HeldNotice,
    NoticeDraft,
    Notifications,
    Route,
    Usual,
)
from daemon.model.failure_history import FailureHistory
from daemon.model.site import Site
from daemon.store.core.aside import KEEPS
from daemon.store.core.json_columns import mapping_of, set_aside
from daemon.store.tables import MonitoredSite, Notice, Product, User
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import insert_for

ROUTES = "notify"  # the key in a user's preferences
PERSONAL = "personal"  # the key of what a person prefers, beside that of the routes
PAUSED = "paused"  # the key of the channels on which a person wants nothing for now
_GIVEN = "given"  # the key of what the file says of it, in place of what the person prefers
_SITE, _PRODUCT = MonitoredSite.__table__, Product.__table__
_NOTICE = Notice.__table__

is_held = and_(_NOTICE.c.status == "held", _NOTICE.c.bundle_id.is_(None))
HELD_COLUMNS = (
    _NOTICE.c.id,
    _NOTICE.c.idempotency_key,
    _NOTICE.c.bundle_key,
    _NOTICE.c.next_attempt_at,
    _NOTICE.c.created_at,
)
FACT_COLUMNS = (
    *HELD_COLUMNS,
    _NOTICE.c.user_id,
    _NOTICE.c.channel,
    _NOTICE.c.kind,
    _NOTICE.c.payload,
)

ALARM_VALUES: dict[str, Any] = {
    "failure_streak": bindparam("streak"),
    "failing_since": bindparam("since"),
    "alerted": bindparam("told_at"),
}
_move_memory = (
    update(_SITE)
    .where(_SITE.c.id == bindparam("site_id"))
    .values(**ALARM_VALUES, certificate_told=bindparam("warned"))
)
_move_failures = (
    update(_PRODUCT).where(_PRODUCT.c.product_id == bindparam("owned")).values(ALARM_VALUES)
)


async def write_notifications(connection: AsyncConnection, decided: Notifications) -> None:
    """Write these notices, and the record of them on their sites and products."""
    if decided.sites:
        await connection.execute(_move_memory, [_memory(site) for site in decided.sites])
    if decided.products:
        moved = [{"owned": one.id, **alarm_row(one.failure_history)} for one in decided.products]
        await connection.execute(_move_failures, moved)
    await _withdraw(connection, decided.withdrawn)
    if rows := [notice_row(draft) for draft in decided.drafts]:
        await connection.execute(insert_for(connection, _NOTICE).on_conflict_do_nothing(), rows)


def _memory(site: Site) -> dict[str, Any]:
    return {
        "site_id": site.id,
        **alarm_row(site.failure_history),
        "warned": dict(site.certificate_told),
    }


def alarm_row(failure_history: FailureHistory) -> dict[str, Any]:
    """An alarm as parameters of a statement."""
    return {
        "streak": failure_history.failure_streak,
        "since": failure_history.failing_since,
        "told_at": msgspec.to_builtins(failure_history.alerted),
    }


async def _withdraw(connection: AsyncConnection, keys: frozenset[str]) -> None:
    """Delete notices not sent yet, without a trace, so that they may be created again."""
    if keys:
        await connection.execute(
            delete(_NOTICE).where(_NOTICE.c.idempotency_key.in_(sorted(keys)), is_held)
        )


def notice_row(draft: NoticeDraft) -> dict[str, Any]:
    """The row of a draft: held until its instant."""
    return {
        "id": new_id(),
        "idempotency_key": draft.idempotency_key,
        "kind": draft.kind,
        "user_id": draft.user_id,
        "channel": draft.channel,
        "content_update_id": draft.content_update_id,
        "price_alert_id": draft.price_alert_id,
        "payload": dict(draft.facts),
        "bundle_key": draft.bundle_key,
        "status": "held",
        "next_attempt_at": draft.release_at,
        "created_at": draft.at,
    }


def held_of(row: Any) -> HeldNotice:
    """The held notice in a row with `HELD_COLUMNS`."""
    return HeldNotice(
        row.id, row.idempotency_key, row.bundle_key, row.next_attempt_at, row.created_at
    )


def facts_of(row: Any, *, awaits_analysis: bool = False) -> HeldFacts:
    """The held notice in a row with `FACT_COLUMNS`, and its facts."""
    facts = row.payload if isinstance(row.payload, dict) else {}
    return HeldFacts(held_of(row), row.user_id, row.channel, row.kind, facts, awaits_analysis)


async def routes_of(
    session: AsyncSession, user_ids: Iterable[str], *, held: bool = False
) -> dict[str, tuple[Route, ...]]:
    """The routes of these users, in the order in which they are tried, without paused ones.

    Shape: `held` locks them until the transaction ends.
    """
    wanted = sorted(user_ids)
    if not wanted:
        return {}
    query = select(User.id, User.preferences).where(User.id.in_(wanted))
    if held:
        query = query.order_by(User.id).with_for_update(read=True, key_share=True)
    # Bypassing the session: garbled preferences are set aside here, with their reason.
    rows = await (await session.connection()).execute(query)
    return {row.id: _routes_in(row) for row in rows}


def _routes_in(row: Row[Any]) -> tuple[Route, ...]:
    try:
        return _effective(mapping_of(row.preferences))
    except msgspec.ValidationError as exc:
        set_aside("users", row.id, row.id, exc)
        return ()


def _effective(preferences: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes of somebody that are not paused, with the quiet hours that count everywhere."""
    quiet, paused = _rest_of(preferences), paused_in(preferences)
    routes = routes_from_json(preferences)
    return tuple(route.resting(*quiet) for route in routes if route.name not in paused)


def _rest_of(preferences: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The quiet hours and the time zone of somebody: as the file gives them, or as they prefer."""
    chosen = mapping_of(preferences.get(_GIVEN, preferences.get(PERSONAL, {})))
    return chosen.get("quiet"), chosen.get("time_zone")


async def known_channels(session: AsyncSession) -> frozenset[str]:
    """The channels named by any route."""
    rows = await session.execute(select(User.id, User.preferences))
    return frozenset(route["name"] for row in rows for route in _known(row)[1])


def paused_in(preferences: Mapping[str, Any]) -> Mapping[str, str]:
    """The channels on which somebody wants nothing for now, each since when."""
    found = preferences.get(PAUSED)
    return found if isinstance(found, dict) else {}


async def paused_channels(session: AsyncSession, user_id: str) -> Mapping[str, str]:
    """The channels on which a user wants nothing for now, each since when."""
    query = select(User.preferences).where(User.id == user_id).execution_options(**KEEPS)
    stored = await session.scalar(query)
    return paused_in(stored) if isinstance(stored, dict) else {}


def routes_from_json(preferences: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes in a user's preferences, without what this version does not know."""
    return msgspec.convert(preferences.get(ROUTES, []), tuple[Route, ...])


@dataclass(slots=True)
class Rerouted:
    """What a synchronisation of routes leaves to do, and what it left out.

    Shape: `moved` are the routes with changed timing, each with its owner;
           `missing` the names of those that the configuration lacks but that stay.
    """

    moved: list[tuple[str, Route]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


async def sync_routes(
    session: AsyncSession, routes: Mapping[str, Sequence[Route]], *, removes: bool = True
) -> Rerouted:
    """Synchronise the configuration's routes; routes made by users stay, after them."""
    done = Rerouted()
    for row in (await session.execute(_preferences.with_for_update())).all():
        preferences, known = _known(row)
        ours = routes.get(row.id, ())
        left = [] if removes else _without_successor(known, ours)
        done.missing += [route.name for route in left]
        done.moved += [(row.id, route) for route in _moved(known, ours)]
        wanted = wanted_routes(known, [*ours, *left])
        if wanted != preferences.get(ROUTES, []):
            await session.execute(
                update(User)
                .where(User.id == row.id)
                .values(preferences={**preferences, ROUTES: wanted})
                .execution_options(synchronize_session=False)
            )
    return done


async def sync_own_routes(session: AsyncSession, usual: Usual) -> list[tuple[str, Route]]:
    """Have routes that people made follow the configuration in what is no choice of theirs.

    Shape: those whose timing has changed, each with its owner.
    """
    moved: list[tuple[str, Route]] = []
    for row in (await session.execute(_preferences.with_for_update())).all():
        try:
            preferences = mapping_of(row.preferences)
            after = _following(preferences, usual, row.id)
            before = {route.name: route.timing for route in _effective(preferences)}
        except msgspec.ValidationError as exc:
            set_aside("users", row.id, row.id, exc)
            continue
        if after != preferences:
            moved += [(row.id, r) for r in _effective(after) if before.get(r.name) != r.timing]
            whole = update(User).where(User.id == row.id).values(preferences=after)
            await session.execute(whole.execution_options(synchronize_session=False))
    return moved


def _following(preferences: Mapping[str, Any], usual: Usual, user_id: str) -> dict[str, Any]:
    after = {key: value for key, value in preferences.items() if key != _GIVEN}
    if (rest := usual.rests.get(user_id)) is not None:
        after[_GIVEN] = dict(zip(("quiet", "time_zone"), rest, strict=True))
    _, zone = _rest_of(after)
    routes = [*routes_from_json(preferences)]
    wanted = [one if one.managed_by == "config" else usual.of(one, zone) for one in routes]
    if routes != wanted:
        after[ROUTES] = msgspec.json.decode(msgspec.json.encode(wanted))
    return after


def _moved(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[Route]:
    """Those of these routes that are new or have changed timing."""
    before = {route.name: route.timing for route in msgspec.convert(known, tuple[Route, ...])}
    return [route for route in routes if before.get(route.name) != route.timing]


def _without_successor(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[Route]:
    """The stored routes of the configuration that none of these replaces, by name or target."""
    names, targets = {route.name for route in routes}, {route.target for route in routes}
    return [
        route
        for route in msgspec.convert(known, tuple[Route, ...])
        if route.managed_by == "config" and route.name not in names and route.target not in targets
    ]


_preferences = select(User.id, User.preferences).order_by(User.id).execution_options(**KEEPS)


async def known_routes(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """All stored routes, by user."""
    rows = await session.execute(_preferences)
    return {row.id: _known(row)[1] for row in rows}


def _known(row: Row[Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A user's preferences, and the routes in them, without unusable ones."""
    try:
        preferences = mapping_of(row.preferences)
        routes_from_json(preferences)
    except msgspec.ValidationError as exc:
        set_aside("users", row.id, row.id, exc)
        return {}, []
    return preferences, preferences.get(ROUTES, [])


def wanted_routes(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[dict[str, Any]]:
    """The routes to store: these, followed by those that users made themselves."""
    own = [r for r in msgspec.convert(known, tuple[Route, ...]) if r.managed_by != "config"]
    # Through JSON, so that lists compare equal to those in a row.
    wanted: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode([*routes, *own]))
    return wanted
