"""Says for whom a program asks: by its token alone, never by a cookie."""

from __future__ import annotations

import hashlib
import re

from daemon.logs.logger import get_logger
from daemon.model.viewer import Scope
from daemon.operations.people import tokens
from daemon.operations.viewers import local_owner
from daemon.web.access.asking import Asked, Asking, address_of
from daemon.web.access.refusal import RefusedError
from daemon.web.context import Context

log = get_logger(__name__)

JSON_TYPES = ("application/json", "application/merge-patch+json")
_RANGES = ("*/*", "application/*", "application/json")  # a later one goes before
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
    if given and viewer is None:
        log.warning("token_refused", address=address, scope=scope.value)
    return Asking(viewer, "token", address, b"", asked.agent, cursor_key=_key(secret))


def lacks(scope: Scope) -> RefusedError:
    """How a program is refused that shows no token of this scope. Source: RFC 6750 §3."""
    headers = {"WWW-Authenticate": f'Bearer realm="changelogger", scope="{scope}"'}
    hint = f"send a token that may {scope} as `Authorization: Bearer …`; /me makes one"
    return RefusedError(401, "there is no token that may do this", hint, headers)


def is_acceptable(accept: str) -> bool:
    """Whether who accepts this takes JSON; an empty one accepts all. Source: RFC 9110 §12.5.1."""
    best, quality = -1, 1.0
    for one in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in one.split(";"))
        if kind in _RANGES and _RANGES.index(kind) > best:
            best, quality = _RANGES.index(kind), _quality(parameters)
    return not accept.strip() or (best >= 0 and quality > 0)


def _quality(parameters: list[str]) -> float:
    given = next((one for one in parameters if one.replace(" ", "").startswith("q=")), "q=1")
    try:
        return float(given.partition("=")[2])
    except ValueError:
        return 1.0


def _key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), person=b"cursors").digest()
