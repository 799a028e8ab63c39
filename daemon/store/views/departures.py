"""Loads the last states of a site, and the recorded changes by which it left its states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.conditions.crossings import CONDITION
from daemon.model.change import Departure
from daemon.model.reading import StoredState
from daemon.model.site import Site
from daemon.store.tables import ContentUpdate, MonitoredSite, Snapshot
from daemon.store.views.states import states_of_each

_LATEST = 100
_COLUMNS = (
    Snapshot.text_hash,
    ContentUpdate.detected_at,
    ContentUpdate.is_significant,
    ContentUpdate.reasons,
)


@cache  # to build it takes milliseconds, which no start needs to spend
def _latest_of_each() -> Any:
    """The query for the latest changes of each of `sites`."""
    nth_change, first_change = aliased(ContentUpdate), aliased(ContentUpdate)
    nth = (
        select(nth_change.detected_at)
        .where(
            nth_change.site_id == MonitoredSite.id,
            nth_change.before_snapshot_id != nth_change.after_snapshot_id,
        )
        .order_by(nth_change.detected_at.desc())
        .limit(1)
        .offset(_LATEST - 1)
    )
    first = select(func.min(first_change.detected_at)).where(
        first_change.site_id == MonitoredSite.id
    )
    # Once for each site, not for each of its changes.
    sites = (
        select(
            MonitoredSite.id,
            func.coalesce(nth.scalar_subquery(), first.scalar_subquery()).label("since"),
        )
        .where(MonitoredSite.id.in_(bindparam("sites", expanding=True)))
        .cte("sites")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        select(ContentUpdate.site_id, *_COLUMNS)
        .join_from(sites, ContentUpdate, ContentUpdate.site_id == sites.c.id)
        .join(Snapshot, Snapshot.id == ContentUpdate.before_snapshot_id)
        .where(
            ContentUpdate.detected_at >= sites.c.since,
            ContentUpdate.before_snapshot_id != ContentUpdate.after_snapshot_id,
        )
    )


@dataclass(frozen=True, slots=True)
class KnownStates:
    """The last states of a site, and the changes by which it left its states, newest first."""

    states: tuple[StoredState, ...]
    departures: tuple[Departure, ...] = ()

    def with_text(self, text_hash: str | None) -> StoredState | None:
        """The state with this text."""
        return next((state for state in self.states if state.text_hash == text_hash), None)


async def known_states(
    session: AsyncSession, sites: Collection[Site], limit: int
) -> dict[UUID, KnownStates]:
    """The last states of each site, always including its current one, and how it left them."""
    states = await states_of_each(session, sites, limit)
    # With a single state there is none to go back to.
    several = [site_id for site_id, known in states.items() if len(known) > 1]
    left = await _departures_of_each(session, several)
    return {key: KnownStates(known, tuple(left[key])) for key, known in states.items()}


async def _departures_of_each(
    session: AsyncSession, site_ids: Collection[UUID]
) -> defaultdict[UUID, list[Departure]]:
    """For each of these sites what `departures_of` has, by one query for all."""
    found: defaultdict[UUID, list[Departure]] = defaultdict(list)
    if site_ids:
        rows = defaultdict[UUID, list[Row[Any]]](list)
        for row in await session.execute(_latest_of_each(), {"sites": list(site_ids)}):
            rows[row.site_id].append(row)
        for site_id, own in rows.items():
            latest = sorted(own, key=lambda row: row.detected_at)[: -_LATEST - 1 : -1]
            found[site_id] = _departures(latest)
    return found


async def departures_of(session: AsyncSession, site_id: UUID) -> tuple[Departure, ...]:
    """The latest changes of a site, newest first, as later checks look back on them.

    Shape: what only crossed a condition left no state: it is told by itself when it goes back.
    """
    rows = await session.execute(
        select(*_COLUMNS)
        .join(Snapshot, Snapshot.id == ContentUpdate.before_snapshot_id)
        .where(
            ContentUpdate.site_id == site_id,
            ContentUpdate.before_snapshot_id != ContentUpdate.after_snapshot_id,
        )
        .order_by(ContentUpdate.detected_at.desc())
        .limit(_LATEST)
    )
    return tuple(_departures(rows))


def _departures(rows: Iterable[Row[Any]]) -> list[Departure]:
    found = (
        Departure(row.text_hash, row.detected_at, row.is_significant, _signals(row.reasons))
        for row in rows
    )
    return [one for one in found if set(one.signals) != {CONDITION}]


def _signals(reasons: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(one.get("signal")) for one in reasons if isinstance(one, dict))
