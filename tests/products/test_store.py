"""Products in the database: made so, removed, revived; their checks and alerts as one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from daemon.alerting.template import fill
from daemon.alerting.values import Route
from daemon.lexicon.availability import Availability
from daemon.model.errors import NotifyError
from daemon.model.outcome import Outcome, ProductOutcome
from daemon.model.page import Page
from daemon.model.product import ProductRules, offer_hash
from daemon.model.request import Request, Timing
from daemon.model.status import ErrorClass, Verdict
from daemon.money.offer import Offer
from daemon.notify.render import words_of
from daemon.packing import pack
from daemon.pipeline.recording import record
from daemon.prices import judge_offer, with_evidence
from daemon.runtime.worker import log_outcome
from daemon.store import tables
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.plan import Synced
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.database import Database
from daemon.store.queue.notices_by_hand import drop, list_notices
from daemon.store.record.outbox import sync_routes
from daemon.store.retention import ages as retention
from daemon.store.retention.batching import Sweep
from daemon.store.views.price_history import points_since
from daemon.store.views.products import list_products
from tests.making import (
    ADMIN,
    OWNER,
    PAST,
    begin_run,
    claim,
    count,
    failed,
    have_sites,
    id_at,
    outcome,
    response,
    spec,
    sync_products,
)  # fmt: skip
from tests.notify.test_sender import Box, Clock, sender

URL = "https://shop.example/kettle"
DAY = timedelta(days=1)
REFUSED = NotifyError("not now")


def wanted(name: str = "Kettle", url: str = URL, **more: Any) -> ProductSpec:
    fields: dict[str, Any] = {
        "request": Request(url),
        "host": "shop.example:443",
        "owner_id": OWNER.id,
        "check_frequency": "daily",
        "target_price": Decimal(80),
        "currency": "EUR",
    }
    return ProductSpec(name, **(fields | more))


async def have(database: Database, *specs: ProductSpec) -> Synced:
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
        return await sync_products(session, specs, PAST)


async def live(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        return [(view.name, view.url) for view in await list_products(session, ADMIN)]


def seen(
    page: Page,
    price: str,
    at: int = 0,
    stock: Availability = Availability.IN_STOCK,
    currency: str = "EUR",
) -> Outcome:
    """A look at this page, so many hours after the first, that reads this price."""
    now = PAST + timedelta(hours=at)
    offer = Offer(
        price=Decimal(price), currency=currency, availability=stock,
        availability_confidence=0.9, confidence=0.9, html=f"<b>{price}</b>",
    )  # fmt: skip
    found = tuple(
        with_evidence(
            judge_offer(one, offer, offer_hash(offer), (), now), id_at(now), pack(price.encode())
        )
        for one in page.products
    )
    verdict = found[0].verdict
    return outcome(page, verdict, started_at=now, response=response(), products=found,
                   next_check_at=PAST)  # fmt: skip


async def look(database: Database, run_id: UUID, price: str, at: int = 0, **more: Any) -> None:
    [page] = await claim(database, run_id)
    done = seen(page, price, at, **more)
    async with database.writing() as session:
        assert await record(session, run_id, [done])
    log_outcome(done)


async def test_products_are_added_changed_removed_and_revived(database: Database) -> None:
    assert await have(database, wanted()) == Synced(added=("Kettle",))
    assert await have(database, wanted()) == Synced()
    dearer = wanted(target_price=Decimal("79.9"))
    assert await have(database, dearer) == Synced(changed=("Kettle",))
    assert await have(database) == Synced(removed=("Kettle",))
    assert await live(database) == []
    assert await have(database, wanted()) == Synced(added=("Kettle",))
    assert await count(database, tables.Product) == 1


async def test_several_addresses_are_several_rows_of_one_name(database: Database) -> None:
    other = wanted(url="https://other.example/k", host="other.example:443")
    await have(database, wanted(), other)
    assert await live(database) == [("Kettle", URL), ("Kettle", other.request.url)]
    assert await have(database, other) == Synced(removed=("Kettle",))


async def test_a_page_is_shared_with_its_site_and_runs_as_often_as_either_asks(
    database: Database,
) -> None:
    await have_sites(database, spec("Shop", URL, check_frequency="daily"))
    await have(database, wanted(check_frequency="6h"))
    [page] = await claim(database, await begin_run(database))
    assert page.names == ("Shop", "Kettle")
    assert page.check_frequency == "6h"


async def test_a_new_product_of_a_known_page_is_looked_at_soon(database: Database) -> None:
    await have_sites(database, spec("Shop", URL))
    run_id = await begin_run(database)
    [page] = await claim(database, run_id)
    async with database.writing() as session:
        done = outcome(page, Verdict.UNCHANGED, next_check_at=PAST + 30 * 365 * DAY)
        await record(session, run_id, [done])
    await have(database, wanted())
    assert len(await claim(database, run_id)) == 1


async def test_what_is_remembered_comes_back_with_the_claim(database: Database) -> None:
    run_id = await begin_run(database)
    rules = ProductRules(selector=".now", drop_percent=Decimal("2.5"))
    await have(database, wanted(rules=rules))
    await look(database, run_id, "100")
    [page] = await claim(database, run_id)
    [known] = page.products
    assert known.state is not None
    assert known.state.alerts.price == Decimal(100)
    assert known.rules == rules
    assert known.is_up_to_date
    assert known.hint.currency == "EUR"


async def test_an_alert_is_stored_with_its_check_and_told_once(database: Database) -> None:
    run_id = await begin_run(database)
    await have(database, wanted())
    for at, price in enumerate(("100", "79", "79", "78")):
        await look(database, run_id, price, at)
    assert await count(database, tables.PriceCheck) == 4
    assert await count(database, tables.PriceAlert) == 1
    async with database.reading() as session:
        [row] = await session.execute(
            select(tables.PriceAlert.details, tables.PriceCheck.price, tables.PriceCheck.raw_html)
            .join(tables.PriceCheck)
        )  # fmt: skip
    assert (row.price, row.raw_html) == (Decimal(79), "<b>79</b>")
    assert row.details["rule"] == "target"


async def test_a_result_whose_lease_is_gone_tells_nothing(database: Database) -> None:
    run_id = await begin_run(database)
    await have(database, wanted())
    await look(database, run_id, "100")
    [page] = await claim(database, run_id)
    late = replace(seen(page, "79"), page=replace(page, lease_token=page.lease_token - 1))
    async with database.writing() as session:
        assert not await record(session, run_id, [late])
    assert await count(database, tables.PriceAlert) == 0
    assert await count(database, tables.PriceCheck) == 1


async def test_a_product_keeps_since_when_it_waits_for_its_turn(database: Database) -> None:
    await have(database, wanted())
    run_id = await begin_run(database)
    [page] = await claim(database, run_id)
    late = ProductOutcome(
        page.products[0], Verdict.FAILED, error_class=ErrorClass.DEADLINE, error_detail="late"
    )
    cut = outcome(page, Verdict.FAILED, products=(late,), next_check_at=PAST)
    async with database.writing() as session:
        assert await record(session, run_id, [cut])
    [page] = await claim(database, run_id)
    assert page.products[0].deferred_since == cut.started_at
    quiet = ProductOutcome(page.products[0], Verdict.UNCHANGED)
    async with database.writing() as session:
        await record(session, run_id, [outcome(page, products=(quiet,), next_check_at=PAST)])
    [page] = await claim(database, run_id)
    assert (page.products[0].deferred_since, page.products[0].error_class) == (None, None)


async def test_a_product_is_left_to_the_daemon_with_the_changes_that_were_seen(
    database: Database,
) -> None:
    await have(database, wanted(check_frequency="auto", detect_within="6h"))
    run_id = await begin_run(database)
    for at, price in enumerate(("100", "100", "90")):
        await look(database, run_id, price, at)
    [page] = await claim(database, run_id)
    [product] = page.products
    assert page.check_frequency == "6h"
    assert product.timing == Timing("auto", detect_within="6h")
    [(after, seen_at)] = product.rhythm.changes
    assert 0 < seen_at - after <= 86400


async def test_repeats_and_sources_go_with_age_and_prices_stay(database: Database) -> None:
    run_id = await begin_run(database)
    await have(database, wanted())
    for at, price in enumerate(("100", "100", "90")):
        await look(database, run_id, price, at)
    assert await count(database, tables.PriceSource) == 2
    later = PAST + DAY
    sweep = Sweep(database)
    assert await retention.drop_contents(sweep, later) == 0
    assert await retention.drop_price_repeats(sweep, later) == 1
    assert await retention.drop_price_sources(sweep, later) == 2
    assert await prices(database) == [Decimal(100), Decimal(90)]


async def prices(database: Database) -> Sequence[Decimal | None]:
    async with database.reading() as session:
        [product_id] = await session.scalars(select(tables.Product.product_id))
        return [point.price for point in await points_since(session, product_id, PAST)]


async def test_a_price_alert_leaves_one_notice_for_who_wants_it(database: Database) -> None:
    await have(database, wanted())
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [Route(name="hook", target="t1")]})
    run_id = await begin_run(database)
    await look(database, run_id, "100", at=0)
    await look(database, run_id, "75", at=24)
    await look(database, run_id, "75", at=48)
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(
                    tables.Notice.kind, tables.Notice.payload, tables.PriceAlert.alert_type
                ).join(
                    tables.PriceAlert, tables.PriceAlert.alert_id == tables.Notice.price_alert_id
                )
            )
        ).all()
    [(kind, payload, alert_type)] = rows
    assert (kind, alert_type) == ("price", "price_drop")
    assert payload["title"] == "Kettle costs less"
    assert payload["summary"].startswith("100")
    assert payload["price"].startswith("75")


@pytest.mark.parametrize(
    ("notify_on", "recorded", "notified"),
    [
        ("significant", ["price_drop"], ["price_drop"]),
        ("every", ["price_drop", "price_rise", "out_of_stock"], None),
        ("none", ["price_drop"], []),
    ],
)
async def test_a_product_says_which_of_its_moves_are_told(
    database: Database, notify_on: str, recorded: list[str], notified: list[str] | None
) -> None:
    await have(database, wanted(rules=ProductRules(notify_on=notify_on)))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [Route(name="hook", target="t1")]})
    run_id = await begin_run(database)
    for at, price in enumerate(("100", "75", "76")):
        await look(database, run_id, price, at)
    await look(database, run_id, "76", 3, stock=Availability.OUT_OF_STOCK)
    async with database.reading() as session:
        kinds = await session.scalars(
            select(tables.PriceAlert.alert_type).order_by(tables.PriceAlert.created_at)
        )
    assert list(kinds) == recorded
    said = [details["kind"] for details, _ in await told(database)]
    assert said == (recorded if notified is None else notified)


async def test_a_price_that_is_not_believed_is_in_nothing_that_leaves_until_it_is_confirmed(
    database: Database,
) -> None:
    await have(database, wanted(target_price=None))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [Route(name="hook", target="t1")]})
    run_id = await begin_run(database)
    await look(database, run_id, "69.90", 0, stock=Availability.OUT_OF_STOCK)
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.runtime.worker.log", structlog.get_logger())
        await look(database, run_id, "6.99", 1)
    assert "price_alert" in [line["event"] for line in lines]
    [(details, payload)] = await told(database)
    assert "6.99" not in repr((lines, details, payload)) + repr(words_of("price", payload))
    assert fill("{{ title }}: {{ price }}{{ currency }}", payload) == "Kettle is back in stock: EUR"
    assert payload["summary"] == "Its price is not certain yet."
    assert (payload["price"], payload["previous_price"]) == (None, "69.90")
    await look(database, run_id, "6.99", 2)
    [_, (details, payload)] = await told(database)
    assert (details["kind"], details["previous_price"]) == ("price_drop", "69.90")
    assert payload["summary"] == "69.90 EUR → 6.99 EUR."


async def told(database: Database) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What each alert keeps, and what its notice says, in the order in which they came."""
    async with database.reading() as session:
        rows = await session.execute(
            select(tables.PriceAlert.details, tables.Notice.payload)
            .join(tables.Notice, tables.Notice.price_alert_id == tables.PriceAlert.alert_id)
            .order_by(tables.PriceAlert.created_at)
        )
        return [(row.details, row.payload) for row in rows]


async def alerted(database: Database, run_id: UUID, *routes: Route) -> None:
    """A product of two shops, whose price has just fallen at both; its owner has these routes."""
    other = wanted(url="https://other.example/k", host="other.example:443")
    await have(database, wanted(), other)
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: routes})
    for at, price in enumerate(("100", "75")):
        for page in await claim(database, run_id):
            async with database.writing() as session:
                await record(session, run_id, [seen(page, price, at)])


async def sent_at(database: Database) -> list[datetime | None]:
    async with database.reading() as session:
        return list(await session.scalars(select(tables.PriceAlert.sent_at)))


async def test_an_alert_keeps_when_its_first_message_was_delivered(database: Database) -> None:
    run_id, clock, late = await begin_run(database), Clock(PAST + DAY), Box(lambda: REFUSED)
    routes = Route(name="hook", target="t1"), Route(name="mail", target="t2")
    await alerted(database, run_id, *routes)
    boxes = {"hook": Box(), "mail": late}
    telling = sender(database, run_id, clock, boxes, *routes)
    assert await sent_at(database) == [None, None]
    await telling.drain()
    assert await sent_at(database) == [clock.now, clock.now]
    late.fault = lambda: None
    first = clock.now
    clock.on(days=1)
    await telling.drain()
    assert (len(boxes["hook"].taken), len(late.taken)) == (2, 2)
    assert await sent_at(database) == [first, first]


async def test_alerts_told_in_one_message_are_sent_with_it_but_for_what_was_dropped(
    database: Database,
) -> None:
    run_id, clock, box = await begin_run(database), Clock(PAST + DAY), Box(lambda: REFUSED)
    route = Route(name="mail", target="t1", digest="daily")
    await alerted(database, run_id, route)
    clock.on(days=1)
    telling = sender(database, run_id, clock, {"mail": box}, route)
    await telling.drain()
    async with database.writing() as session:
        member = next(n for n in await list_notices(session, ADMIN) if n.bundle_id is not None)
        await drop(session, ADMIN, [member.id])
    box.fault = lambda: None
    clock.on(hours=1)
    await telling.drain()
    [message] = box.taken
    assert message.facts["count"] == 2
    assert sorted(await sent_at(database), key=str) == [clock.now, None]


async def test_an_alert_whose_message_is_given_up_was_never_sent(database: Database) -> None:
    run_id, clock = await begin_run(database), Clock(PAST + DAY)
    route = Route(name="mail", target="t1")
    await alerted(database, run_id, route)
    never = Box(lambda: NotifyError("no such address", is_permanent=True))
    await sender(database, run_id, clock, {"mail": never}, route).drain()
    assert await sent_at(database) == [None, None]


def unread(page: Page, error_class: ErrorClass, at: int) -> Outcome:
    """A look at a page that answers, in which no product's offer can be read."""
    products = tuple(
        ProductOutcome(one, Verdict.FAILED, error_class=error_class, error_detail="why")
        for one in page.products
    )
    return outcome(page, Verdict.FAILED, started_at=PAST + timedelta(hours=at),
                   response=response(), products=products, next_check_at=PAST)  # fmt: skip


async def test_a_product_that_fails_and_is_back_is_told_as_a_site_is(database: Database) -> None:
    await have(database, wanted(), wanted("Nobody's", URL + "2", owner_id=None))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [Route(name="hook", target="t1", failures=2)]})
    run_id = await begin_run(database)
    told: list[list[tuple[str, Any]]] = []
    for at in range(5):
        pages = await claim(database, run_id)
        for page in pages:
            done = (
                failed(page, ErrorClass.GONE, started_at=PAST, next_check_at=PAST),
                unread(page, ErrorClass.BOT_WALL, 1),
                unread(page, ErrorClass.BOT_WALL, 2),
                seen(page, "70", 3),
                seen(page, "70", 4),
            )[at]
            async with database.writing() as session:
                assert await record(session, run_id, [done])
        async with database.reading() as session:
            notices = await list_notices(session, ADMIN)
        told.append([(notice.kind, notice.payload["product"]) for notice in notices])
    failing, back = ("failing", "Kettle"), ("recovered", "Kettle")
    assert told == [[], [failing], [failing], [back, failing], [back, failing]]
    assert {notice.payload["url"] for notice in notices} == {URL}
    assert notices[-1].payload["error_class"] == "bot_wall"
    assert notices[0].payload["outage_seconds"] == 3 * 3600
