"""The forms of sites: of one, and of many that are chosen or match a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from daemon.display.times import local
from daemon.display.words import count
from daemon.model.errors import InputError, ManagedError, NameTakenError
from daemon.operations import editing, managing
from daemon.operations.lists.bulk import Action, BulkResult, Deed, carry_out
from daemon.operations.lists.paging import Turn
from daemon.operations.lists.sites import SiteFilter, SiteOrder, list_sites
from daemon.operations.managing import TagChange
from daemon.operations.sites import FOR_EVER, SiteView, find_sites, mute, show, the_site
from daemon.schedule.next_check import parse_duration
from daemon.web.answers import Answer, page, see_other
from daemon.web.asked.fields import SITE_EDIT
from daemon.web.described import (
    NOTHING_WRONG,
    Wrong,
    WrongFormError,
    schedule_values,
    site_edit_in,
    unkept,
    values_of,
)
from daemon.web.forms import parse_fields
from daemon.web.pages.sites import FILTERS, filter_of, tag_in, written
from daemon.web.request import Request
from daemon.wording import listed

_NAMES_TOLD = 10
_EVER = "ever"
_PATIENCE = timedelta(seconds=6)  # an answer may take ten
_DONE = {
    Action.CHECK: "due now",
    Action.SEEN: "marked as seen",
    Action.PAUSE: "paused",
    Action.RESUME: "resumed",
    Action.SILENCE: "silenced",
    Action.UNSILENCE: "no longer silenced",
    Action.TAG: "tagged",
    Action.REMOVE: "removed",
}


async def check_site(request: Request) -> Answer:
    """Make a site due now."""
    back, word = _back(request), _word(request)
    found = await managing.check_now(request.database, request.viewer, [word], request.now)
    if found.paused:
        return see_other(back, f"{found.paused[0].name} is paused: resume it to have it checked")
    return see_other(back, f"{found.due[0].name} is due now: the daemon checks it next")


async def pause_site(request: Request) -> Answer:
    """Stop checking a site."""
    back, word = _back(request), _word(request)
    [one] = await managing.pause(request.database, request.viewer, "site", [word], request.now)
    return see_other(back, f"{one.name} is paused")


async def resume_site(request: Request) -> Answer:
    """Check a paused site again."""
    back, word = _back(request), _word(request)
    [one] = await managing.resume(request.database, request.viewer, "site", [word], request.now)
    return see_other(back, f"{one.name} is checked again")


async def silence_site(request: Request) -> Answer:
    """Go on checking a site, but notify nobody."""
    back, until = _back(request), _until(request)
    [one] = await mute(request.database, request.viewer, [_word(request)], until)
    told = "" if until == FOR_EVER else f" until {local(until)}"
    return see_other(back, f"{one.name} is silenced{told}: it is checked, but nobody is notified")


async def unsilence_site(request: Request) -> Answer:
    """Notify of a site again."""
    back = _back(request)
    [one] = await mute(request.database, request.viewer, [_word(request)], None)
    return see_other(back, f"{one.name} is no longer silenced")


async def tag_site(request: Request) -> Answer:
    """Give a site these tags, and no others."""
    back, wanted = _back(request), _tags(request, "tags")
    site = await the_site(request.database, request.viewer, _word(request))
    change = TagChange(wanted, [tag for tag in map(str, site.tags) if tag not in wanted])
    word = str(site.id)
    await managing.tag(request.database, request.viewer, "site", [word], change, request.now)
    tags = f"is tagged {listed(wanted, len(wanted))}" if wanted else "has no tags"
    return see_other(back, f"{site.name} {tags}")


async def ask_to_edit(request: Request) -> Answer:
    """The form with how a site is called, and when it is checked.

    Errors: ManagedError for what the configuration manages.
    """
    view = await _editable(request)
    return _edit_form(view, schedule_values(view))


async def edit_site(request: Request) -> Answer:
    """Call and check a site as a form says from now on.

    Errors: ManagedError for what the configuration manages.
    """
    view = await _editable(request)
    try:
        edit = site_edit_in(request.config, request.form, view)
        await editing.edit_site(request.database, request.viewer, view.id, edit, request.now)
    except WrongFormError as exc:
        return _edit_form(view, values_of(SITE_EDIT, request.form), exc.wrong)
    except NameTakenError as exc:
        return _edit_form(view, values_of(SITE_EDIT, request.form), Wrong({"name": str(exc)}))
    shown = await show(request.database, request.viewer, str(view.id), request.now)
    told = [f"{edit.name} is changed, from its next check on"]
    told += unkept(request.config, edit.timing, shown.request.renderer)
    return see_other(f"/sites/{view.id}", ". ".join(told))


async def _editable(request: Request) -> SiteView:
    view = await the_site(request.database, request.viewer, _word(request))
    editing.refuse_fixed(view)
    return view


def _edit_form(view: SiteView, values: Mapping[str, str], wrong: Wrong = NOTHING_WRONG) -> Answer:
    return page(
        "edit.html",
        200 if wrong is NOTHING_WRONG else 400,
        view=view,
        path=f"/sites/{view.id}",
        sections=SITE_EDIT,
        values=values,
        wrong=wrong,
        note="",
    )


async def ask_to_remove(request: Request) -> Answer:
    """What goes when a site is removed, before it is.

    Errors: ManagedError for what the configuration manages.
    """
    site = await the_site(request.database, request.viewer, _word(request))
    if site.managed_by == "config":
        raise ManagedError("site", [site.name])
    return _confirmation(request, [site], ids=[site.id], path=f"/sites/{site.id}")


async def remove_site(request: Request) -> Answer:
    """Watch a site no longer."""
    [one] = await managing.remove(
        request.database, request.viewer, "site", [_word(request)], request.now
    )
    return see_other("/sites", f"{one.name} is removed: it is watched no longer")


async def change_sites(request: Request) -> Answer:
    """Do something to the sites that are chosen, or to all that match; removing is asked first."""
    action = Action(request.form.choice("action", list(Action)) or _missing("action"))
    which, back = _which(request), request.form.path("back", "/sites")
    if action is Action.REMOVE and not request.form.choice("sure", ("yes",)):
        return await _ask(request, which, back)
    deed = _deed(request, action)
    result = await carry_out(request.database, request.viewer, deed, which, request.now, _PATIENCE)
    undo = request.now.isoformat() if action is Action.SEEN and result.done else ""
    return see_other(back, _told(action, result), undo)


async def _ask(request: Request, which: SiteFilter | Sequence[UUID], back: str) -> Answer:
    """The page that says what would be removed."""
    if isinstance(which, SiteFilter):
        found = await list_sites(
            request.database, request.viewer, which, SiteOrder.NAME, Turn(), request.now
        )
        names = [row.name for row in found.page.items]
        return page(
            "sites_remove.html",
            names=names[:_NAMES_TOLD],
            number=found.matching,
            is_one=found.matching.number == 1,
            managed=0,
            ids=(),
            everything=_all(request),
            kept_for=request.config.retention.removed.total_seconds(),
            path=back,
        )
    words = [str(one) for one in which]
    views = (await find_sites(request.database, request.viewer, words)).views
    return _confirmation(request, views, ids=list(which), path=back)


def _confirmation(
    request: Request, views: Sequence[SiteView], *, ids: Sequence[UUID], path: str
) -> Answer:
    return page(
        "sites_remove.html",
        names=[view.name for view in views[:_NAMES_TOLD]],
        number=len(views),
        is_one=len(views) == 1,
        managed=sum(view.managed_by == "config" for view in views),
        ids=ids,
        everything=None,
        kept_for=request.config.retention.removed.total_seconds(),
        path=path,
    )


def _which(request: Request) -> SiteFilter | list[UUID]:
    """The sites that are meant: all that match, or those that are chosen."""
    if "all" in request.form.names:
        fields = parse_fields(_all(request), request.context.key, "all")
        return filter_of(fields)
    ids = request.form.ids("id")
    if not ids:
        raise InputError("id", "", "is missing", "choose sites, or all that match")
    return ids


def _all(request: Request) -> str:
    """The filter of all that match, without what is none of it."""
    given = next(iter(request.form.several("all")), "")
    fields = parse_fields(given, request.context.key, "all")
    for name in fields.names:
        if name not in FILTERS:
            raise InputError("all", name, "is no filter", f"known are {', '.join(FILTERS)}")
    return written(fields)


def _deed(request: Request, action: Action) -> Deed:
    if action is Action.SILENCE:
        return Deed(action, _until(request))
    if action is Action.TAG:
        return Deed(action, tags=TagChange(_tags(request, "tag") or [_missing("tag")]))
    return Deed(action)


def _until(request: Request) -> datetime:
    """Until when to silence: for a length of time, or for ever.

    Errors: InputError.
    """
    word = request.form.text("for", _EVER)
    if word == _EVER:
        return FOR_EVER
    try:
        return request.now + parse_duration(word)
    except (ValueError, OverflowError) as exc:
        raise InputError("for", word, "is no length of time", str(exc)) from exc


def _tags(request: Request, name: str) -> list[str]:
    words = [word for value in request.form.several(name) for word in value.split(",")]
    return list(dict.fromkeys(tag_in(name, word) for word in words if word.strip()))


def _missing(name: str) -> str:
    raise InputError(name, "", "is missing", "use the buttons of the page")


def _word(request: Request) -> str:
    return str(request.id("id", "site"))


def _back(request: Request) -> str:
    """The page to return to, which is read before anything is done."""
    return request.form.path("back", f"/sites/{_word(request)}")


def _told(action: Action, result: BulkResult) -> str:
    """What was done, and what was left as it is and why."""
    told = [f"{count(result.done, 'site')} {_DONE[action]}"]
    if result.skipped:
        most = sorted(result.skipped.items(), key=lambda one: (-one[1], one[0]))
        left = [f"{number:,} {reason}" for reason, number in most]
        told.append(f"left as they are: {', '.join(left)}")
    if result.is_cut:
        told.append("there are more, and it took too long: do it again for the rest")
    return "; ".join(told)
