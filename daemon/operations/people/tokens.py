"""Tokens by which programs come in, in their users' names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from daemon.login.secret import hash_of, new_secret
from daemon.model.errors import NotFoundError, RequestError
from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.installation.opening import Database
from daemon.store.people.audit import write_down
from daemon.store.people.tokens import TokenView as TokenView
from daemon.store.people.tokens import (
    add_token,
    find_token,
    note_use,
    revoke_token,
    tokens_of,
)
from daemon.store.tables.ids import new_id

PREFIX = "cl_"  # so that scanners for leaked secrets, and people, know one when they see it
_LONGEST = 100
_NOTED_EVERY = timedelta(minutes=1)


async def make(
    database: Database,
    actor: Actor,
    name: str,
    scopes: Sequence[Scope],
    ends_at: datetime | None,
    now: datetime,
) -> str:
    """Make a token of the viewer's; returns it, as it can be shown this once alone.

    Shape:  one for feeds stands in addresses, which others may see: it reads feeds alone.
    Errors: RequestError for no name or scope, scopes that do not go together, or an end that has
            passed.
    """
    if not name.strip() or len(name) > _LONGEST or not scopes:
        problem = f"a token has a name of at most {_LONGEST} letters, and a scope"
        raise RequestError("token", name, problem)
    if Scope.FEED in scopes and set(scopes) != {Scope.FEED}:
        raise RequestError("token", name, "a token for feeds reads feeds alone")
    if ends_at is not None and ends_at <= now:
        raise RequestError("token", name, "a token ends in the future")
    secret = PREFIX + new_secret()
    view = TokenView(new_id(), name.strip(), tuple(scopes), now, None, ends_at)
    async with database.writing() as session:
        await add_token(session, actor.user_id, hash_of(secret), view)
        await write_down(session, actor, "token made", now, view.name)
    return secret


async def list_tokens(database: Database, viewer: Viewer, now: datetime) -> list[TokenView]:
    """The viewer's own tokens, the newest first."""
    async with database.reading() as session:
        return await tokens_of(session, viewer.user_id, now)


async def revoke(database: Database, actor: Actor, token_id: UUID, now: datetime) -> str:
    """Revoke a token of the viewer's own, at once; its name.

    Errors: NotFoundError.
    """
    return await revoke_of(database, actor, actor.user_id, token_id, now)


async def revoke_of(
    database: Database, actor: Actor, user_id: str, token_id: UUID, now: datetime
) -> str:
    """Revoke a token of this user at once, which only they and admins may; its name.

    Errors: NotFoundError.
    """
    async with database.writing() as session:
        name = None
        if actor.viewer.may_see(user_id):
            name = await revoke_token(session, user_id, token_id, now)
        if name is None:
            raise NotFoundError("token", str(token_id))
        is_own = user_id == actor.user_id
        target = name if is_own else f"{name} of {user_id}"
        await write_down(session, actor, "token revoked", now, target)
    return name


async def viewer_of(
    reading: Database, database: Database, secret: str, scope: Scope, now: datetime
) -> Viewer | None:
    """For whom a token speaks; None if it is unknown, has ended, or has not this scope.

    Errors: StoreError.
    """
    if not secret.startswith(PREFIX):
        return None
    async with reading.reading() as session:
        found = await find_token(session, hash_of(secret), now)
    if found is None or scope not in found.scopes:
        return None
    if found.last_used_at is None or now - found.last_used_at > _NOTED_EVERY:
        async with database.writing() as session:
            await note_use(session, found.id, now)
    return found.viewer
