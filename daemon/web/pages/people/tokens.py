"""Tokens of one's own: made, shown once, and revoked."""

from __future__ import annotations

from datetime import timedelta

from daemon.model.viewer import Scope
from daemon.operations.people import tokens
from daemon.web.answers import Answer, Page, see_other
from daemon.web.request import Request

_LONGEST_NAME = 100
# What a token may be for, least first.
SCOPES = {
    Scope.FEED: "feeds for a reader",
    Scope.READ: "programs that read",
    Scope.WRITE: "programs that read and change",
}
# How long a token may let programs in.
ENDS = {
    "never": None,
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
}


async def make_token(request: Request) -> Answer:
    """Make a token for feeds or programs, and show it this once."""
    form = request.form
    name = form.text("name", most=_LONGEST_NAME)
    scope = Scope(form.choice("scope", SCOPES, Scope.FEED))
    lasts = ENDS[form.choice("ends", ENDS, "never")]
    ends_at = None if lasts is None else request.now + lasts
    scopes = [Scope.READ, Scope.WRITE] if scope is Scope.WRITE else [scope]
    secret = await tokens.make(
        request.database, request.asking.actor, name, scopes, ends_at, request.now
    )
    values = {
        "name": name,
        "scope": scope,
        "secret": secret,
        "origin": request.origin,
        "ends_at": ends_at,
    }
    return Page("token.html", values, has_secret=True)


async def revoke_token(request: Request) -> Answer:
    """Let in nobody any more by a token."""
    id_ = request.id("id", "token")
    name = await tokens.revoke(request.database, request.asking.actor, id_, request.now)
    return see_other("/me", f"The token {name} is revoked.")
