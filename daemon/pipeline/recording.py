"""Writes outcomes and decides who is notified of them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from daemon.alerting.events import owners_concerned
from daemon.alerting.notifications import notifications_of
from daemon.alerting.outages import taken_back
from daemon.logs.logger import get_logger
from daemon.model.outcome import Outage, Outcome
from daemon.model.site import Site
from daemon.store.catalogue.discovery.pages import watch_pages
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.database import DatabaseSession
from daemon.store.people.quotas import quota_of
from daemon.store.record import outages
from daemon.store.record.checks import Written, write_outcomes
from daemon.store.record.outbox import routes_of, write_notifications

log = get_logger(__name__)


async def record(
    session: DatabaseSession, run_id: UUID, outcomes: Sequence[Outcome]
) -> frozenset[UUID]:
    """Write these outcomes in the caller's transaction; returns the ids of the pages written.

    Shape: an outcome whose lease was lost in the meantime is left out; one written before, by a
           commit whose response was lost, counts as written.
    """
    if any(one.pages is not None for outcome in outcomes for one in outcome.sites):
        # Before any page is locked, as every synchronisation does it: no deadlocks.
        await take_turn(session)
    written = await write_outcomes(session, run_id, outcomes)
    for outcome in written.outcomes:
        await _watch_pages(session, outcome)
    if written.outcomes:
        await _notify(session, written)
    for outage in {one.outage for one in written.outcomes if one.outage is not None}:
        await _forget(session, outage)
    return written.page_ids


async def _watch_pages(session: DatabaseSession, outcome: Outcome) -> None:
    """Watch the pages that this one names for its sites."""
    for one in outcome.sites:
        if one.pages is not None:
            found, room = (one.site.id, outcome.page.id, one.pages), await _room(session, one.site)
            left_out = await watch_pages(session, *found, outcome.started_at, room)
            if left_out:
                hint = "`changelogger users limit` lets its owner have more"
                log.warning("pages_left_out", site=one.site.name, left_out=left_out, hint=hint)


async def _room(session: DatabaseSession, site: Site) -> int | None:
    """How many sites more its owner may have; None for no limit."""
    quota = await quota_of(session, site.owner_id)
    if quota is None or quota.max_sites is None:
        return None
    return max(quota.max_sites - quota.has, 0)


async def _notify(session: DatabaseSession, written: Written) -> None:
    owners = {owner for outcome in written.outcomes for owner in owners_concerned(outcome)}
    # Not while routes change: held notices are rescheduled then, and these would be missed.
    routes = await routes_of(session, owners, held=True)
    decided = notifications_of(written.outcomes, written.alert_ids, routes)
    await write_notifications(await session.connection(), decided)


async def _forget(session: DatabaseSession, outage: Outage) -> None:
    """Take back the warnings and alarms of hosts while our own uplink was down."""
    connection = await session.connection()
    warnings = await outages.warnings_since(connection, outage)
    failing = await outages.failing_since(connection, outage)
    routes = await routes_of(session, {one.user_id for one in warnings})
    await outages.take_back(connection, taken_back(outage, warnings, failing, routes))
