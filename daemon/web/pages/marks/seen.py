"""Forms that mark changes as seen or unseen, and take the last mark back."""

from __future__ import annotations

from datetime import UTC, datetime

from daemon.display.words import count
from daemon.model.errors import InputError
from daemon.operations.changes import the_change
from daemon.operations.lists.seen import Marked, mark_seen, mark_unseen, undo_mark
from daemon.web.answers import Answer, see_other
from daemon.web.forms import Fields
from daemon.web.request import Request

_CHANGES = "/changes"


async def mark_all_seen(request: Request) -> Answer:
    """Mark all changes as seen that the page knew of."""
    asked = request.database, request.viewer, request.now
    until, shown_at = _known(request.form)
    marked = await mark_seen(*asked, until=until, shown_at=shown_at)
    return _marked(request, marked, "/", "Everything was seen already")


async def mark_site_seen(request: Request) -> Answer:
    """Mark the changes of one site as seen that the page knew of."""
    asked, site_id = (request.database, request.viewer, request.now), request.id("id", "site")
    until, shown_at = _known(request.form)
    marked = await mark_seen(*asked, [site_id], until=until, shown_at=shown_at)
    path, nothing = f"/sites/{site_id}", "This site was seen already"
    return _marked(request, marked, path, nothing, what="The changes of this site")


async def mark_change_seen(request: Request) -> Answer:
    """Mark a change as seen, and those before it of its site."""
    word = str(request.id("id", "change"))
    view = (await the_change(request.database, request.viewer, word)).view
    marked = await mark_seen(
        request.database, request.viewer, request.now, [view.site_id], view.detected_at
    )
    what = f"The changes of {view.site_name} up to this one"
    return _marked(request, marked, _CHANGES, "This change was seen already", what=what)


async def mark_change_unseen(request: Request) -> Answer:
    """Mark a change as unseen, and those after it of its site."""
    word = str(request.id("id", "change"))
    marked = await mark_unseen(request.database, request.viewer, word, request.now)
    return _marked(request, marked, _CHANGES, "This change was unseen already", "unseen")


async def undo(request: Request) -> Answer:
    """Take back what the line above the page offered to."""
    marked_at = _instant(request.form, "mark")
    if marked_at is None:
        raise InputError("mark", "", "is missing", "use the button of a page")
    sites = await undo_mark(request.database, request.viewer, marked_at)
    done = "The mark is taken back" if sites else "There is nothing to take back any more"
    return see_other(request.form.path("back", "/"), done)


def _marked(
    request: Request, marked: Marked, path: str, nothing: str, state: str = "seen", what: str = ""
) -> Answer:
    back = request.form.path("back", path)
    if not marked.sites:
        return see_other(back, nothing)
    what = what or f"Changes of {count(marked.sites, 'site')}"
    done = f"{what} are marked as {state}"
    return see_other(back, done, marked.marked_at.isoformat())


def _known(form: Fields) -> tuple[datetime | None, datetime | None]:
    """The latest change that a page knew of, if it says so, and when it was asked for."""
    shown_at = _instant(form, "shown")
    return _instant(form, "until") or shown_at, shown_at


def _instant(form: Fields, name: str) -> datetime | None:
    """An exact instant of a form of ours.

    Errors: InputError.
    """
    value = form.text(name)
    try:
        found = datetime.fromisoformat(value) if value else None
    except ValueError:
        raise InputError(name, value, "is no instant", "use the button of a page") from None
    if found is not None and found.tzinfo is None:
        raise InputError(name, value, "has no time zone", "use the button of a page")
    try:
        return found and found.astimezone(UTC)
    except OverflowError:
        raise InputError(name, value, "is no instant in UTC", "use the button of a page") from None
