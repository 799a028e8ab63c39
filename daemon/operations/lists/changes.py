"""Lists of changes, page by page, and the changes that nobody has seen yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from daemon.conditions.crossings import CATEGORY as CONDITION
from daemon.llm.prompt import CATEGORIES as JUDGED
from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Counted, Page, Turn
from daemon.store.core.database import Database
from daemon.store.views import sites
from daemon.store.views.lists import changes as views
from daemon.store.views.lists.changes import ListedChange as ListedChange
from daemon.store.views.lists.counting import SeverityCounts as SeverityCounts
from daemon.store.views.lists.selection import SEVERITIES as SEVERITIES
from daemon.store.views.lists.selection import ChangesWanted as ChangesWanted

# What a change may be about; noise is none.
CATEGORIES = (*(word for word in JUDGED if word != "noise"), "presence", CONDITION)
_UNCOUNTED = SeverityCounts(Counted(0), {})


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page of changes, and how many there are of each severity, whichever are shown."""

    page: Page[ListedChange]
    counts: SeverityCounts


async def count_changes(
    database: Database, viewer: Viewer, wanted: ChangesWanted
) -> SeverityCounts:
    """How many of the viewer's changes are so, of each severity."""
    async with database.reading() as session:
        return await views.count_changes(session, await views.selection_of(session, viewer, wanted))


async def page_of_changes(
    database: Database,
    viewer: Viewer,
    wanted: ChangesWanted,
    turn: Turn = FIRST,
    counts: SeverityCounts | None = None,
) -> ChangesPage:
    """A page of the viewer's changes, newest first, with `counts` if they are known already."""
    async with database.reading() as session:
        selection = await views.selection_of(session, viewer, wanted)
        counts = counts or await views.count_changes(session, selection)
        return ChangesPage(await views.list_page(session, selection, turn, counts), counts)


async def newest_changes(
    database: Database, viewer: Viewer, wanted: ChangesWanted, limit: int
) -> tuple[ListedChange, ...]:
    """The newest of the viewer's changes; counted only where that says how to find them."""
    async with database.reading() as session:
        selection = await views.selection_of(session, viewer, wanted)
        counts = _UNCOUNTED
        if selection.is_of_some_sites:
            counts = await views.count_changes(session, selection)
        return (await views.list_page(session, selection, Turn(limit=limit), counts)).items


async def newest_of_site(
    database: Database, viewer: Viewer, site_id: UUID, wanted: ChangesWanted, limit: int
) -> tuple[str, tuple[ListedChange, ...]]:
    """The name of a live site of the viewer's, and the newest of its changes.

    Errors: NotFoundError.
    """
    async with database.reading() as session:
        found = await sites.sites_by_id(session, viewer, [site_id])
    if not found:
        raise NotFoundError("site", str(site_id))
    wanted = replace(wanted, site_id=site_id)
    return found[0].name, await newest_changes(database, viewer, wanted, limit)
