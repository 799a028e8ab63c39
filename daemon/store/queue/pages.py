"""The schedule of pages: claims those due, and puts them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Row,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.page import Page as PageValue
from daemon.model.product import Product
from daemon.model.request import Request, Timing, Validators
from daemon.model.site import Site as SiteValue
from daemon.model.status import ErrorClass
from daemon.model.viewer import DAEMON, Viewer
from daemon.schedule.next_check import frequency_of
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import (
    set_aside,
)
from daemon.store.core.requests import (
    COOKIE_COLUMNS,
    REQUEST_COLUMNS,
    cookies_of,
    keyring_of,
    request_of,
)
from daemon.store.queue.shards import most_overdue
from daemon.store.queue.sites import sites_of
from daemon.store.tables import MonitoredSite, Page
from daemon.store.tables import Product as ProductRow
from daemon.store.tables.keysets import SHOWS_NOTHING
from daemon.store.tables.types import db_now, in_one_form
from daemon.store.views.price_history import products_of

_REST = timedelta(hours=1)
# Not leased, or the lease has expired.
is_free = or_(Page.leased_until.is_(None), Page.leased_until < db_now())
_is_due = and_(Page.is_active, Page.next_check_at <= db_now(), is_free)
_CLAIMED = (
    Page.id,
    Page.url,
    *REQUEST_COLUMNS,
    *COOKIE_COLUMNS,
    Page.host,
    Page.check_frequency,
    Page.time_zone,
    Page.next_check_at,
    Page.lease_token,
    Page.etag,
    Page.last_modified,
    Page.body_hash,
    Page.failure_streak,
    Page.error_class,
    Page.last_checked_at,
    Page.last_full_at,
    Page.failing_since,
    db_now().label("claimed_at"),
    Page.certificate_ends_at,
    Page.answer_url,
)


@dataclass(frozen=True, slots=True)
class Claimant:
    """The run that claims pages, for how long at a time, and of which pages.

    Shape: with `in_share` only pages in this run's share of hosts; with `since` only those not
           checked since that instant.
    """

    run_id: UUID
    lease: timedelta
    in_share: bool = False
    since: datetime | None = None


async def claim_due(
    session: AsyncSession, claimant: Claimant, limit: int, held: Collection[UUID] = ()
) -> list[PageValue]:
    """Claim the most overdue pages under a lease that ends by the database's clock.

    Shape:  at most `limit` pages, each with its live sites and products; none that is `held`: the
            claimant is still working on it, even if its lease has expired.
    Errors: none of its own; two claimants never get the same page.
    """
    wanted = [_is_due]
    if claimant.since is not None:
        wanted.append(is_unchecked(claimant.since))
    if held:
        wanted.append(Page.id.not_in(held))
    due = select(Page.id).where(*wanted).order_by(Page.next_check_at).limit(limit)
    if claimant.in_share:
        # An array, not IN: a join could make the planner read all pages.
        due = due.where(Page.id == any_(most_overdue(claimant.run_id, and_(*wanted), limit)))
    return await _claim(session, claimant.run_id, due, claimant.lease)


async def claim_these(
    session: AsyncSession, run_id: UUID, page_ids: Sequence[UUID], lease: timedelta
) -> list[PageValue]:
    """Claim these pages, due or not, except those leased to another run."""
    wanted = select(Page.id).where(Page.id.in_(page_ids), is_free)
    return await _claim(session, run_id, wanted, lease)


async def _claim(
    session: AsyncSession, run_id: UUID, wanted: Any, lease: timedelta
) -> list[PageValue]:
    # A CTE with row locks runs once; as a subquery PostgreSQL may run it repeatedly.
    chosen = wanted.with_for_update(skip_locked=True).cte("chosen")
    claim = (
        update(Page)
        .where(Page.id.in_(select(chosen.c.id)))
        .values(
            next_check_at=in_one_form(Page.next_check_at),
            leased_by=run_id,
            leased_until=db_now(lease.total_seconds()),
            lease_token=Page.lease_token + 1,
        )
        .returning(*_CLAIMED)
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(claim)).all()
    if not rows:
        return []
    # RETURNING keeps no order.
    found = await _pages(session, sorted(rows, key=lambda row: row.next_check_at))
    # A page without subscribers is not fetched.
    usable = [page for page in found if page.sites or page.products]
    await _rest(session, {row.id for row in rows} - {page.id for page in usable})
    return usable


async def renew(
    session: AsyncSession, run_id: UUID, held: Collection[PageValue], lease: timedelta
) -> None:
    """Renew the leases of these pages that this run still holds.

    Shape: a page that was claimed again since then keeps its new lease; one being written
           at this moment is skipped, as it is about to be released.
    """
    tokens = [(page.id, page.lease_token) for page in held]
    ours = (
        select(Page.id)
        .where(Page.leased_by == run_id, tuple_(Page.id, Page.lease_token).in_(tokens))
        .with_for_update(skip_locked=True)
        .cte("ours")
    )
    await session.execute(
        update(Page)
        .where(Page.id.in_(select(ours.c.id)))
        .values(leased_until=db_now(lease.total_seconds()))
        .execution_options(synchronize_session=False)
    )


async def _pages(
    session: AsyncSession, rows: Sequence[Row[Any]], viewer: Viewer = DAEMON
) -> list[PageValue]:
    """These pages with the viewer's subscriptions to them, without garbled rows."""
    ids = [row.id for row in rows]
    sites = await sites_of(session, ids, viewer)
    products = await products_of(session, ids, viewer)
    keyring = keyring_of(session)
    found = []
    for row in rows:
        try:
            frequency_of(Timing(row.check_frequency, row.time_zone))
            sealed = request_of(row, keyring), cookies_of(row, keyring)
            found.append(_page(row, *sealed, sites[row.id], products[row.id]))
        except ValueError as exc:
            set_aside("pages", row.id, row.url, exc)
    return found


async def _rest(session: AsyncSession, page_ids: Collection[UUID]) -> None:
    """Release and postpone pages that cannot be checked until they are repaired."""
    if page_ids:
        await session.execute(
            update(Page)
            .where(Page.id.in_(page_ids))
            .values(leased_until=None, leased_by=None, next_check_at=db_now(_REST.total_seconds()))
            .execution_options(synchronize_session=False)
        )


def _page(
    row: Row[Any], asked: Request, cookies: str, sites: list[SiteValue], goods: list[Product]
) -> PageValue:
    return PageValue(
        id=row.id,
        request=asked,
        host=row.host,
        check_frequency=row.check_frequency,
        time_zone=row.time_zone,
        next_check_at=row.next_check_at,
        lease_token=row.lease_token,
        validators=Validators(row.etag, row.last_modified),
        body_hash=row.body_hash,
        failure_streak=row.failure_streak,
        error_class=row.error_class,
        last_checked_at=row.last_checked_at,
        last_full_at=row.last_full_at,
        failing_since=row.failing_since,
        claimed_at=row.claimed_at,
        certificate_ends_at=row.certificate_ends_at,
        answer_url=row.answer_url,
        cookies=cookies,
        cookies_mark=row.cookies or "",
        sites=tuple(sites),
        products=tuple(goods),
    )


async def put_back(session: AsyncSession, pages: Sequence[tuple[PageValue, datetime]]) -> None:
    """Return claimed pages to the schedule, each due at its own instant."""
    if not pages:
        return
    table = Page.__table__
    connection = await session.connection()
    await connection.execute(
        update(table)
        .where(table.c.id == bindparam("page_id"), table.c.lease_token == bindparam("token"))
        .values(next_check_at=bindparam("at"), leased_until=None, leased_by=None),
        [{"page_id": p.id, "token": p.lease_token, "at": at} for p, at in pages],
    )


async def release_all(session: AsyncSession, run_id: UUID) -> None:
    """End all leases of a run that is stopping."""
    await session.execute(
        update(Page)
        .where(Page.leased_by == run_id, Page.leased_until > db_now())
        .values(leased_until=None, leased_by=None)
        .execution_options(synchronize_session=False)
    )


async def make_all_due(session: AsyncSession) -> None:
    """Put every active page at the head of the schedule."""
    await session.execute(
        update(Page)
        .where(Page.is_active, Page.next_check_at > db_now())
        .values(next_check_at=db_now())
        .execution_options(synchronize_session=False)
    )


async def failed_for(session: AsyncSession, error_class: ErrorClass) -> Sequence[UUID]:
    """The pages whose last check ended in this class, for a site or a product alone too."""
    of_page = select(Page.id).where(Page.error_class == error_class)
    of_sites = select(MonitoredSite.page_id).where(
        text(SHOWS_NOTHING), MonitoredSite.error_class == error_class
    )
    of_products = select(ProductRow.page_id).where(
        ProductRow.deleted_at.is_(None), ProductRow.error_class == error_class
    )
    found = [await session.scalars(one) for one in (of_page, of_sites, of_products)]
    return tuple({key for keys in found for key in keys if key is not None})


async def make_due(session: AsyncSession, page_ids: Sequence[UUID]) -> int:
    """Put these pages at the head, as far as they are active and not there; returns how many."""
    done = 0
    for some in chunks(page_ids):
        moved = await session.execute(
            update(Page)
            .where(Page.id.in_(some), Page.is_active, Page.next_check_at > db_now(), is_free)
            .values(next_check_at=db_now())
            .execution_options(synchronize_session=False)
        )
        done += cast(CursorResult[Any], moved).rowcount
    return done


async def count_active(session: AsyncSession) -> int:
    """The number of pages on the schedule."""
    return await session.scalar(select(func.count()).select_from(Page).where(Page.is_active)) or 0


def is_unchecked(since: datetime) -> ColumnElement[bool]:
    """Whether a page was not checked since an instant."""
    return or_(Page.last_checked_at.is_(None), Page.last_checked_at < since)
