"""One row whose JSON is none of ours: it is set aside, named, and stops no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select, text
from structlog.testing import capture_logs

from daemon.alerting.values import Route
from daemon.model.page import Page
from daemon.model.site import Owner
from daemon.pipeline.releasing import release
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.database import Database
from daemon.store.record.outbox import known_channels, routes_of, sync_routes
from daemon.store.tables import Notice
from tests.making import OWNER, PAST, begin_run, claim, have_sites, spec, sync_products

BAD = spec("Bad", "https://bad.example/")
GOOD = spec("Good", "https://good.example/")
BESIDE = spec("Beside", "https://bad.example/")
SHAPES = {"no_json": "{not json", "text": '"text"', "list": "[1]", "number": "7"}


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest, database: Database) -> str:
    found = SHAPES[request.param]
    # PostgreSQL takes JSON alone.
    return f'"{found}"' if database.is_shared and request.param == "no_json" else found


async def garble(database: Database, column: str, shape: str, where: str) -> None:
    """Put this into a column, as no program of ours does."""
    table, name = column.split(".")
    value = "CAST(:shape AS jsonb)" if database.is_shared else ":shape"
    async with database.writing() as session:
        done = await session.execute(
            text(f"UPDATE {table} SET {name} = {value} WHERE {where}"), {"shape": shape}
        )
        assert done.rowcount == 1  # type: ignore[attr-defined]  # of a statement in text


async def claimed(database: Database, run_id: UUID) -> tuple[list[Page], list[str]]:
    """The pages, and the names of the rows that were set aside."""
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.store.core.json_columns.log", structlog.get_logger())
        pages = await claim(database, run_id)
    return pages, [line["name"] for line in lines if line["event"] == "row_set_aside"]


@pytest.mark.parametrize("column", ["rules", "alerted", "certificate_told", "volatile"])
async def test_a_site_that_is_garbled_stops_no_other(
    database: Database, run_id: UUID, column: str, shape: str
) -> None:
    await have_sites(database, BAD, BESIDE, GOOD)
    await garble(database, f"monitored_sites.{column}", shape, "name = 'Bad'")
    pages, told = await claimed(database, run_id)
    assert {site.name for page in pages for site in page.sites} == {"Beside", "Good"}
    assert told == ["Bad"]


@pytest.mark.parametrize(
    ("column", "where", "name"),
    [
        ("pages.headers", "url = 'https://bad.example/'", "https://bad.example/"),
        ("monitored_sites.rules", "name = 'Bad'", "Bad"),
    ],
)
async def test_a_page_that_cannot_be_checked_rests_and_stops_no_other(
    database: Database, run_id: UUID, column: str, where: str, name: str, shape: str
) -> None:
    await have_sites(database, BAD, GOOD)
    await garble(database, column, shape, where)
    pages, told = await claimed(database, run_id)
    assert [page.request.url for page in pages] == ["https://good.example/"]
    assert told == [name]
    assert await claimed(database, run_id) == ([], [])


async def test_a_site_of_the_configuration_is_mended_as_it_is_read(
    database: Database, run_id: UUID, shape: str
) -> None:
    await have_sites(database, BAD, GOOD)
    await garble(database, "monitored_sites.rules", shape, "name = 'Bad'")
    await have_sites(database, BAD, GOOD)
    pages, told = await claimed(database, run_id)
    assert (len(pages), told) == (2, [])


@pytest.mark.parametrize("column", ["rules", "state"])
async def test_a_product_that_is_garbled_stops_no_other(
    database: Database, run_id: UUID, column: str, shape: str
) -> None:
    await have_sites(database, BAD)
    wanted = [
        ProductSpec(name=name, request=one.request, host=one.host, owner_id=OWNER.id,
                    check_frequency="daily")
        for name, one in (("Lamp", BAD), ("Chair", BAD), ("Desk", GOOD))
    ]  # fmt: skip
    async with database.writing() as session:
        await sync_products(session, wanted, PAST)
    await garble(database, f"products.{column}", shape, "name = 'Lamp'")
    pages, told = await claimed(database, run_id)
    assert {one.name for page in pages for one in page.products} == {"Chair", "Desk"}
    assert told == ["Lamp"]


async def test_a_user_whose_routes_are_garbled_keeps_them_from_nobody_else(
    database: Database, shape: str
) -> None:
    routes = {"ada": [Route("mail", "t")], "bob": [Route("chat", "u")]}
    async with database.writing() as session:
        await sync_owners(session, [Owner("ada", "a@x.org"), Owner("bob", "b@x.org")])
        await sync_routes(session, routes)
    await garble(database, "users.preferences", shape, "id = 'ada'")
    async with database.writing() as session:
        found = await routes_of(session, ["ada", "bob"])
        assert [route.name for route in found["bob"]] == ["chat"]
        assert await known_channels(session) == {"chat"}
        await sync_routes(session, routes)
        assert await known_channels(session) == {"mail", "chat"}


async def test_a_notice_that_is_garbled_lets_those_beside_it_go(
    database: Database, shape: str
) -> None:
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
        for number in range(3):
            session.add(
                Notice(
                    idempotency_key=f"k{number}", kind="change", user_id=OWNER.id, channel="mail",
                    payload={"site": f"S{number}"}, bundle_key="digest:day", status="held",
                    next_attempt_at=PAST, created_at=PAST,
                )
            )  # fmt: skip
    await garble(database, "notices.payload", shape, "idempotency_key = 'k1'")
    async with database.writing() as session:
        now = PAST + timedelta(days=1)
        assert await release(session, OWNER.id, "mail", now) == 1
        payload = await session.scalar(select(Notice.payload).where(Notice.status == "pending"))
    assert sites_in(payload) == ["S0", "S2"]


def sites_in(payload: Any) -> list[str]:
    return [one["site"] for one in payload["notices"]]
