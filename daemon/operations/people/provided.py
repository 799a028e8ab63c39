"""Logs in by a provider: begins there, and ends with a user here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from daemon.config.web import LoginConfig
from daemon.login.flow import Flow
from daemon.login.identity import Identity, Visit
from daemon.login.provider import Provider, unreachable
from daemon.login.providers import is_to_be_made, may_come_in
from daemon.login.secret import hash_of
from daemon.model.errors import LoginRefusedError
from daemon.model.viewer import DAEMON, Actor, Role
from daemon.operations.installation.opening import Database
from daemon.operations.people.logins import NOT_KNOWN, user_of
from daemon.operations.people.users import set_role
from daemon.store.people.flows import FlowView, add_flow, use_flow
from daemon.store.people.users import UserView

FLOW_LASTS = timedelta(minutes=10)
PATIENCE_SECONDS = 8.0  # with a provider, so that the page says what is wrong before it is late
_NOT_HERE = "this login has ended, or was begun in another browser: begin it again"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login by a provider, in a browser that comes back to us at `callback`."""

    provider: Provider
    callback: str
    browser: str


@dataclass(frozen=True, slots=True)
class Proved:
    """The user whom a provider has proved, and the page that was asked for before."""

    user: UserView
    return_to: str


async def begin(database: Database, attempt: Attempt, to: str, now: datetime) -> str:
    """Begin a login: the address of the provider where it goes on.

    Errors: LoginRefusedError for a provider that does not answer, and then nothing is begun.
    """
    flow = Flow.begin(attempt.provider.section.name, to)
    location = await _in_time(attempt.provider.location(flow, attempt.callback))
    view = FlowView(flow.provider, flow.nonce, flow.verifier, flow.return_to)
    async with database.writing() as session:
        state, known_by = hash_of(flow.state), hash_of(attempt.browser)
        await add_flow(session, state, known_by, view, now, now + FLOW_LASTS)
    return location


async def end(
    database: Database, attempt: Attempt, answer: Mapping[str, str], visit: Visit, now: datetime
) -> Proved:
    """The user whom the answer proves that this browser brings back from the provider.

    Errors: LoginRefusedError for everything else, and for who is not let in.
    """
    provider, known_by = attempt.provider, hash_of(attempt.browser)
    section, state = provider.section, answer.get("state", "")
    async with database.writing() as session:
        taken = await use_flow(session, hash_of(state), known_by, section.name, now)
    if taken is None:
        raise LoginRefusedError(_NOT_HERE, "no login of this browser has this state")
    flow = Flow(section.name, state, taken.nonce, taken.verifier, taken.return_to)
    identity = await _in_time(provider.identity(flow, answer, attempt.callback, now))
    if not may_come_in(section, identity):
        raise LoginRefusedError(NOT_KNOWN, f"{identity.id} is not in allow")
    return Proved(await _user(database, section, identity, visit, now), taken.return_to)


async def _user(
    database: Database, section: LoginConfig, identity: Identity, visit: Visit, now: datetime
) -> UserView:
    creates = is_to_be_made(section, identity)
    user = await user_of(database, identity, visit, now, creates=creates)
    if identity.id in section.admins and user.role is not Role.ADMIN:
        actor = Actor(DAEMON, "config", visit.address)
        return await set_role(database, actor, user.id, Role.ADMIN, now)
    return user


async def _in_time(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await work
    except TimeoutError as exc:
        raise unreachable(f"the provider took more than {PATIENCE_SECONDS:g} seconds") from exc
