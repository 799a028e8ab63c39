"""What happened since an instant, ranked; and what could not be seen in that time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.alerting.destinations import name_in
from daemon.display.caught_up import gap_words, since_words, summary, undelivered_words
from daemon.model.viewer import Viewer
from daemon.operations.lists.changes import ChangesWanted
from daemon.operations.lists.paging import PAGE_SIZE
from daemon.operations.lists.trouble import UnwatchedSites
from daemon.operations.lookup import refuse_unused
from daemon.store.core.database import Database
from daemon.store.queue.coverage import Coverage, coverage_since
from daemon.store.queue.coverage import Undelivered as Undelivered
from daemon.store.views.lists.changes import selection_of
from daemon.store.views.lists.ranked import AlertSince as AlertSince
from daemon.store.views.lists.ranked import RankedSite as RankedSite
from daemon.store.views.lists.ranked import Ranking as Ranking
from daemon.store.views.lists.ranked import alerts_since, rank
from daemon.store.views.lists.unwatched import unwatched_since

_SHORTEST_GAP = timedelta(minutes=2)  # a restart takes less


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What happened since an instant, and what could not be seen.

    Shape: `gaps` are the times in which no daemon ran; of what was before `known_from` it cannot
           be said, None if all is known. `has_run` unless no daemon has ever run.
    """

    since: datetime
    now: datetime
    ranking: Ranking
    alerts: tuple[AlertSince, ...]
    unwatched: UnwatchedSites
    gaps: tuple[tuple[datetime, datetime], ...]
    known_from: datetime | None
    has_run: bool
    undelivered: Undelivered

    @property
    def is_complete(self) -> bool:
        """Whether everything could be seen, and told, in all of the time."""
        is_told = not self.undelivered.number
        return (
            self.has_run and is_told and not (self.unwatched.sites or self.gaps or self.known_from)
        )


async def catch_up(
    database: Database,
    viewer: Viewer,
    wanted: ChangesWanted,
    now: datetime,
    limit: int = PAGE_SIZE,
) -> CaughtUp:
    """What happened to what is the viewer's since an instant, the most important first.

    Shape:  `wanted` says since when; each site is listed once, by its most important change.
    Errors: NotFoundError for a tag that no site has.
    """
    await refuse_unused(database, viewer, ["site"], wanted.tags)
    since = wanted.since or now
    async with database.reading() as session:
        selection = await selection_of(session, viewer, wanted)
        ranking = await rank(session, selection, limit)
        alerts = await alerts_since(session, viewer, since, limit)
        unwatched = await unwatched_since(session, viewer, since, now, limit)
        coverage = await coverage_since(session, viewer, since)
    begins = coverage.known_from
    return CaughtUp(
        since=since,
        now=now,
        ranking=ranking,
        alerts=tuple(alerts),
        unwatched=unwatched,
        gaps=tuple(_gaps(coverage, since, now)),
        known_from=begins if begins is not None and begins > since + _SHORTEST_GAP else None,
        has_run=begins is not None,
        undelivered=coverage.undelivered,
    )


def _gaps(
    coverage: Coverage, since: datetime, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The times since an instant in which no daemon ran, as far as runs are kept."""
    if coverage.known_from is None:
        return
    covered_to = max(since, coverage.known_from)
    for began, ended in sorted(coverage.runs, key=lambda run: run[0]):
        if began - covered_to > _SHORTEST_GAP:
            yield covered_to, began
        covered_to = max(covered_to, ended or now)
    if now - covered_to > _SHORTEST_GAP:
        yield covered_to, now


def summary_of(found: CaughtUp) -> str:
    """How much has changed, in words."""
    ranking = found.ranking
    numbers = {one.value: str(number) for one, number in ranking.counts.by_severity.items()}
    return summary(str(ranking.counts.total), str(ranking.number), numbers)


def unseen_of_all(found: CaughtUp) -> Iterator[str]:
    """What could not be seen, or told, whatever site it was of: a sentence for each."""
    if not found.has_run:
        yield "no daemon has ever run: pages were checked by hand alone"
    if found.known_from is not None:
        before = since_words(found.known_from)
        yield f"nothing is known of the time before {before}: no run of a daemon is kept from then"
    yield from gap_words(found.gaps)
    lost = found.undelivered
    if lost.number:
        channel = name_in(lost.channel) if lost.channel else None
        yield undelivered_words(lost.number, lost.channels, channel, lost.reason)
