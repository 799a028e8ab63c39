"""The outbox: notices written with their causes, and the routes of the people they are for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daemon.alerting.events import causes_of, wants_routes
from daemon.alerting.matching import drafts
from daemon.alerting.values import Cause, CauseKind, NoticeDraft, Route
from daemon.model.alarm import NO_ALARM, Alarm
from daemon.model.outcome import Outage, Outcome
from daemon.model.site import Site
from daemon.store.core.aside import KEEPS, whole
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import mapping_of, set_aside
from daemon.store.tables import MonitoredSite, Notice, Page, Product, User
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import insert_for

_ROUTES = "notify"  # the key in a user's preferences
_SITE, _PRODUCT = MonitoredSite.__table__, Product.__table__
_NOTICE, _PAGE = Notice.__table__, Page.__table__

_alarm_values: dict[str, Any] = {
    "failure_streak": bindparam("streak"),
    "failing_since": bindparam("since"),
    "alerted": bindparam("told_at"),
}
_move_memory = (
    update(_SITE)
    .where(_SITE.c.id == bindparam("site_id"))
    .values(**_alarm_values, certificate_told=bindparam("warned"))
)
_move_alarm = (
    update(_PRODUCT).where(_PRODUCT.c.product_id == bindparam("owned")).values(_alarm_values)
)
_move_site_alarm = update(_SITE).where(_SITE.c.id == bindparam("owned")).values(_alarm_values)


async def tell_of(
    connection: AsyncConnection, outcomes: Sequence[Outcome], others: Iterable[Cause] = ()
) -> None:
    """Write the notices of these outcomes, and of `others`, in the caller's transaction."""
    owners = {owner_id for outcome in outcomes for owner_id in wants_routes(outcome)}
    routes = await _routes_of(connection, owners) if owners else {}
    told = [causes_of(outcome, routes) for outcome in outcomes]
    moved = [_memory(site) for one in told for site in one.sites]
    if moved:
        await connection.execute(_move_memory, moved)
    alarms = [
        {"owned": product.id, **_alarm(product.alarm)} for one in told for product in one.products
    ]
    if alarms:
        await connection.execute(_move_alarm, alarms)
    await _withdraw(connection, {key for one in told for key in one.withdrawn})
    await add_notices(connection, [*(cause for one in told for cause in one.causes), *others])
    for outage in {outcome.outage for outcome in outcomes if outcome.outage is not None}:
        await _take_back(connection, outage)


def _memory(site: Site) -> dict[str, Any]:
    return {
        "site_id": site.id,
        **_alarm(site.alarm),
        "warned": dict(site.certificate_told),
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "streak": alarm.failure_streak,
        "since": alarm.failing_since,
        "told_at": msgspec.to_builtins(alarm.alerted),
    }


async def _withdraw(connection: AsyncConnection, keys: set[str]) -> None:
    """Take back what nobody was told yet; gone without a trace, it may be told again."""
    if keys:
        await connection.execute(
            delete(_NOTICE).where(
                _NOTICE.c.idempotency_key.in_(sorted(keys)),
                _NOTICE.c.status == "held",
                _NOTICE.c.bundle_id.is_(None),
            )
        )


async def _take_back(connection: AsyncConnection, outage: Outage) -> None:
    """Forget that hosts were held to be failing when it was our own line.

    What was told already stays told, until it is back; what is still held is not true.
    """
    # Not by paths into the payload: one that is garbled would fail the whole statement on SQLite.
    held = await connection.execute(
        select(_NOTICE.c.id, _NOTICE.c.user_id, _NOTICE.c.channel, _NOTICE.c.payload).where(
            _NOTICE.c.kind == CauseKind.FAILING,
            _NOTICE.c.status == "held",
            _NOTICE.c.bundle_id.is_(None),
            _NOTICE.c.created_at >= outage.since,
        )
    )
    untrue = [row for row in whole(held) if _is_of(row.payload, outage)]
    for ids in chunks([row.id for row in untrue]):
        await connection.execute(delete(_NOTICE).where(_NOTICE.c.id.in_(ids)))
    routes = await _routes_of(connection, {row.user_id for row in untrue})
    untold = {
        (row.user_id, *_named(row.payload), route.target)
        for row in untrue
        for route in routes.get(row.user_id, ())
        if route.name == row.channel and not row.payload.get("is_reminder")
    }
    for kind, table, move in (
        ("site", _SITE, _move_site_alarm),
        ("product", _PRODUCT, _move_alarm),
    ):
        await _calm(connection, outage, kind, table, move, untold)


def _is_of(payload: Any, outage: Outage) -> bool:
    """Whether this was told of one of its hosts, and began no sooner than it."""
    if not isinstance(payload, dict) or payload.get("host") not in outage.hosts:
        return False
    return str(payload.get("failing_since", "")) >= outage.since.isoformat()


def _named(payload: Mapping[str, Any]) -> tuple[str, Any, Any]:
    kind = "product" if "product" in payload else "site"
    return kind, payload.get(kind), payload.get("url")


async def _calm(
    connection: AsyncConnection,
    outage: Outage,
    kind: str,
    table: Any,
    move: Any,
    untold: Collection[tuple[Any, ...]],
) -> None:
    """End the alarms that began with an outage, but for places that were told of them."""
    [key] = table.primary_key.columns
    columns = ("owner_id", "name", "url", "failure_streak", "failing_since", "alerted")
    pages = select(_PAGE.c.id).where(_PAGE.c.host.in_(sorted(outage.hosts)))
    rows = await connection.execute(
        select(key.label("key"), *(table.c[name] for name in columns)).where(
            table.c.page_id.in_(pages), table.c.failing_since >= outage.since
        )
    )
    moved = []
    for row in whole(rows, but="alerted"):
        alerted = row.alerted if isinstance(row.alerted, dict) else {}
        named = (row.owner_id, kind, row.name, row.url)
        told = {to: at for to, at in alerted.items() if (*named, to) not in untold}
        if not told:
            moved.append({"owned": row.key, **_alarm(NO_ALARM)})
        elif told != alerted:
            streak, since = row.failure_streak, row.failing_since
            moved.append({"owned": row.key, "streak": streak, "since": since, "told_at": told})
    if moved:
        await connection.execute(move, moved)


async def add_notices(connection: AsyncConnection, causes: Sequence[Cause]) -> None:
    """Write a notice for each of these causes and everybody who wants to hear of it."""
    if not causes:
        return
    # Not while routes change: what waits is given other times then, and this would be missed.
    routes = await _routes_of(connection, {cause.owner_id for cause in causes}, held=True)
    rows = [notice_row(draft) for draft in drafts(causes, routes)]
    if rows:
        await connection.execute(
            insert_for(connection, Notice.__table__).on_conflict_do_nothing(), rows
        )


def notice_row(draft: NoticeDraft) -> dict[str, Any]:
    """A draft as it is stored: held until its instant."""
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


async def routes_of(session: AsyncSession, user_ids: Iterable[str]) -> dict[str, tuple[Route, ...]]:
    """The routes of these users, in the order in which they are tried."""
    return await _routes_of(await session.connection(), user_ids)


async def _routes_of(
    connection: AsyncConnection, user_ids: Iterable[str], *, held: bool = False
) -> dict[str, tuple[Route, ...]]:
    """The routes of these users; `held` as they are, until the transaction ends."""
    query = select(User.id, User.preferences).where(User.id.in_(sorted(user_ids)))
    if held:
        query = query.order_by(User.id).with_for_update(read=True, key_share=True)
    return {row.id: _routes_in(row) for row in await connection.execute(query)}


def _routes_in(row: Row[Any]) -> tuple[Route, ...]:
    try:
        return routes_from_json(mapping_of(row.preferences))
    except msgspec.ValidationError as exc:
        set_aside("users", row.id, row.id, exc)
        return ()


async def known_channels(session: AsyncSession) -> frozenset[str]:
    """The channels that anybody's routes name."""
    rows = await session.execute(select(User.id, User.preferences))
    return frozenset(route.name for row in rows for route in _routes_in(row))


def routes_from_json(preferences: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes that a user's preferences hold; what this version does not know is left out."""
    return msgspec.convert(preferences.get(_ROUTES, []), tuple[Route, ...])


@dataclass(slots=True)
class Rerouted:
    """What a synchronisation of routes leaves to be done, and what it did not do.

    Shape: `moved` are the routes that tell at other times than before, each with its owner;
           `missing` the names of those that the configuration lacks, and that stay all the same.
    """

    moved: list[tuple[str, Route]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


async def sync_routes(
    session: AsyncSession, routes: Mapping[str, Sequence[Route]], *, removes: bool = True
) -> Rerouted:
    """Make the configuration's routes so; routes that people made themselves stay behind them."""
    done = Rerouted()
    for row in (await session.execute(_preferences.with_for_update())).all():
        preferences, known = _known(row)
        ours = routes.get(row.id, ())
        left = [] if removes else _without_successor(known, ours)
        done.missing += [route.name for route in left]
        done.moved += [(row.id, route) for route in _moved(known, ours)]
        wanted = wanted_routes(known, [*ours, *left])
        if wanted != preferences.get(_ROUTES, []):
            await session.execute(
                update(User)
                .where(User.id == row.id)
                .values(preferences={**preferences, _ROUTES: wanted})
                .execution_options(synchronize_session=False)
            )
    return done


def _moved(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[Route]:
    """Those of these routes that are new, or tell at other times than they did."""
    before = {route.name: route.timing for route in msgspec.convert(known, tuple[Route, ...])}
    return [route for route in routes if before.get(route.name) != route.timing]


def _without_successor(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[Route]:
    """The configuration's routes that none of these takes the place of, by name or by target."""
    names, targets = {route.name for route in routes}, {route.target for route in routes}
    return [
        route
        for route in msgspec.convert(known, tuple[Route, ...])
        if route.managed_by == "config" and route.name not in names and route.target not in targets
    ]


_preferences = select(User.id, User.preferences).order_by(User.id).execution_options(**KEEPS)


async def known_routes(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """The routes of everybody, as they are stored."""
    rows = await session.execute(_preferences)
    return {row.id: _known(row)[1] for row in rows}


def _known(row: Row[Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A user's preferences, and the routes in them; what is no use is as if it were not there."""
    try:
        preferences = mapping_of(row.preferences)
        routes_from_json(preferences)
    except msgspec.ValidationError as exc:
        set_aside("users", row.id, row.id, exc)
        return {}, []
    return preferences, preferences.get(_ROUTES, [])


def wanted_routes(known: Sequence[dict[str, Any]], routes: Sequence[Route]) -> list[dict[str, Any]]:
    """What is to be stored: these routes, and behind them those that people made themselves."""
    own = [r for r in msgspec.convert(known, tuple[Route, ...]) if r.managed_by != "config"]
    # Through JSON: what is compared with a row must have lists where the row has them.
    wanted: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode([*routes, *own]))
    return wanted


async def set_muted(
    session: AsyncSession, site_ids: Sequence[UUID], until: datetime | None
) -> None:
    """Tell nobody of these sites until then; None tells again."""
    await session.execute(
        update(MonitoredSite)
        .where(MonitoredSite.id.in_(site_ids))
        .values(muted_until=until)
        .execution_options(synchronize_session=False)
    )
