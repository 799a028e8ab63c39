"""Destinations of people: added, listed with how they fare, and removed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from daemon.alerting.destinations import MOST_CHARACTERS, Address
from daemon.alerting.values import Route
from daemon.config import Config
from daemon.config.sections import LOCAL_OWNER
from daemon.logs.logger import get_logger
from daemon.model.errors import ConflictError, InputError, NotFoundError, SealedError
from daemon.model.viewer import Actor, Viewer
from daemon.notify.kinds import KINDS, Kind, checked_address, where
from daemon.operations.channels import ChannelView, list_channels, wishes
from daemon.operations.installation.opening import Database
from daemon.operations.people.users import UNKNOWN_MAIL, the_user
from daemon.store.catalogue.seals import have_key
from daemon.store.core.database import DatabaseSession
from daemon.store.people.audit import write_down
from daemon.store.people.destinations import DestinationView as DestinationView
from daemon.store.people.destinations import (
    add_destination,
    destinations_of,
    find_destination,
    opened_destination,
    opened_of,
    remove_destination,
)
from daemon.store.people.routes import change_routes, set_paused, stored_routes
from daemon.store.queue.channels import ChannelFigures, figures_of_channels
from daemon.store.queue.release import drop_waiting
from daemon.store.tables.ids import new_id

log = get_logger(__name__)

MOST = 20  # destinations of one person
_KIND = "destination"


@dataclass(frozen=True, slots=True)
class NewDestination:
    """A destination to be added; mail goes to its owner's own address, which is not given."""

    name: str
    kind: str
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DestinationReport:
    """A destination, what is sent there, and how it fared.

    Shape: `where` is what of its address may be shown; `problem` says why it cannot be used. There
           is no route before it is confirmed.
    """

    view: DestinationView
    label: str
    where: str
    problem: str
    route: Route | None
    wishes: Sequence[str]  # what it is sent, in words
    paused_since: datetime | None
    fared: ChannelFigures

    @property
    def is_confirmed(self) -> bool:
        return self.view.confirmed_at is not None

    @property
    def state(self) -> str:
        """How it is, in a word."""
        if self.problem:
            return "failing"
        if not self.is_confirmed:
            return "unproved"
        return "paused" if self.paused_since else "ok"


@dataclass(frozen=True, slots=True)
class GivenChannel:
    """A channel of the configuration on which somebody is told."""

    view: ChannelView
    fared: ChannelFigures
    paused_since: datetime | None


def kinds_of(config: Config) -> Mapping[str, Kind]:
    """The kinds of destinations that the operator lets people add, in the operator's order."""
    kinds = dict.fromkeys(config.web.destinations)
    return {kind: KINDS[kind] for kind in kinds if kind != "mail" or config.mail.host}


async def mail_of(database: Database, viewer: Viewer) -> str:
    """The address that mail to the viewer goes to; "" where none is known."""
    email = (await the_user(database, viewer, viewer.user_id)).email
    return "" if email.endswith(f"@{UNKNOWN_MAIL}") or email == LOCAL_OWNER.email else email


@dataclass(frozen=True, slots=True)
class Destinations:
    """All that a user is told on: destinations of their own, and channels that the file gives."""

    own: Sequence[DestinationReport]
    given: Sequence[GivenChannel]


async def list_destinations(
    database: Database, viewer: Viewer, config: Config, user_id: str
) -> Destinations:
    """What a user is told on, each in its order.

    Errors: NotFoundError.
    """
    _refuse_strangers(viewer, user_id)
    given = list_channels(config.notify, Viewer(user_id))
    async with database.reading() as session:
        found = await opened_of(session, user_id)
        routes, paused = await stored_routes(session, user_id)
        places = [*(view.channel for view, _ in found), *(one.name for one in given)]
        fared = await figures_of_channels(session, Viewer(user_id), [(user_id, n) for n in places])
    by_name, figures = (
        {route.name: route for route in routes},
        dict(zip(places, fared, strict=True)),
    )
    return Destinations(
        [
            _report(view, address, config, by_name.get(view.channel), paused, figures)
            for view, address in found
        ],
        [GivenChannel(one, figures[one.name], _instant(paused.get(one.name))) for one in given],
    )


async def own_channels(database: Database, viewer: Viewer) -> dict[str, str]:
    """The channels of the viewer's own destinations, and what each is called."""
    async with database.reading() as session:
        return {one.channel: one.name for one in await destinations_of(session, viewer.user_id)}


async def show_destination(
    database: Database, viewer: Viewer, config: Config, id_: UUID
) -> DestinationReport:
    """A destination of the viewer's.

    Errors: NotFoundError.
    """
    async with database.reading() as session:
        found = await opened_destination(session, viewer, id_)
        if not found:
            raise NotFoundError(_KIND, str(id_))
        [(view, address)] = found
        routes, paused = await stored_routes(session, view.user_id)
        place = view.user_id, view.channel
        [fared] = await figures_of_channels(session, Viewer(view.user_id), [place])
    route = next((one for one in routes if one.name == view.channel), None)
    return _report(view, address, config, route, paused, {view.channel: fared})


def _report(
    view: DestinationView,
    address: Address | SealedError,
    config: Config,
    route: Route | None,
    paused: Mapping[str, str],
    figures: Mapping[str, ChannelFigures],
) -> DestinationReport:
    return DestinationReport(
        view=view,
        label=KINDS[view.kind].label if view.kind in KINDS else view.kind,
        where=_where(view, address),
        problem=_problem(view, address, config),
        route=route,
        wishes=tuple(wishes(route)) if route else (),
        paused_since=_instant(paused.get(view.channel)),
        fared=figures[view.channel],
    )


def _where(view: DestinationView, address: Address | SealedError) -> str:
    known = isinstance(address, Address) and view.kind in KINDS
    return where(view.kind, address) if known and isinstance(address, Address) else ""


def _problem(view: DestinationView, address: Address | SealedError, config: Config) -> str:
    if view.kind not in kinds_of(config):
        return "whoever runs this does not allow its kind any more"
    if isinstance(address, SealedError):
        return "its address cannot be decrypted here: ask who runs this, or add it again"
    return ""


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


async def the_destination(database: Database, viewer: Viewer, id_: UUID) -> DestinationView:
    """A destination of the viewer's, without how it fared.

    Errors: NotFoundError.
    """
    async with database.reading() as session:
        return await destination_in(session, viewer, id_)


async def add(
    database: Database, actor: Actor, config: Config, new: NewDestination, now: datetime
) -> tuple[DestinationView, str]:
    """Add a destination of the actor's, to which nothing but a code is sent until it is confirmed.

    Shape:  with it comes the key that a webhook's messages are signed with, if it was made here:
            it can be shown this once alone.
    Errors: InputError, ConflictError; SealedError where nothing can be encrypted.
    """
    name = new.name.strip()
    if not name or len(name) > MOST_CHARACTERS or not name.isprintable():
        raise InputError("name", "", f"is no name: one line of at most {MOST_CHARACTERS} letters")
    if new.kind not in kinds_of(config):
        raise InputError("kind", new.kind, "is not allowed here")
    address = await _address(database, actor.viewer, new)
    view = DestinationView(new_id(), actor.user_id, name, new.kind, now)
    async with database.writing() as session:
        await have_key(session)
        _refuse_more(name, await destinations_of(session, actor.user_id))
        await add_destination(session, view, address)
        await write_down(session, actor, "destination added", now, described(view))
    return view, "" if new.secret.strip() else address.secret


async def _address(database: Database, viewer: Viewer, new: NewDestination) -> Address:
    if new.kind != "mail":
        return await asyncio.to_thread(checked_address, new.kind, new.url, new.secret)
    if new.url.strip() or new.secret.strip():
        raise InputError("address", "", "is not to be given: mail goes to your own")
    if email := await mail_of(database, viewer):
        return Address(f"mailto:{email}")
    raise ConflictError(_KIND, new.name, "no mail address of yours is known here")


def _refuse_more(name: str, known: Sequence[DestinationView]) -> None:
    if any(one.name == name for one in known):
        raise ConflictError(_KIND, name, f"you have a destination {name!r} already")
    if len(known) >= MOST:
        raise ConflictError(_KIND, name, f"you have {MOST} destinations: remove one first")


async def remove(database: Database, actor: Actor, id_: UUID, now: datetime) -> DestinationView:
    """Remove a destination with its address; what waits for it is dropped.

    Errors: NotFoundError.
    """
    async with database.writing() as session:
        view = await destination_in(session, actor.viewer, id_)
        channel = view.channel
        await change_routes(
            session, view.user_id, lambda own: [one for one in own if one.name != channel]
        )
        await set_paused(session, view.user_id, channel, None)
        await drop_waiting(session, view.user_id, channel)
        await remove_destination(session, view.id)
        await write_down(session, actor, "destination removed", now, described(view))
    return view


async def destination_in(session: DatabaseSession, viewer: Viewer, id_: UUID) -> DestinationView:
    """A destination of the viewer's, in a session.

    Errors: NotFoundError.
    """
    found = await find_destination(session, viewer, id_)
    if found is None:
        raise NotFoundError(_KIND, str(id_))
    return found


def described(view: DestinationView) -> str:
    """A destination as the audit names it."""
    return f"{view.name} ({view.kind}) of {view.user_id}"


def _refuse_strangers(viewer: Viewer, user_id: str) -> None:
    if not viewer.may_see(user_id):
        raise NotFoundError("user", user_id)
