"""Sites that could not be seen for some of a time: failing, blind, paused, or silenced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    case,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.status import Verdict
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_found_visible, is_visible
from daemon.store.tables import Attempt, MonitoredSite
from daemon.store.tables.ids import first_id
from daemon.store.views.lists.keyset import Counted
from daemon.store.views.lists.site_states import SHOWS_NOTHING, SiteState, by_index
from daemon.store.views.lists.sites import ROWS, SiteFilter, SiteRow, ways_to

MOST_CHECKS = 20_000  # gone through, the newest first
_TOO_FEW = 20  # a check that failed among more than so many is no news
# A literal, as in the condition of the index: SQLite does not find it by a parameter.
_NOTHING: ColumnElement[str] = literal_column(f"'{NOTHING_CHOSEN}'")
_FAILING, _BLIND, _ABSENT, _FAILED_BEFORE, _SILENCED, _PAUSED = range(6)  # in their order
_UNHEALTHY = {SiteState.FAILING: _FAILING, SiteState.BLIND: _BLIND}
_UNSEEN_SINCE = _UNHEALTHY | {SiteState.PAUSED: _PAUSED, SiteState.SILENCED: _SILENCED}


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A site that could not be seen, with how many of its checks failed in the time."""

    site: SiteRow
    checks: int
    failed: int


@dataclass(frozen=True, slots=True)
class UnwatchedSites:
    """The sites that could not be seen: those first that still cannot be."""

    sites: tuple[Unwatched, ...]
    number: Counted


async def troubled_sites(
    session: AsyncSession, viewer: Viewer, now: datetime, limit: int
) -> UnwatchedSites:
    """The viewer's sites that cannot be seen: failing, blind, or lacking what rules choose."""
    return await _listed(session, viewer, _failed_checks(now), _UNHEALTHY, now, limit)


async def unwatched_since(
    session: AsyncSession, viewer: Viewer, since: datetime, now: datetime, limit: int
) -> UnwatchedSites:
    """The viewer's sites that could not be seen for some of the time since an instant.

    Shape: of sites that are well again, those whose checks failed among the last `MOST_CHECKS`.
    """
    return await _listed(session, viewer, _failed_checks(since), _UNSEEN_SINCE, now, limit)


async def _listed(
    session: AsyncSession,
    viewer: Viewer,
    figures: Subquery,
    states: Mapping[SiteState, int],
    now: datetime,
    limit: int,
) -> UnwatchedSites:
    top = _first(_ranked(viewer, figures, states, now), figures, limit).subquery()
    columns = (top.c.checks, top.c.failed, top.c.number, top.c.rank)
    rows = await session.execute(
        ROWS.add_columns(*columns)
        .join(top, top.c.id == MonitoredSite.id)
        .where(is_found_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None))
    )
    found = sorted(rows, key=lambda row: (row.rank, row.name, row.id))
    sites = [Unwatched(SiteRow(*row[: -len(columns)]), row.checks, row.failed) for row in found]
    return UnwatchedSites(tuple(sites), Counted(found[0].number if found else 0))


def _first(ranked: Subquery, figures: Subquery, limit: int) -> Select[Any]:
    """Those of these sites that are listed first, and how many there are."""
    site = ranked.c.id, ranked.c.name, ranked.c.page_id
    once = select(*site, func.min(ranked.c.rank).label("rank")).group_by(*site).subquery()
    return (
        select(
            once.c.id,
            once.c.rank,
            func.coalesce(figures.c.checks, 0).label("checks"),
            func.coalesce(figures.c.failed, 0).label("failed"),
            func.count().over().label("number"),
        )
        .join_from(once, figures, figures.c.page_id == once.c.page_id, isouter=True)
        .order_by(once.c.rank, once.c.name, once.c.id)
        .limit(limit)
    )


def _failed_checks(since: datetime) -> Subquery:
    """How many of the newest checks of each page failed, where that is more than a few."""
    newest = (
        select(Attempt.page_id, Attempt.verdict)
        # Their ids sort by time, and no index over all pages does.
        .where(Attempt.id >= first_id(since))
        .order_by(Attempt.id.desc())
        .limit(MOST_CHECKS)
        .subquery()
    )
    failed = func.sum(case((newest.c.verdict == Verdict.FAILED, 1), else_=0))
    return (
        select(newest.c.page_id, func.count().label("checks"), failed.label("failed"))
        .group_by(newest.c.page_id)
        .having(failed * _TOO_FEW >= func.count())
        .having(failed > 0)
        .subquery()
    )


def _ranked(
    viewer: Viewer, figures: Subquery, states: Mapping[SiteState, int], now: datetime
) -> Subquery:
    """The sites, each as often as it is found by an index, which has all that is asked here."""
    site = MonitoredSite.id, MonitoredSite.name, MonitoredSite.page_id
    theirs = is_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None)
    found = [
        one.with_only_columns(*site, _rank(rank))
        for state, rank in states.items()
        for one in ways_to(viewer, SiteFilter(state=state), now)
    ]
    absent = select(*site, _rank(_ABSENT)).where(
        *theirs, MonitoredSite.is_active, MonitoredSite.text_hash == _NOTHING
    )
    found.append(by_index(SHOWS_NOTHING, absent))
    recent = select(*site, _rank(_FAILED_BEFORE)).join(
        figures, figures.c.page_id == MonitoredSite.page_id
    )
    theirs = (is_found_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None))
    found.append(recent.where(*theirs))
    return union_all(*found).subquery()


def _rank(rank: int) -> ColumnElement[int]:
    """The place of a site that is found so; one that is paused comes last however it is found."""
    return case((~MonitoredSite.is_active, _PAUSED), else_=rank).label("rank")
