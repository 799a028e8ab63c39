"""The checks of a site, turned page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import Page, Turn
from daemon.operations.lookup import SiteView
from daemon.store.core.database import Database
from daemon.store.views.lists.checks import turn_checks
from daemon.store.views.sites import AttemptView as AttemptView
from daemon.store.views.trends import DayOfChecks as DayOfChecks
from daemon.store.views.trends import daily_checks

_DAYS = timedelta(days=29)  # and today


@dataclass(frozen=True, slots=True)
class ListedChecks:
    """A page of the checks of a site, and how those of the last thirty days ended, by UTC day."""

    page: Page[AttemptView]
    days: Mapping[date, DayOfChecks]


async def list_checks(
    database: Database, viewer: Viewer, site: SiteView, turn: Turn, now: datetime
) -> ListedChecks:
    """The checks of a site of the viewer's that are still kept one by one, the latest first."""
    if site.page_id is None:
        return ListedChecks(Page(), {})
    begin = datetime.combine(now.astimezone(UTC).date() - _DAYS, time(), UTC)
    async with database.reading() as session:
        page = await turn_checks(session, viewer, site.page_id, site.created_at, turn)
        since = max(begin, site.created_at)
        days = await daily_checks(session, viewer, site.page_id, since)
    first = begin.date()
    every = (first + timedelta(days=number) for number in range(_DAYS.days + 1))
    return ListedChecks(page, {day: days.get(day, DayOfChecks()) for day in every})
