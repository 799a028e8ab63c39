"""What a file lacks is announced, stays for a while, and goes: a wrong file takes nothing away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from daemon.config import load
from daemon.monitoring.health import ComponentState
from daemon.runtime.removals import Removals
from daemon.store.catalogue.missing import Removing
from daemon.store.tables import MonitoredSite
from tests.living import config, running
from tests.loopback import serving
from tests.test_reload_steps import GOOD, MORE, Bench, bench_on

OTHER = GOOD.replace("Blog", "Other").replace("/blog", "/other")
GRACE = 600.0


@contextlib.contextmanager
def logged() -> Iterator[list[Any]]:
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.runtime.removals.log", structlog.get_logger())
        yield lines


class Start:
    """A daemon that has just started with one file on a database that another one has filled."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.now = 0.0
        bench.daemon.removals = Removals(self._report, clock=lambda: self.now)
        self.reports: list[tuple[ComponentState, str]] = []

    def _report(self, state: ComponentState, reason: str) -> None:
        self.reports.append((state, reason))

    async def begin(self) -> None:
        await self.bench.daemon.removals.begin(self.bench.app)

    async def step(self, at: float) -> None:
        self.now = at
        await self.bench.daemon.removals.step(self.bench.app)


@contextlib.asynccontextmanager
async def start(path: Path, url: str, text: str) -> AsyncIterator[Start]:
    """It begins with this text; MORE was in force before."""
    async with bench_on(path, url, MORE):
        pass
    async with bench_on(path, url, text, Removing.LATER) as bench:
        yield Start(bench)


@pytest.mark.parametrize("text", [GOOD, OTHER], ids=["one is missing", "another file"])
async def test_what_is_missing_at_a_start_stays_until_its_time(
    tmp_path: Path, database_url: str, text: str
) -> None:
    async with start(tmp_path / "config.toml", database_url, text) as daemon:
        before = await daemon.bench.sites()
        with logged() as lines:
            await daemon.begin()
            await daemon.begin()
        [told] = [one for one in lines if one["event"] == "removal_announced"]
        assert "site News" in told["names"]
        assert told["count"] == len(told["names"])
        assert daemon.reports[-1][0] is ComponentState.DEGRADED
        assert "site News" in daemon.reports[-1][1]
        await daemon.step(GRACE - 1)
        assert await daemon.bench.sites() >= before
        await daemon.step(GRACE)
        assert "News" not in await daemon.bench.sites()
        assert daemon.reports[-1] == (ComponentState.OK, "none is to come")


async def test_the_right_file_takes_back_what_was_announced(
    tmp_path: Path, database_url: str
) -> None:
    async with start(tmp_path / "config.toml", database_url, OTHER) as daemon:
        await daemon.begin()
        await daemon.bench.follow(MORE)
        assert "1 that the configuration lacks" in daemon.reports[-1][1]
        assert daemon.reports[-1][1].endswith(": site Other")
        await daemon.step(GRACE)
        assert await daemon.bench.sites() == {"Blog", "News"}


async def test_an_edit_does_not_hasten_what_was_announced(
    tmp_path: Path, database_url: str
) -> None:
    async with start(tmp_path / "config.toml", database_url, GOOD) as daemon:
        await daemon.begin()
        daemon.now = GRACE / 2
        await daemon.bench.follow(GOOD + "[fetch]\ndelay_seconds = 7\n")
        assert await daemon.bench.sites() == {"Blog", "News"}
        await daemon.step(GRACE)
        assert await daemon.bench.sites() == {"Blog"}


async def test_what_was_announced_goes_by_the_edit_that_is_being_put_in_force(
    tmp_path: Path, database_url: str
) -> None:
    async with start(tmp_path / "config.toml", database_url, GOOD) as daemon:
        await daemon.begin()
        app = daemon.bench.app
        (tmp_path / "config.toml").write_text(MORE.replace("News", "Paper"))
        edited = load(tmp_path / "config.toml", {})
        daemon.now = GRACE
        async with asyncio.TaskGroup() as both:
            both.create_task(daemon.bench.daemon.removals.follow(app, edited))
            both.create_task(daemon.bench.daemon.removals.step(app))
        assert "Paper" in await daemon.bench.sites()
        assert "News" not in await daemon.bench.sites()


async def test_an_edit_that_leaves_nothing_waits(tmp_path: Path, database_url: str) -> None:
    async with start(tmp_path / "config.toml", database_url, MORE) as daemon:
        await daemon.begin()
        assert daemon.reports[-1] == (ComponentState.OK, "none is to come")
        await daemon.bench.follow(OTHER)
        assert await daemon.bench.sites() == {"Blog", "News", "Other"}
        await daemon.step(GRACE)
        assert await daemon.bench.sites() == {"Other"}


async def test_what_was_removed_by_a_wrong_file_has_its_history_again(
    tmp_path: Path, database_url: str
) -> None:
    async with start(tmp_path / "config.toml", database_url, OTHER) as daemon:
        ids = select(MonitoredSite.id).where(MonitoredSite.name.in_(("Blog", "News")))
        first = await daemon.bench.all(MonitoredSite.id, MonitoredSite.name != "Other")
        await daemon.begin()
        await daemon.step(GRACE)
        await daemon.bench.follow(MORE)
        live = MonitoredSite.deleted_at.is_(None), MonitoredSite.id.in_(ids)
        assert await daemon.bench.all(MonitoredSite.id, *live) == first


async def test_a_daemon_of_another_file_goes_on_with_all_until_the_time_comes(
    tmp_path: Path, database_url: str
) -> None:
    async with serving(page="<p>The library opens at nine.</p>") as site:
        path = tmp_path / "config.toml"
        path.write_text(config(("page", site.url("/page"))))
        async with running(tmp_path, database_url) as life:
            await life.until("checked", site="page")
            assert await life.stop() == 0
        path.write_text(config())
        async with running(tmp_path, database_url) as life:
            told = await life.until("removal_announced")
            assert (told["count"], told["names"]) == (1, ["site page"])
            await life.until("checked", site="page")
            assert await life.stop() == 0
        async with running(
            tmp_path, database_url, CHANGELOGGER__RETENTION__REMOVAL_GRACE="0"
        ) as life:
            await life.until("sites_synchronised", removed=1)
            assert await life.stop() == 0
