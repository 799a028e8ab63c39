"""The kinds of price alerts that a database takes, and what an upgrade leaves of older ones."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from daemon.model.errors import StoreError
from daemon.model.product import AlertKind
from daemon.store.core import migrate
from daemon.store.core.database import Database
from daemon.store.tables import Notice, PriceAlert
from tests.making import add_one_of_each, in_database, older_tables

BEFORE = "0023"  # the last revision that did not know all kinds


async def fill(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        alert = await session.scalar(select(PriceAlert.alert_id))
        await session.execute(update(Notice).values(price_alert_id=alert))


async def kept(database: Database) -> dict[str, Any]:
    """How many rows each table has, and the alerts that notices tell."""
    async with database.reading() as session:
        rows = {
            table.name: await session.scalar(select(func.count()).select_from(table))
            for table in older_tables()
        }
        alerts = set(await session.scalars(select(PriceAlert.alert_id)))
        told = list(await session.scalars(select(Notice.price_alert_id)))
    assert alerts.issuperset(told)
    return {"rows": rows, "told": told}


def set_kind(url: str, kind: str) -> None:
    async def run(database: Database) -> None:
        async with database.writing() as session:
            await session.execute(text(f"UPDATE price_alerts SET alert_type = '{kind}'"))

    in_database(url, run)


def test_an_upgrade_keeps_each_alert_and_the_notice_that_tells_it(database_url: str) -> None:
    in_database(database_url, fill)
    found = in_database(database_url, kept)
    assert found["told"] != []
    assert None not in found["told"]
    migrate.downgrade(database_url, BEFORE)
    migrate.upgrade(database_url)
    assert in_database(database_url, kept) == found


@pytest.mark.parametrize("kind", AlertKind)
def test_an_upgraded_database_takes_every_kind(database_url: str, kind: AlertKind) -> None:
    in_database(database_url, fill)
    migrate.downgrade(database_url, BEFORE)
    migrate.upgrade(database_url)
    set_kind(database_url, kind)


def test_a_kind_that_is_none_is_refused(database_url: str) -> None:
    in_database(database_url, fill)
    with pytest.raises(StoreError, match="alert_type_valid"):
        set_kind(database_url, "moved_house")


def test_an_older_version_forgets_alerts_of_kinds_that_it_does_not_know(database_url: str) -> None:
    in_database(database_url, fill)
    set_kind(database_url, AlertKind.CURRENCY_CHANGE)
    migrate.downgrade(database_url, BEFORE)
    migrate.upgrade(database_url)
    found = in_database(database_url, kept)
    assert (found["rows"]["price_alerts"], found["told"]) == (0, [])
