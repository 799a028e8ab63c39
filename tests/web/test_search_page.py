"""The page of the changes with some words, and what it says where they are not searched."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from sqlalchemy import update

from benchmarks.pages import asked
from daemon.store.core.database import Database
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import ContentUpdate, MonitoredSite
from tests.making import Statements
from tests.many import change_id, detected_at, have_many, site_id
from tests.plans import whole_tables
from tests.web.conftest import Pages, text_of
from tests.web.test_changes_page import NEXT, PREVIOUS, link, shown

SITES, CHANGES = 60, 130
HOSTILE = "<script>alert(1)</script> & <b>price</b>"


@pytest.fixture
def web_settings(request: pytest.FixtureRequest) -> dict[str, int]:
    return {"requests_per_second": 0, "search_changes": getattr(request, "param", True)}


@pytest.fixture
async def many(pages: Pages, database: Database) -> Pages:
    await have_many(database, ["local", "bob"], SITES, CHANGES)
    async with database.writing() as session:
        of = update(ContentUpdate)
        hostile = of.where(ContentUpdate.id == change_id(7)).values(summary=HOSTILE)
        await session.execute(hostile)
        long = of.where(ContentUpdate.id == change_id(8))
        await session.execute(long.values(summary=f"{'word ' * 200}needle in it", title=None))
        name = update(MonitoredSite).where(MonitoredSite.id == site_id(8))
        await session.execute(name.values(name="Ada's shop"))
    return pages


async def built(database: Database) -> IndexKeeper:
    keeper = IndexKeeper(database)
    await keeper.step(datetime(2026, 5, 4, tzinfo=UTC), seconds=600)
    return keeper


async def test_changes_are_found_turned_narrowed_and_marked(
    many: Pages, database: Database
) -> None:
    await built(database)
    first = await many.get("/changes?q=title")
    assert first.status == 200
    numbers = [n for n in reversed(range(CHANGES)) if n != 8]
    assert shown(first.text) == numbers[:50]
    assert "<small><mark>Title</mark> 129</small>" in first.text
    second = await many.get(link(NEXT, first.text))
    assert shown(second.text) == numbers[50:100]
    assert shown((await many.get(link(PREVIOUS, second.text))).text) == numbers[:50]
    grave = await many.get("/changes?q=title&severity=critical")
    assert 0 < len(shown(grave.text)) < 20
    assert 'name="q" value="title"' in grave.text
    nothing = text_of((await many.get("/changes?q=such+a+word")).text)
    assert "No change has these words" in nothing
    assert "Mark all seen" not in nothing


async def test_text_of_others_is_text_whatever_is_marked_in_it(
    many: Pages, database: Database
) -> None:
    await built(database)
    for words in ("price", "script", "alert b"):
        answer = await many.get(f"/changes?q={words}")
        assert shown(answer.text) == [7]
        assert "<script>alert" not in answer.text
        assert "<b>price" not in answer.text
    assert "&lt;b&gt;<mark>price</mark>&lt;/b&gt;" in (await many.get("/changes?q=price")).text
    late = await many.get("/changes?q=needle+ada")
    assert re.search(r"…[^<]*<mark>needle</mark> in it", late.text)
    assert "<mark>Ada</mark>&#39;s shop" in late.text


async def test_it_says_how_far_back_changes_can_be_found(many: Pages, database: Database) -> None:
    assert "No change can be found yet" in (await many.get("/changes?q=title")).text
    keeper = await built(database)
    async with database.writing() as session:
        older = update(ContentUpdate).where(ContentUpdate.id == change_id(0))
        await session.execute(older.values(detected_at=detected_at(-100)))
    answer = text_of((await many.get("/changes?q=title")).text)
    assert "can be found yet: older ones are being added" in answer
    keeper._round_at = float("-inf")
    await keeper.step(detected_at(CHANGES), seconds=600)
    assert "can be found yet" not in (await many.get("/changes?q=title")).text


async def test_what_cannot_be_searched_for_is_said(many: Pages, database: Database) -> None:
    await built(database)
    for words, why in (
        ("***", "no letters or figures"),
        ("-price", "must not occur"),
        ("\0", "no text has"),
        ("x" * 201, "too long"),
    ):
        answer = await many.get(f"/changes?q={quote(words)}")
        assert answer.status == 400
        assert why in answer.text
    for words in ('"', '"a" OR NEAR(b c) NOT "', "' OR 1=1 --", "a" * 200, "é" * 200, "x " * 99):
        assert (await many.get(f"/changes?q={quote(words)}")).status in (200, 400)


async def test_a_page_asks_little_and_reads_no_table_in_whole(
    many: Pages, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await built(database)
    await many.get("/")  # what the head shows is known for some seconds
    for most in (10_000, 40):
        for module in ("sqlite", "postgresql"):
            monkeypatch.setattr(f"daemon.store.search.{module}.MOST_READ", most)
        for path in ("/changes?q=needle", "/changes?q=title+came&tag=rare", '/changes?q="line 1"'):
            with Statements(many.context.reading.engine) as sent:
                answer = await many.get(path)
            assert answer.status == 200, path
            queries = asked(sent)
            assert len(queries) <= 4, path
            async with database.reading() as session:
                connection = await session.connection()
                for statement, values in queries:
                    found = await whole_tables(connection, statement, values)
                    # The list of all tables is a page long.
                    assert found in ([], ["SCAN sqlite_master"]), statement


@pytest.mark.parametrize("web_settings", [False], indirect=True)
async def test_where_it_is_off_the_page_says_how_to_switch_it_on(many: Pages) -> None:
    answer = await many.get("/changes?q=site+000008")
    assert answer.status == 200
    told = text_of(answer.text)
    assert "search_changes = true" in told
    assert "[web]" in told
    assert shown(answer.text) == []
    assert 'href="/sites?q=site%20000008"' in answer.text
    assert 'name="q"' not in (await many.get("/changes")).text.partition("<main")[2]
    assert "/changes?q=" not in (await many.get("/sites?q=shop")).text


async def test_sites_and_changes_lead_to_each_other(many: Pages, database: Database) -> None:
    await built(database)
    assert 'href="/changes?q=shop"' in (await many.get("/sites?q=shop")).text
    assert 'href="/sites?q=shop"' in (await many.get("/changes?q=shop")).text
