"""Stored contents that cannot be read: a new baseline, one warning, and no site that is blind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select, text
from structlog.testing import capture_logs

from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.reading import HISTORY_LOST
from daemon.model.request import Request
from daemon.model.status import Verdict
from daemon.packing import content_hash, pack, unpack
from daemon.runtime.worker import log_outcome
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.tables import Content, MonitoredSite, Snapshot
from tests.looking import URL, Road, page_of, prose
from tests.making import PAST, have_sites, outcome, spec

GARBAGE = {
    "garbage": b"(\xb5/\xfd no frame at all",
    "cut": pack(b"a text that was longer once " * 50).data[:-7],
    "empty": b"",
    "other": pack(b"quite another text").data,
    "missing": None,
}


@pytest.fixture(params=list(GARBAGE))
def damage(request: pytest.FixtureRequest) -> bytes | None:
    return GARBAGE[request.param]


async def spoil(database: Database, column: str, data: bytes | None) -> list[str]:
    """Put this in the place of all contents of this column of the snapshots; None takes them."""
    chosen = f"hash IN (SELECT {column} FROM snapshots)"
    async with database.writing() as session:
        hashes = list(await session.scalars(text(f"SELECT hash FROM contents WHERE {chosen}")))
        if data is not None:
            statement = text(f"UPDATE contents SET data = :data WHERE {chosen}")
            await session.execute(statement, {"data": data})
        elif database.is_shared:
            # As no program of ours could do: what refers to a content keeps it.
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            await session.execute(text(f"DELETE FROM contents WHERE {chosen}"))
    if data is None and database.path is not None:
        with closing(sqlite3.connect(database.path)) as connection, connection:
            connection.execute(f"DELETE FROM contents WHERE {chosen}")
    return hashes


PAGE = Page(
    id=UUID(int=1), request=Request(URL), host="site.example:443", check_frequency="daily",
    next_check_at=PAST, lease_token=1,
)  # fmt: skip


def told(one: SiteOutcome) -> list[dict[str, Any]]:
    done = outcome(PAGE, one.verdict, sites=(one,))
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.runtime.worker.log", structlog.get_logger())
        log_outcome(done)
    return [dict(line) for line in lines if line["event"] == "state_lost"]


async def look(road: Road, *names: str) -> SiteOutcome:
    return await road.look(page_of(prose(*names)))


async def spoiled_road(
    database: Database, sandbox: Sandbox, column: str, data: bytes | None
) -> Road:
    """A page that was looked at once, and has this in the place of what was kept of it."""
    road = await Road.open(database, sandbox)
    await look(road, "one", "two")
    await spoil(database, column, data)
    return road


async def states(database: Database) -> list[tuple[list[str], bytes]]:
    """The flags and the text of each state, oldest first; every one of them can be read."""
    async with database.reading() as session:
        rows = await session.execute(
            select(Snapshot.flags, Snapshot.text_hash, Content.data)
            .join(Content, Content.hash == Snapshot.text_hash)
            .order_by(Snapshot.last_seen_at)
        )
        return [(row.flags, unpack(row.data, row.text_hash)) for row in rows]


async def test_a_site_whose_state_cannot_be_read_begins_anew_and_says_so_once(
    database: Database, sandbox: Sandbox, damage: bytes | None
) -> None:
    road = await Road.open(database, sandbox)
    await look(road, "one", "two")
    [lost] = await spoil(database, "text_hash", damage)
    anew = await look(road, "one", "three")
    assert (anew.verdict, anew.error_class) == (Verdict.INITIAL, None)
    [line] = told(anew)
    assert (line["site"], line["state"], line["lost"]) == ("Blog", lost, "text")
    assert (line["log_level"], line["begins_anew"]) == ("warning", "yes")
    assert [flags for flags, _ in await states(database)] == [[HISTORY_LOST]]
    change = await look(road, "one", "four")
    assert (change.verdict, change.lost) == (Verdict.CHANGED, ())
    assert change.update is not None
    assert anew.state is not None
    assert change.update.before_text_hash == anew.state.text_hash


async def test_an_older_state_that_cannot_be_read_is_left_out_and_the_change_is_found(
    database: Database, sandbox: Sandbox, damage: bytes | None
) -> None:
    road = await spoiled_road(database, sandbox, "text_hash", damage)
    await look(road, "one", "three")
    await look(road, "one", "four")
    found = await look(road, "one", "five")
    assert (found.verdict, found.lost) == (Verdict.CHANGED, ())


async def test_a_lost_state_of_the_history_is_named_and_stops_no_comparison(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await look(road, "one", "two")
    second = await look(road, "one", "three")
    assert second.state is not None
    current = second.state.text_hash
    async with database.writing() as session:
        await session.execute(
            text("UPDATE contents SET data = :data WHERE hash <> :kept AND hash IN"
                 " (SELECT text_hash FROM snapshots)"),
            {"data": b"garbage", "kept": current},
        )  # fmt: skip
    third = await look(road, "one", "four")
    assert third.verdict is Verdict.CHANGED
    [lost] = third.lost
    assert (lost.what, lost.text_hash == current) == ("text", False)
    fourth = await look(road, "one", "five")
    assert (fourth.verdict, fourth.lost) == (Verdict.CHANGED, ())


async def test_a_source_that_cannot_be_read_costs_no_change(
    database: Database, sandbox: Sandbox, damage: bytes | None
) -> None:
    road = await spoiled_road(database, sandbox, "source_hash", damage)
    found = await look(road, "one", "three")
    assert found.verdict is Verdict.CHANGED
    assert [lost.what for lost in found.lost] == ["source"]
    again = await look(road, "one", "four")
    assert (again.verdict, again.lost) == (Verdict.CHANGED, ())


async def test_a_page_that_goes_back_makes_its_damaged_content_whole(
    database: Database, sandbox: Sandbox, damage: bytes | None
) -> None:
    road = await spoiled_road(database, sandbox, "text_hash", damage)
    await look(road, "one", "three")
    await road.look(page_of(prose("one", "two")), hours=100)
    await look(road, "one", "four")
    assert len(await states(database)) == 3


class Shared(Road):
    """A road that several sites share."""

    last: Outcome

    async def keep(self, outcome: Outcome) -> None:
        await super().keep(outcome)
        self.last = outcome


async def test_all_who_share_a_damaged_content_begin_anew(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Shared.open(database, sandbox)
    assert isinstance(road, Shared)
    await have_sites(database, spec(), spec("Other", URL))

    async def verdicts(*names: str) -> list[Verdict]:
        with pytest.raises(ValueError, match="unpack"):  # it speaks for one site
            await look(road, *names)
        return [one.verdict for one in road.last.sites]

    await verdicts("one", "two")
    await spoil(database, "text_hash", b"garbage")
    assert await verdicts("one", "three") == [Verdict.INITIAL] * 2
    assert [len(one.lost) for one in road.last.sites] == [1, 1]
    assert await verdicts("one", "four") == [Verdict.CHANGED] * 2


async def test_a_state_that_is_not_stored_at_all_is_lost_too(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await look(road, "one", "two")
    async with database.writing() as session:
        await session.execute(text("DELETE FROM snapshots"))
    anew = await look(road, "one", "three")
    assert (anew.verdict, len(anew.lost)) == (Verdict.INITIAL, 1)
    assert anew.state is not None
    assert HISTORY_LOST in anew.state.flags


async def test_what_is_whole_is_no_news(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox)
    for name in ("two", "three", "four"):
        one = await look(road, "one", name)
        assert one.lost == ()
    async with database.reading() as session:
        assert await session.scalar(select(MonitoredSite.error_class)) is None


def test_bytes_are_read_under_their_own_digest_alone() -> None:
    packed = pack(b"text")
    assert unpack(packed.data, content_hash(b"text")) == b"text"
    for data, known in ((packed.data, content_hash(b"other")), (b"", None), (b"zstd?", None)):
        with pytest.raises(ValueError, match="stored content is"):
            unpack(data, known)
