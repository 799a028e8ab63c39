"""The page of all changes, narrowed down and turned page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from itertools import groupby

from daemon.operations.lists.changes import (
    CATEGORIES,
    SEVERITIES,
    ChangesWanted,
    ListedChange,
    SeverityCounts,
    count_changes,
    page_of_changes,
)
from daemon.operations.lists.paging import Page, Turn
from daemon.operations.lists.search import MOST_CHARACTERS, find_changes, query_of
from daemon.web.answers import Answer, page
from daemon.web.request import Request
from daemon.web.turning import TAKES as PLACES
from daemon.web.turning import address, neighbours, turn_of

TAKES = ("q", "since", "severity", "significant", "unseen", "tag", "site", "category", *PLACES)
_YES = ("1",)
_LONGEST_WORD = 255
_Filter = tuple[str, str, object, bool]  # its name and address, how many, and whether it is this


async def show_changes(request: Request) -> Answer:
    """A page of changes, newest first, under the days on which they were found."""
    wanted, turn = _wanted(request), turn_of(request, datetime)
    if request.query.text("q", most=MOST_CHARACTERS):
        return await _show_found(request, wanted, turn)
    asked = request.database, request.viewer, wanted
    # By the words, as catch-up.
    key = "changes", request.query.text("since"), replace(wanted, since=None)
    counts = await request.recent(key, partial(count_changes, *asked))
    found = await page_of_changes(*asked, turn, counts)
    return _listed(request, wanted, found.page, found.counts)


async def _show_found(request: Request, wanted: ChangesWanted, turn: Turn) -> Answer:
    """The changes that have the words searched for; why there are none where that is off."""
    words = request.query.text("q")
    query = query_of("q", words)
    if not request.config.web.search_changes:
        found = None
        shown: Page[ListedChange] = Page()
    else:
        found = await find_changes(request.database, request.viewer, query, wanted, turn)
        shown = found.page
    findable = found.findable if found else None
    return _listed(request, wanted, shown, None, search=words, query=query, findable=findable)


def _listed(
    request: Request,
    wanted: ChangesWanted,
    found: Page[ListedChange],
    counts: SeverityCounts | None,
    **searched: object,
) -> Answer:
    values = {"search": "", "query": None, "findable": None, **searched}
    return page(
        "changes.html",
        days=_by_day(found.items, request.zone),
        filters=list(_filters(request, wanted, counts)),
        wanted=wanted,
        categories=CATEGORIES,
        since=request.query.text("since"),
        until=counts.newest_at if counts else None,
        pager=neighbours(request, found),
        searched_to=found.searched_to,
        is_narrowed=wanted != ChangesWanted(),
        is_searchable=request.config.web.search_changes,
        back=address(request),
        **values,
    )


def _wanted(request: Request) -> ChangesWanted:
    query = request.query
    return ChangesWanted(
        site_id=query.id("site"),
        tags=tuple(query.several("tag")),
        change_types=tuple(query.choices("severity", SEVERITIES)),
        category=query.text("category", most=_LONGEST_WORD) or None,
        since=query.since("since", request.now),
        only_significant=bool(query.choice("significant", _YES)),
        only_unseen=bool(query.choice("unseen", _YES)),
    )


def _filters(
    request: Request, wanted: ChangesWanted, counts: SeverityCounts | None
) -> Iterator[_Filter]:
    """What else can be shown: any severity or one of them, and of these what is unseen."""
    kinds = wanted.change_types
    yield "All", address(request, severity=None), counts and counts.total, not kinds
    for severity in SEVERITIES:
        is_this, number = kinds == (severity,), counts and counts.by_severity[severity]
        yield severity.capitalize(), address(request, severity=severity), number, is_this
    unseen = None if wanted.only_unseen else "1"
    yield "Unseen", address(request, unseen=unseen), None, wanted.only_unseen


def _by_day(
    changes: Sequence[ListedChange], zone: tzinfo | None
) -> list[tuple[datetime, list[ListedChange]]]:
    """The changes under their days by the clock of their reader, newest first."""
    days = groupby(changes, lambda one: one.view.detected_at.astimezone(zone).date())
    by_day = [list(some) for _, some in days]
    return [(some[0].view.detected_at, some) for some in by_day]
