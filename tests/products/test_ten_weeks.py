"""Three products through ten states of their pages: exactly the right alerts, each once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from daemon.config import Config
from daemon.operations.installation.configuration import apply
from daemon.runtime.app import App, open_app
from daemon.runtime.check_now import check_all
from daemon.store.core.database import Database
from daemon.store.tables import PriceAlert, PriceCheck, Product
from tests.making import ADMIN
from tests.products.shop import BLOCKED, OUTAGE, Offered, Shop, Week, open_shop

# One row for each week: what the pages say, how often they are looked at, and what is then told.
KETTLE, LAMP, ZELT = "/kettle", "/lamp", "/zelt"
WEEKS: list[tuple[tuple[Week, Week, Week], int, list[tuple[str, str, str]]]] = [
    ((Offered("100.00"), Offered("60.00", "USD"), Offered("1.299,00")), 1, []),
    ((OUTAGE, OUTAGE, OUTAGE), 1, []),
    (
        (Offered("78.50"), Offered("60.00", "USD", "OutOfStock"), Offered("1.249,00")),
        2,
        [("Kettle", "price_drop", "78.5")],
    ),
    ((BLOCKED, BLOCKED, BLOCKED), 1, []),
    (
        (Offered("77.00"), Offered("60.00", "USD", "OutOfStock"), Offered("1.149,00")),
        2,
        [("Zelt", "price_drop", "1149")],
    ),
    # The stock moves alone; an absurd price is seen once.
    (
        (Offered("7.70"), Offered("60.00", "USD"), Offered("1.149,00")),
        1,
        [("Lamp", "back_in_stock", "60")],
    ),
    # A currency switch is seen once.
    ((Offered("77.00"), Offered("45.00", "EUR"), Offered("12,99")), 1, []),
    ((Offered("99.00"), Offered("60.00", "USD"), Offered("1.149,00")), 1, []),
    (
        (Offered("79.00"), Offered("49.00", "USD"), Offered("1.099,00")),
        2,
        [("Kettle", "price_drop", "79"), ("Lamp", "price_drop", "49")],
    ),
    (
        (Offered("79.00", stock="OutOfStock"), Offered("48.50", "USD"), Offered("1.029,00")),
        2,
        [("Zelt", "price_drop", "1029")],
    ),
]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with open_shop() as shop:
        yield shop


def config_of(database_url: str, shop: Shop) -> Config:
    url = database_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    tree: dict[str, Any] = {
        "database": {"url": url},
        "fetch": {"allow_networks": ["127.0.0.0/8"], "delay_seconds": 0.0},
        "schedule": {"minimum_interval": "1s", "jitter": 0.0},
        "site": [{"name": "Kettle page", "url": shop.url(KETTLE)}],
        "product": [
            {"name": "Kettle", "url": shop.url(KETTLE), "target_price": 80, "currency": "EUR"},
            {"name": "Lamp", "url": shop.url(LAMP), "target_price": "50", "currency": "USD"},
            {"name": "Zelt", "url": shop.url(ZELT), "drop_percent": 10, "currency": "EUR"},
        ],
    }
    return Config.model_validate(tree).settled(())


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[App]:
    """As `changelogger check --all` does."""
    async with open_app(config, "check") as app:
        await apply(app.database, ADMIN, config, datetime.now(UTC))
        yield app


async def alerts(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(Product.name, PriceAlert.alert_type, PriceCheck.price)
            .join(PriceCheck, PriceCheck.price_check_id == PriceAlert.price_check_id)
            .join(Product, Product.product_id == PriceCheck.product_id)
            .order_by(PriceAlert.created_at, Product.name)
        )
        return [
            (name, kind, f"{price or 0:f}".rstrip("0").rstrip(".")) for name, kind, price in rows
        ]


async def test_ten_weeks_give_exactly_the_right_alerts_each_once(
    database_url: str, database: Database, shop: Shop
) -> None:
    expected: list[tuple[str, str, str]] = []
    async with opened(config_of(database_url, shop)) as app:
        for number, (pages, looks, told) in enumerate(WEEKS):
            shop.now = dict(zip((KETTLE, LAMP, ZELT), pages, strict=True))
            for _ in range(looks):
                await check_all(app)
            expected += told
            assert sorted(await alerts(database)) == sorted(expected), f"week {number}"
    assert await believed(database, "Kettle") == ["100", "78.5", "77", "99", "79"]
    assert await believed(database, "Zelt") == ["1299", "1249", "1149", "1099", "1029"]
    assert "45" not in await believed(database, "Lamp")


async def believed(database: Database, name: str) -> Sequence[str]:
    """The prices of the history, each as often as it came."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(PriceCheck.price)
            .join(Product)
            .where(Product.name == name, PriceCheck.is_believed)
            .order_by(PriceCheck.scraped_at)
        )
        prices = [f"{price.normalize():f}" for price in rows if price is not None]
    return [p for i, p in enumerate(prices) if not i or prices[i - 1] != p]


async def test_an_outage_and_a_block_page_leave_no_price_check(
    database_url: str, database: Database, shop: Shop
) -> None:
    async with opened(config_of(database_url, shop)) as app:
        for week in (OUTAGE, BLOCKED):
            shop.now = dict.fromkeys((KETTLE, LAMP, ZELT), week)
            await check_all(app)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(PriceCheck)) == 0
        failing = (await session.scalars(select(Product.error_class))).all()
    assert failing == ["bot_wall"] * 3
