"""The page of all sites: filtered, searched, sorted, and turned page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from daemon.config.values import LONGEST_TAG, RefusedError, check_tag
from daemon.model.errors import InputError
from daemon.operations.lists.paging import Counted, Turn
from daemon.operations.lists.sites import (
    COUNTED,
    Listing,
    SiteFilter,
    SiteOrder,
    SiteRow,
    SiteState,
    count_sites,
    page_of_sites,
)
from daemon.operations.lookup import tags_in_use
from daemon.operations.sites import NOTHING_SHOWN, since_of, state_of, why_of
from daemon.web.answers import Answer, page
from daemon.web.forms import Fields
from daemon.web.request import Request
from daemon.web.turning import TAKES as PLACES
from daemon.web.turning import address, neighbours, turn_of

FILTERS = ("state", "q", "tag", "type", "owner")
TAKES = (*FILTERS, "sort", *PLACES)
_LONGEST_WORD = 255
_LONGEST_SEARCH = 200
_ORDERS = {
    SiteOrder.NAME: "name",
    SiteOrder.CHANGED: "last change",
    SiteOrder.CHECKED: "last check",
    SiteOrder.NEXT: "next check",
}
_Filter = tuple[str, str, Counted, bool]  # its name and address, how many, and whether it is this


@dataclass(frozen=True, slots=True)
class Line:
    """A site as the list says it: its state, the reason, and since when."""

    row: SiteRow
    state: str
    why: str
    since: datetime | None


async def show_sites(request: Request) -> Answer:
    """A page of sites with their states, their last change, and when they are checked."""
    wanted, order = filter_of(request.query), _order(request)
    listed = Listing(wanted, order, _turn(request, order))
    asked = request.database, request.viewer
    count = partial(count_sites, *asked, wanted, request.now)
    counts = await request.recent(("sites", wanted), count)
    found = await page_of_sites(*asked, listed, counts.matching, request.now)
    return page(
        "sites.html",
        lines=[_line(row) for row in found.items],
        filters=list(_filters(request, wanted, counts.by_state)),
        wanted=wanted,
        search=request.query.text("q"),
        is_searchable=request.config.web.search_changes,
        orders=_ORDERS,
        order=order,
        tags=await request.recent("tags", partial(tags_in_use, *asked, ["site"])),
        matching=counts.matching,
        total=counts.by_state[None],
        pager=neighbours(request, found),
        is_narrowed=wanted != SiteFilter(),
        narrowed=list(_narrowed(request, wanted)),
        everything=written(request.query),
        back=address(request),
    )


def filter_of(fields: Fields) -> SiteFilter:
    """Which sites are meant by these fields.

    Errors: InputError.
    """
    state = fields.choice("state", list(SiteState))
    search = fields.text("q", most=_LONGEST_SEARCH)
    return SiteFilter(
        SiteState(state) if state else None,
        (search,) if search else (),
        tuple(tag_in("tag", word) for word in fields.several("tag")),
        fields.text("type", most=_LONGEST_WORD),
        fields.text("owner", most=_LONGEST_WORD),
    )


def tag_in(name: str, word: str) -> str:
    """A tag in its one spelling.

    Errors: InputError.
    """
    try:
        return check_tag(word.strip())
    except RefusedError as exc:
        hint = f"at most {LONGEST_TAG} characters, without a comma"
        raise InputError(name, word, str(exc), hint) from exc


def written(fields: Fields) -> str:
    """The filter of these fields as one value, by which a form means all that match."""
    pairs = [(name, value) for name in FILTERS for value in fields.several(name)]
    return urlencode(pairs)


def _order(request: Request) -> SiteOrder:
    return SiteOrder(request.query.choice("sort", list(SiteOrder), SiteOrder.NAME))


def _turn(request: Request, order: SiteOrder) -> Turn:
    """Which page: the place of a site without an instant is the number of its part.

    Errors: InputError for a place of another order.
    """
    if order is SiteOrder.NAME:
        return turn_of(request, str)
    turn = turn_of(request, datetime, str)
    value = turn.cursor.value if turn.cursor else ""
    if isinstance(value, str) and value and not (value.isascii() and value.isdecimal()):
        raise InputError("after", "", "is a place in another list", "begin with the first page")
    return turn


def _narrowed(request: Request, wanted: SiteFilter) -> Iterator[tuple[str, str, str]]:
    """What the list is narrowed down to that no field of the page shows, and the list without."""
    if wanted.site_type:
        yield "sites of the type", wanted.site_type, address(request, type=None)
    if wanted.owner_id:
        yield "sites of", wanted.owner_id, address(request, owner=None)


def _filters(
    request: Request, wanted: SiteFilter, counts: Mapping[SiteState | None, Counted]
) -> Iterator[_Filter]:
    for state in COUNTED:
        name = state.capitalize() if state else "All"
        yield name, address(request, state=state), counts[state], wanted.state is state


def _line(row: SiteRow) -> Line:
    state = state_of(row)
    is_told = state in NOTHING_SHOWN
    return Line(row, state, why_of(row) if is_told else "", since_of(row) if is_told else None)
