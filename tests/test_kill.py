"""kill -9 at random moments while a changing site is checked: nothing lost, nothing twice.

By hand with more of them: `KILLS=200 python -m pytest tests/test_kill.py`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from daemon.packing import content_hash, unpack
from daemon.store.core.database import Database, file_of
from daemon.store.core.engine import open_engine
from daemon.store.tables import (
    Attempt,
    Content,
    ContentUpdate,
    MonitoredSite,
    Page,
    Run,
    Snapshot,
)
from tests.living import Life, config, running
from tests.loopback import Site, serving
from tests.making import PAST

KILLS = int(os.environ.get("KILLS", "8"))
DAEMONS = 3
KILLS_SIDE_BY_SIDE = int(os.environ.get("KILLS", "3"))
PAGES = 6
WAIT_SECONDS = 0.1  # at most, of the site before each answer, and of the killer before each kill
WORDS = [
    "harbour", "lantern", "meadow", "copper", "violin", "granite", "orchard", "compass", "blanket",
    "thunder", "pepper", "glacier", "saddle", "marble", "walnut", "chimney", "falcon", "bridge",
]  # fmt: skip


@dataclass
class Story:
    """Pages that move on with every second answer; no revision is like another."""

    site: Site
    dice: random.Random
    revision: dict[str, int] = field(default_factory=dict)
    stands_still: bool = False

    def begin(self) -> None:
        for i in range(PAGES):
            self.revision[f"/{i}"] = 0
            self._write(f"/{i}")

    def move(self) -> None:
        """What was asked for since then has a new revision for its next answer."""
        if self.stands_still:
            return
        for path, asked in self.site.asked.items():
            if asked // 2 > self.revision.get(path, asked):
                self.revision[path] = asked // 2
                self._write(path)

    def _write(self, path: str) -> None:
        number = self.revision[path]
        lines = (" ".join(self.dice.choices(WORDS, k=12)) for _ in range(3))
        news = "".join(f"<p>{line}.</p>" for line in lines)
        self.site.bodies[path] = f"<title>Page</title><h1>Release {number}</h1>{news}"


@pytest.mark.slow
async def test_killing_the_daemon_loses_nothing_and_doubles_nothing(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    dice = random.Random(20260501)  # the moments are chance, the story is not
    async with serving() as site:
        site.wait_seconds = lambda: dice.uniform(0, WAIT_SECONDS)
        story = Story(site, dice)
        story.begin()
        (tmp_path / "config.toml").write_text(
            config(*((path, site.url(path)) for path in story.revision), every="1h")
        )
        for _ in range(KILLS):
            await let_it_live_and_die(tmp_path, database_url, story, dice)
            await let_time_pass(database)
        story.stands_still = True
        async with running(tmp_path, database_url) as life:
            await life.until_all([], lambda: count_written(life) == PAGES)
            assert await life.stop() == 0
        await assert_the_present_is_stored(database, site)
    await assert_history_is_whole(database, KILLS // 10)
    assert_the_file_is_sound(database_url)


@pytest.mark.slow
async def test_killing_daemons_side_by_side_loses_nothing_and_doubles_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    dice = random.Random(20260502)
    hosts = [f"127.0.0.{number + 2}" for number in range(PAGES)]
    database = Database(open_engine(postgres_url))
    async with serving(*hosts) as site, AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        site.wait_seconds = lambda: dice.uniform(0, WAIT_SECONDS)
        story = Story(site, dice)
        story.begin()
        places = zip(story.revision, hosts, strict=True)
        urls = [(path, site.url(path).replace("127.0.0.1", host)) for path, host in places]
        text = config(*urls)
        (tmp_path / "config.toml").write_text(text.replace("127.0.0.1/32", "127.0.0.0/8"))
        lives = [
            await stack.enter_async_context(begun(tmp_path, postgres_url)) for _ in range(DAEMONS)
        ]
        for _ in range(KILLS_SIDE_BY_SIDE):
            await let_one_die(database, lives[victim := dice.randrange(DAEMONS)], story, dice)
            lives[victim] = await stack.enter_async_context(begun(tmp_path, postgres_url))
        await site.asked_each(list(story.revision), 2)
        story.move()
        for life in lives:
            assert await life.stop() == 0
        story.stands_still = True
        await let_time_pass(database)
        async with running(tmp_path, postgres_url) as last:
            await last.until_all([], lambda: checked_sites(last) == set(story.revision))
            assert await last.stop() == 0
        await assert_the_present_is_stored(database, site)
        await assert_history_is_whole(database, 0)


@asynccontextmanager
async def begun(folder: Path, url: str) -> AsyncIterator[Life]:
    async with running(folder, url) as life:
        await life.until("started")
        yield life


def checked_sites(life: Life) -> set[str]:
    return {line["site"] for line in life.said if line.get("event") in {"checked", "changed"}}


async def let_one_die(database: Database, life: Life, story: Story, dice: random.Random) -> None:
    """Kill one of several in the midst of work; the others need not wait for its leases."""
    story.site.arrived.clear()
    await story.site.arrived.wait()
    await asyncio.sleep(dice.uniform(0, 10 * WAIT_SECONDS))
    life.tell(signal.SIGKILL)
    assert await life.end() == -signal.SIGKILL
    dead = select(Run.id).where(Run.pid == life.process.pid)
    async with database.writing() as session:
        await session.execute(update(Run).where(Run.id.in_(dead)).values(heartbeat_at=PAST))
        free = update(Page).where(Page.leased_by.in_(dead)).values(leased_until=None)
        await session.execute(free.execution_options(synchronize_session=False))
    story.move()


async def let_it_live_and_die(folder: Path, url: str, story: Story, dice: random.Random) -> None:
    story.site.arrived.clear()
    async with running(folder, url) as life:
        await story.site.arrived.wait()
        written = dice.randrange(PAGES)
        await life.until_all([], lambda: count_written(life) >= written)
        # Any moment will do: before, in the middle of, and after a transaction.
        await asyncio.sleep(dice.uniform(0, WAIT_SECONDS))
        life.tell(signal.SIGKILL)
        assert await life.end() == -signal.SIGKILL
    assert_it_was_well(life)
    story.move()


def count_written(life: Life) -> int:
    return sum(line.get("event") in {"checked", "changed"} for line in life.said)


def assert_it_was_well(life: Life) -> None:
    troubles = [line for line in life.said if line.get("level") in {"warning", "error", "critical"}]
    assert not troubles


async def let_time_pass(database: Database) -> None:
    """Until every lease has ended, every dead daemon is known as such and every page is due."""
    async with database.writing() as session:
        await session.execute(update(Run).values(heartbeat_at=PAST))
        await session.execute(update(Page).values(next_check_at=PAST, leased_until=None))


async def assert_the_present_is_stored(database: Database, site: Site) -> None:
    async with database.reading() as session:
        rows = await session.execute(
            select(MonitoredSite.name, Content.data)
            .join(Snapshot, Snapshot.site_id == MonitoredSite.id)
            .join(Content, Content.hash == Snapshot.source_hash)
            .where(Snapshot.text_hash == MonitoredSite.text_hash)
        )
        stored = {row.name: unpack(row.data).decode() for row in rows}
    assert stored == site.bodies


async def assert_history_is_whole(database: Database, changes_at_least: int) -> None:
    async with database.reading() as session:
        sites = (await session.execute(select(MonitoredSite.id, MonitoredSite.text_hash))).all()
        for site_id, text_hash in sites:
            changes = await session.execute(
                select(ContentUpdate.before_snapshot_id, ContentUpdate.after_snapshot_id)
                .where(ContentUpdate.site_id == site_id)
                .order_by(ContentUpdate.detected_at, ContentUpdate.id)
            )
            pairs = [(row.before_snapshot_id, row.after_snapshot_id) for row in changes]
            states = (
                await session.execute(
                    select(Snapshot.id, Snapshot.text_hash, Snapshot.times_seen)
                    .where(Snapshot.site_id == site_id)
                    .order_by(Snapshot.first_seen_at, Snapshot.id)
                )
            ).all()
            # Every state but the first came by exactly one change, each from the one before it.
            assert pairs == [(a.id, b.id) for a, b in pairwise(states)]
            assert len(pairs) > changes_at_least
            assert states[-1].text_hash == text_hash
            assert {state.times_seen for state in states} == {1}
        contents = await session.execute(select(Content.hash, Content.data))
        assert all(content_hash(unpack(row.data)) == row.hash for row in contents)
        attempts = await session.scalar(select(func.count()).select_from(Attempt)) or 0
        updates = await session.scalar(select(func.count()).select_from(ContentUpdate)) or 0
    assert attempts > updates >= PAGES


def assert_the_file_is_sound(url: str) -> None:
    path = file_of(url)
    if path is None:
        return  # PostgreSQL has checked every reference itself
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
