"""The configuration made so in the database, by one daemon or by several at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select
from structlog.testing import capture_logs

from daemon.config import load
from daemon.operations.installation.configuration import apply
from daemon.store.catalogue.missing import Removing
from daemon.store.core.database import Database
from daemon.store.record.outbox import known_channels
from daemon.store.tables import MonitoredSite, Page, Product, User
from tests import living
from tests.making import ADMIN, PAST


def site(name: str) -> str:
    return f'[[site]]\nname = "{name}"\nurl = "https://a.example/{name}"\n'


async def test_daemons_that_start_at_once_make_everything_once(
    tmp_path: Path, database: Database
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(living.config(*((f"site {i}", f"https://a.example/{i}") for i in range(50))))
    config = load(path, {})
    async with asyncio.TaskGroup() as group:
        syncs = [group.create_task(apply(database, ADMIN, config, PAST)) for _ in range(4)]
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
    await apply(database, ADMIN, load(path, {}), PAST)
    path.write_text(living.config(*((name, f"https://a.example/{name}") for name in left)))
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.store.catalogue.reconcile.log", structlog.get_logger())
        for _ in range(2):
            await apply(database, ADMIN, load(path, {}), PAST)
    assert [one["sites"] for one in lines if one["event"] == "all_sites_removed"] == told


# What the configuration lacks

LAMP = '[[product]]\nname = "Lamp"\nurl = "https://shop.example/lamp"\n'
HOOK = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/one"\n'
BOTH = site("a") + site("b") + LAMP + HOOK


async def watched(database: Database) -> set[str]:
    """The names of all that is watched and told."""
    async with database.reading() as session:
        sites = await session.scalars(
            select(MonitoredSite.name).where(MonitoredSite.deleted_at.is_(None))
        )
        products = await session.scalars(select(Product.name).where(Product.deleted_at.is_(None)))
        return {*sites, *products, *await known_channels(session)}


@pytest.mark.parametrize(
    ("left", "removing", "stays"),
    [
        (site("a"), Removing.NOW, {"a"}),
        (site("a"), Removing.UNLESS_ALL, {"a"}),
        (site("a"), Removing.LATER, {"a", "b", "Lamp", "hook"}),
        (site("c"), Removing.NOW, {"c"}),
        (site("c"), Removing.UNLESS_ALL, {"a", "b", "c", "Lamp", "hook"}),
        (LAMP, Removing.UNLESS_ALL, {"Lamp"}),
        ("# nothing\n", Removing.UNLESS_ALL, {"a", "b", "Lamp", "hook"}),
    ],
)
async def test_what_is_missing_goes_now_or_stays(
    tmp_path: Path, database: Database, left: str, removing: Removing, stays: set[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BOTH)
    await apply(database, ADMIN, load(path, {}), PAST)
    path.write_text(left)
    done = await apply(database, ADMIN, load(path, {}), PAST, removing)
    assert await watched(database) == stays
    assert {one.split()[1] for one in done.missing} == stays - {"c"} - {
        name for name in ("a", "b", "Lamp") if f'"{name}"' in left
    }


@pytest.mark.parametrize(
    ("left", "stays"),
    [
        (BOTH.replace('"b"', '"B"'), {"a", "B", "Lamp", "hook"}),
        (BOTH.replace("/lamp", "/new"), {"a", "b", "Lamp", "hook"}),
        (BOTH.replace('"hook"', '"Hook"'), {"a", "b", "Lamp", "Hook"}),
    ],
    ids=["another name", "another page", "another name for a place"],
)
async def test_what_another_takes_the_place_of_is_not_missing(
    tmp_path: Path, database: Database, left: str, stays: set[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BOTH)
    await apply(database, ADMIN, load(path, {}), PAST)
    path.write_text(left)
    assert (await apply(database, ADMIN, load(path, {}), PAST, Removing.LATER)).missing == ()
    assert await watched(database) == stays
    async with database.reading() as session:
        live = select(func.count()).where(Product.deleted_at.is_(None))
        assert await session.scalar(live) == 1


async def test_a_page_whose_site_is_missing_is_still_checked(
    tmp_path: Path, database: Database
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BOTH)
    await apply(database, ADMIN, load(path, {}), PAST)
    path.write_text(site("a"))
    await apply(database, ADMIN, load(path, {}), PAST, Removing.LATER)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).where(Page.is_active)) == 3
