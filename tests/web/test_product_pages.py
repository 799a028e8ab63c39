"""The list of products, and the page of one: chart, table, candidates, shops, alerts."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from daemon.model.request import Request
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.core.database import Database
from daemon.store.tables import Page, PriceAlert, PriceCheck, Product
from daemon.store.tables.ids import new_id
from tests.making import OWNER, PAST, add_rows
from tests.web.conftest import NOW, Pages, text_of

HOSTILE = "<script>alert(1)</script>\u202e\x1b[2J\"'><img src=x onerror=alert(1)>"
CANDIDATES = [
    {"amount": "15", "currency": "EUR", "source": "jsonld", "raw": "15", "context": "price a[0]"},
    {"amount": "15", "currency": "EUR", "source": "visible", "raw": "15", "context": "now b"},
    {"amount": "20", "currency": "EUR", "source": "visible", "raw": "20", "context": "was i"},
]


async def have_product(
    database: Database, name: str = "Lamp", url: str = "https://shop.example/lamp", **more: Any
) -> UUID:
    """A product of the local owner."""
    product = ProductSpec(name, Request(url), "shop.example", OWNER.id, "6h", **more)
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
        await add_products(session, [product], PAST)
    async with database.reading() as session:
        [product_id] = await session.scalars(select(Product.product_id).filter_by(url=url))
    return product_id


def checked(product_id: UUID, days_ago: float, price: str | None, **more: Any) -> PriceCheck:
    fields: dict[str, Any] = {
        "price_check_id": new_id(),
        "product_id": product_id,
        "scraped_at": NOW - timedelta(days=days_ago),
        "price": None if price is None else Decimal(price),
        "currency": "EUR",
        "availability": "in_stock",
        "is_believed": price is not None,
    }
    return PriceCheck(**(fields | more))


async def test_a_product_is_shown_with_its_prices(pages: Pages, database: Database) -> None:
    product = await have_product(database, target_price=Decimal(15), currency="EUR")
    details = {"source": "jsonld", "path": "a[0]", "candidates": CANDIDATES, "flags": ["sale"]}
    last = checked(product, 5, "15", details=details, confidence_score=0.9)
    doubted = {"is_believed": False, "details": {"reason": "jump"}}
    await add_rows(
        database,
        checked(product, 80, "20"),
        checked(product, 40, "20", availability="out_of_stock"),
        checked(product, 30, "18"),
        checked(product, 20, "1", **doubted),
        last,
        PriceAlert(
            alert_id=new_id(), price_check_id=last.price_check_id, alert_type="price_drop",
            created_at=last.scraped_at,
            details={"kind": "price_drop", "rule": "target", "price": "15", "currency": "EUR",
                     "previous_price": "18", "availability": "in_stock", "key": "1"},
        ),
    )  # fmt: skip
    answer = await pages.get(f"/products/{product}")
    assert answer.status == 200
    shown = text_of(answer.text)
    for words in (
        "Lowest 15.00", "Highest 20.00", "Why 15.00 EUR", "JSON-LD a[0] chosen",
        "text on the page b agrees", "a former price", "3 places on the page name a price",
        "not believed: jump", "−16.7 %", "price drop: 15.00 EUR, before 18.00 EUR: the target",
        "target 15.00 EUR", "out of stock",
    ):  # fmt: skip
        assert words in shown
    assert '<svg class="chart" role="img" aria-labelledby="chart-title chart-what">' in answer.text
    assert answer.text.count('class="gap"') >= 1
    assert "Grey: out of stock, or no price was read." in shown
    assert "style=" not in answer.text


async def test_each_span_is_a_page_of_its_own(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    await add_rows(
        database, checked(product, 400, "50"), checked(product, 100, "40"),
        checked(product, 10, "30"),
    )  # fmt: skip
    found = {}
    for span in ("30d", "90d", "365d", "all"):
        answer = await pages.get(f"/products/{product}?span={span}")
        assert answer.status == 200
        assert f'span={span}" aria-current="true"' in answer.text
        found[span] = re.findall(r"Highest</dt><dd>(\S+?)</dd>", answer.text)
    assert found == {"30d": ["40.00"], "90d": ["40.00"], "365d": ["50.00"], "all": ["50.00"]}


async def test_a_product_without_a_price_says_so(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    shown = text_of((await pages.get(f"/products/{product}")).text)
    assert "No price is known in this time." in shown
    await add_rows(database, checked(product, 5, None, availability="out_of_stock"))
    shown = text_of((await pages.get(f"/products/{product}")).text)
    assert "No price is known in this time." in shown


async def test_several_shops_are_compared(pages: Pages, database: Database) -> None:
    first = await have_product(database)
    other = await have_product(database, url="https://other.example/lamp")
    answer = await pages.get(f"/products/{first}")
    assert f'<a href="/products/{other}">other.example</a>' in answer.text
    assert "Shops" in text_of(answer.text)


async def test_what_others_wrote_is_text(pages: Pages, database: Database) -> None:
    product = await have_product(
        database, name=f"Lamp {HOSTILE}", url="https://shop.example/%3Cscript%3E",
        tags=("<b>", "a&b"),
    )  # fmt: skip
    candidate = {"amount": "15", "currency": "EUR", "source": HOSTILE, "raw": HOSTILE}
    details = {
        "source": HOSTILE, "path": HOSTILE, "flags": [HOSTILE],
        "candidates": [candidate | {"context": f"now {HOSTILE}"}],
    }  # fmt: skip
    await add_rows(database, checked(product, 5, "15", details=details, variant=HOSTILE))
    async with database.writing() as session:
        row = await session.get(Product, product)
        assert row is not None
        row.error_class, row.error_detail = "parse", HOSTILE
    for path in (f"/products/{product}", "/products", "/products?q=<script>"):
        answer = await pages.get(path)
        assert answer.status == 200
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert not set("\u202e\x1b") & set(answer.text)


async def test_the_list_shows_what_each_costs(pages: Pages, database: Database) -> None:
    product = await have_product(database, target_price=Decimal(10), currency="EUR")
    await add_rows(database, checked(product, 50, "20"), checked(product, 10, "15"))
    answer = await pages.get("/products")
    shown = text_of(answer.text)
    assert f'href="/products/{product}"' in answer.text
    for words in ("Lamp shop.example", "−25.0 %", "10.00", "15.00", "1 in all"):
        assert words in shown
    assert '<svg class="spark" role="img" aria-label="From 20.00 EUR to 15.00 EUR' in answer.text


async def test_the_list_is_filtered_and_turned(pages: Pages, database: Database) -> None:
    for number in range(55):
        await have_product(database, f"Lamp {number:02}", f"https://shop.example/{number}")
    await have_product(database, "Vase", "https://shop.example/vase", tags=("gift",))
    first = await pages.get("/products?q=lamp")
    assert "55 in all" in text_of(first.text)
    [older] = re.findall(r'href="(/products\?[^"]*after=[^"]*)" rel="next"', first.text)
    second = await pages.get(older.replace("&amp;", "&"))
    assert len(re.findall(r"<tr data-row>", second.text)) == 5
    [newer] = re.findall(r'href="(/products\?[^"]*before=[^"]*)" rel="prev"', second.text)
    back = await pages.get(newer.replace("&amp;", "&"))
    assert re.findall(r"Lamp \d\d", back.text) == re.findall(r"Lamp \d\d", first.text)
    assert "Vase" in (await pages.get("/products?tag=gift")).text
    paused = text_of((await pages.get("/products?state=paused")).text)
    assert "No product is like that" in paused


async def test_an_empty_list_says_how_to_begin(pages: Pages) -> None:
    assert "No product is followed yet" in text_of((await pages.get("/products")).text)


@pytest.mark.parametrize(
    "query",
    ["state=cheap", "sort=price", "after=forged", "before=AAAA", "q=" + "x" * 300, "span=90d"],
)
async def test_a_wrong_filter_is_named(pages: Pages, query: str) -> None:
    answer = await pages.get(f"/products?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer.text


async def test_a_wrong_span_is_named(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    for query in ("span=2d", "span=", "span=-1", "span=90d&span=all", "days=3"):
        answer = await pages.get(f"/products/{product}?{query}")
        assert answer.status == (200 if query == "span=" else 400)
    for word in ("nothing", str(uuid4()), "%00"):
        assert (await pages.get(f"/products/{word}")).status in (400, 404)


async def test_a_product_is_checked_paused_and_resumed(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    path = f"/products/{product}"
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=NOW + timedelta(days=1)))
    checked_now = await pages.follow(await pages.post(f"{path}/check"))
    assert "It is checked as soon as its host allows" in text_of(checked_now.text)
    async with database.reading() as session:
        assert set(await session.scalars(select(Page.next_check_at))) == {NOW}
    paused = await pages.follow(await pages.post(f"{path}/pause"))
    assert "It is paused" in text_of(paused.text)
    assert f'formaction="{path}/resume"' in paused.text
    assert "Check now" not in text_of(paused.text)
    assert "It is paused: resume it" in (await pages.follow(await pages.post(f"{path}/check"))).text
    resumed = await pages.follow(await pages.post(f"{path}/resume"))
    assert f'formaction="{path}/pause"' in resumed.text
    for action in ("check", "pause", "resume"):
        assert (await pages.post(f"/products/{uuid4()}/{action}")).status == 404


async def test_what_the_file_manages_is_explained(pages: Pages, database: Database) -> None:
    product = await have_product(database)
    async with database.writing() as session:
        await session.execute(update(Product).values(managed_by="config"))
    answer = await pages.get(f"/products/{product}")
    told = text_of(answer.text)
    assert "by config.toml : change it in its [[product]] table" in told
    assert "to pause it paused = true" in told
    assert "/pause" not in answer.text
    refused = await pages.post(f"/products/{product}/pause")
    assert refused.status == 409
    assert "managed by the configuration" in refused.text
