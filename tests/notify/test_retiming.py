"""What waits for a route goes by the route as the file has it now: once, and in time."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from daemon.alerting.values import EventKind
from daemon.config import Config, load
from daemon.operations.installation.configuration import apply
from daemon.operations.installation.described import route_of, routes_of
from daemon.operations.people.delivering import Destination, Places
from daemon.pipeline.recording import record
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.core.database import Database
from daemon.store.record.outbox import sync_routes
from daemon.store.tables import Notice
from tests.alerting.things import NOON
from tests.making import ADMIN, begin_run, claimed_page, failed
from tests.notify.test_sender import Box, Clock, happening, tell
from tests.notify.things import facts

ROUTE = '[[notify]]\nname = "mail"\nurl = "https://hooks.example/one"\nonly_significant = false\n'


@dataclass
class Bench:
    """One route that edits change, on a clock that is set by hand."""

    path: Path
    database: Database
    run_id: UUID
    clock: Clock
    box: Box

    async def follow(self, text: str) -> None:
        self.path.write_text(text)
        self.config: Config = load(self.path, {})
        await apply(self.database, ADMIN, self.config, self.clock())

    async def tell(self, count: int, **more: object) -> None:
        at = self.clock()
        numbers = range(at.day * 100, at.day * 100 + count)
        fresh = (happening(i, **({"owner_id": "local", "at": at} | more)) for i in numbers)
        await tell(self.database, *fresh)

    async def sent_by(self, **after_noon: float) -> int:
        """How many messages have arrived at that time."""
        self.clock.now = NOON + timedelta(**after_noon)
        places = {
            one.name: Destination(self.box, route_of(one, self.config))
            for one in self.config.notify
        }
        settings = SenderSettings(timeout_seconds=5, max_tries=4, lease=timedelta(minutes=1))
        for _ in range(2):
            sender = Sender(self.database, self.run_id, Places(places), settings, self.clock)
            await sender.drain()
        return len(self.box.taken)

    async def statuses(self) -> Counter[str]:
        async with self.database.reading() as session:
            return Counter(await session.scalars(select(Notice.status)))


@pytest.fixture
async def bench(tmp_path: Path, database: Database) -> Bench:
    return Bench(tmp_path / "config.toml", database, await begin_run(database), Clock(), Box())


QUIET = ROUTE + 'quiet = "11:00-23:00"\n'
DIGEST = ROUTE + 'digest = "0 20 * * *"\n'


@pytest.mark.parametrize(
    ("before", "after", "early", "late"),
    [
        (QUIET, ROUTE, (1.1, 1), (24, 1)),
        (QUIET, QUIET.replace("23:00", "14:00"), (1.9, 0), (2, 1)),
        (QUIET, QUIET.replace("23:00", "23:30"), (11.4, 0), (11.5, 1)),
        (QUIET, QUIET.replace("11:00", "12:30"), (10.9, 0), (11, 1)),
        (QUIET, QUIET + 'time_zone = "Asia/Tokyo"\n', (1.9, 0), (2, 1)),
        (QUIET, DIGEST, (7.9, 0), (8, 1)),
        (QUIET, "[schedule]\ntime_zone = 'Etc/GMT+3'\n" + QUIET, (13.9, 0), (14, 1)),
        (DIGEST, ROUTE, (1.1, 1), (24, 1)),
        (DIGEST, DIGEST.replace("20", "15"), (2.9, 0), (3, 1)),
        (DIGEST, DIGEST.replace("20", "22"), (9.9, 0), (10, 1)),
        (DIGEST, DIGEST.replace("0 20 * * *", "30 12 * * *"), (24.4, 0), (24.5, 1)),
        (DIGEST, DIGEST + 'quiet = "19:00-22:00"\n', (9.9, 0), (10, 1)),
        (DIGEST, QUIET, (10.9, 0), (11, 1)),
    ],
)
async def test_what_waits_goes_when_the_edited_route_says(
    bench: Bench, before: str, after: str, early: tuple[float, int], late: tuple[float, int]
) -> None:
    await bench.follow(before)
    await bench.tell(25)
    assert await bench.sent_by(hours=1) == 0
    await bench.follow(after)
    assert await bench.sent_by(hours=early[0]) == early[1]
    assert await bench.sent_by(hours=late[0]) == late[1]
    assert await bench.sent_by(days=9) == 1
    assert bench.box.taken[0].facts["count"] == 25
    assert await bench.statuses() == {"sent": 26}


async def test_an_edit_of_something_else_leaves_what_waits_as_it_is(bench: Bench) -> None:
    await bench.follow(DIGEST)
    await bench.tell(2)
    assert await bench.sent_by(days=1) == 1
    await bench.tell(2)
    bench.clock.now = NOON + timedelta(days=1, hours=8, minutes=1)  # nobody sent at its time
    await bench.follow(DIGEST + "failures = 9\n")
    assert await bench.sent_by(days=1, hours=8.1) == 2


async def test_what_is_due_already_is_not_put_off(bench: Bench) -> None:
    await bench.follow(DIGEST)
    await bench.tell(2)
    bench.clock.now = NOON + timedelta(hours=8, minutes=1)
    await bench.follow(DIGEST.replace("20", "19"))
    assert await bench.sent_by(hours=8.1) == 1


async def test_a_lower_bar_for_what_is_urgent_lets_it_go(bench: Bench) -> None:
    await bench.follow(DIGEST)
    change = {"kind": EventKind.CHANGE, "content_update_id": None}
    await bench.tell(1, **change, facts=facts(change_type="major"))
    await bench.follow(DIGEST + 'at_once_from = "critical"\n')
    assert await bench.sent_by(hours=1) == 0
    await bench.follow(DIGEST + 'at_once_from = "major"\n')
    assert await bench.sent_by(hours=1.1) == 1


@pytest.mark.parametrize(("gather", "minutes"), [("1h", 60), ("5m", 5), ("0", 0)])
async def test_what_gathers_goes_by_the_time_that_is_set_now(
    bench: Bench, gather: str, minutes: int
) -> None:
    await bench.follow("[notices]\ngather = '30m'\n" + ROUTE)
    await bench.tell(3, host="one.example", kind=EventKind.CHANGE)
    await bench.follow(f"[notices]\ngather = '{gather}'\n" + ROUTE)
    if minutes:
        assert await bench.sent_by(minutes=minutes - 1) == 0
    assert await bench.sent_by(minutes=minutes) == 1


@pytest.mark.parametrize(("cap", "more"), [(1, 0), (0, 1), (5, 1)])
async def test_a_higher_cap_lets_go_what_it_held_back(bench: Bench, cap: int, more: int) -> None:
    await bench.follow(ROUTE + "daily_cap = 1\n")
    await bench.tell(4)
    assert await bench.sent_by(minutes=5) == 1
    await bench.follow(ROUTE + f"daily_cap = {cap}\n" + 'quiet = "01:00-02:00"\n')
    assert await bench.sent_by(minutes=6) == 1 + more
    assert await bench.sent_by(hours=15) == 2
    assert await bench.statuses() == {"sent": 5}


async def test_what_met_quiet_hours_on_its_way_goes_when_they_are_gone(bench: Bench) -> None:
    await bench.follow(ROUTE + 'quiet = "13:00-23:00"\n')
    await bench.tell(2)
    assert await bench.sent_by(hours=2) == 0
    assert await bench.statuses() == {"pending": 2}
    await bench.follow(ROUTE)
    assert await bench.sent_by(hours=2.1) == 2


async def test_a_try_that_failed_keeps_its_next_instant(bench: Bench) -> None:
    await bench.follow(QUIET)
    await bench.tell(1)
    later = NOON + timedelta(hours=5)
    async with bench.database.writing() as session:
        values = {"status": "pending", "next_attempt_at": later, "error_detail": "503"}
        await session.execute(update(Notice).values(values))
    await bench.follow(ROUTE)
    assert await bench.sent_by(hours=4) == 0
    assert await bench.sent_by(hours=5) == 1


async def test_a_route_that_was_taken_away_and_comes_back_finds_what_waits(bench: Bench) -> None:
    await bench.follow(QUIET)
    await bench.tell(3)
    await bench.follow("# nobody\n")
    await bench.follow(ROUTE)
    assert await bench.sent_by(minutes=2) == 1


async def test_another_route_changes_nothing_here(bench: Bench) -> None:
    other = QUIET.replace('"mail"', '"phone"').replace("one", "two")
    await bench.follow(QUIET + other)
    await bench.tell(2)
    await bench.follow(QUIET + other.replace('quiet = "11:00-23:00"\n', ""))
    assert await bench.sent_by(hours=1) == 2
    async with bench.database.reading() as session:
        query = select(Notice.channel, func.count()).where(Notice.status == "held")
        assert (await session.execute(query.group_by(Notice.channel))).all() == [("mail", 2)]


async def test_garbled_facts_keep_nothing_waiting(bench: Bench) -> None:
    await bench.follow(QUIET)
    await bench.tell(2)
    async with bench.database.writing() as session:
        await session.execute(update(Notice).values(payload=["garbled"]))
    await bench.follow(DIGEST)
    await bench.follow(ROUTE)
    async with bench.database.reading() as session:
        late = select(func.count()).where(
            Notice.next_attempt_at > bench.clock() + timedelta(minutes=2)
        )
        assert await session.scalar(late) == 0


async def test_what_is_written_while_a_route_changes_goes_by_the_new_one(bench: Bench) -> None:
    await bench.follow(QUIET + "failures = 1\n")
    page = await claimed_page(bench.database, bench.run_id)
    bench.path.write_text(ROUTE + "failures = 1\n")
    routes = routes_of(load(bench.path, {}))

    async def tell() -> None:
        async with bench.database.writing() as session:
            assert await record(session, bench.run_id, [failed(page, started_at=NOON)])

    async with asyncio.TaskGroup() as group, bench.database.writing() as session:
        await sync_routes(session, routes)
        telling = group.create_task(tell())
        # Long enough to be done, if it did not wait.
        await asyncio.wait([telling], timeout=0.5)
    async with bench.database.reading() as session:
        assert await session.scalar(select(Notice.bundle_key)) == "host:site.example:443"
