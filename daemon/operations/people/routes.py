"""What people are sent at their own destinations and when; and channels on which they rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from daemon.alerting.destinations import Address, name_in
from daemon.alerting.matching import is_about
from daemon.alerting.values import Route
from daemon.config import Config, NotifyConfig
from daemon.config.explain import explain
from daemon.model.errors import ConflictError, InputError, NotFoundError, SealedError
from daemon.model.viewer import Actor, Viewer
from daemon.operations.installation.described import route_of
from daemon.operations.installation.opening import Database
from daemon.operations.people.preferences import preferences_of
from daemon.operations.sites import SiteView
from daemon.packing import content_hash
from daemon.pipeline.releasing import retiming
from daemon.store.core.database import DatabaseSession
from daemon.store.people.audit import write_down
from daemon.store.people.destinations import (
    DestinationView,
    find_destination,
    opened_destination,
)
from daemon.store.people.routes import (
    BY_USER,
    change_routes,
    set_paused,
    stored_routes,
)
from daemon.store.queue.release import drop_waiting
from daemon.store.record.outbox import paused_channels

# What a person chooses of a route; all else is as usual in the configuration.
CHOICES = (
    "kinds",
    "least_severity",
    "only_significant",
    "names",
    "tags",
    "include",
    "exclude",
    "digest",
    "at_once_from",
    "quiet",
    "daily_cap",
)


async def usual_route(
    database: Database, config: Config, viewer: Viewer, id_: UUID, **chosen: Any
) -> Route:
    """The route to a destination of the viewer's, with what was chosen.

    Errors: NotFoundError; InputError for a choice that is none.
    """
    async with database.reading() as session:
        found = await opened_destination(session, viewer, id_)
    if not found:
        raise NotFoundError("destination", str(id_))
    [(view, address)] = found
    preferred = await preferences_of(database, config, view.user_id)
    return replace(
        route_of(_validated(view.name, chosen), config),
        name=view.channel,
        target=_target(view, address),
        time_zone=preferred.time_zone or config.schedule.time_zone,
        managed_by=BY_USER,
    )


def _target(view: DestinationView, address: Address | SealedError) -> str:
    """What the destination of a route is known by: mail as in the file, so that it comes once."""
    if view.kind == "mail" and isinstance(address, Address):
        return content_hash(address.url.encode())
    return content_hash(f"destination {view.id}".encode())


def _validated(name: str, chosen: Mapping[str, Any]) -> NotifyConfig:
    try:
        return NotifyConfig.model_validate({"name": name, "url": "mailto:a@b.example", **chosen})
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        placed = {**error, "loc": ("notify", 0, *error["loc"])}
        flaw = explain(cast(ErrorDetails, placed), is_hidden=True)[0]
        raise InputError(str(flaw.path[2]), "", flaw.problem, flaw.hint) from None


async def change_route(
    database: Database,
    actor: Actor,
    config: Config,
    id_: UUID,
    chosen: Mapping[str, Any],
    now: datetime,
) -> Route:
    """Change what is sent to a confirmed destination and when; what waits for it waits anew.

    Errors: NotFoundError, ConflictError; InputError for a choice that is none.
    """
    route = await usual_route(database, config, actor.viewer, id_, **chosen)
    async with database.writing() as session:
        view = await find_destination(session, actor.viewer, id_)
        if view is None:
            raise NotFoundError("destination", str(id_))
        if view.confirmed_at is None:
            raise ConflictError("destination", view.name, "confirm it first")
        async with retiming(session, view.user_id, now):
            await change_routes(session, view.user_id, lambda own: _with(own, route))
        await write_down(session, actor, "destination changed", now, view.name)
    return route


def _with(own: Sequence[Route], route: Route) -> list[Route]:
    """These routes with this one, in its place if it is among them."""
    changed = [route if one.name == route.name else one for one in own]
    return changed if route in changed else [*changed, route]


async def own_told_of(database: Database, view: SiteView) -> list[str]:
    """What the owner of a site calls those destinations of their own on which it is told."""
    async with database.reading() as session:
        routes, paused = await stored_routes(session, view.owner_id)
    return [
        name_in(route.name)
        for route in routes
        if route.managed_by == BY_USER
        and route.name not in paused
        and is_about(route, view.name, view.site_type, view.tags)
    ]


async def is_paused(database: Database, viewer: Viewer, user_id: str, channel: str) -> bool:
    """Whether a user wants nothing on a channel for now.

    Errors: NotFoundError as of `pause_channel`.
    """
    async with database.reading() as session:
        await _refuse_unknown(session, viewer, user_id, channel)
        return channel in await paused_channels(session, user_id)


async def pause_channel(
    database: Database, actor: Actor, user_id: str, channel: str, now: datetime
) -> bool:
    """Send a user nothing on a channel, of the file or their own, until it is resumed.

    Shape:  what waits for it is dropped; whether it was not paused before.
    Errors: NotFoundError for somebody else's, or a channel that they are not told on.
    """
    async with database.writing() as session:
        await _refuse_unknown(session, actor.viewer, user_id, channel)
        is_new = await set_paused(session, user_id, channel, now)
        await drop_waiting(session, user_id, channel)
        if is_new:
            await write_down(session, actor, "channel paused", now, name_in(channel))
    return is_new


async def resume_channel(
    database: Database, actor: Actor, user_id: str, channel: str, now: datetime
) -> bool:
    """Send a user on a channel again what they want there; whether it was paused.

    Errors: NotFoundError as of `pause_channel`.
    """
    async with database.writing() as session:
        await _refuse_unknown(session, actor.viewer, user_id, channel)
        is_new = await set_paused(session, user_id, channel, None)
        if is_new:
            await write_down(session, actor, "channel resumed", now, name_in(channel))
    return is_new


async def _refuse_unknown(
    session: DatabaseSession, viewer: Viewer, user_id: str, channel: str
) -> None:
    known, _ = await stored_routes(session, user_id)
    if not viewer.may_see(user_id) or channel not in {route.name for route in known}:
        raise NotFoundError("channel", name_in(channel))
