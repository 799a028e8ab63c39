"""A quota of bytes for each site: what goes first, what stays, and that others pay nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from daemon.config.sections import RetentionConfig
from daemon.packing import content_hash, pack
from daemon.store.core.database import Database
from daemon.store.retention.batching import Sweep
from daemon.store.retention.quota import KeptState, drop_beyond_quota, surplus_of
from daemon.store.retention.run import RetentionKind, RetentionRounds
from daemon.store.tables import Content, ContentUpdate, MonitoredSite, Snapshot
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_rows, have_sites, id_at, spec

DAY = timedelta(days=1)
KIB = 1024


def held(number: int, **more: Any) -> KeptState:
    fields: dict[str, Any] = {
        "text_hash": f"t{number}",
        "source_hash": f"s{number}",
        "is_referred": False,
        "is_current": False,
    }
    return KeptState(UUID(int=number), **(fields | more))


def numbers(ids: Sequence[UUID]) -> list[int]:
    return [one.int for one in ids]


def sizes_of(states: Sequence[KeptState], text: int = 1, source: int = 2) -> dict[str, int]:
    texts = {one.text_hash: text for one in states}
    return texts | {one.source_hash: source for one in states if one.source_hash}


def test_what_fits_stays() -> None:
    states = [held(1), held(2, is_current=True)]
    surplus = surplus_of(states, sizes_of(states), 6)
    assert (surplus.sources, surplus.states, surplus.hashes) == ((), (), ())
    assert surplus.left_bytes == 6


def test_sources_go_before_states_and_the_oldest_first() -> None:
    states = [held(1), held(2), held(3), held(4, is_current=True)]
    sizes = sizes_of(states)
    one = surplus_of(states, sizes, 10)
    assert (numbers(one.sources), numbers(one.states), one.left_bytes) == ([1], [], 10)
    all_sources = surplus_of(states, sizes, 6)
    assert (numbers(all_sources.sources), numbers(all_sources.states)) == ([1, 2, 3], [])
    states_too = surplus_of(states, sizes, 4)
    assert (numbers(states_too.sources), numbers(states_too.states)) == ([3], [1, 2])
    assert sorted(states_too.hashes) == ["s1", "s2", "s3", "t1", "t2"]


def test_sources_of_changes_go_last_and_their_texts_and_the_current_state_never() -> None:
    states = [held(1, is_referred=True), held(2), held(3, is_referred=True, is_current=True)]
    surplus = surplus_of(states, sizes_of(states), 1)
    assert (numbers(surplus.sources), numbers(surplus.states)) == ([1], [2])
    assert surplus.left_bytes == 1 + 1 + 2


def test_shared_bytes_count_once_and_what_the_current_state_needs_is_spared() -> None:
    states = [
        held(1, source_hash="same"),
        held(2, source_hash="same"),
        held(3, source_hash="mine"),
        held(4, source_hash="mine", is_current=True),
    ]
    sizes = sizes_of(states, text=1, source=10)
    assert surplus_of(states, sizes, 24).left_bytes == 24
    surplus = surplus_of(states, sizes, 14)
    assert (numbers(surplus.sources), surplus.hashes) == ([1, 2], ("same",))


def test_a_content_that_is_missing_weighs_nothing() -> None:
    states = [held(1), held(2, is_current=True)]
    surplus = surplus_of(states, {"t1": 5, "t2": 5}, 5)
    assert (numbers(surplus.states), surplus.hashes) == ([1], ("t1",))


def noise(seed: str, size: int) -> bytes:
    """Bytes that no compression makes smaller."""
    return random.Random(seed).randbytes(size)


def content(data: bytes) -> Content:
    packed = pack(data)
    return Content(hash=packed.hash, codec="zstd", size_bytes=len(data), data=packed.data)


async def have_states(
    database: Database, site_id: UUID, count: int, size: int = 32 * KIB, name: str = ""
) -> list[Snapshot]:
    """States of random texts and sources of this size, a day apart; the last is the current one."""
    states = []
    for i in range(count):
        text, source = noise(f"{name}text{i}", size), noise(f"{name}source{i}", size)
        at = PAST + i * DAY
        state = Snapshot(
            id=new_id(), site_id=site_id,
            text_hash=content_hash(text), source_hash=content_hash(source),
            kind="html", title=f"day {i}", extractor="html/1", url="https://a.example/",
            first_seen_at=at, last_seen_at=at,
        )  # fmt: skip
        await add_rows(database, content(text), content(source), state)
        states.append(state)
    async with database.writing() as session:
        current = update(MonitoredSite).where(MonitoredSite.id == site_id)
        await session.execute(current.values(text_hash=states[-1].text_hash))
    return states


async def stored(database: Database) -> int:
    """The bytes of all contents, as they are stored."""
    async with database.reading() as session:
        return await session.scalar(select(func.sum(func.length(Content.data)))) or 0


async def kept(database: Database) -> list[tuple[str, bool]]:
    """The states, oldest first, and whether they have their source."""
    async with database.reading() as session:
        rows = await session.execute(
            select(Snapshot.title, Snapshot.source_hash).order_by(Snapshot.last_seen_at)
        )
        return [(row.title, row.source_hash is not None) for row in rows]


async def test_a_site_over_its_quota_comes_down_to_it_at_once(
    database: Database, site_id: UUID
) -> None:
    await have_states(database, site_id, 6)
    quota = 8 * 33 * KIB
    assert await drop_beyond_quota(Sweep(database), PAST, quota) == 4
    assert await kept(database) == [(f"day {i}", i >= 4) for i in range(6)]
    assert await stored(database) <= quota
    assert await drop_beyond_quota(Sweep(database), PAST, quota) == 0


async def test_a_state_goes_whole_when_sources_are_not_enough(
    database: Database, site_id: UUID
) -> None:
    await have_states(database, site_id, 6)
    quota = 4 * 33 * KIB
    await drop_beyond_quota(Sweep(database), PAST, quota)
    assert await kept(database) == [("day 3", False), ("day 4", False), ("day 5", True)]
    assert await stored(database) <= quota


async def test_texts_of_changes_stay_and_a_site_that_they_alone_fill_is_named_once_a_day(
    database: Database, site_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = await have_states(database, site_id, 5)
    for before, after in pairwise(states):
        change = ContentUpdate(
            id=id_at(PAST), site_id=site_id, detected_at=PAST,
            before_snapshot_id=before.id, after_snapshot_id=after.id,
        )  # fmt: skip
        await add_rows(database, change)
    places: dict[str, Any] = {}
    with capture_logs() as lines:
        monkeypatch.setattr("daemon.store.retention.quota.log", structlog.get_logger())
        for hours in (0, 1, 24):
            await drop_beyond_quota(Sweep(database, places=places), PAST + DAY * hours / 24, KIB)
    assert await kept(database) == [(f"day {i}", i == 4) for i in range(5)]
    told = [(one["event"], one["site"], one["kept_bytes"]) for one in lines]
    assert told[0][:2] == ("site_over_quota", "Blog")
    assert told[1] == ("site_over_quota", "Blog", await stored(database))
    assert len(told) == 2


async def test_bytes_that_another_site_needs_stay_for_it(database: Database) -> None:
    urls = ["https://a.example/", "https://b.example/"]
    await have_sites(database, *(spec(url, url) for url in urls))
    async with database.reading() as session:
        large, small = await session.scalars(select(MonitoredSite.id))
    states = await have_states(database, large, 4)
    shared = Snapshot(
        id=new_id(), site_id=small, text_hash=states[0].text_hash, kind="html", title="shared",
        source_hash=states[0].source_hash, extractor="html/1", url=urls[1],
        first_seen_at=PAST, last_seen_at=PAST,
    )  # fmt: skip
    await add_rows(database, shared)
    await drop_beyond_quota(Sweep(database), PAST, 3 * 33 * KIB)
    assert ("shared", True) in await kept(database)
    async with database.reading() as session:
        hashes = set(await session.scalars(select(Content.hash)))
    assert {states[0].text_hash, states[0].source_hash} <= hashes


async def test_a_round_without_time_goes_on_where_it_ended(
    database: Database, site_id: UUID
) -> None:
    await have_states(database, site_id, 3)
    places: dict[str, Any] = {}
    assert await drop_beyond_quota(Sweep(database, 0, places), PAST, 33 * KIB) == 0
    assert await drop_beyond_quota(Sweep(database, places=places), PAST, 2 * 33 * KIB) == 2


async def test_after_the_first_round_only_sites_with_new_states_are_looked_at(
    database: Database, site_id: UUID
) -> None:
    states = await have_states(database, site_id, 3)
    places: dict[str, Any] = {}
    quota, old = 2 * 33 * KIB, PAST - 9 * DAY
    await drop_beyond_quota(Sweep(database, places=places), PAST, 100 * quota)
    async with database.writing() as session:
        for one in states:
            await session.execute(
                update(Snapshot).where(Snapshot.id == one.id).values(id=id_at(old))
            )
    later = Sweep(database, places=places)
    assert await drop_beyond_quota(later, datetime.now(UTC), 100 * quota) == 0
    places["quota"].most_bytes = quota  # as it was set from the start
    assert await drop_beyond_quota(Sweep(database, places=places), datetime.now(UTC), quota) == 0
    await have_states(database, site_id, 1, name="more")
    assert await drop_beyond_quota(Sweep(database, places=places), datetime.now(UTC), quota) == 3


async def test_another_quota_is_for_all_sites(database: Database, site_id: UUID) -> None:
    await have_states(database, site_id, 3)
    places: dict[str, Any] = {}
    now = datetime.now(UTC) + 9 * DAY
    for quota, dropped in ((200 * KIB, 0), (200 * KIB, 0), (66 * KIB, 2), (66 * KIB, 0)):
        sweep = Sweep(database, places=places)
        assert await drop_beyond_quota(sweep, now, quota) == dropped


async def test_a_round_holds_every_site_to_the_quota_that_is_set(
    database: Database, site_id: UUID
) -> None:
    await have_states(database, site_id, 3, size=600 * KIB)
    rows = (await RetentionRounds(database).round(RetentionConfig(site_bytes=0), PAST)).rows
    assert RetentionKind.OVER_QUOTA not in rows
    rows = (await RetentionRounds(database).round(RetentionConfig(site_bytes=2 << 20), PAST)).rows
    assert rows[RetentionKind.OVER_QUOTA] == 2
    assert await stored(database) <= 2 << 20
