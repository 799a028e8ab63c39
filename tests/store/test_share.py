"""Shares of all hosts: every host has one daemon, no daemon has them all for long, none is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import literal, select, text, update

from benchmarks.pages import asked, examine
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.model.host import HostMemory
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.queue import pages, runs, shards
from daemon.store.queue.shards import SHARDS, Holding, shard_of
from daemon.store.queue.share import Division, Share, divide
from daemon.store.record.hosts import save_hosts
from daemon.store.tables import HostShard, Page, Run
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now
from tests.making import LEASE, PAST, Statements, begin_run, claim, have_sites, spec

NOBODY: frozenset[int] = frozenset()
HOST = "a.example"


class Steady:
    """A machine's steady clock that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Member:
    """One daemon of several, as far as its share goes."""

    def __init__(self, database: Database, run_id: UUID) -> None:
        self.run_id = run_id
        self.steady = Steady()
        self.throttle = HostThrottle(clock=self.steady)
        self.in_use: set[str] | None = set()
        self.checked = 0
        self.share = Share(database, run_id, self.throttle, self, self.steady)

    def hosts_in_use(self) -> set[str] | None:
        return self.in_use


@pytest.fixture
async def shared(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(open_engine(postgres_url))
    yield database
    await database.close()


async def join(database: Database) -> Member:
    member = Member(database, await begin_run(database))
    await member.share.begin()
    return member


async def settle(*members: Member) -> list[int]:
    """Let all of them come round until nothing moves any more."""
    before: list[int] = []
    while (now := [member.share.shards for member in members]) != before:
        before = now
        for _ in range(3):  # leave, release, take
            for member in members:
                await member.share.step()
    return now


async def die(database: Database, member: Member) -> None:
    """As if it had not been heard of for longer than anyone waits."""
    silent = db_now(-2 * runs.LEASE_SECONDS)
    async with database.writing() as session:
        await session.execute(
            update(Run).where(Run.id == member.run_id).values(heartbeat_at=silent)
        )


async def holders(database: Database) -> dict[int, UUID | None]:
    async with database.reading() as session:
        rows = await session.execute(select(HostShard.shard, HostShard.leased_by))
    return {row.shard: row.leased_by for row in rows}


# Deciding


def held(mine: Sequence[int] = (), leaving: Sequence[int] = ()) -> list[Holding]:
    return [Holding(i, i in mine or i in leaving, i in leaving) for i in range(SHARDS)]


@pytest.mark.parametrize(
    ("holdings", "daemons", "busy", "division"),
    [
        (held(), 1, NOBODY, Division(take=256)),
        (held(), 3, NOBODY, Division(take=86)),
        (held(range(256)), 1, NOBODY, Division()),
        (held(range(256)), 2, NOBODY, Division(leave=tuple(range(128, 256)))),
        (held(range(128), range(128, 256)), 2, NOBODY, Division(release=tuple(range(128, 256)))),
        (held(range(128), (200, 201)), 2, frozenset({200}), Division(release=(201,))),
        (held(range(128), (200, 201)), 2, None, Division()),
        (held(range(128), (200, 201)), 1, NOBODY, Division(stay=(200, 201), take=126)),
        (held(range(10)), 0, NOBODY, Division(take=246)),
        (held((5,)), 1000, NOBODY, Division()),
    ],
)
def test_a_daemon_comes_closer_to_equal_shares(
    holdings: list[Holding], daemons: int, busy: frozenset[int] | None, division: Division
) -> None:
    assert divide(holdings, daemons, busy) == division


def test_hosts_are_spread_over_all_shards() -> None:
    found = [shard_of(f"host{i}.example") for i in range(256 * 20)]
    assert set(found) == set(range(SHARDS))
    assert max(found.count(shard) for shard in range(SHARDS)) < 60


# Sharing


async def test_one_daemon_has_all_hosts(shared: Database) -> None:
    alone = await join(shared)
    assert alone.share.shards == SHARDS
    assert alone.share.does_chores


async def test_daemons_come_to_equal_shares(shared: Database) -> None:
    members = [await join(shared) for _ in range(3)]
    counts = await settle(*members)
    assert sum(counts) == SHARDS
    assert set(counts) <= {84, 85, 86}
    assert sum(member.share.does_chores for member in members) == 1
    assert set((await holders(shared)).values()) == {member.run_id for member in members}


async def test_what_is_in_use_is_not_handed_over(shared: Database) -> None:
    one = await join(shared)
    hosts = {f"host{i}.example" for i in range(2000)}  # on every shard
    one.in_use = hosts
    other = await join(shared)
    await settle(one, other)
    assert (one.share.shards, other.share.shards) == (SHARDS, 0)
    one.in_use = set()
    assert await settle(one, other) == [128, 128]


async def test_nothing_is_handed_over_while_a_claim_is_under_way(shared: Database) -> None:
    one = await join(shared)
    one.in_use = None
    other = await join(shared)
    assert await settle(one, other) == [SHARDS, 0]


async def test_the_share_of_a_dead_daemon_is_taken_over(shared: Database) -> None:
    one, other = await join(shared), await join(shared)
    await settle(one, other)
    await die(shared, one)
    await other.share.step()
    assert other.share.shards == SHARDS
    await one.share.step()  # it was only asleep
    assert one.share.shards == 0
    assert await settle(one, other) == [128, 128]


async def test_who_could_not_beat_himself_takes_nobody_for_dead(shared: Database) -> None:
    one, other = await join(shared), await join(shared)
    await settle(one, other)
    other.steady.seconds += 2 * runs.LEASE_SECONDS  # the database was away
    await die(shared, one)
    await other.share.step()
    assert other.share.shards == 128
    other.steady.seconds += runs.LEASE_SECONDS
    other.share._beaten_at = other.steady.seconds
    await die(shared, one)
    await other.share.step()
    assert other.share.shards == SHARDS


async def test_a_daemon_that_ends_gives_its_share_away(shared: Database) -> None:
    one, other = await join(shared), await join(shared)
    await settle(one, other)
    async with shared.writing() as session:
        await shards.release_all(session, one.run_id)
        await runs.end_run(session, one.run_id)
    await other.share.step()
    assert other.share.shards == SHARDS


# Claims


async def have_hosts(database: Database, count: int) -> None:
    await have_sites(
        database,
        *(
            spec(f"s{i}", f"https://host{i}.example/", host=f"host{i}.example")
            for i in range(count)
        ),
    )


async def claimed_hosts(database: Database, run_id: UUID) -> set[str]:
    async with database.writing() as session:
        found = await pages.claim_due(session, pages.Claimant(run_id, LEASE, in_share=True), 1000)
    return {page.host for page in found}


async def test_each_daemon_claims_the_pages_of_its_own_hosts(shared: Database) -> None:
    await have_hosts(shared, 100)
    one, other = await join(shared), await join(shared)
    await settle(one, other)
    first = await claimed_hosts(shared, one.run_id)
    second = await claimed_hosts(shared, other.run_id)
    assert len(first) + len(second) == 100
    owner = await holders(shared)
    assert {owner[shard_of(host)] for host in first} == {one.run_id}
    assert {owner[shard_of(host)] for host in second} == {other.run_id}


async def test_nothing_is_claimed_of_hosts_that_are_being_handed_over(shared: Database) -> None:
    await have_hosts(shared, 100)
    one = await join(shared)
    await join(shared)
    await one.share.step()
    found = await claimed_hosts(shared, one.run_id)
    assert 20 < len(found) < 80
    async with shared.reading() as session:
        leaving = set(await session.scalars(select(HostShard.shard).where(HostShard.is_leaving)))
    assert len(leaving) == 128
    assert not {shard_of(host) for host in found} & leaving


async def test_a_daemon_without_a_share_claims_nothing(shared: Database) -> None:
    await have_hosts(shared, 10)
    assert await claimed_hosts(shared, await begin_run(shared)) == set()


async def have_crowd(database: Database, count: int) -> None:
    """So many pages of one large host, all due before any other."""
    await have_hosts(database, 60)
    columns = "id, request_key, url, method, headers, renderer, host, check_frequency"
    async with database.writing() as session:
        await session.execute(
            text(
                f"INSERT INTO pages ({columns}, next_check_at) SELECT gen_random_uuid(),"
                " md5(CAST(n AS text)), 'https://large.example/', 'GET', '{}', 'http',"
                " 'large.example', 'daily', now() - interval '20 years'"
                " FROM generate_series(1, :count) AS n"
            ),
            {"count": count},
        )
        await session.execute(update(Page).where(Page.host != LARGE).values(next_check_at=PAST))
        await session.execute(text("ANALYZE pages"))


LARGE = "large.example"


async def test_a_claim_reads_no_pages_of_other_daemons(
    shared: Database,
) -> None:
    await have_crowd(shared, 3000)
    one = await join(shared)
    async with shared.writing() as session:
        other = HostShard.shard == shard_of(LARGE)
        await session.execute(update(HostShard).where(other).values(leased_by=new_id()))
    with Statements(shared.engine) as statements:
        assert len(await claimed_hosts(shared, one.run_id)) > 50
    [claim_of] = [pair for pair in asked(statements) if "UPDATE pages" in pair[0]]
    rows, _ = await examine(shared, [claim_of])
    assert rows is not None
    assert rows < 1000


async def test_a_host_is_in_one_shard_whoever_looks(shared: Database) -> None:
    names = ["a.example", "a.example:8443", "bücher.example", "back\\slash.example", "'", ""]
    async with shared.reading() as session:
        for name in names:
            hosts = select(literal(name).label("host")).subquery("pages")
            assert await session.scalar(select(shards._SHARD).select_from(hosts)) == shard_of(name)


async def test_a_single_check_asks_any_host(shared: Database) -> None:
    await have_hosts(shared, 10)
    await join(shared)
    assert len(await claim(shared, await begin_run(shared))) == 10


# Memory


async def test_what_a_host_asked_for_is_handed_over_with_it(shared: Database) -> None:
    one = await join(shared)
    for i in range(200):
        one.throttle.pause(f"host{i}.example", 600.0)
        one.throttle.set_crawl_delay(f"host{i}.example", 9.0)
    other = await join(shared)
    await settle(one, other)
    theirs = [f"host{i}.example" for i in range(200)]
    waits = [member.throttle.wait_seconds(host) for host in theirs for member in (one, other)]
    assert sorted({round(wait, -1) for wait in waits}) == [0.0, 600.0]
    assert waits.count(0.0) == 200  # each host is known to one of the two


async def test_a_host_that_was_just_asked_is_not_asked_by_the_next_at_once(
    shared: Database,
) -> None:
    one = await join(shared)
    one.throttle.delay_seconds = 300.0
    for i in range(50):
        async with one.throttle.slot(f"host{i}.example"):
            pass
    other = await join(shared)
    await settle(one, other)
    waits = [other.throttle.wait_seconds(f"host{i}.example") for i in range(50)]
    assert 0 < sum(wait > 250 for wait in waits) < 50


async def test_after_a_death_a_slow_host_gets_one_more_delay(shared: Database) -> None:
    one = await join(shared)
    one.throttle.set_crawl_delay(HOST, 60.0)
    one.steady.seconds += 11
    await one.share.step()  # writes down what would be missed
    await die(shared, one)
    other = await join(shared)
    assert other.throttle.wait_seconds(HOST) == 60.0


@pytest.mark.parametrize(("was_orderly", "wait"), [(True, 0.0), (False, 1.0)])
async def test_on_sqlite_a_restart_after_a_kill_waits_one_delay(
    sqlite_url: str, was_orderly: bool, wait: float
) -> None:
    database = Database(open_engine(sqlite_url))
    async with database.writing() as session:
        await save_hosts(session, [HostMemory("paused.example", 500.0)])
    member = Member(database, await begin_run(database))
    await member.share.begin(was_orderly=was_orderly)
    assert member.throttle.wait_seconds(HOST) == wait
    assert 490 < member.throttle.wait_seconds("paused.example") <= 500
    assert (member.share.shards, member.share.does_chores) == (SHARDS, True)
    await database.close()


# Telling


async def test_daemons_are_listed_those_that_live_first(shared: Database) -> None:
    quiet, ended, alive = [await join(shared) for _ in range(3)]
    await settle(quiet, ended, alive)
    async with shared.writing() as session:
        await shards.release_all(session, ended.run_id)
        await runs.end_run(session, ended.run_id)
    await die(shared, quiet)
    alive.checked = 30
    alive.steady.seconds += 10
    await alive.share.step()
    async with shared.reading() as session:
        found = await runs.list_daemons(session)
    assert [(one.id, one.state, one.shards) for one in found] == [
        (alive.run_id, "alive", SHARDS),
        (quiet.run_id, "silent", None),
        (ended.run_id, "ended", None),
    ]
    assert found[0].checks_per_minute == 180.0


async def test_the_rate_is_that_of_the_last_minute(shared: Database) -> None:
    member = await join(shared)
    for count in (0, 100, 100, 100, 100, 100, 100, 130):
        member.checked += count
        member.steady.seconds += 10
        await member.share.step()
    async with shared.reading() as session:
        [found] = await runs.list_daemons(session)
    assert found.checks_per_minute == 630.0


async def test_a_daemon_that_ended_long_ago_is_not_listed(database: Database) -> None:
    await begin_run(database)
    async with database.writing() as session:
        long_ago = db_now(-3 * 86_400.0)
        await session.execute(update(Run).values(heartbeat_at=long_ago))
        await runs.bury_silent(session)
    async with database.reading() as session:
        assert await runs.list_daemons(session) == []
