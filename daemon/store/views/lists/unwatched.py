"""Sites that could not be seen for some of a time: failing, blind, paused, or silenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, case, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.status import Verdict
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_found_visible, is_visible
from daemon.store.tables import Attempt, MonitoredSite, Page
from daemon.store.tables.ids import first_id
from daemon.store.views.lists.keyset import Counted
from daemon.store.views.lists.sites import ROWS, SiteFilter, SiteRow, SiteState, found_sites

MOST_CHECKS = 20_000  # gone through, the newest first
_TOO_FEW = 20  # a check that failed among more than so many is no news
_STATES = (SiteState.UNHEALTHY, SiteState.PAUSED, SiteState.SILENCED)


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
    return await _listed(session, viewer, _failed_checks(now), (SiteState.UNHEALTHY,), now, limit)


async def unwatched_since(
    session: AsyncSession, viewer: Viewer, since: datetime, now: datetime, limit: int
) -> UnwatchedSites:
    """The viewer's sites that could not be seen for some of the time since an instant.

    Shape: of sites that are well again, those whose checks failed among the last `MOST_CHECKS`.
    """
    return await _listed(session, viewer, _failed_checks(since), _STATES, now, limit)


async def _listed(
    session: AsyncSession,
    viewer: Viewer,
    figures: Subquery,
    states: Sequence[SiteState],
    now: datetime,
    limit: int,
) -> UnwatchedSites:
    top = _first(viewer, figures, _ids(viewer, figures, states, now), limit).subquery()
    columns = (top.c.checks, top.c.failed, top.c.number, top.c.rank)
    rows = await session.execute(
        ROWS.add_columns(*columns)
        .join(top, top.c.id == MonitoredSite.id)
        .where(is_found_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None))
    )
    found = sorted(rows, key=lambda row: (row.rank, row.name, row.id))
    sites = [Unwatched(SiteRow(*row[: -len(columns)]), row.checks, row.failed) for row in found]
    return UnwatchedSites(tuple(sites), Counted(found[0].number if found else 0))


def _first(viewer: Viewer, figures: Subquery, ids: Subquery, limit: int) -> Select[Any]:
    """Those of these sites that are listed first, and how many there are."""
    rank = case(
        (~MonitoredSite.is_active, 5),
        (MonitoredSite.blind_spot.is_not(None), 1),
        (or_(MonitoredSite.error_class.is_not(None), Page.error_class.is_not(None)), 0),
        (MonitoredSite.text_hash == NOTHING_CHOSEN, 2),
        (func.coalesce(figures.c.failed, 0) > 0, 3),
        else_=4,
    ).label("rank")
    columns: list[Any] = [MonitoredSite.id, rank]
    columns += [
        func.coalesce(figures.c.checks, 0).label("checks"),
        func.coalesce(figures.c.failed, 0).label("failed"),
        func.count().over().label("number"),
    ]
    return (
        select(*columns)
        .join_from(ids, MonitoredSite, MonitoredSite.id == ids.c.id)
        .outerjoin(Page, Page.id == MonitoredSite.page_id)
        .outerjoin(figures, figures.c.page_id == MonitoredSite.page_id)
        .where(is_found_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None))
        .order_by(rank, MonitoredSite.name, MonitoredSite.id)
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


def _ids(viewer: Viewer, figures: Subquery, states: Sequence[SiteState], now: datetime) -> Subquery:
    """The ids of the sites, each found by an index of its state."""
    by_state: list[Any] = [found_sites(viewer, SiteFilter(state=state), now) for state in states]
    theirs = is_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None)
    absent = select(MonitoredSite.id).where(
        *theirs, MonitoredSite.is_active, MonitoredSite.text_hash == NOTHING_CHOSEN
    )
    recent = (
        select(MonitoredSite.id)
        .join(figures, figures.c.page_id == MonitoredSite.page_id)
        .where(is_found_visible(MonitoredSite.owner_id, viewer), MonitoredSite.deleted_at.is_(None))
    )
    found = union(*(select(one.subquery().c.id) for one in by_state), absent, recent)
    return found.subquery()
