"""The page of changes, and the forms that mark and rate them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Rating
from daemon.store.tables.ids import new_id
from tests.many import change_id, detected_at, have_many, site_id
from tests.web.conftest import Pages, text_of

SITES, CHANGES = 60, 130
ROW = re.compile(r'href="/changes/([0-9a-f-]{36})"')
NEXT = re.compile(r'<a href="([^"]+)" rel="next"')
PREVIOUS = re.compile(r'<a href="([^"]+)" rel="prev"')


@pytest.fixture
async def many(pages: Pages, database: Database) -> Pages:
    await have_many(database, ["local", "bob"], SITES, CHANGES)
    return pages


def shown(text: str) -> list[int]:
    """The numbers of the changes on a page."""
    return [int(one.replace("-", ""), 16) & 0xFFFFFFFF for one in ROW.findall(text)]


def link(pattern: re.Pattern[str], text: str) -> str:
    found: list[str] = pattern.findall(text)
    assert len(found) == 1
    return found[0].replace("&amp;", "&")


async def test_nothing_was_found_yet(pages: Pages) -> None:
    answer = await pages.get("/changes")
    assert answer.status == 200
    assert "No change was found yet" in answer.text


async def test_it_is_turned_forth_and_back(many: Pages) -> None:
    first = await many.get("/changes")
    assert shown(first.text) == list(range(CHANGES - 1, CHANGES - 51, -1))
    second = await many.get(link(NEXT, first.text))
    assert shown(second.text) == list(range(CHANGES - 51, CHANGES - 101, -1))
    third = await many.get(link(NEXT, second.text))
    assert shown(third.text) == list(range(CHANGES - 101, -1, -1))
    assert not NEXT.findall(third.text)
    assert shown((await many.get(link(PREVIOUS, third.text))).text) == shown(second.text)


async def test_filters_are_counted_and_kept_from_page_to_page(many: Pages) -> None:
    answer = await many.get("/changes?category=content&since=2026-01-01T00:10Z")
    assert all(number % 3 == 0 and number >= 10 for number in shown(answer.text))
    assert re.search(r"<b>\d+</b>", answer.text)
    major = link(re.compile(r'<a href="([^"]+severity=major[^"]*)"'), answer.text)
    assert "category=content" in major
    assert "since=2026" in major
    grave = await many.get("/changes?severity=critical&severity=major")
    assert shown(grave.text) == [n for n in range(CHANGES - 1, -1, -1) if n % 10 == 9]
    unseen = await many.get("/changes?unseen=1")
    assert unseen.text.count('<li class="unseen"') == len(shown(unseen.text)) > 0


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("severity=huge", "is not known"),
        ("since=whenever", "is no time"),
        ("site=1", "is no id"),
        ("after=forged", "is a place in a list that is not known"),
        ("unseen=maybe", "is not known"),
    ],
)
async def test_a_wrong_filter_is_named(many: Pages, query: str, told: str) -> None:
    answer = await many.get(f"/changes?{query}")
    assert answer.status == 400
    assert told in answer.text
    assert query.split("=", maxsplit=1)[0] in answer.text


async def test_nothing_that_fits_says_what_else_there_is(many: Pages) -> None:
    answer = await many.get("/changes?category=legal")
    assert "No change is like this" in answer.text
    assert 'href="/changes"' in answer.text


async def test_all_are_marked_seen_and_it_is_taken_back(many: Pages, database: Database) -> None:
    page = await many.get("/changes?unseen=1")
    until = re.search(r'name="until" value="([^"]+)"', page.text)
    assert until is not None
    done = await many.post("/seen", until=until[1], back="/changes?unseen=1")
    assert (done.status, done.headers["Location"]) == (303, "/changes?unseen=1")
    after = await many.follow(done)
    assert "are marked as seen" in text_of(after.text)
    assert shown(after.text) == []
    mark = re.search(r'name="mark" value="([^"]+)"', after.text)
    assert mark is not None
    undone = await many.follow(await many.post("/undo", mark=mark[1], back="/changes?unseen=1"))
    assert "taken back" in undone.text
    assert shown(undone.text) == shown(page.text)


async def test_one_change_is_marked_both_ways(many: Pages) -> None:
    [newest, *_] = shown((await many.get("/changes?unseen=1")).text)
    marked = await many.follow(await many.post(f"/changes/{change_id(newest)}/seen"))
    assert "up to this one are marked as seen" in text_of(marked.text)
    assert newest not in shown((await many.get("/changes?unseen=1")).text)
    done = await many.follow(await many.post(f"/changes/{change_id(newest)}/unseen"))
    assert "Changes of 1 site are marked as unseen" in text_of(done.text)
    assert newest in shown((await many.get("/changes?unseen=1")).text)


async def test_a_site_is_marked_seen(many: Pages, database: Database) -> None:
    done = await many.post(f"/sites/{site_id(0)}/seen")
    assert done.headers["Location"] == f"/sites/{site_id(0)}"
    async with database.reading() as session:
        seen = select(MonitoredSite.seen_at).where(MonitoredSite.id == site_id(0))
        assert await session.scalar(seen) == detected_at(CHANGES)


async def test_a_change_is_rated_and_the_rating_taken_back(many: Pages, database: Database) -> None:
    path = f"/changes/{change_id(5)}"
    for verdict in ("useful", "noise"):
        done = await many.post(f"{path}/{verdict}")
        assert (done.status, done.headers["Location"]) == (303, path)
        assert await ratings(database) == [verdict]
    assert "noise" in (await many.get("/changes?after=")).text
    await many.post(f"{path}/unrate")
    assert await ratings(database) == []


async def ratings(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(Rating.verdict)))


@pytest.mark.parametrize(
    "path", ["/changes/{}/seen", "/changes/{}/unseen", "/changes/{}/useful", "/sites/{}/seen"]
)
async def test_what_is_not_there_is_not_found(many: Pages, path: str) -> None:
    for word in (str(new_id()), "x"):
        assert (await many.post(path.format(word))).status == 404


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/a\r\nb"]
)
async def test_nobody_is_sent_elsewhere(many: Pages, back: str) -> None:
    assert (await many.post("/seen", back=back)).status == 400


@pytest.mark.parametrize("mark", ["", "yesterday", "2026-01-01T00:00:00"])
async def test_a_mark_that_is_none_is_refused(many: Pages, mark: str) -> None:
    assert (await many.post("/undo", mark=mark)).status == 400


async def test_a_page_of_fifty_is_light_and_its_text_is_text(
    many: Pages, database: Database
) -> None:
    hostile = "<b>" + "x" * 5000
    async with database.writing() as session:
        await session.execute(update(ContentUpdate).values(summary=hostile))
    answer = await many.get("/changes")
    assert "<b>x" not in answer.text
    assert len(shown(answer.text)) == 50
    assert len(answer.text.encode()) <= 40_000


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_an_instant_that_no_calendar_has_marks_nothing(pages: Pages, instant: str) -> None:
    for path, field in (("/seen", "until"), ("/undo", "mark")):
        answer = await pages.post(path, **{field: instant})
        assert (answer.status, "no instant in UTC" in answer.text) == (400, True)


async def test_a_tag_that_no_text_can_be_is_said(pages: Pages) -> None:
    for path in ("/sites", "/changes", "/products"):
        answer = await pages.get(f"{path}?tag=a&tag=b%00")
        assert (answer.status, "no text has" in answer.text) == (400, True), path
