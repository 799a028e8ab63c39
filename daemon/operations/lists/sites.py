"""Lists of sites as people turn them: filtered, counted, searched and sorted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from daemon.characters import storable
from daemon.model.errors import UrlError
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Counted, Page, Turn
from daemon.operations.lookup import SiteView, refuse_unused
from daemon.store.core.database import Database
from daemon.store.views import sites as views
from daemon.store.views.lists import sites as views_of_lists
from daemon.store.views.lists.site_states import SiteState as SiteState
from daemon.store.views.lists.sites import SiteFilter as SiteFilter
from daemon.store.views.lists.sites import SiteListing, turn_ids, turn_sites
from daemon.store.views.lists.sites import SiteOrder as SiteOrder
from daemon.store.views.lists.sites import SiteRow as SiteRow
from daemon.url import host_of, parse_url

# What is counted beside a list, None being all.
COUNTED = (
    None,
    SiteState.UNSEEN,
    SiteState.FAILING,
    SiteState.BLIND,
    SiteState.SILENCED,
    SiteState.PAUSED,
)
_EVERY_SITE = SiteFilter()
_ONCE = 1000  # sites read in one statement, where all are wanted
_FEW = 1000  # are sorted sooner than found among all


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """How many sites there are.

    Shape: `by_state` are of all of the viewer's sites, under None of the whole; `matching` are
           those that a filter lets through.
    """

    by_state: Mapping[SiteState | None, Counted]
    matching: Counted


@dataclass(frozen=True, slots=True)
class ListedSites:
    """A page of a list of sites, with how many there are of each kind."""

    page: Page[SiteRow]
    counts: Mapping[SiteState | None, Counted]
    matching: Counted


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of sites: which, in what order, and which page of it."""

    wanted: SiteFilter
    order: SiteOrder = SiteOrder.NAME
    turn: Turn = FIRST


async def count_sites(
    database: Database, viewer: Viewer, wanted: SiteFilter, now: datetime
) -> SiteCounts:
    """How many of the viewer's live sites are in each state, and how many are so."""
    wanted = searchable(wanted)
    by_state = {state: replace(_EVERY_SITE, state=state) for state in COUNTED}
    filters = list(dict.fromkeys([*by_state.values(), wanted]))  # each is counted once
    async with database.reading() as session:
        found = await views_of_lists.count_sites(session, viewer, filters, now)
    counts = dict(zip(filters, found, strict=True))
    return SiteCounts({state: counts[one] for state, one in by_state.items()}, counts[wanted])


async def page_of_sites(
    database: Database, viewer: Viewer, listed: Listing, matching: Counted, now: datetime
) -> Page[SiteRow]:
    """A page of the viewer's live sites that are so, of which there are so many."""
    wanted = searchable(listed.wanted)
    listing = SiteListing(wanted, listed.order, now, _is_of_few(viewer, wanted, matching))
    async with database.reading() as session:
        return await turn_sites(session, viewer, listing, listed.turn)


async def list_sites(
    database: Database,
    viewer: Viewer,
    wanted: SiteFilter,
    order: SiteOrder,
    turn: Turn,
    now: datetime,
) -> ListedSites:
    """A page of the viewer's live sites that are so, and how many there are."""
    counts = await count_sites(database, viewer, wanted, now)
    listed = Listing(wanted, order, turn)
    page = await page_of_sites(database, viewer, listed, counts.matching, now)
    return ListedSites(page, counts.by_state, counts.matching)


async def every_site(
    database: Database,
    viewer: Viewer,
    wanted: SiteFilter,
    order: SiteOrder,
    now: datetime,
    limit: int | None = None,
) -> list[SiteView]:
    """The viewer's live sites that are so, in this order; all of them, or the first ones.

    Errors: NotFoundError for a tag that no site has.
    """
    await refuse_unused(database, viewer, ["site"], wanted.tags)
    listing = SiteListing(searchable(wanted), order, now)
    found: list[SiteView] = []
    turn = Turn(limit=_ONCE)
    async with database.reading() as session:
        while limit is None or len(found) < limit:
            page = await turn_ids(session, viewer, listing, turn)
            found += await views.sites_by_id(session, viewer, page.items)
            if page.next is None:
                break
            turn = replace(turn, cursor=page.next)
    return found[:limit]


def _is_of_few(viewer: Viewer, wanted: SiteFilter, matching: Counted) -> bool:
    """Whether to find what matches and sort it, as to walk all sites for it would take longer."""
    is_all = viewer.is_admin and wanted == _EVERY_SITE
    return not is_all and matching.number <= _FEW


def searchable(wanted: SiteFilter) -> SiteFilter:
    """The filter with what is searched for as it is stored: a host also as it is sent."""
    parts = [storable(part).strip() for part in wanted.search]
    parts += [host for part in parts if (host := _sent_host(part))]
    return replace(wanted, search=tuple(dict.fromkeys(filter(None, parts))))


def _sent_host(part: str) -> str:
    """The host that a text of other letters than ASCII's names, as URLs are stored with it."""
    if part.isascii():
        return ""
    try:
        return host_of(parse_url(f"https://{part}"))
    except UrlError:
        return ""
