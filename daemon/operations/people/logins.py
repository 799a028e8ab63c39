"""Finds the user whom a login proves: an identity, a link, or a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daemon.login.identity import Identity, Visit
from daemon.login.passwords import Passwords
from daemon.login.secret import hash_of, new_secret
from daemon.login.trusted_header import network_of
from daemon.model.errors import ConflictError, LoginRefusedError
from daemon.model.viewer import Actor, Viewer
from daemon.operations.installation.opening import Database
from daemon.operations.people.users import UNKNOWN_MAIL, the_user
from daemon.store.people.audit import write_down
from daemon.store.people.sessions import (
    add_link,
    count_failures,
    forget_failure,
    password_of,
    use_link,
    user_of_link,
)
from daemon.store.people.users import (
    UserView,
    add_user,
    find_users,
    is_taken,
    user_of_identity,
)

LINK_LASTS = timedelta(minutes=10)
NOT_KNOWN = "nobody is let in by this login"
_WRONG = "this name and this password do not belong together"
_TOO_MANY = "too many logins have failed: try again later"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many logins may fail, and in which time."""

    failures: int
    within: timedelta


PER_USER = Limit(5, timedelta(minutes=15))
PER_NETWORK = Limit(20, timedelta(hours=1))


async def user_of(
    database: Database, identity: Identity, visit: Visit, now: datetime, *, creates: bool = False
) -> UserView:
    """The user whom a provider's identity means; one is made if that `creates` users.

    Shape:  nobody is found by a mail address: an account there must not become one here.
    Errors: LoginRefusedError for an unknown or disabled user, and for an address that another has.
    """
    new = _new_values(identity, now)
    async with database.writing() as session:
        user = await user_of_identity(session, identity.id)
        if user is None and creates:
            if await is_taken(session, new["email"], None):
                raise _taken(identity)
            if await is_taken(session, new["email"], new["username"]):
                new["username"] = None
            await add_user(session, new)
            actor = Actor(Viewer(identity.id), visit.how, visit.address)
            await write_down(session, actor, "user added", now, identity.id)
            user = await user_of_identity(session, identity.id)
    return _let_in(user, identity.id)


def _new_values(identity: Identity, now: datetime) -> dict[str, Any]:
    is_sure = bool(identity.email) and identity.email_is_verified
    return {
        "id": identity.id,
        "email": identity.email if is_sure else f"{identity.id}@{UNKNOWN_MAIL}",
        "email_verified_at": now if is_sure else None,
        "username": identity.username or None,
        "created_at": now,
    }


def _taken(identity: Identity) -> LoginRefusedError:
    problem = f"the mail address {identity.email} is another user's here: ask who runs this"
    reason = f"{identity.id}: `changelogger users connect` lets one user have both"
    return LoginRefusedError(problem, reason)


def _let_in(user: UserView | None, told: str) -> UserView:
    if user is None:
        raise LoginRefusedError(NOT_KNOWN, f"{told} is no user: `changelogger users add` makes one")
    if user.is_disabled:
        raise LoginRefusedError(NOT_KNOWN, f"{user.id} is disabled")
    return user


async def user_of_header(database: Database, name: str) -> UserView:
    """The user whom a trusted proxy names: by their id, or the identity `header|name`.

    Errors: LoginRefusedError.
    """
    async with database.reading() as session:
        named = [one for one in await find_users(session, name) if one.id == name]
        user = named[0] if named else await user_of_identity(session, f"header|{name}")
    return _let_in(user, name)


async def make_link(database: Database, actor: Actor, word: str, now: datetime) -> str:
    """The secret of a link that logs a user in once, within ten minutes.

    Errors: as of `the_user`; ConflictError for a disabled one.
    """
    user = await the_user(database, actor.viewer, word)
    if user.is_disabled:
        raise ConflictError("user", user.id, f"{user.id!r} is disabled: enable them first")
    secret = new_secret()
    async with database.writing() as session:
        await add_link(session, user.id, hash_of(secret), now, now + LINK_LASTS)
        await write_down(session, actor, "link made", now, user.id)
    return secret


async def is_link(database: Database, secret: str, now: datetime) -> bool:
    """Whether a link would log somebody in."""
    async with database.reading() as session:
        return await user_of_link(session, hash_of(secret), now) is not None


async def follow_link(database: Database, secret: str, now: datetime) -> UserView:
    """Use a link up: the user whom it logs in.

    Errors: LoginRefusedError for one that was used, has ended or never was.
    """
    async with database.writing() as session:
        user_id = await use_link(session, hash_of(secret), now)
        users = await find_users(session, user_id) if user_id else []
    if not users:
        problem = "this link has been used, or has ended"
        raise LoginRefusedError(problem, "`changelogger users link` makes another one")
    return _let_in(users[0], users[0].id)


async def user_of_password(
    database: Database,
    name: str,
    password: str,
    visit: Visit,
    passwords: Passwords,
    now: datetime,
) -> UserView:
    """The user with this name, mail address or id, and this password.

    Shape:  an unknown name is answered as, and as late as, a known one; both count as failures.
    Errors: LoginRefusedError.
    """
    keys = _keys(name, visit.address)
    async with database.writing() as session:
        ends_at = {key: now + limit.within for key, limit in keys.items()}
        failed = await count_failures(session, ends_at, now)
    if over := [key for key, limit in keys.items() if failed[key] > limit.failures]:
        raise LoginRefusedError(_TOO_MANY, f"{len(over)} limits reached", is_for_now=True)
    user, stored = await _known(database, name)
    if not await passwords.is_right(password, stored) or user is None or user.is_disabled:
        await _note_failure(database, user, visit, now)
        raise LoginRefusedError(_WRONG, "a wrong name or password")
    async with database.writing() as session:
        for key, limit in keys.items():
            await forget_failure(session, key, all_of_them=limit is PER_USER)
    return user


def _keys(name: str, address: str) -> dict[str, Limit]:
    """Under what a failure is counted, as hashes: what people type may be a password."""
    return {
        hash_of(f"user:{name.casefold()}"): PER_USER,
        hash_of(f"network:{network_of(address)}"): PER_NETWORK,
    }


async def _known(database: Database, name: str) -> tuple[UserView | None, str | None]:
    async with database.reading() as session:
        found = await find_users(session, name) if name else []
        user = found[0] if len(found) == 1 else None
        return user, await password_of(session, user.id if user else "")


async def _note_failure(
    database: Database, user: UserView | None, visit: Visit, now: datetime
) -> None:
    # An unknown name is not written down, as it may be a password; but it takes as long.
    actor = Actor(Viewer(user.id if user else ""), visit.how, visit.address)
    async with database.writing() as session:
        await write_down(session, actor, "login failed", now)
