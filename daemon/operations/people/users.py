"""Users: list, add, change, disable and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.config.values import RefusedError, check_email
from daemon.login.passwords import Passwords, why_unfit
from daemon.model.errors import (
    AmbiguousError,
    ConflictError,
    InputError,
    ManagedError,
    NotFoundError,
)
from daemon.model.viewer import Actor, Role, Viewer
from daemon.operations.installation.opening import Database
from daemon.operations.viewers import refuse_all_but_admins
from daemon.store.people.audit import AuditView as AuditView
from daemon.store.people.audit import newest_of, write_down
from daemon.store.people.sessions import end_sessions, set_password
from daemon.store.people.users import UserView as UserView
from daemon.store.people.users import (
    add_identity,
    add_user,
    change_user,
    find_users,
    identities_of,
    is_taken,
    theirs,
    user_of_identity,
)
from daemon.store.people.users import list_users as _list_users
from daemon.store.people.users import remove_user as _remove_user

_AUDITED = 50
_LONGEST = 255
UNKNOWN_MAIL = "no-mail.invalid"  # the host of addresses that nobody has; nothing is sent there


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be added; without a mail address nothing can be sent to them."""

    id: str
    email: str = ""
    username: str | None = None
    role: Role = Role.OWNER


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much a user may have watched, and how often; None is no limit."""

    max_sites: int | None
    shortest_interval: timedelta | None


@dataclass(frozen=True, slots=True)
class UserDetails:
    """A user with what is theirs, by its noun, and what they did last."""

    user: UserView
    identities: Sequence[str]
    theirs: Mapping[str, int]
    recent: Sequence[AuditView]


async def list_users(
    database: Database, viewer: Viewer, after: str = "", limit: int = 1000
) -> list[UserView]:
    """All users, in the order of their ids.

    Errors: NotAllowedError.
    """
    refuse_all_but_admins(viewer, "list of users")
    async with database.reading() as session:
        return await _list_users(session, after, limit)


async def the_user(database: Database, viewer: Viewer, word: str) -> UserView:
    """The user whom an id, a name or a mail address means.

    Errors: NotFoundError, AmbiguousError.
    """
    async with database.reading() as session:
        found = [one for one in await find_users(session, word) if viewer.may_see(one.id)]
    if not found:
        raise NotFoundError("user", word)
    if len(found) > 1:
        raise AmbiguousError("user", word, [one.id for one in found])
    return found[0]


async def show_user(database: Database, viewer: Viewer, word: str) -> UserDetails:
    """A user in full.

    Errors: as of `the_user`.
    """
    user = await the_user(database, viewer, word)
    async with database.reading() as session:
        return UserDetails(
            user,
            await identities_of(session, user.id),
            await theirs(session, user.id),
            await newest_of(session, user.id, _AUDITED),
        )


async def add(database: Database, actor: Actor, new: NewUser, now: datetime) -> UserView:
    """Add a user, who can log in by a link, or under this id at a provider.

    Errors: NotAllowedError; InputError for an id or an address that is none; ConflictError.
    """
    refuse_all_but_admins(actor.viewer, "list of users")
    email = new.email or f"{new.id}@{UNKNOWN_MAIL}"
    _refuse_unfit(new.id, email)
    async with database.writing() as session:
        if any(one.id == new.id for one in await find_users(session, new.id)):
            raise ConflictError("user", new.id, f"there is a user {new.id!r} already")
        if column := await is_taken(session, email, new.username):
            word = email if column == "email" else str(new.username)
            raise ConflictError("user", word, f"{word!r} is the {column} of another user")
        values = {"id": new.id, "email": email, "username": new.username, "role": new.role}
        await add_user(session, {**values, "created_at": now})
        await write_down(session, actor, "user added", now, new.id)
    return await the_user(database, actor.viewer, new.id)


def _refuse_unfit(id_: str, email: str) -> None:
    if not id_.strip() or id_ != id_.strip() or not id_.isprintable() or len(id_) > _LONGEST:
        raise InputError("id", id_, f"is no id: one line of at most {_LONGEST} letters")
    try:
        check_email(email)
    except RefusedError as exc:
        raise InputError("email", email, str(exc)) from exc


async def connect(
    database: Database, actor: Actor, word: str, identity: str, now: datetime
) -> UserView:
    """Let a provider's identity, as `github|12345`, log this user in.

    Errors: as of `the_user`; InputError, ConflictError, NotAllowedError.
    """
    refuse_all_but_admins(actor.viewer, "list of users")
    user = await the_user(database, actor.viewer, word)
    provider, bar, subject = identity.partition("|")
    if not (provider and bar and subject) or len(identity) > _LONGEST:
        problem = "is no identity: write provider|subject, as github|12345"
        raise InputError("identity", identity, problem)
    async with database.writing() as session:
        if await user_of_identity(session, identity):
            raise ConflictError("identity", identity, f"{identity!r} means a user already")
        await add_identity(session, user.id, identity, now)
        await write_down(session, actor, "identity added", now, f"{user.id} {identity}")
    return user


async def set_role(
    database: Database, actor: Actor, word: str, role: Role, now: datetime
) -> UserView:
    """Make somebody an admin, or an owner; they must log in again.

    Errors: as of `the_user`; NotAllowedError, ConflictError.
    """
    return await _change(database, actor, word, {"role": role.value}, f"{role}", now)


async def disable(database: Database, actor: Actor, word: str, now: datetime) -> UserView:
    """Let a user log in no more, and end their sessions; what they watch goes on.

    Errors: as of `set_role`.
    """
    return await _change(database, actor, word, {"disabled_at": now}, "disabled", now)


async def enable(database: Database, actor: Actor, word: str, now: datetime) -> UserView:
    """Let a user log in again.

    Errors: as of `set_role`.
    """
    return await _change(database, actor, word, {"disabled_at": None}, "enabled", now)


async def _change(
    database: Database,
    actor: Actor,
    word: str,
    values: Mapping[str, object],
    what: str,
    now: datetime,
) -> UserView:
    refuse_all_but_admins(actor.viewer, "list of users")
    user = await the_user(database, actor.viewer, word)
    _refuse_own(actor, user)
    async with database.writing() as session:
        await change_user(session, user.id, values)
        await end_sessions(session, user.id)
        await write_down(session, actor, f"user {what}", now, user.id)
    return await the_user(database, actor.viewer, user.id)


def _refuse_own(actor: Actor, user: UserView) -> None:
    """Raise when somebody would lock themselves out; the command line can always undo it."""
    if user.id == actor.user_id and actor.how != "cli":
        raise ConflictError("user", user.id, "this is you: another admin can do that")


async def look_as(database: Database, actor: Actor, word: str, now: datetime) -> UserView:
    """Let an admin look at what a user sees, which is written down.

    Errors: as of `set_role`.
    """
    refuse_all_but_admins(actor.viewer, "list of users")
    user = await the_user(database, actor.viewer, word)
    if user.id == actor.user_id:
        raise ConflictError("user", user.id, "this is you: what you see is yours")
    async with database.writing() as session:
        await write_down(session, actor, "looked as owner", now, user.id)
    return user


async def look_as_oneself(database: Database, actor: Actor, user_id: str, now: datetime) -> None:
    """Write down that an admin no longer looks as this user."""
    async with database.writing() as session:
        await write_down(session, actor, "looked as oneself", now, user_id)


async def set_quotas(
    database: Database, actor: Actor, word: str, quotas: Quotas, now: datetime
) -> UserView:
    """Limit how many sites and products a user may have, and how often they are checked.

    Errors: as of `the_user`; NotAllowedError.
    """
    refuse_all_but_admins(actor.viewer, "list of users")
    user = await the_user(database, actor.viewer, word)
    shortest = quotas.shortest_interval
    values = {
        "max_sites": quotas.max_sites,
        "shortest_interval_seconds": int(shortest.total_seconds()) if shortest else None,
    }
    async with database.writing() as session:
        await change_user(session, user.id, values)
        await write_down(session, actor, "quotas set", now, user.id)
    return await the_user(database, actor.viewer, user.id)


async def change_password(
    database: Database,
    actor: Actor,
    word: str,
    password: str | None,
    passwords: Passwords,
    now: datetime,
) -> UserView:
    """Give a user a password, or take it away; their sessions end.

    Errors: as of `the_user`; InputError for one that is too easy.
    """
    user = await the_user(database, actor.viewer, word)
    if password is not None and (problem := why_unfit(password)):
        raise InputError("password", "", problem)
    stored = None if password is None else await passwords.hash(password)
    async with database.writing() as session:
        await set_password(session, user.id, stored, now)
        await end_sessions(session, user.id)
        what = "password set" if stored else "password removed"
        await write_down(session, actor, what, now, user.id)
    return user


async def removable(database: Database, viewer: Viewer, word: str) -> UserDetails:
    """A user who can be removed, with all that would go with them.

    Errors: as of `the_user`; NotAllowedError; ManagedError for one whom the file names.
    """
    refuse_all_but_admins(viewer, "list of users")
    found = await show_user(database, viewer, word)
    if found.user.managed_by == "config":
        raise ManagedError("user", [found.user.id])
    return found


async def remove(database: Database, actor: Actor, word: str, now: datetime) -> UserDetails:
    """Delete a user with everything of theirs, and say what that was.

    Errors: as of `removable`; ConflictError for oneself.
    """
    found = await removable(database, actor.viewer, word)
    _refuse_own(actor, found.user)
    async with database.writing() as session:
        # Until all is gone nobody can log in and add to it.
        await change_user(session, found.user.id, {"disabled_at": now})
        await end_sessions(session, found.user.id)
        await write_down(session, actor, "user removed", now, found.user.id)
    await _remove_user(database, found.user.id)
    return found
