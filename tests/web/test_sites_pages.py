"""The pages of sites, and the forms that act on one or on many."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from daemon.packing import pack
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite, Page, Snapshot
from daemon.store.tables.ids import new_id
from tests.making import PAST, Statements, add_rows, have_sites, spec
from tests.operations.lists.many_sites import have_many_sites
from tests.web.conftest import NOW, Pages, text_of

ROW = re.compile(r'<a class=name data-open href="/sites/([0-9a-f-]{36})"')
NEXT = re.compile(r'<a href="([^"]+)" rel="next"')
PREVIOUS = re.compile(r'<a href="([^"]+)" rel="prev"')
HOUR = timedelta(hours=1)
HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture
async def many(pages: Pages, database: Database) -> Pages:
    """Sixty sites of each of two owners."""
    await have_many_sites(database, 60)
    return pages


@pytest.fixture
async def site_id(pages: Pages, database: Database) -> UUID:
    """One site that is no longer checked for the first time, with two states and a check."""
    await have_sites(database, spec())
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(managed_by="cli", created_at=PAST))
        [(found, page_id)] = await session.execute(select(MonitoredSite.id, MonitoredSite.page_id))
    states = [pack(text.encode()) for text in ("Tea at four", "Tea at five\n<script>x</script>")]
    for hours, state in enumerate(states):
        await add_rows(
            database,
            tables.Content(
                hash=state.hash, codec="zstd", size_bytes=state.size_bytes, data=state.data
            ),
            Snapshot(
                id=new_id(), site_id=found, text_hash=state.hash, source_hash=state.hash,
                kind="html", title=f"Menu {hours}", extractor="html/1", content_type="text/html",
                url="https://site.example/", first_seen_at=PAST + hours * HOUR,
                last_seen_at=PAST + hours * HOUR,
            ),
        )  # fmt: skip
    await add_rows(
        database,
        tables.Attempt(
            page_id=page_id, started_at=PAST, elapsed_seconds=0.25, verdict="failed", status=503,
            wire_bytes=2100, error_class="http_5xx", error_detail=f"503 {HOSTILE}",
        ),
    )  # fmt: skip
    return found


def ids(text: str) -> list[str]:
    return ROW.findall(text)


def link(pattern: re.Pattern[str], text: str) -> str:
    [found] = pattern.findall(text)
    return str(found).replace("&amp;", "&")


async def value(database: Database, column: Any, site_id: UUID) -> Any:
    async with database.reading() as session:
        return await session.scalar(select(column).where(MonitoredSite.id == site_id))


# The list


async def test_no_site_is_watched_yet(pages: Pages) -> None:
    answer = await pages.get("/sites")
    assert (answer.status, "No site is watched yet" in answer.text) == (200, True)
    assert '<a class="button first" href="/sites/new">' in answer.text


@pytest.mark.parametrize("query", ["", "sort=changed", "sort=checked", "sort=next"])
async def test_it_is_turned_forth_and_back(many: Pages, query: str) -> None:
    first = await many.get(f"/sites?{query}")
    second = await many.get(link(NEXT, first.text))
    third = await many.get(link(NEXT, second.text))
    shown = [*ids(first.text), *ids(second.text), *ids(third.text)]
    assert (len(shown), len(set(shown))) == (120, 120)
    assert ids((await many.get(link(PREVIOUS, third.text))).text) == ids(second.text)


async def test_a_row_says_how_a_site_is(many: Pages) -> None:
    text = text_of((await many.get("/sites?q=ada+0000&sort=name")).text)
    errors = ("rule that does not fit", "no answer in time")
    for told in ("paused", "login wall", *errors, "matches nothing", "never checked"):
        assert told in text
    assert "10 of 120" in text
    assert re.search(r"Failing 24 Blind 12 Silenced \d+ Paused 12", text)


async def test_what_no_field_shows_is_said_and_can_be_taken_away(many: Pages) -> None:
    answer = await many.get("/sites?type=blog&owner=bob&q=0000&tag=work")
    text = text_of(answer.text)
    assert "Only sites of the type blog ." in text
    assert "Only sites of bob ." in text
    assert 'href="/sites?owner=bob&amp;q=0000&amp;tag=work"' in answer.text
    assert "No site is like this" in text
    odd = ids((await many.get("/sites?type=blog&owner=bob&q=0000")).text)
    assert len(odd) == 5
    assert 'href="/sites?type=blog"' in (await many.get(f"/sites/{odd[0]}")).text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("state=angry", "is not known"),
        ("sort=size", "is not known"),
        ("after=forged", "is a place in a list that is not known"),
        ("tag=%2Bx", "must not begin"),
        ("q=" + "x" * 201, "is too long"),
        ("colour=red", "is not known"),
    ],
)
async def test_a_wrong_filter_is_named(many: Pages, query: str, told: str) -> None:
    answer = await many.get(f"/sites?{query}")
    assert (answer.status, told in answer.text) == (400, True)


async def test_a_place_of_another_order_is_refused(many: Pages) -> None:
    by_name = link(NEXT, (await many.get("/sites")).text)
    by_check = link(NEXT, (await many.get("/sites?sort=checked")).text)
    assert (await many.get(f"{by_name}&sort=changed")).status == 400
    assert (await many.get(by_check.replace("sort=checked", "sort=name"))).status == 400


async def test_fifty_rows_are_light_and_take_few_statements(many: Pages) -> None:
    with Statements(many.context.reading.engine) as statements:
        answer = await many.get("/sites")
    assert len(ids(answer.text)) == 50
    assert len(answer.text.encode()) <= 40_000
    asked = [one for one in statements.sent if one.startswith("SELECT")]
    assert len(asked) <= 4 + 2  # and what the head of every page counts


async def test_what_others_wrote_is_text(many: Pages, database: Database) -> None:
    hostile = {"name": MonitoredSite.name + HOSTILE, "error_detail": HOSTILE}
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(hostile))
        await session.execute(update(tables.ContentUpdate).values(summary=HOSTILE))
    answer = await many.get("/sites")
    assert "&lt;img" in answer.text
    assert "<img src=x" not in answer.text
    assert "\u202e" not in answer.text
    for one in ids(answer.text)[:10]:
        text = (await many.get(f"/sites/{one}")).text
        assert ("&lt;img" in text, "<img src=x" in text) == (True, False)


# One site


@pytest.mark.parametrize("tab", ["", "/checks", "/states", "/at/2026-01-01T12:30Z"])
async def test_each_page_of_a_site_says_how_it_is_watched(
    pages: Pages, site_id: UUID, tab: str
) -> None:
    with Statements(pages.context.reading.engine) as statements:
        answer = await pages.get(f"/sites/{site_id}{tab}")
    assert answer.status == 200
    text = text_of(answer.text)
    for told in ("Blog", "How it is watched", "as a whole page", "schedule daily", "by GET"):
        assert told in text
    assert "<script>x" not in answer.text
    asked = [one for one in statements.sent if one.startswith("SELECT")]
    assert len(asked) <= 4 + 3  # the head and who views it are kept for some seconds


async def test_it_says_why_it_is_checked_then(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=NOW + HOUR, failure_streak=3))
    failing = text_of((await pages.get(f"/sites/{site_id}")).text)
    assert "Next in 1h , after 3 failures in a row" in failing
    async with database.writing() as session:
        await session.execute(
            update(MonitoredSite).values(check_frequency="auto", detect_within="2h")
        )
        await session.execute(
            insert(tables.Host).values(host="site.example:443", paused_until=NOW + 2 * HOUR)
        )
    text = text_of((await pages.get(f"/sites/{site_id}")).text)
    assert "its server asked to wait: in 2h" in text
    assert "rhythm seen to change on 0 days" in text


async def test_checks_say_what_was_wrong(pages: Pages, site_id: UUID) -> None:
    answer = await pages.get(f"/sites/{site_id}/checks")
    text = text_of(answer.text)
    for told in ("failed", "503", "2.1 kB", "250 ms", "server error"):
        assert told in text
    assert "<img" not in answer.text.partition("<main")[2]


async def test_checks_say_how_a_rendered_page_was_read(
    pages: Pages, site_id: UUID, database: Database
) -> None:
    assert "came to rest" not in text_of((await pages.get(f"/sites/{site_id}/checks")).text)
    async with database.writing() as session:
        await session.execute(
            update(tables.Attempt).values(
                renderer="browser", is_restless=True, stopped_requests=1204
            )
        )
    text = text_of((await pages.get(f"/sites/{site_id}/checks")).text)
    assert "it never came to rest, and was read as it stood" in text
    assert "1,204 of its requests were stopped" in text


async def test_two_states_can_be_chosen_and_saved(pages: Pages, site_id: UUID) -> None:
    answer = await pages.get(f"/sites/{site_id}/states")
    assert answer.text.count("type=radio") == 4
    for path in re.findall(r'href="(/sites/[^"]+/(?:text|original))"', answer.text):
        kept = await pages.get(path)
        assert kept.status == 200
        assert kept.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert kept.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in kept.headers["Content-Security-Policy"]
        assert "Tea at" in kept.text


async def test_it_is_shown_as_it_was(pages: Pages, site_id: UUID) -> None:
    before = await pages.get(f"/sites/{site_id}/at/2026-01-01T12:30Z")
    assert "Tea at four" in before.text
    after = await pages.get(link(NEXT, before.text))
    assert "Tea at five" in after.text
    assert "&lt;script&gt;" in after.text
    assert "What was new" in after.text
    none = await pages.get(f"/sites/{site_id}/at/2025-12-24")
    assert "Nothing was known of it yet" in none.text


async def test_a_day_is_named_in_words(pages: Pages, site_id: UUID) -> None:
    answer = await pages.get(f"/sites/{site_id}/at?on=2026-01-01T12:30Z")
    assert answer.headers["Location"] == f"/sites/{site_id}/at/2026-01-01T12:30:00.000Z"
    for word in ("", "whenever", "2999-01-01", "<b>"):
        wrong = await pages.get(f"/sites/{site_id}/at?on={word}")
        assert (wrong.status, "<b>" in wrong.text) == (400, False)


@pytest.mark.parametrize("path", ["", "/checks", "/states", "/at/friday", "/remove"])
async def test_a_site_that_is_not_there_is_not_found(pages: Pages, path: str) -> None:
    for word in (str(new_id()), "x"):
        assert (await pages.get(f"/sites/{word}{path}")).status == 404


# Forms of one


async def test_a_site_is_paused_and_resumed(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    done = await pages.post(f"/sites/{site_id}/pause")
    assert (done.status, done.headers["Location"]) == (303, f"/sites/{site_id}")
    assert "Blog is paused" in (await pages.follow(done)).text
    assert await value(database, MonitoredSite.is_active, site_id) is False
    checked = await pages.follow(await pages.post(f"/sites/{site_id}/check"))
    assert "resume it to have it checked" in checked.text
    await pages.post(f"/sites/{site_id}/resume")
    assert await value(database, MonitoredSite.is_active, site_id) is True


async def test_a_site_is_due_now(pages: Pages, database: Database, site_id: UUID) -> None:
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=NOW + HOUR))
    done = await pages.follow(await pages.post(f"/sites/{site_id}/check"))
    assert "due now" in done.text
    async with database.reading() as session:
        assert await session.scalar(select(Page.next_check_at)) == NOW


async def test_a_site_is_silenced_and_heard_again(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    await pages.post(f"/sites/{site_id}/silence", **{"for": "8h"})
    assert await value(database, MonitoredSite.muted_until, site_id) == NOW + 8 * HOUR
    assert "silenced" in (await pages.get(f"/sites/{site_id}")).text
    await pages.post(f"/sites/{site_id}/silence", **{"for": "ever"})
    assert "until it is ended" in (await pages.get(f"/sites/{site_id}")).text
    await pages.post(f"/sites/{site_id}/unsilence")
    assert await value(database, MonitoredSite.muted_until, site_id) is None
    assert (await pages.post(f"/sites/{site_id}/silence", **{"for": "soon"})).status == 400


async def test_a_site_has_the_tags_of_the_form_and_no_others(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    for given, tags in (("Work, home , work", ["work", "home"]), ("home", ["home"]), ("", [])):
        assert (await pages.post(f"/sites/{site_id}/tags", tags=given)).status == 303
        assert await value(database, MonitoredSite.tags, site_id) == tags
    done = await pages.follow(await pages.post(f"/sites/{site_id}/tags", tags="news, work"))
    assert "is tagged news, work" in text_of(done.text)
    assert (await pages.post(f"/sites/{site_id}/tags", tags="+x")).status == 400
    many = ", ".join(f"tag {number}" for number in range(31))
    assert (await pages.post(f"/sites/{site_id}/tags", tags=many)).status == 400


async def test_a_site_is_removed_when_that_was_asked(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    asked = await pages.get(f"/sites/{site_id}/remove")
    assert "Remove 1 site?" in asked.text
    assert "retention.removed" in asked.text
    done = await pages.post("/sites/bulk", action="remove", sure="yes", id=str(site_id))
    assert "1 site removed" in (await pages.follow(done)).text
    assert (await pages.get(f"/sites/{site_id}")).status == 404


@pytest.mark.parametrize("deed", ["pause", "resume", "tags", "remove"])
async def test_what_the_file_manages_is_explained_and_not_changed(
    pages: Pages, database: Database, site_id: UUID, deed: str
) -> None:
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(managed_by="config"))
    shown = await pages.get(f"/sites/{site_id}")
    assert "<code>config.toml</code> manages this site" in shown.text
    assert f'action="/sites/{site_id}/{deed}"' not in shown.text
    answer = await pages.post(f"/sites/{site_id}/{deed}", tags="x")
    assert (answer.status, "managed by the configuration" in answer.text) == (409, True)
    for word in ("check", "silence", "seen"):
        assert (await pages.post(f"/sites/{site_id}/{word}")).status == 303


# Forms of many


async def test_what_is_chosen_is_paused_and_the_rest_is_named(
    many: Pages, database: Database
) -> None:
    chosen = ids((await many.get("/sites?q=ada+0000")).text)
    data = "&".join(["action=pause", *(f"id={one}" for one in chosen), f"id={new_id()}"])
    done = await many.post_raw("/sites/bulk", data)
    told = text_of((await many.follow(done)).text)
    assert "9 sites paused; left as they are: 1 no longer there, 1 paused" in told


async def test_all_that_match_are_tagged_and_nothing_else(many: Pages, database: Database) -> None:
    page = (await many.get("/sites?state=failing&q=ada&sort=checked")).text
    everything = link(re.compile(r'name="all" value="([^"]*)"'), page)
    done = await many.post("/sites/bulk", action="tag", tag="look", all=everything, back="/sites")
    assert "12 sites tagged" in (await many.follow(done)).text
    assert len(ids((await many.get("/sites?tag=look")).text)) == 12


async def test_marks_of_many_are_taken_back(many: Pages) -> None:
    before = ids((await many.get("/sites?state=unseen")).text)
    done = await many.follow(await many.post("/sites/bulk", action="seen", all=""))
    assert ids((await many.get("/sites?state=unseen")).text) == []
    mark = link(re.compile(r'name="mark" value="([^"]*)"'), done.text)
    await many.post("/undo", mark=mark)
    assert ids((await many.get("/sites?state=unseen")).text) == before


async def test_many_are_removed_only_when_sure(many: Pages) -> None:
    asked = await many.post("/sites/bulk", action="remove", all="state=paused")
    assert (asked.status, "Remove 12 sites?" in asked.text) == (200, True)
    assert len(ids((await many.get("/sites?state=paused")).text)) == 12
    await many.post("/sites/bulk", action="remove", all="state=paused", sure="yes")
    assert ids((await many.get("/sites?state=paused")).text) == []


@pytest.mark.parametrize(
    "form",
    [
        {"action": "pause"},
        {"action": "explode", "all": ""},
        {"action": "pause", "all": "state=angry"},
        {"action": "pause", "all": "sort=name"},
        {"action": "pause", "id": "1"},
        {"action": "tag", "all": ""},
        {"action": "silence", "all": "", "for": "never"},
        {"action": "pause", "all": "", "back": "//evil.example"},
        {},
    ],
)
async def test_a_form_of_many_that_is_wrong_changes_nothing(
    many: Pages, form: dict[str, str]
) -> None:
    assert (await many.post("/sites/bulk", **form)).status == 400
    assert len(ids((await many.get("/sites?state=paused")).text)) == 12


async def test_a_form_leads_back_to_the_very_list(many: Pages) -> None:
    """Whatever was searched for there."""
    asked = "/sites?q=" + quote("ada 0 [ü]\\'\"<b>&=+#") + "&sort=changed"
    page = await many.get(asked)
    assert page.status == 200
    listed = await many.get("/sites?q=ada+0000&sort=checked&state=failing")
    back = link(re.compile(r'name="back" value="([^"]*)"'), listed.text)
    done = await many.post("/sites/bulk", action="check", all="", back=back)
    assert (done.status, done.headers["Location"]) == (303, back)
    odd = "/sites?" + urlencode({"q": "ü [x]'\"<b>&=+#", "sort": "changed"})
    done = await many.post("/sites/bulk", action="check", all="", back=odd)
    assert (done.status, done.headers["Location"]) == (303, odd)


async def test_a_flash_with_a_hostile_name_is_text(
    pages: Pages, database: Database, site_id: UUID
) -> None:
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(name=HOSTILE))
    shown = await pages.follow(await pages.post(f"/sites/{site_id}/pause"))
    assert "&lt;img src=x" in shown.text
    assert "<img src=x" not in shown.text
    assert "\u202e" not in shown.text
