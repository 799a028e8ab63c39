"""Feeds of one's own changes, for whoever has a token for them."""

from __future__ import annotations

from urllib.parse import urlencode

from daemon.logs.logger import get_logger
from daemon.model.errors import NotFoundError
from daemon.model.viewer import Scope, Viewer
from daemon.operations.lists.changes import (
    SEVERITIES,
    ChangesWanted,
    ListedChange,
    newest_changes,
    newest_of_site,
)
from daemon.operations.people import tokens
from daemon.redaction import redact_text
from daemon.web.answers import Answer, Document
from daemon.web.pages.feeds.atom import CONTENT_TYPE, Feed, atom
from daemon.web.request import Request

log = get_logger(__name__)

TAKES = ("severity", "tag")
SITE_TAKES = ("severity",)
_ENTRIES = 50


async def changes_feed(request: Request) -> Answer:
    """The newest changes of one's own sites, of some severities or tags."""
    viewer = await _reader(request)
    wanted = _wanted(request)
    found = await newest_changes(request.database, viewer, wanted, _ENTRIES)
    named = [*wanted.tags, *wanted.change_types]
    title = f"Changes: {', '.join(named)}" if named else "Changes"
    return _answer(request, viewer, (title, "/changes"), found)


async def site_feed(request: Request) -> Answer:
    """The newest changes of one site, of some severities."""
    viewer = await _reader(request)
    id_ = request.id("id", "site")
    asked = request.database, viewer, id_, _wanted(request)
    name, found = await newest_of_site(*asked, _ENTRIES)
    return _answer(request, viewer, (name, f"/sites/{id_}"), found)


async def _reader(request: Request) -> Viewer:
    """The owner that the token in the address speaks for: what is theirs alone, admin or not.

    Errors: NotFoundError, the same whatever is wrong with the token.
    """
    found = await tokens.viewer_of(
        request.database,
        request.context.database,
        request.parts.secret("token"),
        Scope.FEED,
        request.now,
    )
    if found is None:
        log.warning("token_refused", address=request.asking.address, scope=Scope.FEED.value)
        raise NotFoundError("feed", "here")
    return Viewer(found.user_id)


def _wanted(request: Request) -> ChangesWanted:
    return ChangesWanted(
        tags=tuple(request.query.several("tag")),
        change_types=tuple(request.query.choices("severity", SEVERITIES)),
    )


def _answer(
    request: Request, viewer: Viewer, named: tuple[str, str], changes: tuple[ListedChange, ...]
) -> Document:
    title, path = named
    secrets = request.context.masking.of(request.config)
    narrowed = [(name, one) for name in TAKES for one in request.query.several(name)]
    shown_at = f"{path}?{urlencode(narrowed)}" if narrowed and path == "/changes" else path
    feed = Feed(
        user_id=viewer.user_id,
        title=title,
        path=shown_at,
        origin=request.origin,
        clean=lambda text: secrets.mask(redact_text(text)),
    )
    return Document(atom(feed, changes), CONTENT_TYPE)
