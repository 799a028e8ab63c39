"""Words that a newcomer meets first: each page says what is so, and where to go on."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.model.status import ErrorClass
from daemon.notify.samples import sample
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite, Page
from tests.making import have_sites, spec
from tests.web.conftest import NOW, Pages, text_of
from tests.web.test_change_page import have_change
from tests.web.test_notification_pages import have, notice


async def have_site(database: Database, **values: object) -> UUID:
    """A site that was not read yet, with these values."""
    await have_sites(database, spec())
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(managed_by="cli", **values))
        found: UUID | None = await session.scalar(select(MonitoredSite.id))
    assert found is not None
    return found


async def test_a_search_for_sites_leads_on_to_products(pages: Pages) -> None:
    answer = await pages.get("/sites?q=tea+kettle")
    assert 'href="/products?q=tea%20kettle"' in answer.text
    assert "/products?q=" not in (await pages.get("/sites")).text


async def test_a_first_look_at_today_leads_to_what_is_watched(pages: Pages) -> None:
    answer = await pages.get("/")
    assert '<a href="/sites">Sites</a> lists what is watched' in answer.text


async def test_a_page_that_was_never_read_is_not_said_to_be_unchanged(
    pages: Pages, database: Database
) -> None:
    site_id = await have_site(database)
    answer = await pages.get(f"/sites/{site_id}")
    assert "The page was not read yet" in text_of(answer.text)


async def test_what_was_asked_for_is_soon_shown(pages: Pages, database: Database) -> None:
    site_id = await have_site(database)
    done = await pages.follow(await pages.post(f"/sites/{site_id}/check"))
    assert "data-done" in done.text
    for part in ("history", "checked", "state"):
        assert f'id="{part}" data-part' in done.text
    assert "data-done" not in (await pages.get(f"/sites/{site_id}")).text


async def test_a_blind_page_is_blind_on_the_page_of_its_host_too(
    pages: Pages, database: Database
) -> None:
    await have_site(database, blind_spot="login_wall", blind_since=NOW)
    async with database.writing() as session:
        await session.execute(update(Page).values(failure_streak=3, error_class=ErrorClass.AUTH))
        host = await session.scalar(select(Page.host))
    told = text_of((await pages.get(f"/hosts/{host}")).text)
    assert "blind login wall" in told
    assert "1 failing or blind" in told
    assert "in a row" not in told


async def test_removing_says_for_how_long_what_was_found_is_kept(
    pages: Pages, database: Database
) -> None:
    site_id = await have_site(database)
    told = text_of((await pages.get(f"/sites/{site_id}/remove")).text)
    assert "What was found is kept for 90 d more" in told


async def test_a_rating_is_told_by_what_it_does(pages: Pages, database: Database) -> None:
    change = await have_change(database, "a", "b")
    for deed, told in (
        ("useful", "changes of Blog are now more likely to count as important"),
        ("noise", "changes of Blog are now less likely to count as important"),
        ("unrate", "the ratings of Blog have no effect now"),
    ):
        done = await pages.follow(await pages.post(f"{change.path}/{deed}", back=change.path))
        assert told in text_of(done.text)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "or a [[notify]] table to config.toml"),
        ("?status=dead", "None is like this."),
    ],
)
async def test_no_notification_is_told_by_what_was_asked(
    pages: Pages, database: Database, query: str, told: str
) -> None:
    if query:
        await have(database, notice())
    assert told in text_of((await pages.get(f"/notifications{query}")).text)


def test_a_test_does_not_say_from_where_it_was_asked_for() -> None:
    text = sample("my phone", "local", NOW, "key").words.text
    assert "somebody asked for a test" in text
    assert "command line" not in text


@pytest.mark.parametrize("path", ["/changes", "/catch-up"])
async def test_where_nothing_is_unseen_nothing_can_be_marked(
    pages: Pages, database: Database, path: str
) -> None:
    assert "Mark all seen" not in (await pages.get(path)).text
    await have_change(database, "a", "b")
    assert "Mark all seen" in (await pages.get("/changes")).text


@pytest.mark.parametrize(("spot", "is_told"), [("login_wall", True), ("shell", False)])
async def test_a_login_wall_says_what_can_be_done(
    pages: Pages, database: Database, spot: str, is_told: bool
) -> None:
    site_id = await have_site(database, blind_spot=spot, blind_since=NOW)
    told = text_of((await pages.get(f"/sites/{site_id}")).text)
    assert ("Give it what a browser that may read it sends" in told) is is_told
