"""What a newcomer stumbles over: raw names, cut numbers and times, and links that lead nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from daemon.store import tables
from daemon.store.core.database import Database
from tests.making import PAST, add_one_of_each, have_sites, spec
from tests.web.conftest import NOW, Pages, text_of


async def test_the_page_of_a_host_leads_to_its_products_and_says_what_is_wrong(
    pages: Pages, database: Database
) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        product, page = rows[tables.Product], rows[tables.Page]
        await session.execute(update(tables.MonitoredSite).values(deleted_at=PAST))
        values = {"error_class": "http_4xx", "failure_streak": 3, "is_active": True}
        await session.execute(update(tables.Page).values(**values))
        await session.execute(update(tables.Product).values(page_id=page.id, is_active=True))
        host, path, name = page.host, f"/products/{product.product_id}", product.name
    answer = await pages.get(f"/hosts/{host}")
    assert f'href="{path}">{name}</a>' in answer.text
    assert '<span title="http_4xx">refused by the server</span>, 3 times in a row' in answer.text


async def test_a_check_is_shown_to_the_second(pages: Pages, database: Database) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        await session.execute(update(tables.MonitoredSite).values(created_at=PAST))
        await session.execute(update(tables.Attempt).values(started_at=PAST))
    answer = await pages.get(f"/sites/{rows[tables.MonitoredSite].id}/checks")
    assert 'data-show="exact"' in answer.text


async def test_choices_and_states_are_explained(pages: Pages, database: Database) -> None:
    form = (await pages.get("/sites/new")).text
    assert '<option value="letter">letter: exactly, any difference counts</option>' in form
    told = text_of((await pages.get("/sites?state=blind")).text)
    assert "Blind: something else stands in place of the page" in told


async def test_a_long_address_is_whole_when_it_is_hovered(pages: Pages, database: Database) -> None:
    url = f"https://site.example/{'x' * 200}?end=1"
    await have_sites(database, spec("Long", url))
    assert f'title="{url.removeprefix("https://")}"' in (await pages.get("/sites")).text


async def test_what_is_due_within_a_second_is_due_now(pages: Pages, database: Database) -> None:
    await have_sites(database, spec("Blog"), now=NOW + timedelta(milliseconds=600))
    assert "next now" in text_of((await pages.get("/sites")).text)


@pytest.mark.parametrize(
    ("number", "told"), [("1", "1 old entry left"), ("3", "3 old entries left")]
)
async def test_one_entry_is_not_entries(
    pages: Pages, database: Database, number: str, told: str
) -> None:
    async with database.writing() as session:
        change = (await add_one_of_each(session))[tables.ContentUpdate]
        change.processed_content = {"flags": [f"rolled_off:{number}"], "added_words": 50}
    shown = text_of((await pages.get(f"/changes/{change.id}")).text)
    assert f"{told} the feed" in shown
    assert "In added lines 50 words" in shown


async def test_a_price_that_is_known_for_a_day_is_drawn_over_all_the_room(
    pages: Pages, database: Database
) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        at = NOW - timedelta(days=1)
        await session.execute(update(tables.PriceCheck).values(scraped_at=at, is_believed=True))
    text = (await pages.get("/products")).text
    assert 'd="M0 ' in text
