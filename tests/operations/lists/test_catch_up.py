"""What was missed: ranked, each site once; and what could not be seen, said in each case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.viewer import Role, Viewer
from daemon.operations.lists.catch_up import CaughtUp, catch_up
from daemon.operations.lists.changes import ChangesWanted
from daemon.operations.lists.trouble import trouble_of
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Notice, Rating, Run
from daemon.store.tables.ids import new_id
from tests.making import Statements, add_rows, id_at
from tests.many import (
    BEGAN,
    change_id,
    detected_at,
    have_many,
    kind_of,
    site_id,
    site_of,
)
from tests.plans import whole_tables

SITES, CHANGES = 60, 300
NOW = detected_at(CHANGES)
SINCE = detected_at(180)  # two changes of each site
ADA, BOB, ROOT, CAROL = Viewer("ada"), Viewer("bob"), Viewer("root", Role.ADMIN), Viewer("carol")


@pytest.fixture
async def many(database: Database) -> Database:
    await have_many(database, ["ada", "bob"], SITES, CHANGES)
    return database


async def caught_up(
    database: Database, viewer: Viewer = ROOT, limit: int = 200, **wanted: Any
) -> CaughtUp:
    return await catch_up(database, viewer, ChangesWanted(since=SINCE, **wanted), NOW, limit)


def names(found: CaughtUp) -> list[str]:
    return [one.change.view.site_name for one in found.ranking.sites]


async def test_each_site_is_listed_once_by_its_gravest_change(many: Database) -> None:
    found = await caught_up(many)
    expected = {n: [m for m in range(180, CHANGES) if site_of(m, SITES) == n] for n in range(SITES)}
    assert found.ranking.number.number == len(found.ranking.sites) == SITES
    assert found.ranking.counts.total.number == CHANGES - 180
    for one in found.ranking.sites:
        numbers = expected[one.change.view.site_id.int & 0xFFFF]
        assert one.changes == len(numbers) == 2
        assert (one.first_at, one.last_at) == (detected_at(numbers[0]), detected_at(numbers[1]))
        ranks = ["minor", "moderate", "major", "critical"]
        gravest = max((kind_of(n) for n in numbers), key=ranks.index)
        assert one.change.view.change_type == gravest
    kinds = [one.change.view.change_type for one in found.ranking.sites]
    assert kinds == sorted(kinds, key=["critical", "major", "moderate", "minor"].index)


async def test_the_owners_word_comes_first(many: Database) -> None:
    found = await caught_up(many)
    told, noise = found.ranking.sites[-1].change.view, found.ranking.sites[0].change.view
    async with many.writing() as session:
        one = update(ContentUpdate).where(ContentUpdate.id == told.id)
        await session.execute(one.values(category="condition"))
        session.add(Rating(content_update_id=noise.id, user_id=noise.owner_id, verdict="noise"))
    ranked = names(await caught_up(many))
    assert ranked[0] == told.site_name
    assert noise.site_name != ranked[1]


async def test_only_so_many_are_listed_and_all_are_counted(many: Database) -> None:
    found = await caught_up(many, limit=7)
    assert len(found.ranking.sites) == 7
    assert (found.ranking.number.number, found.ranking.counts.total.number) == (SITES, 120)


async def test_it_is_narrowed_to_tags(many: Database) -> None:
    found = await caught_up(many, tags=("fifth",))
    assert sorted(names(found)) == [f"Site {n:06}" for n in range(0, SITES, 5)]


async def test_each_gets_what_is_theirs(many: Database) -> None:
    await add_rows(many, *_alert(many, "ada"), *_alert(many, "bob"), dead(NOW, "ada"))
    for viewer, own in ((ADA, {"ada"}), (BOB, {"bob"}), (CAROL, set()), (ROOT, {"ada", "bob"})):
        found = await caught_up(many, viewer)
        assert {one.change.view.owner_id for one in found.ranking.sites} == own
        assert {one.site.owner_id for one in found.unwatched.sites} == own
        assert {one.view.product_name for one in found.alerts} == own
        assert bool(found.undelivered.number) is ("ada" in own)


def _alert(_database: Database, owner: str) -> list[tables.Base]:
    product = tables.Product(
        product_id=new_id(), name=owner, url="https://a.example/", owner_id=owner
    )
    check = tables.PriceCheck(price_check_id=new_id(), product_id=product.product_id)
    details = {
        "kind": "price_drop", "rule": "any", "price": "1", "previous_price": "2",
        "currency": "EUR", "availability": "in_stock", "key": "1",
    }  # fmt: skip
    alert = tables.PriceAlert(
        alert_id=id_at(NOW), price_check_id=check.price_check_id, alert_type="price_drop",
        details=details,
    )  # fmt: skip
    return [product, check, alert]


async def test_nothing_has_changed(database: Database) -> None:
    found = await caught_up(database)
    assert (found.ranking.sites, found.ranking.number.number) == ((), 0)
    assert (found.alerts, found.unwatched.sites, found.has_run) == ((), (), False)


def dead(at: datetime, user_id: str, **more: Any) -> Notice:
    return Notice(
        id=id_at(at), idempotency_key=str(new_id()), kind="update", user_id=user_id,
        channel="mail", status="dead", created_at=at, error_detail="550 mailbox full", **more,
    )  # fmt: skip


async def test_what_was_given_up_is_counted(many: Database) -> None:
    await add_rows(many, dead(SINCE - timedelta(days=1), "ada"), dead(NOW, "ada"))
    lost = (await caught_up(many)).undelivered
    assert (lost.number, lost.channels, lost.channel) == (1, 1, "mail")
    assert (lost.last_at, lost.reason) == (NOW, "550 mailbox full")


async def test_sites_that_cannot_be_seen_are_named_with_the_reason(many: Database) -> None:
    async with many.writing() as session:
        one = update(MonitoredSite)
        await session.execute(one.where(MonitoredSite.id == site_id(4)).values(is_active=False))
        muted = NOW + timedelta(days=1)
        await session.execute(one.where(MonitoredSite.id == site_id(8)).values(muted_until=muted))
    await add_rows(
        many,
        tables.Content(hash=NOTHING_CHOSEN, codec="zstd", size_bytes=0, data=b""),
        *(
            tables.Snapshot(
                site_id=site_id(number), text_hash=NOTHING_CHOSEN, kind="html", extractor="html/1",
                url="https://a.example/", first_seen_at=SINCE, last_seen_at=SINCE,
            )
            for number in (3, 43)
        ),
    )  # fmt: skip
    found = await caught_up(many)
    troubles = {
        one.site.id.int & 0xFFFF: trouble_of(one, NOW).state for one in found.unwatched.sites
    }
    expected = {n: "failing" for n in range(SITES) if n % 20 == 1 or n % 50 == 0}
    expected |= {n: "blind" for n in range(SITES) if n % 30 == 2}
    expected |= {3: "absent", 43: "absent", 4: "paused", 8: "silenced"}
    assert troubles == expected
    assert found.unwatched.number.number == len(expected)
    by_state = [trouble_of(one, NOW) for one in found.unwatched.sites]
    assert next(one.why for one in by_state if one.state == "failing")
    assert not found.is_complete


async def test_a_site_that_is_well_again_had_checks_that_failed(many: Database) -> None:
    page_id = UUID(int=2 << 64 | 9)
    await add_rows(
        many,
        *(
            tables.Attempt(
                id=id_at(SINCE + timedelta(minutes=minute)), page_id=page_id, verdict=verdict,
                started_at=SINCE + timedelta(minutes=minute), elapsed_seconds=1.0,
            )
            for minute, verdict in enumerate(("failed", "unchanged", "failed", "unchanged"))
        ),
    )  # fmt: skip
    found = await caught_up(many)
    [one] = [one for one in found.unwatched.sites if one.site.page_id == page_id]
    assert (one.checks, one.failed) == (4, 2)
    assert trouble_of(one, NOW).state == "failed before"
    assert trouble_of(one, NOW).why == "2 of its 4 checks failed"


def ran(began: datetime, ended: datetime, kind: str = "run") -> Run:
    return Run(
        kind=kind, machine="here", pid=1, version="1", started_at=began, heartbeat_at=ended,
        ended_at=ended,
    )  # fmt: skip


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_the_times_without_a_daemon_are_named(database: Database) -> None:
    await add_rows(
        database,
        ran(SINCE - HOUR, SINCE + 10 * MINUTE),
        ran(SINCE + 11 * MINUTE, SINCE + 20 * MINUTE),  # a restart is no gap
        ran(SINCE + 50 * MINUTE, NOW),
        ran(SINCE + 15 * MINUTE, SINCE + 30 * MINUTE),  # another daemon
        ran(SINCE + 31 * MINUTE, SINCE + 40 * MINUTE, "check"),
    )
    found = await caught_up(database)
    assert found.gaps == ((SINCE + 30 * MINUTE, SINCE + 50 * MINUTE),)
    assert (found.known_from, found.has_run) == (None, True)


async def test_a_daemon_that_no_longer_runs_leaves_the_rest_unseen(database: Database) -> None:
    await add_rows(database, ran(SINCE + HOUR, SINCE + HOUR + 10 * MINUTE))
    found = await caught_up(database)
    assert found.gaps == ((SINCE + HOUR + 10 * MINUTE, NOW),)
    assert found.known_from == SINCE + HOUR


async def test_runs_from_before_say_that_nothing_was_checked(database: Database) -> None:
    await add_rows(database, ran(BEGAN - HOUR, BEGAN))
    assert (await caught_up(database)).gaps == ((SINCE, NOW),)


async def test_it_takes_four_statements_and_reads_no_whole_table(
    many: Database, engine: AsyncEngine
) -> None:
    for viewer in (ADA, ROOT):
        with Statements(engine) as statements:
            assert (await caught_up(many, viewer)).ranking.sites
        asked = [
            (one, values)
            for one, values in zip(statements.sent, statements.values, strict=True)
            if one.startswith(("SELECT", "WITH"))
        ]
        assert len(asked) <= 4 + (not viewer.is_admin)  # whether all have their owners
        async with many.reading() as session:
            connection = await session.connection()
            for statement, values in asked:
                assert not await whole_tables(connection, statement, values), statement


def test_change_ids_are_of_their_time() -> None:
    assert change_id(5) < change_id(6)
