"""Says for whom a program asks: by its token alone, never by a cookie."""

from __future__ import annotations

import hashlib
import re

from daemon.model.viewer import Scope
from daemon.operations.people import tokens
from daemon.operations.viewers import local_owner
from daemon.web.access.asking import Asked, Asking, address_of
from daemon.web.context import Context

_BEARER = re.compile(r"bearer +([\w.~+/=-]+) *", re.ASCII | re.IGNORECASE)


async def program_asks(context: Context, asked: Asked, scope: Scope) -> Asking:
    """For whom a program asks; without logins for the local owner, if it shows no token.

    Shape: a cursor is signed by its token, so that it outlives a restart and every daemon knows it.
    Source: RFC 6750 §2.1.
    """
    config, now = context.config(), context.clock()
    address = address_of(config.web, asked.peer, asked.headers)
    given = asked.headers.getall("Authorization", [])
    if not given and not config.web.has_logins:
        return Asking(local_owner(config), "local", address, context.key, cursor_key=_key("local"))
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    secret = found[1] if found else ""
    viewer = await tokens.viewer_of(context.reading, context.database, secret, scope, now)
    return Asking(viewer, "token", address, b"", asked.agent, cursor_key=_key(secret))


def _key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), person=b"cursors").digest()
