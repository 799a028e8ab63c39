"""All changes of the sites that are asked for, where these are few: they are sorted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select

from daemon.store.core.visibility import is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.types import has_any_tag
from daemon.store.views.lists.counting import by_severity
from daemon.store.views.lists.keyset import FIRST, Order, Turn
from daemon.store.views.lists.selection import SEVERITIES, Selection, has_unseen

_ALL = 2**31 - 1


def top_by_site(selection: Selection, turn: Turn) -> Select[Any]:
    """The ids of a page, and one more."""
    found = _all_of(selection, turn)
    order = Order(found.c.detected_at, found.c.id)
    return order.sorted(select(found.c.id), turn).limit(turn.limit + 1)


def gravest_by_site(selection: Selection, limit: int) -> Select[Any]:
    """The ids of the gravest of each site, with how many it has; of one severity, the newest."""
    found = _all_of(selection, FIRST)
    rank = case({one.value: rank for rank, one in enumerate(SEVERITIES)}, value=found.c.change_type)
    site = found.c.site_id
    gravest = [rank, found.c.detected_at.desc(), found.c.id.desc()]
    columns: list[Any] = [
        found.c.id,
        found.c.detected_at,
        rank.label("rank"),
        func.row_number().over(partition_by=site, order_by=gravest).label("nth"),
        func.count().over(partition_by=site).label("changes"),
    ]
    each = select(*columns).subquery()
    query = select(each.c.id, each.c.changes).where(each.c.nth == 1).order_by(each.c.rank)
    return Order(each.c.detected_at, each.c.id).sorted(query, FIRST).limit(limit)


def counted_by_site(selection: Selection) -> Select[Any]:
    """How many there are of each severity, and of all."""
    return by_severity(_all_of(selection, FIRST))


def _all_of(selection: Selection, turn: Turn) -> Subquery:
    """All of them up to one more than are counted, in no order."""
    order = Order(ContentUpdate.detected_at, ContentUpdate.id)
    query = (
        select(
            ContentUpdate.id,
            ContentUpdate.site_id,
            ContentUpdate.detected_at,
            ContentUpdate.change_type,
        )
        .where(*selection.on_rows(ContentUpdate), *order.begins(turn))
        .limit(selection.most + 1)
    )
    if selection.wanted.since is not None:
        query = query.where(ContentUpdate.detected_at >= selection.wanted.since)
    if not selection.wanted.only_unseen:
        theirs = select(MonitoredSite.id).where(*_sites(selection))
        return query.where(ContentUpdate.site_id.in_(theirs)).subquery()
    # The sites come first, as an index has the changes of each since it was seen: with a limit they
    # are a table of their own to SQLite, which it begins with.
    unseen = select(MonitoredSite.id, MonitoredSite.seen_at).where(*_sites(selection))
    sites = unseen.limit(_ALL).subquery()
    return (
        query.join_from(sites, ContentUpdate, ContentUpdate.site_id == sites.c.id)
        .where(ContentUpdate.detected_at > sites.c.seen_at)
        .subquery()
    )


def _sites(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """The conditions on the sites asked for."""
    wanted = selection.wanted
    yield is_visible(MonitoredSite.owner_id, selection.viewer)
    if wanted.site_id is not None:
        yield MonitoredSite.id == wanted.site_id
    if wanted.tags:
        yield has_any_tag(MonitoredSite.tags, wanted.tags)
    if wanted.only_unseen:
        yield has_unseen
