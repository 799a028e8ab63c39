"""What the file gives an owner in `preferences` is shown and used, and edited there alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from daemon.alerting.timing import after_quiet
from daemon.alerting.values import Route
from daemon.config import load
from daemon.model.errors import ConfigError
from daemon.operations.installation.configuration import apply
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.record.outbox import routes_of
from daemon.web.context import Context
from tests.living import plain
from tests.making import ADMIN
from tests.many import change_id, have_many
from tests.web.conftest import NOW, Pages, text_of

CONFIG = """
[mail]
host = "127.0.0.1"
sender = "a@site.example"
[[owner]]
id = "local"
email = "local@localhost"
preferences = {given}
[[notify]]
name = "mail"
url = "mailto:local@site.example"
[[notify]]
name = "phone"
url = "mailto:other@site.example"
quiet = "12:00-13:00"
"""
GIVEN = (
    '{ time_zone = "Asia/Tokyo", dates = "exact", page_size = 10, severity = "major",'
    ' quiet = "22:00-07:00" }'
)
# What she had chosen on the page before the file gave it.
CHOSEN = {"time_zone": "America/Lima", "page_size": 40, "quiet": "01:00-02:00"}


async def give(
    context: Context, database: Database, folder: Path, url: str, given: str = GIVEN
) -> None:
    """Follow a file that gives this."""
    await have_many(database, ["local"], 30, 40)
    async with database.writing() as session:
        await session.execute(update(tables.User).values(preferences={"personal": CHOSEN}))
    path = folder / "config.toml"
    path.write_text(CONFIG.format(given=given))
    config = load(path, {"CHANGELOGGER__DATABASE__URL": plain(url)})
    await apply(database, ADMIN, config, NOW)
    followed = config.model_copy(update={"web": context.config().web})
    object.__setattr__(context, "config", lambda: followed)


@pytest.fixture
async def given(context: Context, database: Database, tmp_path: Path, database_url: str) -> None:
    await give(context, database, tmp_path, database_url)


@pytest.mark.usefixtures("given")
async def test_it_is_shown(pages: Pages) -> None:
    shown = (await pages.get("/me")).text
    told = text_of(shown)
    for word in ("Asia/Tokyo", "exact", "10", "major", "22:00-07:00", "config.toml"):
        assert word in told, word
    for chosen in CHOSEN.values():
        assert str(chosen) not in told, chosen


@pytest.mark.usefixtures("given")
async def test_it_is_used(pages: Pages) -> None:
    shown = (await pages.get("/changes")).text
    assert len(re.findall("data-row", shown)) == 10
    assert 'data-zone="Asia/Tokyo"' in shown
    # The newest change is of 00:39 in London; what the page says without scripts is of Tokyo.
    assert ">09:39</time>" in shown
    assert " JST<" in (await pages.get("/sites")).text
    assert "severity=major&amp;severity=critical" in shown


async def test_days_are_those_of_the_reader(
    context: Context, database: Database, pages: Pages, tmp_path: Path, database_url: str
) -> None:
    zone = '{ time_zone = "America/Lima", page_size = 200 }'
    await give(context, database, tmp_path, database_url, zone)
    async with database.writing() as session:
        at = datetime(2026, 1, 2, 4, 59, tzinfo=UTC)  # the evening before in Lima
        newest = tables.ContentUpdate.id == change_id(39)
        await session.execute(update(tables.ContentUpdate).where(newest).values(detected_at=at))
    days = re.findall(r"<h2 id=.day-.*?</h2>", (await pages.get("/changes")).text)
    assert [text_of(day) for day in days] == ["Thursday 1 January", "Wednesday 31 December"]


@pytest.mark.usefixtures("given")
async def test_it_is_not_edited(pages: Pages, database: Database) -> None:
    shown = (await pages.get("/me")).text
    assert 'name="page_size"' not in shown
    assert 'action="/me"' not in shown
    answer = await pages.post("/me", page_size="50")
    assert (answer.status, "managed by the configuration" in answer.text) == (409, True)
    async with database.reading() as session:
        stored = await session.scalar(select(tables.User.preferences))
    assert (stored or {})["personal"] == CHOSEN


async def routes(database: Database) -> dict[str, Route]:
    async with database.reading() as session:
        found = await routes_of(session, ["local"])
    return {route.name: route for route in found["local"]}


@pytest.mark.usefixtures("given")
async def test_its_quiet_hours_hold_for_channels_without_their_own(database: Database) -> None:
    found = await routes(database)
    assert (found["mail"].quiet, found["mail"].time_zone) == ("22:00-07:00", "Asia/Tokyo")
    assert found["phone"].quiet == "12:00-13:00"
    night = datetime(2026, 5, 4, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo
    assert after_quiet(found["mail"], night) == datetime(2026, 5, 4, 22, 0, tzinfo=UTC)


async def test_what_the_file_leaves_out_is_as_usual_and_not_as_chosen_before(
    context: Context, database: Database, pages: Pages, tmp_path: Path, database_url: str
) -> None:
    await give(context, database, tmp_path, database_url, "{ page_size = 20 }")
    assert (await routes(database))["mail"].quiet is None
    shown = (await pages.get("/changes")).text
    assert (len(re.findall("data-row", shown)), "data-zone" in shown) == (20, False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{ time_zone = 'Berlin' }", "time_zone"),
        ("{ page_size = 7 }", "page_size"),
        ("{ pagesize = 20 }", "pagesize"),
        ("{ quiet = 'at night' }", "quiet"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path: Path, given: str, told: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(given=given))
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    assert f"preferences.{told}" in str(refused.value)
    assert "config.toml:8" in str(refused.value)
