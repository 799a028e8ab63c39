"""What a person is shown first: what is unseen, and what cannot be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.model.viewer import Viewer
from daemon.operations.lists.changes import ChangesWanted, ListedChange, SeverityCounts
from daemon.operations.lists.paging import PAGE_SIZE, Turn
from daemon.operations.lists.trouble import UnwatchedSites
from daemon.store.core.database import Database
from daemon.store.views.lists import changes as views
from daemon.store.views.lists.changes import SiteChanges as SiteChanges
from daemon.store.views.lists.ranked import AlertSince, alerts_since
from daemon.store.views.lists.unwatched import troubled_sites

_ALERTS_OF = timedelta(days=1)
_MOST_ALERTS = 10


@dataclass(frozen=True, slots=True)
class Today:
    """The unseen changes, the latest price alerts, and the sites that cannot be seen.

    Shape: each site stands once, with its gravest change, and the gravest comes first; where there
           are too many to be sorted, the newest changes. `latest` are the newest of all, if nothing
           is unseen. `alerts` are those of the last day, the newest first.
    """

    unseen: tuple[SiteChanges, ...]
    counts: SeverityCounts
    are_sorted: bool
    latest: tuple[ListedChange, ...]
    troubled: UnwatchedSites
    alerts: tuple[AlertSince, ...]


async def today(
    database: Database,
    viewer: Viewer,
    now: datetime,
    limit: int = PAGE_SIZE,
    counts: SeverityCounts | None = None,
) -> Today:
    """What of the viewer's is unseen, with `counts` if they are known, and what cannot be seen."""
    async with database.reading() as session:
        selection = await views.selection_of(session, viewer, ChangesWanted(only_unseen=True))
        counts = counts or await views.count_changes(session, selection)
        are_few = not counts.total.is_capped
        unseen: tuple[SiteChanges, ...] = ()
        latest: tuple[ListedChange, ...] = ()
        if not counts.total.number:
            newest = await views.list_page(session, selection.of_all, Turn(limit=limit), counts)
            latest = newest.items
        elif are_few:
            unseen = tuple(await views.gravest(session, selection, limit))
        else:
            page = await views.list_page(session, selection, Turn(limit=limit), counts)
            unseen = tuple(map(SiteChanges, page.items))
        troubled = await troubled_sites(session, viewer, now, limit)
        alerts = await alerts_since(session, viewer, now - _ALERTS_OF, _MOST_ALERTS)
    return Today(unseen, counts, are_few, latest, troubled, tuple(alerts))
