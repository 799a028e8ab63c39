"""What asks for its owner's attention: changes that nobody has seen, and sites that fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import Counted
from daemon.store.core.database import Database
from daemon.store.views.lists.changes import count_changes, selection_of
from daemon.store.views.lists.counting import SeverityCounts
from daemon.store.views.lists.selection import ChangesWanted
from daemon.store.views.lists.site_states import SiteState
from daemon.store.views.lists.sites import SiteFilter, count_sites

_UNSEEN = ChangesWanted(only_unseen=True)
_FAILING = SiteFilter(state=SiteState.FAILING)


@dataclass(frozen=True, slots=True)
class Attention:
    """How many of the viewer's changes are unseen, and how many of their sites fail."""

    unseen: SeverityCounts
    failing: Counted


async def attention(database: Database, viewer: Viewer, now: datetime) -> Attention:
    """What asks for the viewer's attention."""
    async with database.reading() as session:
        unseen = await count_changes(session, await selection_of(session, viewer, _UNSEEN))
        [failing] = await count_sites(session, viewer, [_FAILING], now)
    return Attention(unseen, failing)
