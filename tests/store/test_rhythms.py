"""When sites were seen to have changed: kept with each change, learnt from what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.model.outcome import Outcome
from daemon.model.page import Page as PageValue
from daemon.model.request import NO_RHYTHM, Rhythm, Timing, Validators
from daemon.store.core.database import Database
from daemon.store.record.checks import write_outcomes
from daemon.store.tables import ContentUpdate, Host, MonitoredSite, Page
from daemon.store.tables.ids import new_id
from daemon.store.views.accepted_delays import UnkeptDelay, unkept_delays
from tests.making import (
    PAST,
    begin_run,
    changed,
    claim,
    claimed_page,
    have_sites,
    initial,
    response,
    spec,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AUTO = {"check_frequency": "auto", "detect_within": "2h"}


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


async def write(database: Database, run_id: UUID, outcome: Outcome) -> PageValue:
    """Write an outcome; the page as its next check finds it."""
    async with database.writing() as session:
        await write_outcomes(session, run_id, [outcome])
        await session.execute(update(Page).values(next_check_at=PAST))
    [page] = await claim(database, run_id)
    return page


def seconds(at: datetime) -> int:
    return int(at.timestamp())


async def test_each_change_is_remembered_between_its_two_checks(
    database: Database, run_id: UUID
) -> None:
    page = await claimed_page(database, run_id, spec(**AUTO))
    page = await write(database, run_id, initial(page, started_at=PAST))
    assert page.sites[0].rhythm == NO_RHYTHM
    at = PAST + HOUR
    page = await write(database, run_id, changed(page, "one", "two", started_at=at))
    assert page.sites[0].timing == Timing("auto", None, detect_within="2h")
    assert page.sites[0].rhythm == Rhythm(((seconds(PAST), seconds(at)),))
    page = await write(database, run_id, changed(page, "two", "three", started_at=at + HOUR))
    assert page.sites[0].rhythm.changes[1:] == ((seconds(at), seconds(at + HOUR)),)


@pytest.mark.parametrize(
    ("modified", "after"),
    [
        ("Thu, 01 Jan 2026 12:40:00 GMT", PAST + 40 * HOUR / 60),
        ("Thu, 01 Jan 2026 11:40:00 GMT", PAST),  # before the check that did not see it
        ("Thu, 01 Jan 2026 13:00:00 GMT", PAST),  # at the very moment of the request
        ("yesterday", PAST),
    ],
)
async def test_a_server_may_know_better_when_a_page_changed(
    database: Database, run_id: UUID, modified: str, after: datetime
) -> None:
    page = await write(
        database, run_id, initial(await claimed_page(database, run_id), started_at=PAST)
    )
    outcome = changed(page, "one", "two", started_at=PAST + HOUR)
    told = response(b"two", validators=Validators(None, modified))
    page = await write(database, run_id, replace(outcome, response=told))
    assert page.sites[0].rhythm.changes == ((seconds(after), seconds(PAST + HOUR)),)


async def test_a_site_that_is_left_to_the_daemon_brings_its_history(database: Database) -> None:
    await have_sites(database, spec(check_frequency="6h"))
    times = [datetime(2025, 11, day, 9, tzinfo=UTC) for day in (3, 4, 5)]
    async with database.writing() as session:
        [site_id] = await session.scalars(select(MonitoredSite.id))
        session.add_all(
            ContentUpdate(id=new_id(), site_id=site_id, detected_at=at, analysis_status="done")
            for at in [*times, times[-1] + HOUR]
        )
    await have_sites(database, spec(**AUTO))
    async with database.reading() as session:
        [rhythm] = await session.scalars(select(MonitoredSite.rhythm))
    spans = [(at - 6 * HOUR, at) for at in times] + [(times[-1], times[-1] + HOUR)]
    assert rhythm == {"changes": [[seconds(after), seconds(at)] for after, at in spans]}
    # What it learnt since is kept.
    await have_sites(database, spec(check_frequency="1h"))
    await have_sites(database, spec(**AUTO))
    async with database.reading() as session:
        assert list(await session.scalars(select(MonitoredSite.rhythm))) == [rhythm]


async def test_a_page_shows_the_accepted_delay_as_its_frequency(database: Database) -> None:
    await have_sites(database, spec("a", **AUTO), spec("b", check_frequency="weekly"))
    async with database.reading() as session:
        [page] = await session.scalars(select(Page))
    assert page.check_frequency == "2h"


async def test_a_delay_that_a_host_forbids_is_found(database: Database) -> None:
    await have_sites(
        database,
        spec("a", "https://slow.example/a", host="slow.example:443", **AUTO),
        spec("b", "https://slow.example/b", host="slow.example:443"),
        spec("c", "https://fast.example/c", host="fast.example:443", **AUTO),
    )
    async with database.writing() as session:
        session.add(Host(host="slow.example:443", crawl_delay_seconds=3601))
        assert await unkept_delays(session, HOUR, 1.0) == [
            UnkeptDelay("a", "2h", "slow.example:443", 2, timedelta(seconds=7202))
        ]
        assert len(await unkept_delays(session, 3 * HOUR, 1.0)) == 2
