"""What people ask to see, filtered, in order, and in one statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.change import ChangeType
from daemon.model.site import Owner
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.recording import record
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Page
from daemon.store.views import sites as views
from daemon.store.views.changes import ChangeFilter, ChangeView, find_change, list_changes
from daemon.store.views.sites import SiteView
from tests.making import (
    ADMIN,
    OWNER,
    PAST,
    Statements,
    begin_run,
    changed,
    claim,
    claimed_page,
    failed,
    have_sites,
    initial,
    spec,
    text_hash,
)

HOUR = timedelta(hours=1)


async def listed(database: Database, **options: Any) -> list[SiteView]:
    async with database.reading() as session:
        return await views.list_sites(session, ADMIN, **options)


async def names(database: Database, **options: Any) -> list[str]:
    return [site.name for site in await listed(database, **options)]


async def change_all(database: Database, model: Any, name: str, **values: Any) -> None:
    """Change the site of this name, or its page."""
    site = select(MonitoredSite.id).where(MonitoredSite.name == name)
    page = select(MonitoredSite.page_id).where(MonitoredSite.name == name)
    async with database.writing() as session:
        await session.execute(
            update(model)
            .where(model.id.in_(site if model is MonitoredSite else page))
            .values(values)
            .execution_options(synchronize_session=False)
        )


async def have_three(database: Database) -> None:
    await have_sites(database, *(spec(name, f"https://{name}.example/") for name in "cab"))


# Sites


async def test_sites_are_listed_by_name(database: Database) -> None:
    await have_three(database)
    assert await names(database) == ["a", "b", "c"]


async def test_a_site_is_shown_with_how_its_page_is_doing(database: Database) -> None:
    run_id = await begin_run(database)
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await record(session, run_id, [initial(page)])
    [site] = await listed(database)
    assert (site.name, site.url, site.owner_id) == ("Blog", page.request.url, OWNER.id)
    assert (site.managed_by, site.is_active, site.page_id) == ("config", True, page.id)
    assert (site.last_verdict, site.last_checked_at) == ("initial", PAST + HOUR)
    assert (site.next_check_at, site.title) == (PAST + 24 * HOUR, "Blog")
    assert (site.error_class, site.failure_streak) == (None, 0)


async def test_a_site_without_a_page_is_shown_too(database: Database) -> None:
    await have_sites(database, spec())
    await change_all(database, MonitoredSite, "Blog", page_id=None)
    [site] = await listed(database)
    assert (site.page_id, site.next_check_at, site.failure_streak) == (None, None, 0)


async def test_removed_sites_are_not_listed(database: Database) -> None:
    await have_three(database)
    await have_sites(database, spec("a", "https://a.example/"))
    assert await names(database) == ["a"]


async def test_sites_of_one_owner_alone(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [Owner("ada", "ada@example.org")])
    await have_sites(database, spec("a"), spec("b", owner_id="ada"))
    assert await names(database, owner_id="ada") == ["b"]


async def test_only_sites_with_trouble_of_their_own_are_failing(database: Database) -> None:
    await have_three(database)
    await change_all(database, Page, "a", error_class="timeout", error_detail="no answer")
    await change_all(database, MonitoredSite, "b", error_class="selector", error_detail="no match")
    found = await listed(database, failing=True)
    assert [(s.name, s.error_class, s.error_detail) for s in found] == [
        ("a", "timeout", "no answer"),
        ("b", "selector", "no match"),
    ]


@pytest.mark.parametrize("error_class", [e for e in ErrorClass if e.is_unreported])
@pytest.mark.parametrize("model", [Page, MonitoredSite])
async def test_our_own_trouble_makes_no_site_a_failing_one(
    database: Database, error_class: ErrorClass, model: Any
) -> None:
    await have_three(database)
    await change_all(database, model, "a", error_class=error_class)
    assert await names(database, failing=True) == []


async def test_a_site_that_its_proxy_lets_nobody_reach_is_failing(database: Database) -> None:
    await have_three(database)
    await change_all(database, Page, "a", error_class="proxy", error_detail="refused")
    assert await names(database, failing=True) == ["a"]


async def test_a_paused_site_is_not_failing(database: Database) -> None:
    await have_three(database)
    await change_all(database, Page, "a", error_class="timeout")
    await change_all(database, MonitoredSite, "a", is_active=False)
    assert await names(database, failing=True) == []


async def test_sites_are_found_by_name_and_by_url(database: Database) -> None:
    await have_three(database)
    async with database.reading() as session:
        found = await views.find_sites(
            session, ADMIN, ["a", "https://c.example/", "nothing", "b.example"]
        )
        assert {site.name for site in found} == {"a", "c"}
        assert await views.find_sites(session, ADMIN, []) == []


async def test_many_names_can_be_looked_for(database: Database) -> None:
    await have_three(database)
    async with database.reading() as session:
        words = [*map(str, range(40_000)), "c"]
        assert [site.name for site in await views.find_sites(session, ADMIN, words)] == ["c"]


@pytest.mark.parametrize("count", [3, 300])
async def test_a_list_of_sites_takes_one_statement(
    database: Database, engine: AsyncEngine, count: int
) -> None:
    await have_sites(database, *(spec(f"s{i}", f"https://a.example/{i}") for i in range(count)))
    with Statements(engine) as statements:
        assert len(await listed(database)) == count
    assert len([s for s in statements.sent if s.startswith("SELECT")]) == 1


# Changes


async def have_changes(database: Database, run_id: UUID, count: int = 4) -> UUID:
    """A history of one site, an hour between changes; the id of the site."""
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await record(session, run_id, [initial(page, "text 0", started_at=PAST)])
    for i in range(count):
        async with database.writing() as session:
            await session.execute(update(Page).values(next_check_at=PAST))
        [page] = await claim(database, run_id)
        at = PAST + (i + 1) * HOUR
        one = changed(page, f"text {i}", f"text {i + 1}", started_at=at)
        async with database.writing() as session:
            await record(session, run_id, [one])
    return page.sites[0].id


async def found_changes(database: Database, **wanted: Any) -> list[ChangeView]:
    async with database.reading() as session:
        return await list_changes(session, ADMIN, ChangeFilter(**wanted))


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def test_changes_are_listed_newest_first(database: Database, run_id: UUID) -> None:
    await have_changes(database, run_id)
    found = await found_changes(database)
    assert [change.detected_at for change in found] == [PAST + i * HOUR for i in (4, 3, 2, 1)]
    assert {(c.site_name, c.change_type, c.confidence_score) for c in found} == {
        ("Blog", "major", 0.75)
    }


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"limit": 2}, 2),
        ({"limit": None}, 4),
        ({"since": PAST + 3 * HOUR}, 2),
        ({"since": PAST + 5 * HOUR}, 0),
        ({"change_types": (ChangeType.MAJOR, ChangeType.CRITICAL)}, 4),
        ({"change_types": ("minor",)}, 0),
        ({"only_significant": True}, 4),
        ({"site_ids": ()}, 0),
    ],
)
async def test_changes_are_narrowed(
    database: Database, run_id: UUID, wanted: dict[str, Any], count: int
) -> None:
    await have_changes(database, run_id)
    assert len(await found_changes(database, **wanted)) == count


async def test_changes_of_one_site_and_of_one_run(database: Database, run_id: UUID) -> None:
    site_id = await have_changes(database, run_id)
    assert len(await found_changes(database, site_ids=(site_id,), run_id=run_id)) == 4
    assert await found_changes(database, run_id=site_id) == []


async def test_changes_of_a_removed_site_are_still_shown(database: Database, run_id: UUID) -> None:
    await have_changes(database, run_id)
    await have_sites(database)
    assert len(await found_changes(database)) == 4


@pytest.mark.parametrize("count", [2, 12])
async def test_a_list_of_changes_takes_one_statement(
    database: Database, engine: AsyncEngine, run_id: UUID, count: int
) -> None:
    await have_changes(database, run_id, count)
    with Statements(engine) as statements:
        assert len(await found_changes(database)) == count
    assert len([s for s in statements.sent if s.startswith("SELECT")]) == 1
    assert "raw_content" not in "".join(statements.sent)  # texts may be long


async def test_a_change_is_found_by_its_id_or_a_part_of_it(
    database: Database, run_id: UUID
) -> None:
    await have_changes(database, run_id)
    newest = (await found_changes(database))[0].id
    async with database.reading() as session:
        for words in (str(newest), newest.hex.upper(), newest.hex[-8:], str(newest)[:-2]):
            [found] = await find_change(session, ADMIN, words)
            assert found.view.id == newest


async def test_a_change_is_shown_with_what_it_is_made_of(database: Database, run_id: UUID) -> None:
    await have_changes(database, run_id, 1)
    async with database.reading() as session:
        [row] = await session.execute(select(ContentUpdate.__table__))
        [found] = await find_change(session, ADMIN, row.id.hex)
    assert found.raw_content == "-text 0\n+text 1"
    assert found.processed_content == row.processed_content
    assert (found.before_snapshot_id, found.after_snapshot_id) == (
        row.before_snapshot_id,
        row.after_snapshot_id,
    )


async def test_a_part_that_fits_several_changes_gives_two(database: Database, run_id: UUID) -> None:
    await have_changes(database, run_id)
    async with database.reading() as session:
        assert len(await find_change(session, ADMIN, "")) == 2
        assert await find_change(session, ADMIN, "zzzz") == []
        assert await find_change(session, ADMIN, run_id.hex) == []


# Attempts and states


async def test_attempts_are_listed_newest_first(database: Database, run_id: UUID) -> None:
    page = await claimed_page(database, run_id)
    for hours in range(3):
        async with database.writing() as session:
            await session.execute(update(Page).values(next_check_at=PAST, leased_until=PAST))
        [page] = await claim(database, run_id)
        async with database.writing() as session:
            await record(session, run_id, [failed(page, started_at=PAST + hours * HOUR)])
    async with database.reading() as session:
        found = await views.list_attempts(session, ADMIN, page.id, 2)
    assert [attempt.started_at for attempt in found] == [PAST + 2 * HOUR, PAST + HOUR]
    assert {(a.verdict, a.error_class) for a in found} == {(Verdict.FAILED, ErrorClass.TIMEOUT)}


async def test_states_are_listed_as_they_were_seen(database: Database, run_id: UUID) -> None:
    site_id = await have_changes(database, run_id, 2)
    async with database.reading() as session:
        found = await views.list_snapshots(session, ADMIN, site_id, 2)
    assert [state.text_hash for state in found] == [text_hash("text 2"), text_hash("text 1")]
    assert {(s.kind, s.title, s.times_seen, s.has_source) for s in found} == {
        ("html", "Blog", 1, True)
    }
