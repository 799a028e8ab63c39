"""Loads the sites of claimed pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.site import Ratings, Site
from daemon.model.viewer import Viewer
from daemon.store.core.json_columns import (
    failure_history_of,
    mapping_of,
    rules_from_json,
    rules_hash,
    rules_to_json,
    set_aside,
    standings_of,
    tags_of,
    volatile_of,
)
from daemon.store.core.visibility import is_visible
from daemon.store.tables import MonitoredSite
from daemon.store.views.timings import rhythm_of, timing_columns, timing_of


async def sites_of(
    session: AsyncSession, page_ids: Sequence[UUID], viewer: Viewer
) -> defaultdict[UUID, list[Site]]:
    """The active sites of these pages, by page, with all that a check needs to know of them.

    Shape: a row that is unusable is set aside.
    """
    found: defaultdict[UUID, list[Site]] = defaultdict(list)
    rows = await session.execute(
        select(
            MonitoredSite.page_id,
            MonitoredSite.id,
            MonitoredSite.name,
            MonitoredSite.owner_id,
            MonitoredSite.site_type,
            MonitoredSite.rules,
            MonitoredSite.text_hash,
            MonitoredSite.read_with,
            MonitoredSite.error_class,
            MonitoredSite.last_changed_at,
            MonitoredSite.blind_spot,
            MonitoredSite.blind_since,
            MonitoredSite.deferred_since,
            MonitoredSite.rated_useful,
            MonitoredSite.rated_noise,
            MonitoredSite.url,
            MonitoredSite.failure_streak,
            MonitoredSite.failing_since,
            MonitoredSite.alerted,
            MonitoredSite.certificate_told,
            MonitoredSite.volatile,
            MonitoredSite.conditions,
            MonitoredSite.muted_until,
            *timing_columns(MonitoredSite),
            MonitoredSite.tags,
            MonitoredSite.rhythm,
        ).where(
            MonitoredSite.page_id.in_(page_ids),
            MonitoredSite.is_active,
            MonitoredSite.deleted_at.is_(None),
            is_visible(MonitoredSite.owner_id, viewer),
        )
    )
    for row in rows:
        try:
            found[row.page_id].append(_site(row))
        except (msgspec.ValidationError, ValueError) as exc:
            set_aside("monitored_sites", row.id, row.name, exc)
    return found


def _site(row: Row[Any]) -> Site:
    rules = rules_from_json(row.rules).for_own_page
    return Site(
        id=row.id,
        name=row.name,
        owner_id=row.owner_id,
        site_type=row.site_type,
        rules=rules,
        # What is for the pages that it names makes no other reading of the list.
        rules_hash=rules_hash(row.rules if rules.discover is None else rules_to_json(rules)),
        text_hash=row.text_hash,
        read_with=row.read_with,
        error_class=row.error_class,
        last_changed_at=row.last_changed_at,
        blind_spot=row.blind_spot,
        blind_since=row.blind_since,
        deferred_since=row.deferred_since,
        ratings=Ratings(row.rated_useful, row.rated_noise),
        url=row.url,
        failure_history=failure_history_of(row.failure_streak, row.failing_since, row.alerted),
        certificate_told=mapping_of(row.certificate_told),
        volatile=volatile_of(row.volatile),
        conditions=standings_of(row.conditions, rules),
        muted_until=row.muted_until,
        timing=timing_of(row),
        tags=tags_of(row.tags),
        rhythm=rhythm_of(row.rhythm),
    )
