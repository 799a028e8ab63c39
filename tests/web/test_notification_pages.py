"""The pages of notifications: what became of each, its words, and trying again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from daemon.model.viewer import Viewer
from daemon.operations.lists.notifications import page_of_notifications
from daemon.store import tables
from daemon.store.core.database import Database
from tests.making import ADMIN, add_rows, have_sites, spec
from tests.web.conftest import NOW, Pages, text_of

HOSTILE = "<script>alert(1)</script>"


def notice(number: int = 0, **more: Any) -> tables.Notice:
    """A notice of a failing site, written some minutes ago."""
    fields: dict[str, Any] = {
        "idempotency_key": f"key-{number}",
        "kind": "site_failing",
        "user_id": "local",
        "channel": "my phone",
        "payload": {"site": f"Site {number}", "url": "https://a.test/"},
        "status": "sent",
        "tries": 1,
        "created_at": NOW - timedelta(minutes=number),
    }
    return tables.Notice(**fields | more)


async def have(database: Database, *rows: tables.Notice) -> list[UUID]:
    """Notices to the one owner; their ids."""
    await have_sites(database, spec())
    await add_rows(database, *rows)
    return [row.id for row in rows]


async def status_of(database: Database, id_: UUID) -> str | None:
    query = select(tables.Notice.status).where(tables.Notice.id == id_)
    async with database.reading() as session:
        return await session.scalar(query)


async def test_they_are_turned_page_by_page_newest_first(pages: Pages, database: Database) -> None:
    await have(database, *(notice(number) for number in range(60)))
    first = await pages.get("/notifications")
    assert first.text.count("<li data-row>") == 50
    assert "Site 49" in first.text
    older = first.text.split('href="/notifications?after=')[1].split('"')[0]
    second = await pages.get(f"/notifications?after={older}")
    assert second.text.count("<li data-row>") == 10
    assert "Site 50" in second.text
    newer = second.text.split('href="/notifications?before=')[1].split('"')[0]
    again = await pages.get(f"/notifications?before={newer}")
    foot = "<footer"
    assert again.text.partition(foot)[0] == first.text.partition(foot)[0]


async def test_they_are_found_by_what_became_of_them(pages: Pages, database: Database) -> None:
    rows = notice(1), notice(2, status="dead"), notice(3, status="dead", channel="team mail")
    await have(database, *rows)
    told = text_of((await pages.get("/notifications?status=dead")).text)
    assert "Dead 2" in told
    assert "Sent 1" in told
    assert "Site 1" not in told
    assert "Site 2" in told
    channel = text_of((await pages.get("/notifications?status=dead&channel=team+mail")).text)
    assert "Site 2" not in channel
    assert "Site 3" in channel


async def test_one_shows_its_way_and_its_words(pages: Pages, database: Database) -> None:
    error = f"the server answered 500 {HOSTILE}"
    row = notice(1, status="dead", tries=12, error_detail=error, payload={"site": HOSTILE})
    [id_] = await have(database, row)
    answer = await pages.get(f"/notifications/{id_}")
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "12 times" in answer.text
    assert "the server answered 500 &lt;script&gt;" in answer.text


async def test_what_was_given_up_is_sent_again(pages: Pages, database: Database) -> None:
    [id_] = await have(database, notice(status="dead"))
    answer = await pages.post(f"/notifications/{id_}/retry")
    assert (answer.status, answer.headers["Location"]) == (303, f"/notifications/{id_}")
    assert "It is sent again." in (await pages.follow(answer)).text
    assert await status_of(database, id_) == "pending"


async def test_all_that_were_given_up_are_sent_again(pages: Pages, database: Database) -> None:
    ids = await have(database, notice(1, status="dead"), notice(2, status="dead"), notice(3))
    answer = await pages.post("/notifications/retry")
    assert "2 notifications sent again." in (await pages.follow(answer)).text
    assert [await status_of(database, id_) for id_ in ids] == ["pending", "pending", "sent"]


async def test_what_waits_can_be_dropped(pages: Pages, database: Database) -> None:
    waiting, sent = await have(database, notice(1, status="pending"), notice(2))
    answer = await pages.post(f"/notifications/{waiting}/drop")
    assert "will not be sent" in (await pages.follow(answer)).text
    assert await status_of(database, waiting) == "dropped"
    answer = await pages.post(f"/notifications/{sent}/drop")
    assert "It was sent or dropped already." in (await pages.follow(answer)).text
    assert await status_of(database, sent) == "sent"


@pytest.mark.parametrize("id_", [uuid4(), "17", HOSTILE, "%00"])
async def test_one_that_is_not_there_is_not_found(pages: Pages, id_: object) -> None:
    answer = await pages.get(f"/notifications/{id_}".replace("<", "%3C"))
    assert answer.status in (400, 404)
    assert "<script>alert" not in answer.text


async def test_an_unknown_status_is_named(pages: Pages) -> None:
    answer = await pages.get("/notifications?status=lost")
    assert answer.status == 400
    assert "status: “lost” is not known" in answer.text


async def test_nothing_told_says_how_to_be_told(pages: Pages) -> None:
    assert "[[notify]]" in (await pages.get("/notifications")).text


async def test_an_owner_sees_theirs_and_an_admin_all(database: Database) -> None:
    await have(database, notice(1), notice(2, status="dead"))
    other = Viewer("somebody else")
    theirs = await page_of_notifications(database, other)
    assert theirs.page.items == ()
    assert {one.number for one in theirs.counts.values()} == {0}
    everything = await page_of_notifications(database, ADMIN)
    assert len(everything.page.items) == 2
    assert everything.counts["dead"].number == 1
