"""What each page asks of the database: few statements, and none that reads a table in whole."""

from __future__ import annotations

import re

import pytest

from benchmarks.many import fill
from benchmarks.pages import asked, paths
from daemon.store.core.database import Database
from daemon.web.routes import ROUTES
from tests.making import Statements
from tests.plans import whole_tables
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
