"""What each page asks of the database: few statements, and none that reads a table in whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.many import fill
from benchmarks.pages import asked, paths
from daemon.model.viewer import Role, Viewer
from daemon.store.core.database import Database
from daemon.web.access import asking
from daemon.web.routes import ROUTES
from tests.making import Statements
from tests.many import site_id
from tests.plans import sorts, whole_tables
from tests.web.conftest import Pages

MOST_STATEMENTS = 4
IN_THE_HEAD = 2
NARROWED = ["/sites?state=unhealthy", "/sites?sort=next", "/sites?tag=rare", "/changes?unseen=1"]
# There are as many shards however many sites; of alerts there are few here, and no host.
SMALL = ("host_shards", "price_alerts", "hosts", "users")


@pytest.fixture
async def many(database: Database) -> Database:
    await fill(database, sites=300, changes=900)
    return database


async def test_a_page_asks_little_and_reads_no_table_in_whole(pages: Pages, many: Database) -> None:
    addresses = [*await paths(many), *NARROWED]
    assert len(addresses) > len([one for one in ROUTES if not one.is_unsafe]) // 2
    for path in addresses:
        with Statements(pages.context.reading.engine) as sent:
            answer = await pages.get(path)
        assert answer.status in (200, 303), path
        queries = asked(sent)
        assert len(queries) <= MOST_STATEMENTS + (IN_THE_HEAD if path == addresses[0] else 0), path
        async with many.reading() as session:
            connection = await session.connection()
            for statement, values in queries:
                found = await whole_tables(connection, statement, values)
                assert [one for one in found if not any(small in one for small in SMALL)] == [], (
                    path,
                    statement,
                )


async def test_what_is_unseen_is_read_from_an_index_whatever_is_guessed(
    pages: Pages, many: Database
) -> None:
    with Statements(pages.context.reading.engine) as sent:
        await pages.get("/changes?unseen=1")
    explain = "EXPLAIN" if many.is_shared else "EXPLAIN QUERY PLAN"
    async with pages.context.reading.reading() as session:
        connection = await session.connection()
        for statement, values in asked(sent):
            plan = await connection.exec_driver_sql(f"{explain} {statement}", values)
            lines = [row[-1] for row in plan]
            assert not [line for line in lines if re.search(r"(SCAN|Seq Scan on) cont", line)]


VIEWERS = [Viewer("local"), Viewer("root", Role.ADMIN)]
BY_ROLE = pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.role)


async def opened(
    pages: Pages, path: str, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> Sequence[tuple[str, Any]]:
    """The statements of a page that nobody opened before, without those of its head."""
    monkeypatch.setattr(asking, "local_owner", lambda _: viewer)
    pages.context.forget()
    await pages.get("/products")
    with Statements(pages.context.reading.engine) as sent:
        answer = await pages.get(path)
    assert answer.status == 200, path
    return asked(sent)


async def plan_of(database: Database, statement: str, values: Any) -> list[str]:
    explain = "EXPLAIN" if database.is_shared else "EXPLAIN QUERY PLAN"
    async with database.reading() as session:
        connection = await session.connection()
        if database.is_shared:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(f"{explain} {statement}", values)
        return [str(row[-1]) for row in plan]


@BY_ROLE
@pytest.mark.parametrize("path", ["/sites?sort=next", "/sites?sort=checked", "/sites?sort=changed"])
async def test_a_sorted_list_sorts_no_more_than_what_is_alike(
    pages: Pages, many: Database, viewer: Viewer, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.operations.lists.sites._FEW", 10)  # else they are few, and sorted
    queries = await opened(pages, path, viewer, monkeypatch)
    assert len(queries) <= MOST_STATEMENTS
    for statement, values in queries:
        async with many.reading() as session:
            found = await sorts(await session.connection(), statement, values)
        assert len(found) <= statement.count("page_id IS NULL"), statement  # as few as are new
        if "next_check_at" in statement and many.is_shared and "first_seen" not in statement:
            plan = await plan_of(many, statement, values)
            sizes = [re.search(r"(?<!Incremental )Sort  .*rows=(\d+)", line) for line in plan]
            assert not [size for size in sizes if size and int(size[1]) > 1], plan


@BY_ROLE
@pytest.mark.parametrize(
    "path", ["/", "/sites", "/catch-up", "/changes?unseen=1", "/sites?state=failing"]
)
async def test_what_is_counted_is_read_from_indexes_alone(
    pages: Pages, many: Database, viewer: Viewer, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for statement, values in await opened(pages, path, viewer, monkeypatch):
        found += await plan_of(many, statement, values)
        async with many.reading() as session:
            whole = await whole_tables(await session.connection(), statement, values)
        assert [one for one in whole if not any(small in one for small in SMALL)] == [], statement
    if many.is_shared:
        return
    assert not [line for line in found if "idx_site_owner_active" in line]
    for index in ("ix_monitored_sites_shows_nothing", "unseen", "idx_update_site_detected"):
        read = [line for line in found if index in line and "(site_id=?)" not in line]
        assert [line for line in read if "COVERING" not in line] == [], path


@BY_ROLE
@pytest.mark.parametrize("page", ["", "/checks", "/states", "/at/2026-05-04", "/remove"])
async def test_a_page_of_a_site_goes_to_it_and_walks_along_none(
    pages: Pages, many: Database, viewer: Viewer, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = await opened(pages, f"/sites/{site_id(0)}{page}", viewer, monkeypatch)
    assert queries
    for statement, values in queries:
        plan = await plan_of(many, statement, values)
        walks = [line for line in plan if line.startswith("SCAN monitored_sites")]
        for line, then in zip(plan, [*plan[1:], ""], strict=True):
            if re.search(r"Scan using \S+ on monitored_sites", line) and "Index Cond" not in then:
                walks.append(line)
        assert walks == [], statement


async def test_the_next_page_of_a_list_counts_nothing_again(
    pages: Pages, many: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/sites", "/changes"):
        await opened(pages, path, VIEWERS[1], monkeypatch)
        with Statements(pages.context.reading.engine) as sent:
            await pages.get(path)
        assert len(asked(sent)) == 1, path
        await pages.post("/seen")
        with Statements(pages.context.reading.engine) as sent:
            await pages.get(path)
        assert len(asked(sent)) > 1, path
