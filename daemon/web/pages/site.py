"""The pages of one site: its history, its checks, its states, and what it showed at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.display.check_bars import check_bars
from daemon.display.learnt import checks, rhythm
from daemon.display.since import parse_at
from daemon.display.times import local, stamp
from daemon.display.watching import (
    FOLLOWED,
    NOTIFIED,
    WATCHED,
    asked_for,
    certificate,
    discovering,
    noise_rules,
    reading_rules,
    schedule,
    way,
)
from daemon.model.errors import InputError
from daemon.model.reading import HISTORY_LOST
from daemon.operations.lists.changes import ChangesWanted, page_of_changes
from daemon.operations.lists.checks import list_checks
from daemon.operations.lists.states import (
    Part,
    as_it_was,
    download,
    failure_picture,
    list_states,
)
from daemon.operations.sites import (
    FOR_EVER,
    NOTHING_SHOWN,
    ShownSite,
    SiteView,
    missing_rules,
    show,
    since_of,
    state_of,
    why_of,
)
from daemon.redaction import redact_text
from daemon.url import host_of
from daemon.web.answers import Answer, File, page, see_other
from daemon.web.memory.file_lines import Stated
from daemon.web.request import Request
from daemon.web.turning import TAKES as PLACES
from daemon.web.turning import address, neighbours, turn_of

TAKES = PLACES
DAY_TAKES = ("on",)


@dataclass(frozen=True, slots=True)
class Head:
    """A site as each of its pages begins and ends: how it is, and how it is watched."""

    shown: ShownSite
    state: str
    why: str
    since: datetime | None
    missing: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    host: str
    is_silenced: bool
    is_silenced_for_ever: bool
    tab: str
    stated: Stated

    @property
    def path(self) -> str:
        return f"/sites/{self.shown.view.id}"


async def show_site(request: Request) -> Answer:
    """The history of a site: its changes, newest first."""
    head = await head_of(request, "history")
    wanted = ChangesWanted(site_id=head.shown.view.id)
    turn = turn_of(request, datetime)
    found = await page_of_changes(request.database, request.viewer, wanted, turn)
    return page(
        "site.html",
        head=head,
        changes=found.page.items,
        total=found.counts.total,
        until=found.counts.newest_at,
        pager=neighbours(request, found.page),
        back=address(request),
    )


async def show_checks(request: Request) -> Answer:
    """The checks of a site: when, how they ended, and what they cost."""
    head = await head_of(request, "checks")
    turn = turn_of(request, datetime)
    view = head.shown.view
    found = await list_checks(request.database, request.viewer, view, turn, request.now)
    return page(
        "site_checks.html",
        head=head,
        bars=check_bars(found.days),
        checks=found.page.items,
        pager=neighbours(request, found.page),
    )


async def show_states(request: Request) -> Answer:
    """The states of a site that are kept, to be compared and saved."""
    head = await head_of(request, "states")
    turn = turn_of(request, datetime)
    found = await list_states(request.database, request.viewer, head.shown.view.id, turn)
    return page(
        "site_states.html",
        head=head,
        states=found.page.items,
        pager=neighbours(request, found.page),
    )


async def choose_day(request: Request) -> Answer:
    """The page of an instant, which is asked for in a person's words."""
    site_id, word = request.id("id", "site"), request.query.text("on")
    if not word:
        raise InputError("on", "", "is missing", "name a day, such as friday or 2026-11-27")
    return see_other(f"/sites/{site_id}/at/{stamp(_instant(request, 'on', word))}")


async def show_at(request: Request) -> Answer:
    """What a site showed at an instant, between what it showed before and after."""
    at = _instant(request, "date", request.parts.text("date"))
    head = await head_of(request, "at")
    found = await as_it_was(request.database, request.viewer, str(head.shown.view.id), at)
    return page("site_at.html", head=head, found=found, at=at)


async def download_text(request: Request) -> Answer:
    """The text of a state, as its rules read it, with an end to its last line: patches are so."""
    return await _download(request, "text")


async def download_original(request: Request) -> Answer:
    """The bytes that a state was read from, never as what they say they are."""
    return await _download(request, "original")


async def show_picture(request: Request) -> Answer:
    """How a page looked in a state; it never changes."""
    site_id, state_id = request.id("id", "site"), request.id("state", "state")
    kept = await download(request.database, request.viewer, site_id, state_id, "picture")
    return File(kept.data, "image/png", lasts=True)


async def show_failure(request: Request) -> Answer:
    """How a page looked when a step on it failed."""
    site_id = request.id("id", "site")
    kept = await failure_picture(request.database, request.viewer, site_id)
    return File(kept.data, "image/png")


async def _download(request: Request, what: Part) -> File:
    site_id, state_id = request.id("id", "site"), request.id("state", "state")
    kept = await download(request.database, request.viewer, site_id, state_id, what)
    data = kept.data if what == "original" else kept.data + b"\n"
    return File(data, name=f"{_file_name(state_id, kept.seen_at)}-{what}.txt")


def _file_name(state_id: UUID, seen_at: datetime) -> str:
    return f"{seen_at:%Y-%m-%d-%H%M%S}-{state_id.hex[-8:]}"


async def head_of(request: Request, tab: str) -> Head:
    """How the site in the path is, and how it is watched.

    Errors: NotFoundError.
    """
    word = str(request.id("id", "site"))
    shown = await show(request.database, request.viewer, word, request.now)
    view, state = shown.view, state_of(shown.view)
    is_told = state in NOTHING_SHOWN
    muted_until = view.muted_until
    return Head(
        shown,
        state,
        why_of(view) if is_told else "",
        since_of(view) if is_told else None,
        tuple(missing_rules(view)),
        tuple(_facts(shown, request.now)),
        host_of(view.url),
        muted_until is not None and muted_until > request.now,
        muted_until == FOR_EVER,
        tab,
        await _stated(request, view),
    )


async def _stated(request: Request, view: SiteView) -> Stated:
    """Where the file describes a site that it manages."""
    if view.managed_by != "config":
        return Stated()
    return await request.context.lines.of_site(request.config, view.name, view.owner_id)


def _facts(shown: ShownSite, now: datetime) -> Iterator[tuple[str, str]]:
    """How a site is watched, in the words of `sites show`."""
    view, rules, pages = shown.view, shown.rules, shown.pages
    if view.answer_url and view.answer_url != view.url:
        yield "reached", redact_text(view.answer_url)
    if view.parent is not None:
        yield "found by", view.parent
    yield "asked", asked_for(shown.request)
    if told := way(shown.request):
        yield "proxy", told
    if shown.request.verify_tls is False:
        yield "unsafe", "its certificate is not checked: anybody on the way can change it"
    yield from reading_rules(rules)
    yield "watched", WATCHED[shown.watch]
    if pages is not None:
        yield from discovering(rules, pages.listed, pages.watched)
    yield from noise_rules(rules, shown.watch)
    yield "notified", NOTIFIED[rules.notified_of]
    for key, standing in shown.standings.items():
        yield "condition", f"{key}: {standing.words}"
    yield "follows", FOLLOWED[rules.follow]
    yield "schedule", schedule(view)
    if shown.estimate is not None:
        yield "rhythm", rhythm(shown.estimate)
        yield "checks", checks(shown.estimate)
    if view.certificate_ends_at:
        yield "tls", certificate(view.certificate_ends_at, now)
    if HISTORY_LOST in map(str, view.flags or ()) and view.first_seen_at:
        began = local(view.first_seen_at)
        yield "history", f"begun anew at {began}: the state before could not be read"


def _instant(request: Request, name: str, word: str) -> datetime:
    """The instant that a person means, as the command line takes it.

    Errors: InputError.
    """
    try:
        return parse_at(word, request.now)
    except ValueError as exc:
        raise InputError(name, word, "is no day of the past", str(exc)) from exc
