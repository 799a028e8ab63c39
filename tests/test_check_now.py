"""Checks that somebody asks for, and the composition root that they and the daemon share."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from daemon.config import Config, load
from daemon.model.errors import SchemaError, StoreError
from daemon.model.status import Verdict
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.installation.configuration import apply
from daemon.pipeline.context import lease_of
from daemon.runtime.app import App, open_app
from daemon.runtime.check_now import check_all, check_these
from daemon.runtime.maintenance import Daemon
from daemon.store.core.database import Database
from daemon.store.queue import pages
from daemon.store.tables import Attempt, MonitoredSite, Page, Run
from daemon.store.tables.ids import new_id
from tests.living import config as config_text
from tests.living import plain
from tests.looking import Told
from tests.loopback import Site, serving
from tests.making import ADMIN

TEXT = "<p>Something to read.</p>"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(**{str(i): TEXT for i in range(12)}) as site:
        yield site


@pytest.fixture
def config(tmp_path: Path, site: Site, database_url: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(config_text(*((p, site.url(p)) for p in site.bodies), every="1h"))
    return load(path, {"CHANGELOGGER__DATABASE__URL": plain(database_url)})


async def have_sites(config: Config, app: App) -> None:
    await apply(app.database, ADMIN, config, app.clock())


async def page_ids(app: App, *names: str) -> list[UUID]:
    async with app.database.reading() as session:
        query = select(MonitoredSite.page_id).where(MonitoredSite.name.in_(names))
        return [page_id for page_id in await session.scalars(query) if page_id is not None]


async def test_these_pages_are_checked_and_no_others(config: Config, site: Site) -> None:
    told = Told()
    async with open_app(config, "check", told) as app:
        await have_sites(config, app)
        assert await check_these(app, await page_ids(app, "/1", "/3")) == []
    assert site.asked == {"/1": 1, "/3": 1}
    assert {outcome.verdict for outcome in told.outcomes} == {Verdict.INITIAL}


async def test_all_pages_are_checked_whatever_their_schedule(config: Config, site: Site) -> None:
    totals: list[int] = []
    async with open_app(config, "check") as app:
        await have_sites(config, app)
        assert await check_all(app, totals.append) == []
        assert await check_all(app, totals.append) == []
        async with app.database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(Attempt)) == 24
    assert totals == [12, 12]
    assert set(site.asked.values()) == {2}


async def test_a_page_that_somebody_holds_is_left_to_him(config: Config, site: Site) -> None:
    async with open_app(config, "check") as app:
        await have_sites(config, app)
        wanted = await page_ids(app, "/1", "/2")
        async with app.database.writing() as session:
            [held] = await pages.claim_these(session, new_id(), wanted[:1], timedelta(hours=1))
        for left in (await check_these(app, wanted), await check_all(app)):
            # Whoever holds it for longer than anybody waits is not waited for.
            assert [(one.page.id, one.is_held) for one in left] == [(held.id, True)]
    assert site.asked.total() == 12
    assert held.id == wanted[0]


async def test_a_host_that_asked_another_process_to_wait_is_not_asked(
    config: Config, site: Site
) -> None:
    site.status, site.headers = 503, {"Retry-After": "600"}
    async with open_app(config, "check") as app:
        await have_sites(config, app)
        assert await check_these(app, await page_ids(app, "/1")) == []
    site.status = 200
    async with open_app(config, "check") as app:
        left = await check_these(app, await page_ids(app, "/1", "/2"))
        assert len(await check_all(app)) == 12
    assert sorted(name for one in left for name in one.page.names) == ["/1", "/2"]
    assert {one.reason for one in left} == {"the host asked to be left alone"}
    assert min(one.wait_seconds for one in left) > 500
    assert site.asked == {"/1": 1}


async def test_who_is_waited_for_is_told(config: Config, site: Site) -> None:
    told = Told()
    async with open_app(config, "check", told, 30.0) as app:
        await have_sites(config, app)
        app.throttle.pause(site.host, 1.0)  # longer than claiming takes on a busy machine
        assert await check_these(app, await page_ids(app, "/1")) == []
        assert set(told.waits) == {(site.host, "the host asked to be left alone")}
        told.waits.clear()
        app.throttle.pause(site.host, 2.5)  # longer than a claim waits for: back to the schedule
        assert await check_all(app) == []
        assert (site.host, "the host asked to be left alone") in told.waits
    assert site.asked.total() == 13


async def test_a_run_ends_with_its_leases(config: Config, database: Database) -> None:
    async with open_app(config, "check") as app:
        await have_sites(config, app)
    async with database.reading() as session:
        [run] = await session.execute(select(Run.__table__))
        held = select(func.count()).select_from(Page).where(Page.leased_until.is_not(None))
        assert await session.scalar(held) == 0
    assert run.kind == "check"
    assert run.ended_at is not None


async def test_a_database_of_another_version_is_refused(config: Config, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="newer"):
        async with open_app(config, "run"):
            raise AssertionError
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Run)) == 0


async def test_a_database_that_is_not_there_is_our_trouble() -> None:
    url = "postgresql://postgres@/none?host=/nowhere"
    with pytest.raises(StoreError):
        async with open_app(load(None, {"CHANGELOGGER__DATABASE__URL": url}), "run"):
            raise AssertionError


@pytest.mark.parametrize(
    ("seconds", "lease", "held"), [("30", "2m", 120), ("30", "10m", 600), ("300", "2m", 660)]
)
def test_a_lease_is_longer_than_any_check(seconds: str, lease: str, held: int) -> None:
    environ = {
        "CHANGELOGGER__FETCH__TOTAL_TIMEOUT_SECONDS": seconds,
        "CHANGELOGGER__SCHEDULE__LEASE": lease,
    }
    assert lease_of(load(None, environ)) >= timedelta(seconds=held)


async def test_a_delay_that_cannot_be_kept_is_said_once(
    tmp_path: Path, site: Site, database_url: str
) -> None:
    path = tmp_path / "delays.toml"
    tables = config_text(("/1", site.url("/1")), every="1h").replace(
        'check_frequency = "1h"', 'check_frequency = "auto"\ndetect_within = "2m"'
    )
    path.write_text(re.sub(r'minimum_interval = ".*"', 'minimum_interval = "5m"', tables))
    config = load(path, {"CHANGELOGGER__DATABASE__URL": plain(database_url)})
    daemon = Daemon(Health(), Metrics("0"), lambda line: None)
    async with open_app(config, "check") as app:
        await have_sites(config, app)
        with capture_logs() as lines:
            await daemon.note_delays(app)
            await daemon.note_delays(app)
    [line] = lines
    assert (line["event"], line["site"], line["turn"]) == ("delay_not_kept", "/1", "5 min")
