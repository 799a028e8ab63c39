"""Moves of stock and currency: which are told, to whom, and in which words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from daemon.alerting.values import Route
from daemon.display.prices import alert_text
from daemon.lexicon.availability import Availability
from daemon.model.product import ProductRules
from daemon.prices import AlertRules
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.record.outbox import sync_routes
from tests.making import OWNER, begin_run
from tests.products.test_store import have, look, told, wanted
from tests.test_prices import EVERY, Product, offer

STATED = [one for one in Availability if one is not Availability.UNKNOWN]


@pytest.mark.parametrize("before", STATED)
@pytest.mark.parametrize("after", STATED)
def test_where_every_move_is_asked_for_each_change_of_stock_is_told_once(
    before: Availability, after: Availability
) -> None:
    seen = [offer("100", stock=stock) for stock in (before, after, after)]
    alerts = [alerts for alerts in Product(EVERY).told(*seen) if alerts]
    assert len(alerts) == (before is not after)
    assert all(len(one) == 1 for one in alerts)


@pytest.mark.parametrize("stock", [Availability.LIMITED, Availability.PREORDER])
def test_otherwise_only_the_kinds_that_are_asked_for_are(stock: Availability) -> None:
    rules = AlertRules(out_of_stock=True, discontinued=True)
    assert Product(rules).told(offer("100"), offer("100", stock=stock)) == [[], []]


def test_what_is_not_said_of_the_stock_is_no_change_of_it() -> None:
    seen = [offer("100", stock=stock) for stock in (Availability.LIMITED, Availability.UNKNOWN)]
    assert Product(EVERY).told(*seen, seen[0]) == [[], [], []]


BY_TARGET = ProductRules().alerts(Decimal(80), None)
BY_AMOUNT = ProductRules(drop_amount=Decimal(5)).alerts(None, None)


@pytest.mark.parametrize("rules", [EVERY, BY_TARGET, BY_AMOUNT], ids=["every", "target", "amount"])
def test_another_currency_is_told_once_it_is_sure(rules: AlertRules) -> None:
    seen = [offer("100"), *[offer("110", "USD")] * 3, offer("110", None), offer("110", None)]
    product = Product(replace(rules, currency=None))
    assert product.told(*seen) == [[], [], ["currency_change:currency"], [], [], []]


def test_who_gave_no_amount_hears_of_no_other_currency() -> None:
    product = Product(ProductRules(drop_percent=Decimal(5)).alerts(None, None))
    assert product.told(offer("100"), *[offer("110", "USD")] * 3) == [[]] * 4


def test_another_variant_in_another_currency_is_another_product() -> None:
    seen = [offer("100", variant="red"), *[offer("110", "USD", variant="blue")] * 2]
    assert Product(EVERY).told(*seen) == [[], [], []]


def test_the_words_of_an_alert_name_both_currencies() -> None:
    product = Product(EVERY)
    product.told(offer("100"), offer("110", "USD"))
    [alert] = product.look(offer("110", "USD")).alerts
    said = "110.00 USD, before 100.00 EUR: it is priced in another currency"
    assert alert_text(alert) == said


async def test_moves_of_stock_and_currency_are_recorded_and_notified(database: Database) -> None:
    await have(database, wanted(rules=ProductRules(notify_on="every")))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [Route(name="hook", target="t1")]})
    run_id = await begin_run(database)
    await look(database, run_id, "100", 0)
    await look(database, run_id, "100", 1, stock=Availability.LIMITED)
    await look(database, run_id, "100", 2, stock=Availability.PREORDER)
    for at in (3, 4):
        await look(database, run_id, "100", at, stock=Availability.PREORDER, currency="USD")
    async with database.reading() as session:
        kinds = await session.scalars(
            select(tables.PriceAlert.alert_type).order_by(tables.PriceAlert.created_at)
        )
    assert list(kinds) == ["availability_change", "availability_change", "currency_change"]
    notices = [payload for _, payload in await told(database)]
    assert [(one["title"], one["summary"]) for one in notices] == [
        ("Kettle is now listed as limited", "It costs 100.00 EUR."),
        ("Kettle is now listed as preorder", "It costs 100.00 EUR."),
        ("Kettle is priced in another currency", "100.00 EUR → 100.00 USD."),
    ]
    assert (notices[2]["previous_currency"], notices[2]["currency"]) == ("EUR", "USD")
