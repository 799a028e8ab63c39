"""Lists of sites: filtered, counted, searched, sorted, and turned page by page both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from daemon.model.viewer import Role, Viewer
from daemon.operations.lists.sites import (
    ListedSites,
    SiteFilter,
    SiteOrder,
    SiteRow,
    SiteState,
    every_site,
    list_sites,
)
from daemon.operations.sites import state_of, why_of
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import MonitoredSite
from daemon.store.views.lists.keyset import Counted, Turn
from daemon.store.views.lists.sites import SiteListing, turn_sites
from tests.making import PAST, Statements
from tests.operations.lists.many_sites import NOW, have_many_sites
from tests.plans import whole_tables

ADA, ADMIN = Viewer("ada"), Viewer("root", Role.ADMIN)
FILTERS = (SiteFilter(), *(SiteFilter(state=state) for state in SiteState))
HOUR = timedelta(hours=1)
LATE = NOW + timedelta(days=9999)
MANY = 60
ALL_ROWS = Turn(limit=200)


@pytest.fixture
async def many(database: Database) -> Database:
    await have_many_sites(database, MANY)
    return database


async def listed(
    database: Database,
    wanted: SiteFilter = FILTERS[0],
    order: SiteOrder = SiteOrder.NAME,
    turn: Turn = ALL_ROWS,
    viewer: Viewer = ADA,
) -> ListedSites:
    return await list_sites(database, viewer, wanted, order, turn, NOW)


def is_in(state: SiteState, row: SiteRow) -> bool:
    """What a state means, in Python."""
    if state is SiteState.UNSEEN:
        return row.is_unseen
    if state is SiteState.SILENCED:
        return row.muted_until is not None and row.muted_until > NOW
    if state is SiteState.UNHEALTHY:
        return state_of(row) in ("failing", "blind")
    return state_of(row) == state


@pytest.mark.parametrize("state", SiteState)
async def test_a_filter_lets_through_what_is_shown_in_that_state(
    many: Database, state: SiteState
) -> None:
    every = (await listed(many)).page.items
    expected = [row.name for row in every if is_in(state, row)]
    found = await listed(many, SiteFilter(state=state))
    assert expected
    assert [row.name for row in found.page.items] == expected
    assert found.counts.get(state, found.matching) == found.matching == Counted(len(expected))
    assert found.counts[None].number == MANY


async def test_each_site_is_shown_in_one_state_with_its_reason(many: Database) -> None:
    rows = (await listed(many)).page.items
    assert Counter(map(state_of, rows)) == {
        "ok": 24, "paused": 6, "blind": 6, "failing": 12, "absent": 6, "new": 6,
    }  # fmt: skip
    assert {why_of(row) for row in rows} >= {"selector", "timeout", "matches nothing"}


async def test_a_row_has_its_last_change_with_the_severity(many: Database) -> None:
    rows = (await listed(many)).page.items
    assert {(row.change_type, row.change_id is None) for row in rows} == {
        ("major", False), (None, True)
    }  # fmt: skip
    assert rows[0].change_summary == "News of ada 00000."
    assert [row.name for row in rows if row.is_unseen] == [
        row.name for row in rows if row.last_changed_at and row.last_changed_at > PAST + 5 * HOUR
    ]


KEYS: dict[SiteOrder, Callable[[SiteRow], Any]] = {
    SiteOrder.NAME: lambda row: row.name,
    SiteOrder.CHANGED: lambda row: NOW - (row.last_changed_at or PAST - timedelta(days=9999)),
    SiteOrder.CHECKED: lambda row: NOW - (row.last_checked_at or PAST - timedelta(days=9999)),
    SiteOrder.NEXT: lambda row: row.next_check_at if row.is_active else LATE,
}


@pytest.mark.parametrize("order", SiteOrder)
@pytest.mark.parametrize("viewer", [ADA, ADMIN], ids=["owner", "admin"])
async def test_pages_forth_and_back_have_each_site_once_in_order(
    many: Database, viewer: Viewer, order: SiteOrder
) -> None:
    for wanted in FILTERS:
        whole = (await listed(many, wanted, order, viewer=viewer)).page.items
        keys = [KEYS[order](row) for row in whole]
        assert keys == sorted(keys)
        forth: list[SiteRow] = []
        turn: Turn | None = Turn(limit=7)
        while turn is not None:
            page = (await listed(many, wanted, order, turn, viewer)).page
            forth += page.items
            turn = Turn(page.next, limit=7) if page.next else None
        assert forth == list(whole)
        back = list(page.items)
        while page.previous is not None:
            page = (await listed(many, wanted, order, Turn(page.previous, True, 7), viewer)).page
            back = [*page.items, *back]
        assert back == list(whole)


async def test_many_that_match_are_walked_in_the_same_order_as_few(many: Database) -> None:
    for wanted in FILTERS:
        for order in SiteOrder:
            async with many.reading() as session:
                few, walked = [
                    await turn_sites(session, ADMIN, SiteListing(wanted, order, NOW, few), Turn())
                    for few in (True, False)
                ]
            assert few == walked


async def test_a_search_finds_parts_of_names_urls_and_hosts(many: Database) -> None:
    async def found(text: str) -> int:
        return (await listed(many, SiteFilter(search=(text,)), viewer=ADMIN)).matching.number

    assert [await found(text) for text in ("ADA 0005", "bob.example", "example/7")] == [10, 60, 2]
    # What are wildcards to the database are characters to people.
    assert [await found(text) for text in ("%", "_", "\\", "ada%5", "\0", "' OR 1=1 --")] == [
        0, 0, 0, 0, 120, 0,
    ]  # fmt: skip


async def test_a_host_is_found_as_people_write_it(many: Database) -> None:
    async with many.writing() as session:
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.name == "ada 00000")
            .values(url="https://xn--mller-kva.example/")
        )
    [row] = (await listed(many, SiteFilter(search=("Müller.example",)))).page.items
    assert row.name == "ada 00000"


async def test_filters_are_combined(many: Database) -> None:
    wanted = SiteFilter(SiteState.FAILING, ("024", "044"), ("work", "home"))
    rows = (await listed(many, wanted)).page.items
    assert [row.name for row in rows] == ["ada 00024", "ada 00044"]
    assert (await listed(many, replace(wanted, site_type="blog"))).matching.number == 0


async def test_nobody_sees_the_sites_of_another(many: Database) -> None:
    found = await listed(many, SiteFilter(owner_id="bob"))
    assert (found.page.items, found.matching.number) == ((), 0)
    assert (await listed(many, SiteFilter(owner_id="bob"), viewer=ADMIN)).matching.number == MANY


async def test_all_are_listed_in_order_or_the_first(many: Database) -> None:
    async def names(limit: int | None) -> list[str]:
        found = await every_site(
            many, ADA, SiteFilter(state=SiteState.PAUSED), SiteOrder.NAME, NOW, limit
        )
        return [view.name for view in found]

    assert await names(None) == [f"ada {number:05}" for number in range(1, MANY, 10)]
    assert await names(2) == ["ada 00001", "ada 00011"]


@pytest.mark.parametrize("viewer", [ADA, ADMIN], ids=["owner", "admin"])
@pytest.mark.parametrize("order", SiteOrder)
async def test_a_page_takes_few_statements_and_reads_no_table_in_whole(
    many: Database, viewer: Viewer, order: SiteOrder
) -> None:
    for wanted in FILTERS:
        first = (await listed(many, wanted, order, Turn(limit=3), viewer)).page
        for turn in (Turn(limit=3), Turn(first.next, limit=3)):
            with Statements(many.engine) as statements:
                await listed(many, wanted, order, turn, viewer)
            both = zip(statements.sent, statements.values, strict=True)
            sent = [(one, values) for one, values in both if one.startswith("SELECT")]
            assert len(sent) <= 4
            async with many.engine.connect() as connection:
                for one, values in sent:
                    assert await whole_tables(connection, one, values) == [], one


@pytest.mark.parametrize("order", SiteOrder)
async def test_where_many_match_no_more_is_sorted_than_what_is_alike(
    sqlite_url: str, order: SiteOrder
) -> None:
    """Of SQLite alone: without figures of its tables it would read and sort them all."""
    database = Database(open_engine(sqlite_url))
    try:
        await have_many_sites(database, 20)
        for wanted in FILTERS:
            with Statements(database.engine) as statements:
                async with database.reading() as session:
                    await turn_sites(session, ADMIN, SiteListing(wanted, order, NOW), Turn(limit=3))
            turned, values = statements.sent[1], statements.values[1]
            async with database.engine.connect() as connection:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {turned}", values)
                told = " / ".join(row[-1] for row in plan)
            assert "TEMP B-TREE FOR ORDER BY" not in told, told
    finally:
        await database.close()
