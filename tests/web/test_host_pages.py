"""The pages of hosts: what they asked for, their pages, and how they answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from daemon.model.errors import NotAllowedError, NotFoundError
from daemon.model.status import ErrorClass, Verdict
from daemon.model.viewer import Viewer
from daemon.operations.installation import hosts
from daemon.store import tables
from daemon.store.core.database import Database
from tests.making import ADMIN, add_rows, have_sites, now_of, spec
from tests.web.conftest import NOW, Pages, text_of

HOST = "shop.example:443"


async def have_hosts(database: Database, *names: str) -> None:
    sites = (spec(name, f"https://{name}/", host=f"{name}:443") for name in names)
    await have_sites(database, *sites)


async def page_of(database: Database, host: str) -> tables.Page:
    async with database.reading() as session:
        found = await session.scalar(select(tables.Page).where(tables.Page.host == host))
    assert found is not None
    return found


def attempt(page: tables.Page, status: int, hours: float, wire_bytes: int = 1000) -> tables.Attempt:
    is_ok = status == 200
    return tables.Attempt(
        page_id=page.id,
        started_at=NOW - timedelta(hours=hours),
        elapsed_seconds=0.1,
        verdict=Verdict.UNCHANGED if is_ok else Verdict.FAILED,
        error_class=None if is_ok else ErrorClass.RATE_LIMITED,
        status=status,
        wire_bytes=wire_bytes,
        body_bytes=0,
    )


async def test_hosts_are_turned_by_name_page_by_page(pages: Pages, database: Database) -> None:
    await have_hosts(database, *(f"h{number:02}.example" for number in range(60)))
    first = await pages.get("/hosts")
    assert first.text.count("/hosts/h") == 50
    assert "h49.example:443" in first.text
    following = first.text.split('href="/hosts?after=')[1].split('"')[0]
    second = await pages.get(f"/hosts?after={following}")
    assert second.text.count("/hosts/h") == 10
    assert "Next →" not in second.text
    assert "← First" in second.text


async def test_a_host_that_asks_to_be_left_alone_stands_first(
    pages: Pages, database: Database
) -> None:
    await have_hosts(database, "a.example", "shop.example")
    until = await now_of(database) + timedelta(hours=2)
    await add_rows(database, tables.Host(host=HOST, paused_until=until, crawl_delay_seconds=30.0))
    told = text_of((await pages.get("/hosts")).text)
    assert told.index(HOST) < told.index("a.example:443")
    assert "30 s, as its robots.txt asks" in told
    one = text_of((await pages.get(f"/hosts/{HOST}")).text)
    assert "30 s, as its robots.txt asks" in one
    assert "It asked to be left alone, and is asked again in" in one


async def test_a_pause_that_is_over_is_none(pages: Pages, database: Database) -> None:
    await have_hosts(database, "shop.example")
    over = await now_of(database) - timedelta(minutes=1)
    await add_rows(database, tables.Host(host=HOST, paused_until=over))
    assert "Asked to be left alone" not in (await pages.get("/hosts")).text
    assert "It asked to be left alone" not in (await pages.get(f"/hosts/{HOST}")).text


async def test_the_record_of_a_host_tells_of_this_week(pages: Pages, database: Database) -> None:
    await have_hosts(database, "shop.example", "other.example")
    page, other = await page_of(database, HOST), await page_of(database, "other.example:443")
    await add_rows(
        database,
        attempt(page, 200, 1),
        attempt(page, 429, 3),
        attempt(page, 503, 30),
        attempt(page, 503, 24 * 8),
        attempt(other, 503, 1),
    )
    told = text_of((await pages.get(f"/hosts/{HOST}")).text)
    assert "2 times this week (429 or 503), last 3h ago" in told
    assert "This week 3 checks, 3.0 kB received" in told
    assert "1 page watched" in told
    assert "https://shop.example/" in told


async def test_an_address_of_a_page_is_text(pages: Pages, database: Database) -> None:
    hostile = "https://shop.example/?q=%22%3E<script>alert(1)</script>&token=hunter2"
    await have_sites(database, spec("Hostile", hostile, host=HOST))
    answer = await pages.get(f"/hosts/{HOST}")
    assert "<script>alert" not in answer.text
    assert "token=***" in answer.text


@pytest.mark.parametrize("host", ["nowhere.example:443", "%3Cscript%3E", "a%00b", "x" * 3000])
async def test_a_host_that_is_not_known_is_not_found(pages: Pages, host: str) -> None:
    answer = await pages.get(f"/hosts/{host}")
    assert answer.status in (400, 404)
    assert "<script>" not in answer.text


async def test_only_an_admin_sees_hosts(database: Database) -> None:
    await have_hosts(database, "shop.example")
    owner = Viewer("local")
    with pytest.raises(NotAllowedError):
        await hosts.list_hosts(database, owner, "", 10)
    with pytest.raises(NotAllowedError):
        await hosts.the_host(database, owner, HOST, NOW, 10)
    with pytest.raises(NotFoundError):
        await hosts.the_host(database, ADMIN, "other.example:443", NOW, 10)
