"""The page of a product: its shops, its moves, the price that held before, and its evidence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.display.price_chart import ChartScope, price_chart
from daemon.lexicon.availability import Availability
from daemon.model.errors import NotFoundError
from daemon.model.request import Request
from daemon.model.viewer import Viewer
from daemon.operations.products import PricePage, price_page
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.tables import PriceAlert, PriceCheck, PriceDay, Product
from daemon.store.tables.ids import new_id
from tests.making import PAST, Statements, add_rows
from tests.operations.two_owners import ADA, ADMIN, BOB, PRODUCT, STRANGER, TwoOwners
from tests.plans import whole_tables

NOW = PAST + timedelta(days=100)
SINCE = NOW - timedelta(days=90)
CANDIDATES = [
    {"amount": "15", "currency": "EUR", "source": "jsonld", "raw": "15", "context": "price a[0]"},
    {"amount": "20", "currency": "EUR", "source": "visible", "raw": "20 €", "context": "was b"},
]


def checked(two: TwoOwners, day: float, price: str | None, **more: Any) -> PriceCheck:
    """A check of Ada's product, so many days after the first."""
    fields: dict[str, Any] = {
        "price_check_id": new_id(),
        "product_id": two[ADA].product_id,
        "scraped_at": PAST + timedelta(days=day),
        "price": None if price is None else Decimal(price),
        "currency": "EUR",
        "availability": "in_stock",
        "is_believed": price is not None,
    }
    return PriceCheck(**(fields | more))


async def shown(two: TwoOwners, viewer: Viewer = ADA, **more: Any) -> PricePage:
    asked = {"since": SINCE, "now": NOW} | more
    return await price_page(two.database, viewer, two[ADA].product_id, **asked)


async def test_a_product_is_the_viewers_own(two: TwoOwners) -> None:
    for viewer in (ADA, ADMIN):
        assert (await shown(two, viewer)).view.owner_id == "ada"
    for viewer in (BOB, STRANGER):
        with pytest.raises(NotFoundError, match="there is no product"):
            await shown(two, viewer)
    with pytest.raises(NotFoundError):
        await price_page(two.database, ADMIN, uuid4(), SINCE, NOW)


async def test_a_product_without_a_check_says_so(two: TwoOwners) -> None:
    page = await shown(two)
    assert (list(page.moves), list(page.points), page.figures, page.evidence) == (
        [],
        [],
        None,
        None,
    )


async def test_the_price_at_the_start_of_the_span_is_known(two: TwoOwners) -> None:
    await add_rows(
        two.database,
        checked(two, 0, "30"),
        checked(two, 2, "20"),
        checked(two, 3, "20", is_repeat=True),
        checked(two, 50, "15"),
    )
    page = await shown(two)
    assert [(one.price, one.is_repeat) for one in page.moves] == [
        (Decimal(15), False),
        (Decimal(20), False),
    ]
    assert [one.price for one in page.points] == [Decimal(20), Decimal(20), Decimal(15)]
    assert page.since == SINCE
    assert page.figures is not None
    assert (page.figures.lowest, page.figures.highest) == (Decimal(15), Decimal(20))
    every = await shown(two, since=PAST - timedelta(days=1))
    assert len(every.points) == 4
    assert every.since == PAST


async def test_what_is_not_believed_is_a_move_with_its_reason_and_no_point(two: TwoOwners) -> None:
    doubted = {"is_believed": False, "details": {"reason": "jump"}}
    await add_rows(two.database, checked(two, 20, "20"), checked(two, 30, "2", **doubted))
    page = await shown(two)
    assert [(one.price, one.details) for one in page.moves] == [
        (Decimal(2), {"reason": "jump"}),
        (Decimal(20), None),
    ]
    assert [one.price for one in page.points] == [Decimal(20)]


async def test_the_evidence_is_that_of_the_last_offer(two: TwoOwners) -> None:
    details = {"source": "jsonld", "path": "a[0]", "flags": ["sale"], "candidates": CANDIDATES}
    await add_rows(
        two.database,
        checked(two, 20, "20", details={"source": "visible"}),
        checked(two, 30, "15", details=details, confidence_score=0.9),
        checked(two, 40, "15", is_repeat=True),
    )
    evidence = (await shown(two)).evidence
    assert evidence is not None
    assert (evidence.price, evidence.source, evidence.path) == (Decimal(15), "jsonld", "a[0]")
    assert (evidence.confidence, evidence.flags) == (0.9, ["sale"])
    assert [(one.amount, one.source) for one in evidence.candidates] == [
        (Decimal(15), "jsonld"),
        (Decimal(20), "visible"),
    ]


@pytest.mark.parametrize("stored", [None, "text", [1], [{"amount": "x"}], {"a": 1}])
async def test_candidates_that_cannot_be_read_are_left_out(two: TwoOwners, stored: Any) -> None:
    details = {"source": "jsonld", "candidates": stored}
    await add_rows(two.database, checked(two, 20, "20", details=details))
    evidence = (await shown(two)).evidence
    assert evidence is not None
    assert evidence.candidates == []


async def test_days_whose_checks_were_dropped_count_as_read(two: TwoOwners) -> None:
    days = [
        PriceDay(
            product_id=two[ADA].product_id, day=(PAST + timedelta(days=day)).date(),
            currency="EUR", variant="", checks=1, in_stock=1,
        )
        for day in range(20, 100)
    ]  # fmt: skip
    await add_rows(two.database, checked(two, 20, "20"), *days)
    page = await shown(two)
    scope = ChartScope(page.since, NOW, read_at=page.read_at)
    chart = price_chart(page.points, scope)
    assert chart is not None
    assert chart.gaps == ()
    without = price_chart(page.points, ChartScope(page.since, NOW))
    assert without is not None
    assert [gap.words.partition(",")[0] for gap in without.gaps] == ["not read"]


async def test_the_shops_of_a_product_are_those_of_its_owner(two: TwoOwners) -> None:
    more = [
        ProductSpec(name, Request(url), "b.example", owner, "6h")
        for name, url, owner in (
            (PRODUCT, "https://b.example/ada", "ada"),
            (PRODUCT, "https://b.example/bob", "bob"),
            ("Other", "https://b.example/other", "ada"),
        )
    ]
    async with two.database.writing() as session:
        await add_products(session, more, PAST)
    page = await shown(two, ADMIN)
    assert {one.url for one in page.shops} == {
        "https://b.example/ada",
        "https://shop.example/lamp",
    }
    async with two.database.writing() as session:
        product = await session.get(Product, two[ADA].product_id)
        assert product is not None
        product.deleted_at = PAST
    with pytest.raises(NotFoundError):
        await shown(two, ADMIN)


async def test_alerts_are_those_of_the_span(two: TwoOwners) -> None:
    old, new = checked(two, 1, "20"), checked(two, 50, "15")
    alerts = [
        PriceAlert(
            alert_id=new_id(), price_check_id=one.price_check_id, alert_type="price_drop",
            created_at=one.scraped_at,
        )
        for one in (old, new)
    ]  # fmt: skip
    await add_rows(two.database, old, new, *alerts)
    assert [one.id for one in (await shown(two)).alerts] == [alerts[1].alert_id]


async def test_a_page_of_a_product_takes_four_statements(
    two: TwoOwners, engine: AsyncEngine
) -> None:
    await add_rows(two.database, checked(two, 20, "20"))
    with Statements(engine) as statements:
        page = await shown(two)
    assert sum(one.startswith("SELECT") for one in statements.sent) == 4
    async with two.database.reading() as session:
        connection = await session.connection()
        for one, values in zip(statements.sent, statements.values, strict=True):
            if one.startswith("SELECT"):
                assert not await whole_tables(connection, one, values), one
    assert page.points[0].availability is Availability.IN_STOCK
