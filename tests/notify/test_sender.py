"""From a cause to its receivers: once each, in time, whatever channels and databases do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update

from daemon.alerting.matching import drafts
from daemon.alerting.values import Event, EventKind, Notifications, Route
from daemon.config import Config
from daemon.model.errors import NotifyError
from daemon.model.site import Owner
from daemon.model.status import ErrorClass
from daemon.notify.values import Message
from daemon.operations.installation.configuration import apply
from daemon.operations.people.delivering import Destination, Places
from daemon.pipeline.recording import record
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.queue import notices
from daemon.store.queue import notices_by_hand as told
from daemon.store.record.outbox import notice_row, routes_of, sync_routes, write_notifications
from daemon.store.retention import ages as retention
from daemon.store.retention.batching import Sweep
from daemon.store.tables import ContentUpdate, MonitoredSite, Notice
from daemon.store.tables.ids import new_id
from tests.alerting.things import NOON, route
from tests.making import ADMIN, OWNER, begin_run, changed, claimed_page, failed, id_at, initial
from tests.notify.things import facts

ADA = Owner("ada", "ada@example.org", "ada")


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Box:
    """A channel that keeps what it takes, and refuses when told to."""

    fault: Callable[[], NotifyError | None] = lambda: None
    asked: list[str] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.asked.append(message.key)
        error = self.fault()
        if error is not None:
            raise error
        self.taken.append(message)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await begin_run(database)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def have_routes(database: Database, *routes: Route) -> None:
    async with database.writing() as session:
        await sync_owners(session, [OWNER, ADA])
        await sync_routes(session, {OWNER.id: routes})


async def tell(database: Database, *events: Event) -> None:
    async with database.writing() as session:
        routes = await routes_of(session, {event.owner_id for event in events})
        decided = Notifications(tuple(drafts(events, routes)))
        await write_notifications(await session.connection(), decided)


def happening(number: int = 1, **more: Any) -> Event:
    fields: dict[str, Any] = {
        "kind": EventKind.FAILING,
        "id": f"c{number}",
        "owner_id": OWNER.id,
        "name": f"S{number}",
        "host": f"h{number}.example",
        "at": NOON,
        "facts": facts(site=f"S{number}", error_class="timeout"),
    }
    return Event(**(fields | more))


def sender(
    database: Database, run_id: UUID, clock: Clock, boxes: dict[str, Box], *routes: Route
) -> Sender:
    by_name = {one.name: one for one in routes}
    places = {
        name: Destination(box, by_name.get(name, route(name=name))) for name, box in boxes.items()
    }
    settings = SenderSettings(timeout_seconds=5, max_tries=4, lease=timedelta(minutes=1))
    return Sender(database, run_id, Places(places), settings, clock)


async def statuses(database: Database) -> Counter[str]:
    async with database.reading() as session:
        return Counter(await session.scalars(select(Notice.status)))


async def test_a_changed_page_leaves_one_notice_that_is_sent_once(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route(only_significant=False))
    page = await claimed_page(database, run_id)
    async with database.writing() as session:
        await record(session, run_id, [initial(page)])
    async with database.writing() as session:
        await session.execute(update_pages())
    [page] = await claim_again(database, run_id)
    async with database.writing() as session:
        await record(session, run_id, [changed(page, "one", "two")])
    box = Box()
    telling = sender(database, run_id, clock, {"mail": box})
    clock.on(days=999)
    await telling.drain()
    await telling.drain()
    [message] = box.taken
    assert "A line came." in message.words.text
    async with database.reading() as session:
        change_id = await session.scalar(select(ContentUpdate.id))
        assert change_id is not None
        [view] = await told.notices_of(session, ADMIN, change_id)
    assert (view.status, view.tries, view.channel) == ("sent", 1, "mail")


def update_pages() -> Any:
    from daemon.store.tables import Page
    from tests.making import PAST

    return update(Page).values(next_check_at=PAST, leased_by=None, leased_until=None)


async def claim_again(database: Database, run_id: UUID) -> Any:
    from tests.making import claim

    return await claim(database, run_id)


async def test_three_failures_are_told_and_our_own_are_not(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route(name="mail"))
    page = await claimed_page(database, run_id)
    classes = [ErrorClass.STORE] * 4 + [ErrorClass.TIMEOUT] * 3
    for error_class in classes:
        async with database.writing() as session:
            await record(session, run_id, [failed(page, error_class)])
            await session.execute(update_pages())
        [page] = await claim_again(database, run_id)
    async with database.reading() as session:
        [view] = await told.list_notices(session, ADMIN)
        alerted = await session.scalar(select(MonitoredSite.alerted))
    assert (view.kind, view.payload["failures"], alerted) == ("failing", 3, {"t1": ANY})


async def test_a_burst_is_one_message_and_all_of_it_is_sent(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route())
    await tell(database, *(happening(i, host="one.example") for i in range(120)))
    box = Box()
    clock.on(days=999)
    await sender(database, run_id, clock, {"mail": box}).drain()
    [message] = box.taken
    assert (message.kind, message.facts["count"]) == ("digest", 120)
    assert await statuses(database) == {"sent": 121}


@pytest.mark.parametrize("rubbish", ['{"hunks": 7}', "[7]"])
async def test_a_garbled_notice_takes_none_of_those_beside_it_along(
    database: Database, run_id: UUID, clock: Clock, rubbish: str
):
    await have_routes(database, route())
    await tell(database, *(happening(i, host="one.example") for i in range(10)))
    value = "CAST(:rubbish AS jsonb)" if database.is_shared else ":rubbish"
    async with database.writing() as session:
        one = "SELECT min(idempotency_key) FROM notices"
        await session.execute(
            text(
                f"UPDATE notices SET kind = 'change', payload = {value}"
                f" WHERE idempotency_key = ({one})"
            ),
            {"rubbish": rubbish},
        )
    box = Box()
    clock.on(days=999)
    await sender(database, run_id, clock, {"mail": box}).drain()
    [message] = box.taken
    assert (message.kind, len(message.facts["notices"])) == ("digest", 9)


async def test_a_notice_that_holds_no_facts_is_given_up_and_the_next_is_sent(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route(gather_seconds=0))
    await tell(database, *(happening(i) for i in range(2)))
    async with database.writing() as session:
        value = "CAST('[7]' AS jsonb)" if database.is_shared else "'[7]'"
        one = "SELECT min(idempotency_key) FROM notices"
        await session.execute(
            text(f"UPDATE notices SET payload = {value} WHERE idempotency_key = ({one})")
        )
    box = Box()
    clock.on(days=999)
    telling = sender(database, run_id, clock, {"mail": box})
    for _ in range(2):  # what is set aside waits for its lease; the next comes at the next tick
        await telling.drain()
    assert len(box.taken) == 1


async def test_a_message_is_the_same_at_every_try(database: Database, run_id: UUID, clock: Clock):
    await have_routes(database, route())
    await tell(database, *(happening(i, host="one.example") for i in range(3)))
    faults = [NotifyError("no"), NotifyError("no")]
    box = Box(lambda: faults.pop() if faults else None)
    telling = sender(database, run_id, clock, {"mail": box})
    clock.on(days=999)
    await telling.drain()
    await tell(database, happening(9, host="one.example"))
    for _ in range(3):
        clock.on(hours=1)
        await telling.drain()
    assert len(box.asked) == 4
    assert len(set(box.asked)) == 2
    assert [m.facts.get("count", 1) for m in box.taken] in ([1, 3], [3, 1])


async def test_a_channel_that_comes_back_gets_everything(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route())
    await tell(database, *(happening(i) for i in range(20)))
    is_dead = True
    box = Box(lambda: NotifyError("dead") if is_dead else None)
    telling = sender(database, run_id, clock, {"mail": box})
    clock.on(days=999)
    for _ in range(3):
        await telling.drain()
    assert len(box.asked) == 1  # it is not asked for each of them
    assert telling.failing() == {"mail": 1}
    is_dead = False
    clock.on(hours=1)
    await telling.drain()
    assert len(box.taken) == len({m.key for m in box.taken}) == 20
    assert telling.failing() == {}


@pytest.mark.parametrize(
    ("error", "rounds"), [(NotifyError("no", is_permanent=True), 1), (NotifyError("no"), 4)]
)
async def test_what_will_not_be_taken_is_given_up_with_its_reason(
    database: Database, run_id: UUID, clock: Clock, error: NotifyError, rounds: int
):
    await have_routes(database, route())
    await tell(database, happening())
    box = Box(lambda: error)
    telling = sender(database, run_id, clock, {"mail": box})
    for _ in range(6):
        clock.on(days=1)
        await telling.drain()
    assert len(box.asked) == rounds
    async with database.reading() as session:
        [view] = await told.list_notices(session, ADMIN, ["dead"])
    assert "no" in (view.error_detail or "")
    async with database.writing() as session:
        assert await told.retry(session, ADMIN, [view.id], clock()) == 1
    box.fault = lambda: None
    await telling.drain()
    assert [m.key for m in box.taken] == [view.idempotency_key]


async def test_a_notice_that_breaks_us_stops_no_other(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route())
    await tell(database, happening(1, facts={"site": 1, "hunks": 7}), happening(2))
    await tell(database, happening(3, kind=EventKind.CHANGE, facts={"hunks": 7}))
    box = Box()
    clock.on(days=999)
    await sender(database, run_id, clock, {"mail": box}).drain()
    assert len(box.taken) == 2
    assert await statuses(database) == {"sent": 2, "dead": 1}


async def test_a_channel_that_left_the_configuration_is_told_of(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route(name="old"))
    await tell(database, happening())
    clock.on(days=999)
    await have_routes(database)
    telling = sender(database, run_id, clock, {"mail": Box()})
    for _ in range(2):
        await go_round(telling)
        assert await statuses(database) == {"pending": 1}
        clock.on(minutes=5)
    await go_round(telling)
    async with database.reading() as session:
        [view] = await told.list_notices(session, ADMIN, ["dead"])
    assert "[[notify]]" in (view.error_detail or "")


async def go_round(telling: Sender) -> None:
    """As the daemon does each second."""
    async with asyncio.TaskGroup() as lanes:
        await telling.round(lanes)


async def test_who_sends_by_cron_has_the_same_time_to_put_a_channel_back(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database)
    async with database.writing() as session:
        await session.execute(insert(Notice).values(pending_on("old", clock())))
    for minutes in (9, 1):
        assert await statuses(database) == {"pending": 1}
        clock.on(minutes=minutes)
        await sender(database, run_id, clock, {"mail": Box()}).drain()
    assert await statuses(database) == {"dead": 1}


def pending_on(channel: str, at: datetime) -> dict[str, Any]:
    [draft] = drafts([happening()], {OWNER.id: [route(name=channel)]})
    return {**notice_row(draft), "status": "pending", "next_attempt_at": at}


async def test_a_channel_that_is_put_back_in_time_loses_nothing(
    database: Database, run_id: UUID, clock: Clock
):
    old = route(name="old")
    await have_routes(database, old)
    await tell(database, happening())
    clock.on(days=999)
    box = Box()
    telling = sender(database, run_id, clock, {"mail": Box(), "old": box})
    without, telling._places = telling._places, {"mail": telling._places["mail"]}
    for _ in range(3):  # each time put back before it is too late
        await have_routes(database)
        await go_round(telling)
        clock.on(minutes=9)
        await have_routes(database, old)
        await go_round(telling)
    assert await statuses(database) == {"pending": 1}
    telling._places = without
    await telling.drain()
    assert len(box.taken) == 1


async def test_a_channel_that_is_gone_stops_no_other_however_much_waits_for_it(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route())
    await tell(database, happening())
    many = 33_000  # more than PostgreSQL takes parameters
    rows = [
        {"id": new_id(), "idempotency_key": f"k{n}", "kind": "change", "user_id": OWNER.id}
        | {"channel": "gone", "payload": {}, "status": "pending"}
        | {"next_attempt_at": NOON, "created_at": NOON}
        for n in range(many)
    ]
    async with database.writing() as session:
        await session.execute(insert(Notice), rows)
    clock.on(days=999)
    box = Box()
    await sender(database, run_id, clock, {"mail": box}).drain()
    assert len(box.taken) == 1
    assert await statuses(database) == {"dead": many, "sent": 1}
    async with database.writing() as session:
        ids = list(await session.scalars(select(Notice.id).where(Notice.status == "dead")))
        assert await told.retry(session, ADMIN, ids, clock()) == many
        assert await told.drop(session, ADMIN, ids) == many


async def test_a_channel_that_only_another_daemon_knows_is_left_to_it(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database, route(name="new"))
    await tell(database, happening())
    clock.on(days=999)
    await sender(database, run_id, clock, {"mail": Box()}).drain()
    assert await statuses(database) == {"pending": 1}
    new = Box()
    await sender(database, run_id, clock, {"new": new}).drain()
    assert len(new.taken) == 1


async def test_daemons_side_by_side_tell_everything_once(
    database: Database, run_id: UUID, clock: Clock
):
    routes = [route(), route(name="digest", target="elsewhere", digest="0 18 * * *")]
    await have_routes(database, *routes)
    await tell(database, *map(happening, range(30)))
    clock.on(days=2)
    boxes = {"mail": Box(), "digest": Box()}
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            daemon = sender(database, await begin_run(database), clock, boxes, *routes)
            group.create_task(daemon.drain())
    asked = [*boxes["mail"].asked, *boxes["digest"].asked]
    assert len(asked) == len(set(asked))
    assert len(boxes["digest"].taken) == 1
    assert await statuses(database) == {"sent": 61}  # thirty alone, thirty in one more


async def test_two_owners_of_one_happening_hear_each_in_their_own_way(
    database: Database, run_id: UUID, clock: Clock
):
    zone = "Europe/Berlin"
    quiet = route(name="ada", quiet="22:00-14:00", time_zone=zone)
    await have_routes(database, route(name="local"))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [route(name="local")], ADA.id: [quiet]})
    await tell(database, happening(), happening(owner_id=ADA.id))
    boxes = {"local": Box(), "ada": Box()}
    telling = sender(database, run_id, clock, boxes, quiet)
    clock.on(minutes=2)
    await telling.drain()
    assert [len(box.taken) for box in boxes.values()] == [1, 0]
    clock.on(hours=1)
    await telling.drain()
    assert [len(box.taken) for box in boxes.values()] == [1, 1]


async def test_a_night_of_quiet_across_a_change_of_clocks_ends_with_one_message(
    database: Database, run_id: UUID, clock: Clock
):
    quiet = route(quiet="22:00-07:00", time_zone="Europe/Berlin")
    await have_routes(database, quiet)
    clock.now = datetime(2026, 10, 24, 20, tzinfo=UTC)  # 22:00; at 3:00 it is 2:00 again
    box = Box()
    telling = sender(database, run_id, clock, {"mail": box}, quiet)
    for hour in range(10):
        await tell(database, happening(hour, at=clock.now))
        await telling.drain()
        assert box.taken == []
        clock.on(hours=1)
    await telling.drain()
    [message] = box.taken
    assert message.facts["count"] == 10
    assert clock.now == datetime(2026, 10, 25, 6, tzinfo=UTC)  # 7:00


async def test_what_a_table_leaves_open_is_as_the_notices_have_it(database: Database):
    places = [
        {"name": "mine", "url": "https://a.example/", "failures": 9, "certificate_days": []},
        {"name": "usual", "url": "https://b.example/"},
    ]
    general = {"failures": 5, "remind_every": "2d", "certificate_days": [30]}
    config = Config.model_validate({"notify": places, "notices": general})
    await apply(database, ADMIN, config, NOON)
    async with database.reading() as session:
        kept = await routes_of(session, [config.owners[0].id])
    [mine, usual] = kept[config.owners[0].id]
    assert (mine.failures, mine.remind_seconds, mine.certificate_days) == (9, 172_800, ())
    assert (usual.failures, usual.remind_seconds, usual.certificate_days) == (5, 172_800, (30,))


async def test_a_retry_does_not_come_in_quiet_hours(database: Database, run_id: UUID, clock: Clock):
    quiet = route(quiet="13:00-15:00")
    await have_routes(database, quiet)
    await tell(database, happening())
    faults = [NotifyError("no", retry_after_seconds=3600)]
    box = Box(lambda: faults.pop() if faults else None)
    telling = sender(database, run_id, clock, {"mail": box}, quiet)
    clock.on(minutes=2)
    await telling.drain()
    clock.on(hours=1.5)
    await telling.drain()
    assert (len(box.asked), len(box.taken)) == (1, 0)
    clock.on(hours=2)
    await telling.drain()
    assert len(box.taken) == 1


async def test_beyond_the_daily_cap_one_message_comes_the_next_day(
    database: Database, run_id: UUID, clock: Clock
):
    capped = route(daily_cap=2)
    await have_routes(database, capped)
    await tell(database, *(happening(i) for i in range(7)))
    box = Box()
    telling = sender(database, run_id, clock, {"mail": box}, capped)
    clock.on(minutes=2)
    await telling.drain()
    await telling.drain()
    assert len(box.taken) == 2
    clock.on(days=1)
    await telling.drain()
    assert [m.facts.get("count") for m in box.taken[2:]] == [5]
    assert "daily limit" in box.taken[2].words.text


async def test_a_digest_comes_at_its_time(database: Database, run_id: UUID, clock: Clock):
    daily = route(digest="0 18 * * *", time_zone="Europe/Berlin")
    await have_routes(database, daily)
    await tell(database, *(happening(i) for i in range(4)))
    box = Box()
    telling = sender(database, run_id, clock, {"mail": box}, daily)
    clock.on(hours=4, minutes=59)
    await telling.drain()
    assert box.taken == []
    clock.on(minutes=1)
    await telling.drain()
    assert [m.facts["count"] for m in box.taken] == [4]


async def test_one_cause_told_again_is_the_same_notice(database: Database):
    await have_routes(database, route())
    await tell(database, happening())
    await tell(database, happening(), happening(2))
    assert await statuses(database) == {"held": 2}


async def test_routes_that_people_made_survive_the_configuration(database: Database):
    await have_routes(database, route(), replace(route(name="own"), managed_by="web"))
    async with database.writing() as session:
        await sync_routes(session, {OWNER.id: [route(name="new")]})
    async with database.reading() as session:
        routes = (await routes_of(session, [OWNER.id]))[OWNER.id]
    assert [one.name for one in routes] == ["new", "own"]


async def test_a_lease_that_was_lost_settles_nothing(database: Database, run_id: UUID):
    await have_routes(database, route())
    await tell(database, happening())
    async with database.writing() as session:
        await session.execute(update(Notice).values(status="pending", next_attempt_at=NOON))
        first = await notices.claim(session, run_id, "mail", NOON, timedelta(seconds=-1))
        second = await notices.claim(session, run_id, "mail", NOON, timedelta(minutes=1))
        third = await notices.claim(session, run_id, "mail", NOON, timedelta(minutes=1))
        assert third is None
        assert first is not None
        assert second is not None
        assert not await notices.settle(session, notices.Settled(first, "dead", NOON))
        assert await notices.settle(session, notices.Settled(second, "sent", NOON))
    assert await statuses(database) == {"sent": 1}


async def test_a_dropped_notice_is_not_sent(database: Database, run_id: UUID, clock: Clock):
    await have_routes(database, route())
    await tell(database, happening())
    async with database.writing() as session:
        [view] = await told.list_notices(session, ADMIN)
        assert await told.drop(session, ADMIN, [view.id]) == 1
    box = Box()
    clock.on(days=999)
    await sender(database, run_id, clock, {"mail": box}).drain()
    assert box.taken == []


def pending(channel: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "idempotency_key": f"{channel}{i}",
            "kind": "failing",
            "user_id": OWNER.id,
            "channel": channel,
            "payload": {"site": "S"},
            "next_attempt_at": NOON,
        }
        for i in numbers
    ]


async def test_a_dead_channel_with_a_long_queue_delays_no_other(
    database: Database, run_id: UUID, clock: Clock
):
    await have_routes(database)
    async with database.writing() as session:
        await session.execute(insert(Notice), pending("dead", range(10_000)))
        await session.execute(insert(Notice), pending("live", range(100)))
    dead, live = Box(lambda: NotifyError("dead")), Box()
    telling = sender(database, run_id, clock, {"dead": dead, "live": live})
    clock.on(minutes=1)
    await telling.drain()
    assert len(live.taken) == 100
    assert len(dead.asked) == 1
    async with database.reading() as session:
        waiting = select(func.count()).where(Notice.status == "pending")
        assert await session.scalar(waiting) == 10_000


async def test_old_notices_are_dropped_once_they_are_done_with(database: Database):
    await have_routes(database, route())
    await tell(database, *(happening(i) for i in range(3)))
    async with database.writing() as session:
        done, dead, _ = await told.list_notices(session, ADMIN)
        for one, status in ((done, "sent"), (dead, "dead")):
            ended = {"status": status, "id": id_at(NOON)}
            await session.execute(update(Notice).where(Notice.id == one.id).values(ended))
    assert await retention.drop_notices(Sweep(database), NOON) == 0
    assert await retention.drop_notices(Sweep(database), NOON + timedelta(days=1)) == 2
    assert await statuses(database) == {"held": 1}
