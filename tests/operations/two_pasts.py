"""What was found for each of two owners: a change with all that belongs to it, and a notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from daemon.model.viewer import Viewer
from daemon.packing import Packed, pack
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.catalogue.ratings import rate
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_rows, begin_run
from tests.operations.two_owners import OWNERS, TwoOwners

BEFORE, AFTER = "Tea is served at four.", "Tea is served at five."


@dataclass(frozen=True)
class Past:
    """What was found on one owner's site and product."""

    owner_id: str
    site_id: UUID
    change_id: UUID
    state_ids: tuple[UUID, UUID]
    notice_id: UUID


@dataclass(frozen=True)
class TwoPasts:
    """The database of both, what was found for each, and where documents are judged."""

    two: TwoOwners
    sandbox: Sandbox
    pasts: tuple[Past, ...]


async def have_two_pasts(two: TwoOwners, sandbox: Sandbox) -> TwoPasts:
    """On each owner's site a change that the last run found; a price; and a notice not taken."""
    run_id = await begin_run(two.database)
    await add_rows(two.database, *(_content(pack(form)) for text in (BEFORE, AFTER)
                                   for form in _forms(text)))  # fmt: skip
    return TwoPasts(two, sandbox, tuple([await _past(two, name, run_id) for name in OWNERS]))


async def _past(two: TwoOwners, owner_id: str, run_id: UUID) -> Past:
    owned = two.owned[owner_id]
    before, after = (
        _state(owned.site_id, text, hours) for hours, text in enumerate((BEFORE, AFTER))
    )
    change = tables.ContentUpdate(
        id=new_id(), site_id=owned.site_id, detected_at=after.first_seen_at, run_id=run_id,
        before_snapshot_id=before.id, after_snapshot_id=after.id, change_type="major",
        is_significant=True, analysis_status="done", raw_content=f"-{BEFORE}\n+{AFTER}",
    )  # fmt: skip
    price = tables.PriceCheck(
        price_check_id=new_id(), product_id=owned.product_id, price=Decimal(20), currency="EUR"
    )
    notice = tables.Notice(
        id=new_id(), idempotency_key=owner_id, kind="update", user_id=owner_id, channel="hook",
        content_update_id=change.id, status="dead",
    )  # fmt: skip
    await add_rows(
        two.database, before, after, change, price, notice,
        tables.AnalysisResult(content_update_id=change.id, analyser="rules/2"),
    )  # fmt: skip
    async with two.database.writing() as session:
        await rate(session, Viewer(owner_id), change.id, owner_id, "noise", PAST)
    return Past(owner_id, owned.site_id, change.id, (before.id, after.id), notice.id)


def _forms(text: str) -> tuple[bytes, bytes]:
    """A text as it is read, and where it is read from."""
    return text.encode(), f"<html><body><main><p>{text}</p></main></body></html>".encode()


def _content(packed: Packed) -> tables.Content:
    return tables.Content(
        hash=packed.hash, codec="zstd", size_bytes=packed.size_bytes, data=packed.data
    )


def _state(site_id: UUID, text: str, hours: int) -> tables.Snapshot:
    read, source = (pack(form).hash for form in _forms(text))
    at = PAST + timedelta(hours=hours)
    return tables.Snapshot(
        id=new_id(), site_id=site_id, text_hash=read, source_hash=source, kind="html",
        extractor="html/1", content_type="text/html", charset="utf-8",
        url="https://site.example/blog", first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
