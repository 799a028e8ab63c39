"""The configuration made so in the database, by one daemon or by several at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select
from structlog.testing import capture_logs

from daemon.config import load
from daemon.store.database import Database
from daemon.store.tables import MonitoredSite, Page, User
from daemon.store.wanted import sync
from tests import living
from tests.making import PAST


async def test_daemons_that_start_at_once_make_everything_once(
    tmp_path: Path, database: Database
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(living.config(*((f"site {i}", f"https://a.example/{i}") for i in range(50))))
    config = load(path, {})
    async with asyncio.TaskGroup() as group:
        syncs = [group.create_task(sync(config, database, PAST)) for _ in range(4)]
    assert sorted(len(one.result().added) for one in syncs) == [0, 0, 0, 50]
    async with database.reading() as session:
        for table in (MonitoredSite, Page):
            assert await session.scalar(select(func.count()).select_from(table)) == 50
        assert await session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(("left", "told"), [((), [2]), (("b",), [])])
async def test_a_configuration_that_has_lost_all_its_sites_is_told(
    tmp_path: Path, database: Database, left: tuple[str, ...], told: list[int]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(living.config(*((name, f"https://a.example/{name}") for name in "ab")))
    await sync(load(path, {}), database, PAST)
    path.write_text(living.config(*((name, f"https://a.example/{name}") for name in left)))
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.store.wanted.log", structlog.get_logger())
        for _ in range(2):
            await sync(load(path, {}), database, PAST)
    assert [one["sites"] for one in lines if one["event"] == "all_sites_removed"] == told
