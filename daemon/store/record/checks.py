"""Writes the outcomes of checks, many at once, each whole or not at all, fenced by its lease."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from daemon.model.outcome import Outcome, SiteOutcome, StateDraft
from daemon.model.status import Verdict
from daemon.packing import CODEC, Packed
from daemon.store.record.certificates import keep_certificates
from daemon.store.record.changes import add_updates
from daemon.store.record.cookies import keep_cookies
from daemon.store.record.hosts import pause_hosts
from daemon.store.record.losses import forget_lost
from daemon.store.record.prices import record_products
from daemon.store.record.rhythms import keep_rhythms
from daemon.store.record.sites import move_sites
from daemon.store.tables import (
    Attempt,
    Content,
    Page,
    Snapshot,
)
from daemon.store.tables.ids import made_at, new_id
from daemon.store.tables.types import Instant, insert_for
from daemon.url import host_of

_Rows = list[dict[str, Any]]
_LONG = timedelta(hours=12)  # well below the day after which what is past is counted
_CONTENT_TYPE_LENGTH = 255
_CHARSET_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Written:
    """The written part of a group of outcomes.

    Shape: `page_ids` are of the pages, including outcomes that an earlier commit wrote;
           `alert_ids` are of the price alerts, by product and key.
    """

    page_ids: frozenset[UUID]
    outcomes: tuple[Outcome, ...] = ()
    alert_ids: Mapping[tuple[UUID, str], UUID] = field(default_factory=dict)


async def write_outcomes(
    session: AsyncSession, run_id: UUID, outcomes: Sequence[Outcome]
) -> Written:
    """Write these outcomes in the caller's transaction, except their notifications.

    Shape: an outcome whose lease was lost in the meantime is left out; one written before, by a
           commit whose response was lost, counts as written.
    """
    ours = await _still_ours(session, run_id, outcomes)
    await keep_cookies(session, ours)
    held = {outcome.page.id for outcome in ours}
    done = await _written_before(session, [o for o in outcomes if o.page.id not in held])
    pages = frozenset(held | done)
    if not ours:
        return Written(pages)
    return Written(pages, tuple(ours), await _write(await session.connection(), run_id, ours))


async def _write(
    connection: AsyncConnection, run_id: UUID, ours: Sequence[Outcome]
) -> Mapping[tuple[UUID, str], UUID]:
    """All rows of these outcomes; the ids of their price alerts."""
    await connection.execute(insert(Attempt.__table__), [_attempt(run_id, o) for o in ours])
    await _keep_contents(connection, ours)
    await _move_pages(connection, ours)
    await pause_hosts(connection, _pauses(ours))
    await keep_certificates(connection, ours)
    sites = [(outcome, one) for outcome in ours for one in outcome.sites]
    await forget_lost(connection, sites)
    await _keep_states(connection, sites)
    await move_sites(connection, sites)
    await add_updates(connection, run_id, sites)
    await keep_rhythms(connection, ours)
    return await record_products(connection, ours)


async def _still_ours(
    session: AsyncSession, run_id: UUID, outcomes: Sequence[Outcome]
) -> list[Outcome]:
    rows = await session.execute(
        select(Page.id, Page.lease_token)
        .where(Page.id.in_([o.page.id for o in outcomes]), Page.leased_by == run_id)
        .order_by(Page.id)  # one order for all writers: no deadlocks
        .with_for_update()
    )
    tokens = {row.id: row.lease_token for row in rows}
    return [o for o in outcomes if tokens.get(o.page.id) == o.page.lease_token]


async def _written_before(session: AsyncSession, lost: Sequence[Outcome]) -> set[UUID]:
    pages = {o.attempt_id: o.page.id for o in lost if o.attempt_id is not None}
    if not pages:
        return set()
    found = await session.scalars(select(Attempt.id).where(Attempt.id.in_(pages)))
    return {pages[attempt_id] for attempt_id in found}


def _pauses(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The pauses in seconds that hosts asked for."""
    pauses: dict[str, float] = {}
    for one in outcomes:
        if one.retry_after_seconds:
            host = host_of(one.final_url or one.page.request.url)
            pauses[host] = max(one.retry_after_seconds, pauses.get(host, 0.0))
    return pauses


def _attempt(run_id: UUID, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": _timely(outcome.attempt_id or new_id()),
        "page_id": outcome.page.id,
        "run_id": run_id,
        "started_at": outcome.started_at,
        "elapsed_seconds": outcome.elapsed_seconds,
        "verdict": outcome.verdict,
        "status": outcome.answer_status,
        "wire_bytes": outcome.received_bytes,
        "body_bytes": outcome.response.body_bytes if outcome.response else 0,
        "error_class": outcome.error_class,
        "error_detail": outcome.error_detail or None,
        "final_url": _other_url(outcome),
        "renderer": outcome.renderer,
        "is_restless": outcome.response is not None and outcome.response.is_restless,
        "stopped_requests": outcome.response.stopped_requests if outcome.response else 0,
    }


def _timely(attempt_id: UUID) -> UUID:
    """The id, or another one where it has waited for long: those of its time may be counted."""
    another = new_id()
    return attempt_id if made_at(another) - made_at(attempt_id) < _LONG else another


def _other_url(outcome: Outcome) -> str | None:
    """The URL of the response, if it differs from the requested one."""
    url = outcome.answer_url
    return None if url == outcome.page.request.url else url


_PAGE, _SNAPSHOT = Page.__table__, Snapshot.__table__
_CONTENT = Content.__table__

_move_page = (
    update(_PAGE)
    .where(_PAGE.c.id == bindparam("page_id"))
    .values(
        # If it was moved meanwhile, that was for a reason this check did not know.
        next_check_at=case(
            (_PAGE.c.next_check_at == bindparam("was_due_at"), bindparam("at", type_=Instant())),
            else_=_PAGE.c.next_check_at,
        ),
        leased_by=None,
        leased_until=None,
        last_checked_at=bindparam("started_at"),
        last_verdict=bindparam("verdict"),
        error_class=bindparam("why"),
        error_detail=bindparam("detail"),
        failure_picture_hash=bindparam("pictured"),
        failure_streak=bindparam("streak"),
        failing_since=bindparam("since"),
    )
)
_move_page_fully = (
    update(_PAGE)
    .where(_PAGE.c.id == bindparam("page_id"))
    .values(
        etag=bindparam("tag"),
        last_modified=bindparam("modified"),
        body_hash=bindparam("body"),
        last_full_at=bindparam("started_at"),
        answer_url=bindparam("reached"),
    )
)


async def _move_pages(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    await connection.execute(_move_page, [_page_row(outcome) for outcome in outcomes])
    full = [row for outcome in outcomes if (row := _answer_row(outcome)) is not None]
    if full:
        await connection.execute(_move_page_fully, full)


def _page_row(outcome: Outcome) -> dict[str, Any]:
    page = outcome.page
    since, streak = (page.failing_since, page.failure_streak) if outcome.error_class else (None, 0)
    if outcome.is_failure:
        since, streak = since or outcome.started_at, streak + 1
    return {
        "page_id": page.id,
        "was_due_at": page.next_check_at,
        "at": outcome.next_check_at,
        "started_at": outcome.started_at,
        "verdict": outcome.verdict,
        "why": outcome.error_class,
        "detail": outcome.error_detail or None,
        "pictured": outcome.failure_picture.hash if outcome.failure_picture else None,
        "streak": streak,
        "since": since,
    }


def _answer_row(outcome: Outcome) -> dict[str, Any] | None:
    """The new facts of a full response about its page; None when there are none."""
    response = outcome.response
    if response is None or response.is_not_modified:
        return None
    # A body that some site could not read or believe must be read again, even if unchanged.
    is_settled = not any(one.is_unsettled for one in outcome.sites)
    was_read = outcome.verdict is not Verdict.FAILED and is_settled
    return {
        "page_id": outcome.page.id,
        "started_at": outcome.started_at,
        "tag": response.validators.etag if was_read else None,
        "modified": response.validators.last_modified if was_read else None,
        "body": response.body_hash if was_read else None,
        "reached": outcome.known_url,
    }


async def _keep_contents(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Store the bytes that the states and price checks of these outcomes refer to, each once.

    Shape: damaged contents with the same hashes are thereby repaired.
    """
    packed = {part.hash: part for outcome in outcomes for part in _contents_of(outcome)}
    if packed:
        add = insert_for(connection, _CONTENT)
        await connection.execute(
            add.on_conflict_do_update(
                index_elements=["hash"],
                set_={"data": add.excluded.data},
                where=_CONTENT.c.data != add.excluded.data,
            ),
            [_content_row(packed[key]) for key in sorted(packed)],
        )


def _contents_of(outcome: Outcome) -> Iterator[Packed]:
    """The contents of the states and price checks of an outcome, where they are new."""
    if outcome.failure_picture is not None:
        yield outcome.failure_picture
    for site in outcome.sites:
        if site.state is not None:
            state = site.state
            yield from filter(None, (state.text, state.source, state.picture))
    for product in outcome.products:
        if product.check is not None and product.check.source is not None:
            yield product.check.source


async def _keep_states(
    connection: AsyncConnection, sites: Sequence[tuple[Outcome, SiteOutcome]]
) -> None:
    drafts = [(outcome, one, one.state) for outcome, one in sites if one.state is not None]
    if not drafts:
        return
    add = insert_for(connection, _SNAPSHOT)
    await connection.execute(
        add.on_conflict_do_update(
            index_elements=["site_id", "text_hash"],
            set_={
                "last_seen_at": add.excluded.last_seen_at,
                "times_seen": _SNAPSHOT.c.times_seen + 1,
                "flags": add.excluded.flags,
            },
        ),
        [_snapshot_row(outcome, one, state) for outcome, one, state in drafts],
    )


def _content_row(part: Packed) -> dict[str, Any]:
    return {"hash": part.hash, "codec": CODEC, "size_bytes": part.size_bytes, "data": part.data}


def _snapshot_row(outcome: Outcome, one: SiteOutcome, state: StateDraft) -> dict[str, Any]:
    return {
        "id": new_id(),
        "site_id": one.site.id,
        "text_hash": state.text_hash,
        "source_hash": state.source.hash if state.source else None,
        "picture_hash": state.picture.hash if state.picture else None,
        "kind": state.kind,
        "title": state.title,
        "extractor": state.extractor,
        # Servers may send anything here; no known label is longer than its column.
        "content_type": state.content_type[:_CONTENT_TYPE_LENGTH],
        "charset": state.charset[:_CHARSET_LENGTH] if state.charset else None,
        "url": state.url,
        "flags": list(state.flags),
        "first_seen_at": outcome.started_at,
        "last_seen_at": outcome.started_at,
    }
