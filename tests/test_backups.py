"""The daemon's own backups: made when it is time, proved, told of; a failure costs none."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from daemon.config import Config
from daemon.config.options.backup import BackupConfig
from daemon.model.errors import DamagedError
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.app import App, open_app
from daemon.runtime.chores.backups import Backups, kept_in
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.queue.runs import end_run
from daemon.transfer.backup import restore
from daemon.transfer.copying import copy_database
from daemon.transfer.files import pack_file, refuse_other_bytes
from tests.making import add_one_of_each, in_database
from tests.transfer.things import config_of, quiet

DAY = timedelta(days=1)


class Bench:
    """A daemon that does nothing but backups, a step at a time."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.health = Health()
        self.metrics = Metrics("0")
        self.backups = Backups(
            lambda *told: self.health.report("backups", *told), self.metrics.store
        )

    def edit(self, every: str = "1d", keep: int = 2, folder: Path | None = None) -> None:
        given = {"every": every, "keep": keep, "folder": str(folder or self.folder)}
        section = BackupConfig.model_validate(given)
        self.app.config = self.app.config.model_copy(update={"backup": section})

    async def step(self) -> list[dict[str, Any]]:
        with capture_logs() as logs:
            await self.backups.step(self.app)
        return [dict(line) for line in logs if line["event"].startswith("backup_")]

    def lay(self, *ages: timedelta) -> None:
        """Put files of that age where backups lie."""
        self.folder.mkdir(exist_ok=True)
        for age in ages:
            at = self.app.clock() - age
            (self.folder / f"changelogger-{at:%Y%m%d-%H%M%S}.db.zst").write_bytes(b"old")

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    @property
    def told(self) -> tuple[ComponentState, str]:
        component = self.health.components()["backups"]
        return component.state, component.reason

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"changelogger_{name}", labels) or 0


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Bench]:
    config = Config.model_validate({"database": {"url": url}, "documents": {"workers": 1}})
    async with open_app(config.settled(()), "check") as app:
        yield Bench(app, folder)


def place_of(sqlite_url: str) -> tuple[Path, int]:
    path = Path(sqlite_url.partition("///")[2])
    return path, path.stat().st_size


async def fill(database: Database) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        await end_run(session, rows[tables.Run].id)


def test_one_is_made_when_it_is_time_and_restored_anywhere(
    database_url: str, tmp_path: Path
) -> None:
    in_database(database_url, fill)
    made: list[Path] = []

    async def backed_up(_: Database) -> None:
        async with opened(database_url, tmp_path / "new" / "backups") as bench:
            if bench.app.database.is_shared:
                await bench.app.share.begin()
            await bench.step()
            assert not bench.folder.exists()  # none is asked for
            bench.edit()
            [line] = await bench.step()
            assert line["event"] == "backup_made"
            assert await bench.step() == []  # the newest is new
            [name] = bench.names
            made.append(bench.folder / name)
            state, reason = bench.told
            assert state is ComponentState.OK
            assert reason.startswith("the newest is ")
            assert bench.value("backups_total", outcome="made") == 1
            assert bench.value("backup_bytes") == made[0].stat().st_size
            age = bench.app.clock().timestamp() - bench.value("backup_timestamp_seconds")
            assert 0 <= age < 600
            bench.edit(every="0")
            await bench.step()
            assert bench.told == (ComponentState.OK, "not asked for any more")

    in_database(database_url, backed_up)
    assert made[0].stat().st_mode & 0o777 == 0o600
    assert made[0].parent.stat().st_mode & 0o777 == 0o700
    target = f"sqlite:///{tmp_path}/restored.db"
    restore(made[0], config_of(target), quiet, replaces=False)
    differing = copy_database(config_of(database_url), config_of(target), quiet, writes=False)
    assert set(differing.differing) <= {
        "runs",
        "hosts",
        "host_shards",
    }  # in which the daemon above lived


async def test_old_ones_go_once_a_newer_one_is_proved_and_nothing_else(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with opened(sqlite_url, tmp_path / "backups") as bench:
        bench.lay(DAY * 2, DAY * 3, DAY * 4, -DAY * 400)
        (bench.folder / ".part-x.changelogger-20260101-000000.db.zst").write_bytes(b"half")
        others = ["changelogger-20250101-000000.db", "changelogger-latest.db.zst", "mine.txt"]
        for name in others:
            (bench.folder / name).write_text("kept")
        ahead = max(bench.names[i] for i in range(len(bench.names)) if "-20" in bench.names[i])
        bench.edit(keep=2)
        [line] = await bench.step()
        assert (line["event"], line["dropped"]) == ("backup_made", 2)
        kept = kept_in(bench.folder, bench.app.clock())
        assert [bench.app.clock() - one.at > DAY for one in kept] == [False, True]
        assert set(others) < set(bench.names)
        assert ahead in bench.names  # of a clock that was wrong once
        assert not [name for name in bench.names if name.startswith(".part-")]


async def test_a_failure_is_told_costs_no_old_one_and_is_tried_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    path, size = place_of(sqlite_url)
    async with opened(sqlite_url, tmp_path / "backups") as bench:
        bench.lay(DAY * 3, DAY * 4, DAY * 5)
        before = bench.names
        os.truncate(path, 1 << 43)  # sparse: it only says that it is large
        wrong = [
            (bench.folder, "no room"),
            (tmp_path / "file", "File exists"),
            (tmp_path / "file" / "below", "Not a directory"),
        ]
        for times, (folder, reason) in enumerate(wrong, 1):
            bench.edit(keep=1, folder=folder)  # an edit is tried at once
            [line] = await bench.step()
            assert line["event"] == "backup_failed"
            assert reason in line["reason"]
            assert await bench.step() == []  # not at once again
            state, told = bench.told
            assert (state, reason in told) == (ComponentState.DEGRADED, True)
            assert bench.value("backups_total", outcome="failed") == times
            assert bench.names == before
        os.truncate(path, size)
        bench.edit(keep=3)
        assert [one["event"] for one in await bench.step()] == ["backup_made"]
        assert bench.told[0] is ComponentState.OK


async def test_one_that_is_late_is_told(sqlite_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, tmp_path / "backups") as bench:
        bench.lay(DAY * 3)
        bench.edit()
        bench.backups._next_try_at = float("inf")
        bench.backups._tried = bench.app.config.backup
        assert await bench.step() == []
        state, told = bench.told
        assert state is ComponentState.DEGRADED
        assert told.startswith("the newest is 3d old")


def test_what_unpacks_to_something_else_is_no_backup(tmp_path: Path) -> None:
    source, packed = tmp_path / "source", tmp_path / "packed"
    source.write_bytes(bytes(range(256)) * 4096)
    pack_file(source, packed)
    refuse_other_bytes(packed, source)
    whole = packed.read_bytes()
    for broken in (whole[:-7], whole[:40] + b"\xff" + whole[41:], b""):
        packed.write_bytes(broken)
        with pytest.raises(DamagedError):
            refuse_other_bytes(packed, source)
    pack_file(source, packed)
    source.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(DamagedError):
        refuse_other_bytes(packed, source)
