"""What programs mark: ratings of changes, what was seen, and notifications to send or to drop."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from daemon.model.errors import ConflictError
from daemon.operations import notifications
from daemon.operations.changes import rate_change, the_change
from daemon.operations.lists.seen import Marked, mark_seen, mark_unseen, undo_mark
from daemon.web.answers import Document
from daemon.web.pages.api import models, reading
from daemon.web.pages.api.bodies import body_of
from daemon.web.request import Request


async def rate(request: Request) -> Document:
    """Say whether a change was worth telling, which moves the next ones of its site."""
    return await _rate(request, body_of(request, models.Rating).rating)


async def take_rating_back(request: Request) -> Document:
    """Take the rating of a change back."""
    return await _rate(request, None)


async def mark_all_seen(request: Request) -> Document:
    """Mark all changes as seen, or those until an instant."""
    until = body_of(request, models.Until).until
    return _marked(await mark_seen(request.database, request.viewer, request.now, until=until))


async def mark_site_seen(request: Request) -> Document:
    """Mark the changes of one site as seen, or those until an instant."""
    return await _seen(request, request.id("id", "site"), body_of(request, models.Until).until)


async def mark_change_seen(request: Request) -> Document:
    """Mark a change as seen, and those before it of its site."""
    word = str(request.id("id", "change"))
    view = (await the_change(request.database, request.viewer, word)).view
    return await _seen(request, view.site_id, view.detected_at)


async def mark_change_unseen(request: Request) -> Document:
    """Mark a change as unseen, and those after it of its site."""
    word = str(request.id("id", "change"))
    return _marked(await mark_unseen(request.database, request.viewer, word, request.now))


async def undo(request: Request) -> Document:
    """Take a mark back, of the sites that were not marked again since."""
    marked_at = body_of(request, models.Undo).marked_at
    sites = await undo_mark(request.database, request.viewer, marked_at)
    return reading.json_of(models.Undone(sites=sites))


async def send_notification(request: Request) -> Document:
    """Send a notification again that was given up, dropped, or waits."""
    word = str(request.id("id", "notification"))
    who = request.database, request.viewer
    if not await notifications.retry_notifications(*who, [word], request.now):
        raise ConflictError("notification", word, "it was sent already")
    return await reading.notification(request)


async def drop_notification(request: Request) -> Document:
    """Never send a notification."""
    word = str(request.id("id", "notification"))
    if not await notifications.drop_notifications(request.database, request.viewer, [word]):
        raise ConflictError("notification", word, "it was sent or dropped already")
    return await reading.notification(request)


async def _rate(request: Request, verdict: models.Verdict | None) -> Document:
    word = str(request.id("id", "change"))
    done = await rate_change(request.database, request.viewer, word, verdict, request.now)
    return reading.json_of(
        models.Rated(
            rating=verdict,
            useful=done.ratings.useful,
            noise=done.ratings.noise,
            leaning=done.leaning,
        )
    )


async def _seen(request: Request, site_id: UUID, until: datetime | None) -> Document:
    who = request.database, request.viewer
    return _marked(await mark_seen(*who, request.now, [site_id], until))


def _marked(marked: Marked) -> Document:
    return reading.json_of(models.Marked(sites=marked.sites, marked_at=marked.marked_at))
