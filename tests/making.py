"""What tests of the store begin with: owners, sites, claimed pages, and what comes of a check."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Table, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from daemon.model.change import Change, ChangeType, Finding, Hunk, Reason
from daemon.model.outcome import Outcome, SiteOutcome, StateDraft, UpdateDraft
from daemon.model.page import Page
from daemon.model.request import Request, Validators
from daemon.model.response import Document, Response
from daemon.model.site import Owner, SiteSpec
from daemon.model.status import ErrorClass, Verdict
from daemon.model.viewer import Role, Viewer
from daemon.packing import content_hash, pack
from daemon.store import tables
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.plan import Synced
from daemon.store.catalogue.products import (
    ProductSpec,
    carry_out_products,
    known_products,
    plan_products,
)
from daemon.store.catalogue.seals import sealable
from daemon.store.catalogue.sites import carry_out_sites, known_sites, plan_sites
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.queue import pages, runs
from daemon.store.tables.ids import first_id, new_id
from daemon.store.tables.types import db_now

T = TypeVar("T")

PAST = datetime(2026, 1, 1, 12, tzinfo=UTC)  # long due by any database's clock
LEASE = timedelta(minutes=2)
OWNER = Owner("local", "local@localhost", "local")
ADMIN = Viewer(OWNER.id, Role.ADMIN)
HASH = "0" * 32


def spec(name: str = "Blog", url: str = "https://site.example/blog", **more: Any) -> SiteSpec:
    """A site of the one owner."""
    fields: dict[str, Any] = {
        "request": Request(url),
        "host": "site.example:443",
        "owner_id": OWNER.id,
    }
    return SiteSpec(name, **({"check_frequency": "daily"} | fields | more))


async def sync_sites(session: AsyncSession, specs: Sequence[SiteSpec], now: datetime) -> Synced:
    """Make these the sites of the configuration, and say what that did."""
    specs = await sealable(session, specs)
    return await carry_out_sites(session, plan_sites(await known_sites(session, specs), specs), now)


async def sync_products(
    session: AsyncSession, specs: Sequence[ProductSpec], now: datetime
) -> Synced:
    """Make these the products of the configuration, and say what that did."""
    specs = await sealable(session, specs)
    planned = plan_products(await known_products(session, specs), specs)
    return await carry_out_products(session, planned, now)


async def have_sites(database: Database, *specs: SiteSpec, now: datetime = PAST) -> None:
    """Make these the sites of the configuration; their pages are due since `now`."""
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
        await sync_sites(session, specs, now)


async def add_rows(database: Database, *rows: tables.Base) -> None:
    """Store these rows, each after those before it."""
    async with database.writing() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def count(database: Database, table: Any) -> int:
    """How many rows a table has."""
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def now_of(database: Database) -> datetime:
    """The instant by the clock of the database."""
    async with database.reading() as session:
        return (await session.scalars(select(db_now()))).one()


async def begin_run(database: Database) -> UUID:
    async with database.writing() as session:
        return await runs.begin_run(session, "run", PAST)


async def have_ended_run(database: Database) -> None:
    """Leave a run of a daemon that has stopped."""
    run_id = await begin_run(database)
    async with database.writing() as session:
        await runs.end_run(session, run_id)


def in_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do this work with the database at this URL, and close it."""

    async def run() -> T:
        database = Database(open_engine(url))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def claim(
    database: Database, run_id: UUID, limit: int = 100, lease: timedelta = LEASE
) -> list[Page]:
    async with database.writing() as session:
        return await pages.claim_due(session, pages.Claimant(run_id, lease), limit)


async def claimed_page(database: Database, run_id: UUID, *specs: SiteSpec) -> Page:
    """The one page of these sites, claimed."""
    await have_sites(database, *(specs or (spec(),)))
    [page] = await claim(database, run_id)
    return page


def response(body: bytes = b"<p>one</p>", status: int = 200, **more: Any) -> Response:
    """A complete answer."""
    fields: dict[str, Any] = {
        "document": Document(body, "text/html", "utf-8", "https://site.example/blog"),
        "body_hash": content_hash(body),
        "validators": Validators('"tag"', "Thu, 01 Jan 2026 00:00:00 GMT"),
        "headers": {},
        "wire_bytes": len(body),
        "body_bytes": len(body),
        "elapsed_seconds": 0.1,
    }
    return Response(status, **(fields | more))


def state(text: str = "one", **more: Any) -> StateDraft:
    """A state with this text, and a source that holds it."""
    packed = pack(text.encode())
    fields: dict[str, Any] = {
        "kind": "html",
        "title": "Blog",
        "extractor": "html/1",
        "flags": (),
        "content_type": "text/html",
        "charset": "utf-8",
        "url": "https://site.example/blog",
        "text_hash": packed.hash,
        "text": packed,
        "source": pack(f"<p>{text}</p>".encode()),
    }
    return StateDraft(**(fields | more))


def finding(**more: Any) -> Finding:
    fields: dict[str, Any] = {
        "change_type": ChangeType.MAJOR,
        "is_significant": True,
        "confidence_score": 0.75,
        "category": "content",
        "summary": "A line came.",
        "reasons": (Reason("words", 1.5, "12 words came"),),
        "analyser": "rules/2",
        "change": Change((Hunk(1, 1, ("one",), ("two",)),), 1, 1, 0, 1, 1, 0.5),
    }
    return Finding(**(fields | more))


def update(before: str, after: str, **more: Any) -> UpdateDraft:
    """The update between two states with these texts."""
    fields: dict[str, Any] = {"title": "Blog", "finding": finding(), "diff": f"-{before}\n+{after}"}
    hashes: dict[str, Any] = {
        "before_text_hash": text_hash(before),
        "after_text_hash": text_hash(after),
    }
    return UpdateDraft(**({"id": new_id()} | fields | hashes | more))


def id_at(at: datetime) -> UUID:
    """An id as it was made at an instant."""
    return UUID(int=first_id(at).int | new_id().int & (1 << 80) - 1)


def text_hash(text: str) -> str:
    return content_hash(text.encode())


def outcome(page: Page, verdict: Verdict = Verdict.UNCHANGED, **more: Any) -> Outcome:
    """What an attempt on this page left behind."""
    fields: dict[str, Any] = {
        "started_at": PAST + timedelta(hours=1),
        "elapsed_seconds": 0.2,
        "next_check_at": PAST + timedelta(days=1),
    }
    return Outcome(page, verdict, **(fields | more))


def initial(page: Page, text: str = "one", **more: Any) -> Outcome:
    """A first reading by every site of the page."""
    sites = tuple(
        SiteOutcome(site, Verdict.INITIAL, f"{site.rules_hash}:html/1", state(text))
        for site in page.sites
    )
    body = response(f"<p>{text}</p>".encode())
    return outcome(page, Verdict.INITIAL, response=body, sites=sites, **more)


def changed(page: Page, before: str, after: str, **more: Any) -> Outcome:
    """A change that every site of the page saw."""
    sites = tuple(
        SiteOutcome(
            site,
            Verdict.CHANGED,
            f"{site.rules_hash}:html/1",
            state(after),
            update(before, after),
        )
        for site in page.sites
    )
    body = response(f"<p>{after}</p>".encode())
    return outcome(page, Verdict.CHANGED, response=body, sites=sites, **more)


def failed(page: Page, error_class: ErrorClass = ErrorClass.TIMEOUT, **more: Any) -> Outcome:
    """An attempt without an answer."""
    why: dict[str, Any] = {"error_class": error_class, "error_detail": "no answer"}
    return replace(outcome(page, Verdict.FAILED, **more), **why)


def one_of_each() -> list[tables.Base]:
    """One row of every table, in an order that their references allow."""
    user = tables.User(id="github|1", email="ada@example.org", username="ada")
    page = tables.Page(
        id=new_id(), request_key=HASH, url="https://a.example/", host="a.example:443"
    )
    site = tables.MonitoredSite(
        id=new_id(), name="Blog", url=page.url, owner_id=user.id, page_id=page.id, text_hash=HASH
    )
    content = tables.Content(hash=HASH, codec="zstd", size_bytes=1, data=b"\0")
    snapshot = tables.Snapshot(
        id=new_id(), site_id=site.id, text_hash=HASH, source_hash=HASH, kind="html",
        extractor="html/1", url=page.url, first_seen_at=PAST, last_seen_at=PAST,
    )  # fmt: skip
    change = tables.ContentUpdate(
        id=new_id(), site_id=site.id, detected_at=PAST, after_snapshot_id=snapshot.id
    )
    product = tables.Product(
        product_id=new_id(), name="Lamp", url="https://shop.example/lamp", owner_id=user.id,
        page_id=page.id, target_price=Decimal("19.99"), currency="EUR",
    )  # fmt: skip
    checked = tables.PriceCheck(
        price_check_id=new_id(), product_id=product.product_id, price=Decimal("24.5"),
        currency="EUR", availability="in_stock",
    )  # fmt: skip
    source = tables.PriceSource(
        price_check_id=checked.price_check_id, source_hash=HASH, url=product.url
    )
    alert = tables.PriceAlert(
        alert_id=new_id(), price_check_id=checked.price_check_id, alert_type="price_drop"
    )
    return [
        tables.Run(kind="run", machine="here", pid=1, version="1"),
        tables.Host(host="a.example:443", crawl_delay_seconds=1.0), tables.HostShard(shard=1),
        user, page, site, content, snapshot, change, product, checked, source, alert,
        tables.Attempt(
            page_id=page.id, started_at=PAST, elapsed_seconds=0.1, verdict=Verdict.UNCHANGED
        ),
        tables.CheckDay(
            page_id=page.id, day=PAST.date(), checks=2, changed=1, failures={"dns": 1},
            wire_bytes=10, times={"3": 1}, slowest_seconds=0.1,
        ),
        tables.CountedAttempts(id=1, from_id=first_id(PAST), to_id=first_id(PAST)),
        tables.PriceDay(
            product_id=product.product_id, day=PAST.date(), currency="EUR", variant="",
            checks=1, in_stock=1, lowest_price=Decimal("24.5"), lowest_at=PAST,
        ),
        tables.AnalysisResult(content_update_id=change.id, analyser="rules/2"),
        tables.Rating(content_update_id=change.id, user_id=user.id, verdict="noise"),
        tables.ModelSpend(month="2026-01"),
        tables.Identity(identity="corp|ada", user_id=user.id),
        tables.Password(user_id=user.id, hash="scrypt$1$1$1$00$00"),
        tables.WebSession(id_hash=HASH, user_id=user.id, how="link", ends_at=PAST),
        tables.LoginFlow(
            state_hash=HASH, provider="corp", nonce="1", verifier="1", browser_hash=HASH,
            ends_at=PAST,
        ),
        tables.LoginLink(token_hash=HASH, user_id=user.id, ends_at=PAST),
        tables.LoginFailure(key=HASH, failures=1, ends_at=PAST),
        tables.ApiToken(user_id=user.id, name="script", hash=HASH, scopes=["read"]),
        tables.Destination(user_id=user.id, name="phone", kind="ntfy", sealed="1", sealed_by="1"),
        tables.AuditEntry(user_id=user.id, how="cli", what="login"),
        tables.SigningKey(id=2, secret="c2VjcmV0"),
        tables.Notice(
            idempotency_key="1", kind="update", user_id=user.id, channel="mail",
            content_update_id=change.id, price_alert_id=alert.alert_id,
        ),
    ]  # fmt: skip


class Rows:
    """Rows by their models."""

    def __init__(self, rows: Sequence[tables.Base]) -> None:
        self._rows = rows

    def __getitem__(self, model: type[T]) -> T:
        return next(row for row in self._rows if isinstance(row, model))


async def add_one_of_each(session: AsyncSession) -> Rows:
    """Add one row to every table."""
    rows = one_of_each()
    for row in rows:
        session.add(row)
        await session.flush()
    return Rows(rows)


def all_tables() -> list[Table]:
    return tables.Base.metadata.sorted_tables


def older_tables() -> list[Table]:
    """The tables that each revision down to 0009 has, whose rows outlive a way down and up."""
    return [table for table in all_tables() if table not in _NEWER]


_NEWER = [
    model.__table__
    for model in (
        tables.ApiToken, tables.AuditEntry, tables.CountedAttempts, tables.Destination,
        tables.Identity, tables.LoginFailure, tables.LoginFlow, tables.LoginLink, tables.Password,
        tables.SigningKey, tables.WebSession,
    )
]  # fmt: skip


class Statements:
    """Counts the statements that an engine sends while the block lasts."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.sent: list[str] = []
        self.values: list[Any] = []
        self._engine = engine.sync_engine

    def __enter__(self) -> Statements:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        self.sent.append(statement)
        self.values.append(values)
