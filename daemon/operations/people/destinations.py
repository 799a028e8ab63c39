"""Destinations of people: added, proved by a code that is sent there, and removed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from daemon.alerting.destinations import MOST_CHARACTERS, Address
from daemon.alerting.values import Route
from daemon.config import Config
from daemon.config.sections import LOCAL_OWNER
from daemon.login.secret import hash_of
from daemon.logs.logger import get_logger
from daemon.model.errors import ConflictError, InputError, NotFoundError, NotifyError, SealedError
from daemon.model.viewer import Actor, Viewer
from daemon.notify.kinds import KINDS, Kind, channel_to, checked_address, where
from daemon.notify.render import own_words
from daemon.notify.values import Message
from daemon.operations.channels import ChannelView, list_channels, wishes
from daemon.operations.installation.opening import Database
from daemon.operations.people.routes import usual_route
from daemon.operations.people.users import UNKNOWN_MAIL, the_user
from daemon.store.catalogue.seals import have_key
from daemon.store.core.database import DatabaseSession
from daemon.store.people.audit import write_down
from daemon.store.people.destinations import DestinationView as DestinationView
from daemon.store.people.destinations import (
    add_destination,
    begin_test,
    destinations_of,
    find_destination,
    note_test_error,
    opened_destination,
    opened_of,
    remove_destination,
    try_code,
)
from daemon.store.people.routes import change_routes, set_paused, stored_routes
from daemon.store.people.sessions import count_failures
from daemon.store.people.users import change_user
from daemon.store.queue.channels import ChannelFigures, figures_of_channels
from daemon.store.queue.release import drop_waiting
from daemon.store.record.sealed.addresses import address_of
from daemon.store.tables.ids import new_id
from daemon.wording import duration

log = get_logger(__name__)

MOST = 20  # destinations of one person
CODE_LASTS = timedelta(hours=1)
_KIND = "destination"
_PAUSE_SECONDS = 20  # between two test messages to one destination
_TESTS = 30  # of one person a day: whose address it is nobody knows before it is proved
_DAY = timedelta(days=1)


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
        return await _the_destination(session, viewer, id_)


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
        await write_down(session, actor, "destination added", now, _told(view))
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


async def send_test(
    database: Database,
    actor: Actor,
    config: Config,
    id_: UUID,
    now: datetime,
    patience_seconds: float | None = None,
) -> DestinationView:
    """Send a code to a destination, by which its owner confirms it; or else a sample message.

    Errors: NotFoundError, ConflictError; NotifyError when it is not taken in time; SealedError.
    """
    code = f"{secrets.randbelow(10**6):06}"
    async with database.writing() as session:
        view = await _the_destination(session, actor.viewer, id_)
        _refuse_now(view, config, now)
        await _refuse_many(session, view, now)
        address = await address_of(session, view.id)
        await begin_test(session, view.id, code, now + CODE_LASTS, now)
    is_proved = view.confirmed_at is not None
    message = _sample(view, now) if is_proved else _code_message(view, code, now)
    seconds = min(
        patience_seconds or config.notices.timeout_seconds, config.notices.timeout_seconds
    )
    try:
        await _deliver(config, view, address, message, seconds)
    except NotifyError as exc:
        log.warning("test_not_taken", channel=view.channel, by=actor.user_id, reason=exc.detail)
        async with database.writing() as session:
            await note_test_error(session, view.id, exc.detail)
        raise
    log.info("test_sent", channel=view.channel, by=actor.user_id)
    return view


def _refuse_now(view: DestinationView, config: Config, now: datetime) -> None:
    if view.kind not in kinds_of(config):
        raise ConflictError(_KIND, view.name, f"{view.kind} is not allowed here any more")
    wait = view.tested_at and view.tested_at + timedelta(seconds=_PAUSE_SECONDS) - now
    if wait and wait > timedelta(0):
        told = f"a test was sent just now: wait {duration(wait.total_seconds())}"
        raise ConflictError(_KIND, view.name, told)


async def _refuse_many(session: DatabaseSession, view: DestinationView, now: datetime) -> None:
    key = hash_of(f"tests of destinations of {view.user_id}")
    counted = await count_failures(session, {key: now + _DAY}, now)
    if counted[key] > _TESTS:
        raise ConflictError(_KIND, view.name, f"{_TESTS} tests a day are sent: wait until tomorrow")


def _sample(view: DestinationView, now: datetime) -> Message:
    from daemon.notify.samples import sample

    return sample(view.name, view.user_id, now, uuid4().hex)


def _code_message(view: DestinationView, code: str, now: datetime) -> Message:
    text = (
        f"Somebody, probably you, wants to be notified by changelogger here, at {view.name!r}.\n\n"
        f"To confirm it, type this code on the page of your destinations: {code}\n\n"
        f"It is good for {duration(CODE_LASTS.total_seconds())}. If it was not you, do nothing: "
        "nothing else is sent."
    )
    facts = {"code": code, "is_test": True, "at": now.isoformat()}
    words = own_words(f"Your code for changelogger: {code}", text)
    return Message(uuid4().hex, "test", view.user_id, now, facts, words)


async def _deliver(
    config: Config, view: DestinationView, address: Address, message: Message, seconds: float
) -> None:
    from daemon.fetch.posting import Poster

    async with Poster(config.fetch) as poster:
        channel = channel_to(view.kind, address, config, partial(poster.post, seconds=seconds))
        try:
            async with asyncio.timeout(seconds):
                await channel.send(message)
        except TimeoutError:
            raise NotifyError(f"no receipt within {duration(seconds)}") from None


async def confirm(
    database: Database, actor: Actor, config: Config, id_: UUID, code: str, now: datetime
) -> DestinationView:
    """Confirm a destination by the code that was sent there: from now on notifications are.

    Errors: NotFoundError; InputError for another code, or one that has ended.
    """
    usual = await usual_route(database, config, actor.viewer, id_)
    async with database.writing() as session:
        view = await _the_destination(session, actor.viewer, id_)
        is_right = await try_code(session, view.id, "".join(code.split()), now)
        if is_right and view.confirmed_at is None:
            await change_routes(session, view.user_id, lambda own: (*own, usual))
            await write_down(session, actor, "destination confirmed", now, _told(view))
        if is_right and view.kind == "mail":
            await change_user(session, view.user_id, {"email_verified_at": now})
    if not is_right:
        raise InputError(
            "code", "", "is not the one that was sent last, or too old", "send another"
        )
    return replace(view, confirmed_at=view.confirmed_at or now)


async def remove(database: Database, actor: Actor, id_: UUID, now: datetime) -> DestinationView:
    """Remove a destination with its address; what waits for it is dropped.

    Errors: NotFoundError.
    """
    async with database.writing() as session:
        view = await _the_destination(session, actor.viewer, id_)
        channel = view.channel
        await change_routes(
            session, view.user_id, lambda own: [one for one in own if one.name != channel]
        )
        await set_paused(session, view.user_id, channel, None)
        await drop_waiting(session, view.user_id, channel)
        await remove_destination(session, view.id)
        await write_down(session, actor, "destination removed", now, _told(view))
    return view


async def _the_destination(session: DatabaseSession, viewer: Viewer, id_: UUID) -> DestinationView:
    found = await find_destination(session, viewer, id_)
    if found is None:
        raise NotFoundError(_KIND, str(id_))
    return found


def _told(view: DestinationView) -> str:
    return f"{view.name} ({view.kind}) of {view.user_id}"


def _refuse_strangers(viewer: Viewer, user_id: str) -> None:
    if not viewer.may_see(user_id):
        raise NotFoundError("user", user_id)
