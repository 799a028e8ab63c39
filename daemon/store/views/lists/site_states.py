"""The states that lists of sites are narrowed down to, and the index of each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from daemon.model.viewer import Viewer
from daemon.store.tables import MonitoredSite


class SiteState(StrEnum):
    """What a list of sites can be narrowed down to."""

    UNSEEN = "unseen"
    FAILING = "failing"
    BLIND = "blind"
    UNHEALTHY = "unhealthy"  # failing or blind
    SILENCED = "silenced"
    PAUSED = "paused"


BY_ITS_PAGE = "ix_monitored_sites_page_id"
SHOWS_NOTHING = "ix_monitored_sites_shows_nothing"
_INDEXES: Mapping[SiteState | None, str] = {
    None: "ix_monitored_sites_name_live",
    SiteState.UNSEEN: "ix_monitored_sites_unseen",
    SiteState.FAILING: SHOWS_NOTHING,
    SiteState.BLIND: SHOWS_NOTHING,
    SiteState.UNHEALTHY: SHOWS_NOTHING,
    SiteState.SILENCED: "ix_monitored_sites_silenced",
    SiteState.PAUSED: "ix_monitored_sites_paused",
}
_OF_OWNER: Mapping[SiteState | None, str] = {  # the others begin with the owner
    None: "ix_monitored_sites_owner_changed",
    SiteState.UNSEEN: "ix_monitored_sites_owner_unseen",
}


def index_of(viewer: Viewer, state: SiteState | None) -> str:
    """The index of a state: SQLite reads the table, or all that is an owner's, if left to it."""
    if viewer.is_admin:
        return _INDEXES[state]
    return _OF_OWNER.get(state, _INDEXES[state])


def by_index(index: str, query: Any) -> Any:
    """The query with an index that SQLite must use; PostgreSQL knows how many rows are so."""
    return query.with_hint(MonitoredSite.__table__, f"INDEXED BY {index}", "sqlite")
