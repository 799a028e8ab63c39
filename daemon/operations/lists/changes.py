"""Lists of changes, page by page, and the changes that nobody has seen yet."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.conditions.crossings import CATEGORY as CONDITION
from daemon.llm.prompt import CATEGORIES as JUDGED
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Page, Turn
from daemon.store.core.database import Database
from daemon.store.views.lists import changes as views
from daemon.store.views.lists.changes import ListedChange as ListedChange
from daemon.store.views.lists.counting import SeverityCounts as SeverityCounts
from daemon.store.views.lists.selection import SEVERITIES as SEVERITIES
from daemon.store.views.lists.selection import ChangesWanted as ChangesWanted

# What a change may be about; noise is none.
CATEGORIES = (*(word for word in JUDGED if word != "noise"), "presence", CONDITION)


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
