"""Queries for lists of sites: filtered, counted, and turned page by page in several orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_found_visible, is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite, Page, Snapshot
from daemon.store.tables.types import has_any_tag
from daemon.store.views.lists.keyset import Counted, Turn, page_of
from daemon.store.views.lists.keyset import Page as Turned
from daemon.store.views.lists.parts import (
    NUMBERED,
    Part,
    PartedList,
    Tie,
    counted,
    counting,
    cursor_of,
    turn_parts,
)
from daemon.store.views.lists.site_states import BY_ITS_PAGE, SiteState, by_index, index_of
from daemon.store.views.sites import UNREPORTED

BATCH = 1000  # sites changed in one transaction


class SiteOrder(StrEnum):
    """What a list of sites can be sorted by; those without such an instant come last."""

    NAME = "name"
    CHANGED = "changed"  # the latest first
    CHECKED = "checked"  # the latest first
    NEXT = "next"  # the soonest first


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which live sites are meant; what is empty does not filter.

    Shape: `search` has parts of a name or a URL, of which one is enough; so it is with tags.
    """

    state: SiteState | None = None
    search: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    site_type: str = ""
    owner_id: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether more is asked for than a state."""
        return bool(self.search or self.tags or self.site_type or self.owner_id)


@dataclass(frozen=True, slots=True)
class SiteListing:
    """Which list of sites is turned, in which order, and at which instant.

    Shape: what only a few sites are is found first, and sorted; else all are walked in order.
    """

    wanted: SiteFilter
    order: SiteOrder
    now: datetime
    is_of_few: bool = False


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site as a line of a list, with its last change."""

    id: UUID
    name: str
    url: str
    site_type: str | None
    tags: list[str]
    owner_id: str
    managed_by: str
    is_active: bool
    page_id: UUID | None
    last_checked_at: datetime | None
    next_check_at: datetime | None  # of its page, also while the site is paused
    last_changed_at: datetime | None
    error_class: str | None
    error_detail: str | None
    failing_since: datetime | None
    nothing_since: datetime | None
    blind_spot: str | None
    blind_since: datetime | None
    conditions: dict[str, Any]
    muted_until: datetime | None
    is_unseen: bool
    change_id: UUID | None
    change_type: str | None
    change_summary: str | None


@dataclass(frozen=True, slots=True)
class ChosenSite:
    """What decides whether an action concerns a site."""

    id: UUID
    managed_by: str
    is_active: bool
    tags: list[str]
    muted_until: datetime | None


_ID = MonitoredSite.__table__.c.id
_live = MonitoredSite.deleted_at.is_(None)
_unseen = MonitoredSite.last_changed_at > MonitoredSite.seen_at
_fails_itself = MonitoredSite.error_class.is_not(None)
_page_fails = and_(MonitoredSite.error_class.is_(None), Page.error_class.is_not(None))
_error_class = case((_fails_itself, MonitoredSite.error_class), else_=Page.error_class)
_reported = _error_class.not_in(UNREPORTED)
_shown_as_failing = and_(MonitoredSite.is_active, MonitoredSite.blind_spot.is_(None))

_Newest = aliased(ContentUpdate, name="newest")
_newest_id = (
    select(ContentUpdate.id)
    .where(ContentUpdate.site_id == MonitoredSite.id)
    .order_by(ContentUpdate.detected_at.desc(), ContentUpdate.id.desc())
    .limit(1)
    .correlate(MonitoredSite)
    .scalar_subquery()
)
ROWS = (
    select(
        MonitoredSite.id,
        MonitoredSite.name,
        MonitoredSite.url,
        MonitoredSite.site_type,
        MonitoredSite.tags,
        MonitoredSite.owner_id,
        MonitoredSite.managed_by,
        MonitoredSite.is_active,
        MonitoredSite.page_id,
        Page.last_checked_at,
        Page.next_check_at,
        MonitoredSite.last_changed_at,
        _error_class.label("error_class"),
        case((_fails_itself, MonitoredSite.error_detail), else_=Page.error_detail),
        Page.failing_since,
        Snapshot.last_seen_at.label("nothing_since"),
        MonitoredSite.blind_spot,
        MonitoredSite.blind_since,
        MonitoredSite.conditions,
        MonitoredSite.muted_until,
        case((_unseen, True), else_=False),
        _Newest.id.label("change_id"),
        _Newest.change_type,
        _Newest.summary,
    )
    .select_from(MonitoredSite)
    .outerjoin(Page, Page.id == MonitoredSite.page_id)
    .outerjoin(
        Snapshot,
        and_(
            MonitoredSite.text_hash == NOTHING_CHOSEN,
            Snapshot.site_id == MonitoredSite.id,
            Snapshot.text_hash == NOTHING_CHOSEN,
        ),
    )
    .outerjoin(_Newest, _Newest.id == _newest_id)
)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_is_scheduled = and_(MonitoredSite.is_active, Page.is_active)
_Sought = aliased(MonitoredSite, name="sought")


def _page_of(site_id: UUID) -> Any:
    wanted = _Sought.id == literal(site_id, _Sought.id.type)
    return select(_Sought.page_id).where(wanted).scalar_subquery()


_BY_PAGE = Tie(Page.__table__.c.id, _page_of)
_PARTS: Mapping[SiteOrder, tuple[Part, ...]] = {
    SiteOrder.NAME: (Part(_live, MonitoredSite.name),),
    SiteOrder.CHANGED: (
        Part(
            MonitoredSite.last_changed_at.is_not(None),
            MonitoredSite.last_changed_at,
            is_descending=True,
        ),
        Part(MonitoredSite.last_changed_at.is_(None), is_descending=True),
    ),
    SiteOrder.CHECKED: (
        # Not IS NOT NULL, here and below: SQLite would join the pages last, and sort all.
        Part(
            Page.last_checked_at > _LONG_AGO, Page.last_checked_at, is_descending=True, tie=_BY_PAGE
        ),
        Part(and_(_BY_PAGE.column > UUID(int=0), Page.last_checked_at.is_(None)), tie=_BY_PAGE),
        Part(MonitoredSite.page_id.is_(None)),
    ),
    SiteOrder.NEXT: (
        Part(_is_scheduled, Page.next_check_at, tie=_BY_PAGE),
        Part(or_(~_is_scheduled, Page.id.is_(None))),
    ),
}
_CHOSEN = (
    MonitoredSite.id,
    MonitoredSite.managed_by,
    MonitoredSite.is_active,
    MonitoredSite.tags,
    MonitoredSite.muted_until,
)
_sites = select(_ID).select_from(MonitoredSite).outerjoin(Page, Page.id == MonitoredSite.page_id)


async def turn_ids(
    session: AsyncSession, viewer: Viewer, listing: SiteListing, turn: Turn
) -> Turned[UUID]:
    """A page of the ids of the viewer's live sites that are so."""
    turned = await _turn(session, viewer, listing, turn, lambda found: found)
    return Turned(tuple(row.id for row in turned.items), turned.next, turned.previous)


async def turn_sites(
    session: AsyncSession, viewer: Viewer, listing: SiteListing, turn: Turn
) -> Turned[SiteRow]:
    """A page of the viewer's live sites that are so."""
    theirs = is_found_visible(MonitoredSite.owner_id, viewer)

    def whole(found: Any) -> Any:
        top = found.subquery()
        rows = ROWS.add_columns(*(top.c[name] for name in NUMBERED))
        return rows.join(top, top.c.id == MonitoredSite.id).where(_live, theirs)

    turned = await _turn(session, viewer, listing, turn, whole)
    rows = tuple(SiteRow(*row[: -len(NUMBERED)]) for row in turned.items)
    return Turned(rows, turned.next, turned.previous)


async def _turn(
    session: AsyncSession,
    viewer: Viewer,
    listing: SiteListing,
    turn: Turn,
    whole: Callable[[Any], Any],
) -> Turned[Row[Any]]:
    """A page of rows that are made so."""
    query = _sites
    if listing.is_of_few:
        query = query.where(_ID.in_(found_sites(viewer, listing.wanted, listing.now)))
    else:
        query = query.where(*_meant(viewer, listing.wanted, listing.now))
        if listing.order in (SiteOrder.CHECKED, SiteOrder.NEXT):
            query = by_index(BY_ITS_PAGE, query)
    rows = await turn_parts(session, query, PartedList(_PARTS[listing.order], _ID, whole), turn)
    return page_of(rows, turn, cursor_of)


async def count_sites(
    session: AsyncSession, viewer: Viewer, filters: Sequence[SiteFilter], now: datetime
) -> list[Counted]:
    """How many live sites each of these filters lets through."""
    counts = [counting(found_sites(viewer, wanted, now)) for wanted in filters]
    row = (await session.execute(select(*(n.label(f"n{i}") for i, n in enumerate(counts))))).one()
    return [counted(number) for number in row]


async def chosen_sites(
    session: AsyncSession, viewer: Viewer, wanted: SiteFilter, now: datetime, after: UUID | None
) -> list[ChosenSite]:
    """The next of the viewer's live sites that are so, by their ids; as many as one batch has."""
    later = [] if after is None else [after < _ID]
    rows = await session.execute(
        _sites.with_only_columns(*_CHOSEN)
        .where(*_meant(viewer, wanted, now), *later)
        .order_by(_ID)
        .limit(BATCH)
    )
    return [ChosenSite(*row) for row in rows]


async def chosen_by_id(
    session: AsyncSession, viewer: Viewer, ids: Sequence[UUID]
) -> list[ChosenSite]:
    """Those of these sites that are live and the viewer's."""
    theirs = is_visible(MonitoredSite.owner_id, viewer)
    rows = await session.execute(select(*_CHOSEN).where(_ID.in_(ids), _live, theirs))
    return [ChosenSite(*row) for row in rows]


def _meant(viewer: Viewer, wanted: SiteFilter, now: datetime) -> list[Any]:
    """The conditions of a filter, for sites beside their pages."""
    where: list[Any] = _narrowed(viewer, wanted)
    if wanted.state is SiteState.FAILING:
        where += [_shown_as_failing, _reported]
    elif wanted.state is SiteState.UNHEALTHY:
        where += [MonitoredSite.is_active, or_(MonitoredSite.blind_spot.is_not(None), _reported)]
    elif wanted.state is not None:
        where += _standing(wanted.state, now)
    return where


def found_sites(viewer: Viewer, wanted: SiteFilter, now: datetime) -> Any:
    """The ids of what a filter lets through, each by the index of its state."""
    first, *others = ways_to(viewer, wanted, now)
    return union_all(first, *others) if others else first


def ways_to(viewer: Viewer, wanted: SiteFilter, now: datetime) -> list[Select[Any]]:
    """The ids of what a filter lets through, as queries of which each has an index."""
    where = _narrowed(viewer, wanted)
    if wanted.state is None and wanted.is_narrowed:
        return [select(_ID).where(*where)]
    by_state = by_index(index_of(viewer, wanted.state), select(_ID).where(*where))
    if wanted.state is None:
        return [by_state]
    if wanted.state not in (SiteState.FAILING, SiteState.UNHEALTHY):
        return [by_state.where(*_standing(wanted.state, now))]
    found = [*_failing(by_state, where)]
    if wanted.state is SiteState.UNHEALTHY:
        found.append(by_state.where(*_standing(SiteState.BLIND, now)))
    return found


def _failing(by_state: Select[Any], where: Sequence[Any]) -> Iterator[Select[Any]]:
    """What fails by itself, and what by its page: apart, each has an index."""
    yield by_state.where(
        _shown_as_failing, _fails_itself, MonitoredSite.error_class.not_in(UNREPORTED)
    )
    by_page = select(_ID).join(Page, Page.id == MonitoredSite.page_id).where(*where)
    # Fewer pages fail than an owner may have sites.
    by_page = by_index(BY_ITS_PAGE, by_page).with_hint(
        Page.__table__, "INDEXED BY ix_pages_fails", "sqlite"
    )
    yield by_page.where(_shown_as_failing, _page_fails, Page.error_class.not_in(UNREPORTED))


def _narrowed(viewer: Viewer, wanted: SiteFilter) -> list[Any]:
    where = [_live, is_visible(MonitoredSite.owner_id, viewer)]
    if wanted.search:
        columns = (MonitoredSite.name, MonitoredSite.url)
        parts = [c.icontains(part, autoescape=True) for c in columns for part in wanted.search]
        where.append(or_(*parts))
    if wanted.tags:
        where.append(has_any_tag(MonitoredSite.tags, wanted.tags))
    if wanted.site_type:
        where.append(MonitoredSite.site_type == wanted.site_type)
    if wanted.owner_id:
        where.append(MonitoredSite.owner_id == wanted.owner_id)
    return where


def _standing(state: SiteState, now: datetime) -> list[Any]:
    """What a state says of a site alone; failing is said of its page too."""
    if state is SiteState.UNSEEN:
        return [_unseen]
    if state is SiteState.SILENCED:
        return [MonitoredSite.muted_until > now]
    if state is SiteState.PAUSED:
        return [~MonitoredSite.is_active]
    return [MonitoredSite.is_active, MonitoredSite.blind_spot.is_not(None)]
