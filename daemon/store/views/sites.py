"""Queries for sites: lists of them, their states and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.request import HTTP, Request, Rhythm
from daemon.model.status import ErrorClass
from daemon.model.viewer import Viewer
from daemon.store.core.chunks import chunks
from daemon.store.core.requests import REQUEST_COLUMNS, keyring_of, request_if_any
from daemon.store.core.visibility import is_of_visible_page, is_of_visible_site, is_visible
from daemon.store.tables import Attempt, Host, MonitoredSite, Page, Snapshot
from daemon.store.tables.types import has_any_tag
from daemon.store.views.short_ids import whole_id
from daemon.store.views.timings import rhythm_of, timing_columns

Parent = aliased(MonitoredSite)
Sibling = aliased(Page)  # another page of the same host
UNREPORTED = tuple(error for error in ErrorClass if error.is_unreported)


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site with how its page is doing."""

    id: UUID
    name: str
    url: str
    site_type: str | None
    tags: list[str]
    owner_id: str
    managed_by: str
    is_active: bool
    check_frequency: str
    time_zone: str | None
    hours: str | None
    days: str | None
    detect_within: str | None
    rules: dict[str, Any]
    page_id: UUID | None
    last_checked_at: datetime | None
    next_check_at: datetime | None
    last_changed_at: datetime | None
    last_verdict: str | None
    error_class: str | None
    error_detail: str | None
    failing_since: datetime | None
    failure_streak: int
    title: str | None
    flags: list[Any] | None  # of its state: what was cut, cleaned or lost
    first_seen_at: datetime | None
    nothing_since: datetime | None  # since when its rules choose nothing on the page
    blind_spot: str | None
    blind_since: datetime | None
    rated_useful: int
    rated_noise: int
    volatile: dict[str, Any]
    conditions: dict[str, Any]  # how they stand
    muted_until: datetime | None
    certificate_ends_at: datetime | None
    created_at: datetime
    answer_url: str | None
    parent: str | None  # the site whose page names this one's


@dataclass(frozen=True, slots=True)
class Waits:
    """When a site has changed, and what its host asks for.

    Shape: `pages` are all that are asked of that host.
    """

    rhythm: Rhythm
    asked_to_wait_until: datetime | None
    crawl_delay_seconds: float
    pages: int


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One check of a page."""

    id: UUID
    started_at: datetime
    elapsed_seconds: float
    verdict: str
    status: int | None
    wire_bytes: int
    body_bytes: int
    error_class: str | None
    error_detail: str | None
    final_url: str | None
    renderer: str = HTTP  # what it was made with
    is_restless: bool = False  # rendered, and read as it stood
    stopped_requests: int = 0  # of a rendered page


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A state in which a site was seen."""

    id: UUID
    text_hash: str
    kind: str
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int
    has_source: bool


_failing = and_(
    MonitoredSite.is_active,
    or_(
        MonitoredSite.error_class.not_in(UNREPORTED),
        Page.error_class.not_in(UNREPORTED),
    ),
)
_SITE = (
    MonitoredSite.id,
    MonitoredSite.name,
    MonitoredSite.url,
    MonitoredSite.site_type,
    MonitoredSite.tags,
    MonitoredSite.owner_id,
    MonitoredSite.managed_by,
    MonitoredSite.is_active,
    *timing_columns(MonitoredSite),
    MonitoredSite.rules,
    MonitoredSite.page_id,
    Page.last_checked_at,
    Page.next_check_at,
    MonitoredSite.last_changed_at,
    Page.last_verdict,
    func.coalesce(MonitoredSite.error_class, Page.error_class).label("error_class"),
    func.coalesce(MonitoredSite.error_detail, Page.error_detail).label("error_detail"),
    Page.failing_since,
    func.coalesce(Page.failure_streak, 0).label("failure_streak"),
    Snapshot.title,
    Snapshot.flags,
    Snapshot.first_seen_at,
    case((Snapshot.text_hash == NOTHING_CHOSEN, Snapshot.last_seen_at)).label("nothing_since"),
    MonitoredSite.blind_spot,
    MonitoredSite.blind_since,
    MonitoredSite.rated_useful,
    MonitoredSite.rated_noise,
    MonitoredSite.volatile,
    MonitoredSite.conditions,
    MonitoredSite.muted_until,
    Page.certificate_ends_at,
    MonitoredSite.created_at,
    Page.answer_url,
    Parent.name,
)
_sites = (
    select(*_SITE)
    .select_from(MonitoredSite)
    .outerjoin(Page, Page.id == MonitoredSite.page_id)
    .outerjoin(
        Snapshot,
        and_(
            Snapshot.site_id == MonitoredSite.id,
            Snapshot.text_hash == MonitoredSite.text_hash,
        ),
    )
    .outerjoin(Parent, Parent.id == MonitoredSite.parent_id)
    .where(MonitoredSite.deleted_at.is_(None))
)

ATTEMPT: tuple[Any, ...] = (
    Attempt.id,
    Attempt.started_at,
    Attempt.elapsed_seconds,
    Attempt.verdict,
    Attempt.status,
    Attempt.wire_bytes,
    Attempt.body_bytes,
    Attempt.error_class,
    Attempt.error_detail,
    Attempt.final_url,
    Attempt.renderer,
    Attempt.is_restless,
    Attempt.stopped_requests,
)


def _sites_of(viewer: Viewer) -> Select[Any]:
    return _sites.where(is_visible(MonitoredSite.owner_id, viewer))


async def list_sites(
    session: AsyncSession,
    viewer: Viewer,
    *,
    failing: bool = False,
    owner_id: str | None = None,
    tags: Sequence[str] = (),
) -> list[SiteView]:
    """The live sites by name; or only those that fail by their own error, or have such a tag."""
    query = _sites_of(viewer).order_by(MonitoredSite.name, MonitoredSite.owner_id)
    if tags:
        query = query.where(has_any_tag(MonitoredSite.tags, tags))
    if failing:
        query = query.where(_failing)
    if owner_id is not None:
        query = query.where(MonitoredSite.owner_id == owner_id)
    return [SiteView(*row) for row in await session.execute(query)]


async def find_sites(session: AsyncSession, viewer: Viewer, words: Sequence[str]) -> list[SiteView]:
    """The live sites with one of these ids; of words that are none, with these names or URLs."""
    ids = [one for word in words if (one := whole_id(word))]
    found = await sites_by_id(session, viewer, ids)
    known = {one.id for one in found}
    # Apart from the ids: no index has the URLs.
    for some in chunks([word for word in words if whole_id(word) not in known]):
        named = or_(MonitoredSite.name.in_(some), MonitoredSite.url.in_(some))
        query = _sites_of(viewer).where(named)
        found += [SiteView(*row) for row in await session.execute(query)]
    return found


async def count_discovered(session: AsyncSession, viewer: Viewer, site_id: UUID) -> int:
    """How many of the pages that this site names are watched."""
    of_it = MonitoredSite.parent_id == site_id, MonitoredSite.deleted_at.is_(None)
    visible = is_visible(MonitoredSite.owner_id, viewer)
    count = select(func.count()).select_from(MonitoredSite).where(*of_it, visible)
    return await session.scalar(count) or 0


async def sites_by_id(session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]) -> list[SiteView]:
    """Those of these sites that are live and the viewer's, in this order."""
    by_id: dict[UUID, SiteView] = {}
    for some in chunks(ids):
        rows = await session.execute(_sites_of(viewer).where(MonitoredSite.id.in_(some)))
        by_id |= {row.id: SiteView(*row) for row in rows}
    return [by_id[one] for one in ids if one in by_id]


@dataclass(frozen=True, slots=True)
class WholeSite:
    """A site with how its page is asked for, and what its check waits for."""

    view: SiteView
    waits: Waits
    request: Request | None  # None while it has no page


async def whole_site(
    session: AsyncSession, viewer: Viewer, site_id: UUID, now: datetime
) -> WholeSite | None:
    """A live site with all that is known of it; None when there is none of this id."""
    pages = select(func.count()).select_from(Sibling)
    more = (
        MonitoredSite.rhythm,
        Host.paused_until,
        Host.crawl_delay_seconds,
        pages.where(Sibling.host == Page.host, Sibling.is_active).scalar_subquery().label("pages"),
        *REQUEST_COLUMNS,
    )
    query = _sites_of(viewer).add_columns(*more).outerjoin(Host, Host.host == Page.host)
    row = (await session.execute(query.where(MonitoredSite.id == site_id))).one_or_none()
    if row is None:
        return None
    until = row.paused_until if row.paused_until and row.paused_until > now else None
    delay, number = row.crawl_delay_seconds or 0.0, row.pages or 1
    waits = Waits(rhythm_of(row.rhythm), until, delay, number)
    asked = request_if_any(row, keyring_of(session)) if row.page_id else None
    return WholeSite(SiteView(*row[: len(_SITE)]), waits, asked)


async def list_attempts(
    session: AsyncSession,
    viewer: Viewer,
    page_id: UUID,
    limit: int,
    since: datetime | None = None,
) -> list[AttemptView]:
    """The last checks of a page, newest first; any before `since` were for other sites."""
    begun = [Attempt.started_at >= since] if since is not None else []
    rows = await session.execute(
        select(*ATTEMPT)
        .where(Attempt.page_id == page_id, is_of_visible_page(Attempt.page_id, viewer), *begun)
        .order_by(Attempt.started_at.desc())
        .limit(limit)
    )
    return [AttemptView(*row) for row in rows]


async def list_snapshots(
    session: AsyncSession, viewer: Viewer, site_id: UUID, limit: int
) -> list[SnapshotView]:
    """The states of a site that were seen last, newest first."""
    rows = await session.execute(
        select(
            Snapshot.id,
            Snapshot.text_hash,
            Snapshot.kind,
            Snapshot.title,
            Snapshot.first_seen_at,
            Snapshot.last_seen_at,
            Snapshot.times_seen,
            Snapshot.source_hash.is_not(None),
        )
        .where(Snapshot.site_id == site_id, is_of_visible_site(Snapshot.site_id, viewer))
        .order_by(Snapshot.last_seen_at.desc())
        .limit(limit)
    )
    return [SnapshotView(*row) for row in rows]
