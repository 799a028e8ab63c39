"""Proves destinations of people: a code is sent there, which their owners type in."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from daemon.alerting.destinations import Address
from daemon.config import Config
from daemon.login.secret import hash_of
from daemon.logs.logger import get_logger
from daemon.model.errors import ConflictError, InputError, NotifyError
from daemon.model.viewer import Actor
from daemon.notify.kinds import channel_to
from daemon.notify.mail import recipient_of
from daemon.notify.render import own_words
from daemon.notify.values import Message
from daemon.operations.installation.opening import Database
from daemon.operations.people.destinations import described, destination_in, kinds_of
from daemon.operations.people.routes import usual_route
from daemon.store.core.database import DatabaseSession
from daemon.store.people.audit import write_down
from daemon.store.people.destinations import (
    DestinationView,
    begin_test,
    note_test_error,
    try_code,
)
from daemon.store.people.routes import change_routes
from daemon.store.people.sessions import count_failures
from daemon.store.people.users import change_user, find_users
from daemon.store.record.sealed.addresses import address_of
from daemon.wording import duration

log = get_logger(__name__)

PATIENCE_SECONDS = 8.0  # of who waits for the receipt of a test: an answer may take ten
CODE_LASTS = timedelta(hours=1)
_PAUSE_SECONDS = 20  # between two test messages to one destination
_TESTS = 30  # of one person a day: whose address it is nobody knows before it is proved
_DAY = timedelta(days=1)
_KIND = "destination"


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
        view = await destination_in(session, actor.viewer, id_)
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
        view = await destination_in(session, actor.viewer, id_)
        is_right = await try_code(session, view.id, "".join(code.split()), now)
        if is_right and view.confirmed_at is None:
            await change_routes(session, view.user_id, lambda own: (*own, usual))
            await write_down(session, actor, "destination confirmed", now, described(view))
        if is_right and await _is_mail_of(session, view):
            await change_user(session, view.user_id, {"email_verified_at": now})
    if not is_right:
        raise InputError(
            "code", "", "is not the one that was sent last, or too old", "send another"
        )
    return replace(view, confirmed_at=view.confirmed_at or now)


async def _is_mail_of(session: DatabaseSession, view: DestinationView) -> bool:
    """Whether this is the mail address that its owner still has."""
    if view.kind != "mail":
        return False
    address = await address_of(session, view.id)
    users = await find_users(session, view.user_id)
    return any(recipient_of(address.url) == one.email for one in users)
