"""The checks and states of a site, and what it showed at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from daemon.model.errors import NotFoundError, RequestError
from daemon.operations.lists import checks, states
from daemon.operations.sites import the_site
from daemon.packing import pack
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from daemon.store.views.lists.keyset import Turn
from tests.making import ADMIN, PAST, add_rows, have_sites, spec

HOUR = timedelta(hours=1)
TEXTS = ("one", "two", "three")


def state(
    site_id: UUID, text: str, first: datetime, last: datetime | None = None
) -> tables.Snapshot:
    packed = pack(text.encode())
    return tables.Snapshot(
        id=new_id(), site_id=site_id, text_hash=packed.hash, source_hash=packed.hash, kind="html",
        extractor="html/1", content_type="text/html", url="https://site.example/blog", title=text,
        first_seen_at=first, last_seen_at=last or first,
    )  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A site, and the ids of its states by their text."""

    database: Database
    site_id: UUID
    ids: dict[str, UUID]


@pytest.fixture
async def kept(database: Database, site_id: UUID) -> Kept:
    """One after an hour, two after two, one again after three, three after four."""
    for text in TEXTS:
        packed = pack(text.encode())
        row = tables.Content(
            hash=packed.hash, codec="zstd", size_bytes=packed.size_bytes, data=packed.data
        )
        await add_rows(database, row)
    one = state(site_id, "one", PAST + HOUR, PAST + 3 * HOUR)
    two, three = (state(site_id, text, PAST + n * HOUR) for n, text in ((2, "two"), (4, "three")))
    await add_rows(database, one, two, three)
    for number, before, after in ((2, one, two), (3, two, one), (4, one, three)):
        change = tables.ContentUpdate(
            id=new_id(), site_id=site_id, detected_at=PAST + number * HOUR,
            before_snapshot_id=before.id, after_snapshot_id=after.id,
        )  # fmt: skip
        await add_rows(database, change)
    return Kept(database, site_id, {"one": one.id, "two": two.id, "three": three.id})


@pytest.fixture
async def site_id(database: Database) -> UUID:
    """A site, and no other, that was just taken up."""
    await have_sites(database, spec())
    async with database.reading() as session:
        return (await session.scalars(select(tables.MonitoredSite.id))).one()


@pytest.mark.parametrize(
    ("hours", "text", "entries"),
    [
        (0.5, None, (None, None, 1)),
        (1, "one", (None, 1, 2)),
        (2.5, "two", (1, 2, 3)),
        (3, "one", (2, 3, 4)),
        (9, "three", (3, 4, None)),
    ],
)
async def test_a_site_is_shown_as_it_was(
    kept: Kept, hours: float, text: str | None, entries: tuple[int | None, ...]
) -> None:
    found = await states.as_it_was(kept.database, ADMIN, str(kept.site_id), PAST + hours * HOUR)
    assert (found.state.title if found.state else None) == text
    assert found.text.lines == ((text,) if text else ())
    around = (found.before, found.entered, found.after)
    assert tuple(one and (one.at - PAST) // HOUR for one in around) == entries


async def test_a_state_read_by_other_rules_needs_no_change(kept: Kept) -> None:
    database, site_id = kept.database, kept.site_id
    async with database.writing() as session:
        await session.execute(delete(tables.ContentUpdate))
    found = await states.as_it_was(database, ADMIN, str(site_id), PAST + 5 * HOUR)
    assert found.state is not None
    assert found.state.title == "three"


async def test_a_state_that_was_dropped_is_said_to_be(kept: Kept) -> None:
    database, site_id = kept.database, kept.site_id
    async with database.writing() as session:
        await session.execute(delete(tables.Snapshot).where(tables.Snapshot.id == kept.ids["two"]))
    found = await states.as_it_was(database, ADMIN, str(site_id), PAST + 2.5 * HOUR)
    assert found.state is None
    assert found.entered == states.Entry(PAST + 2 * HOUR, None)
    assert found.before is not None
    assert found.before.state_id == kept.ids["one"]


async def test_long_texts_are_cut_and_downloads_are_whole(
    database: Database, site_id: UUID
) -> None:
    text = "\n".join(["x" * 5000] * 2500)
    packed = pack(text.encode())
    row = tables.Content(
        hash=packed.hash, codec="zstd", size_bytes=packed.size_bytes, data=packed.data
    )
    kept = state(site_id, text, PAST)
    kept.title = ""
    await add_rows(database, row, kept)
    shown = (await states.as_it_was(database, ADMIN, str(site_id), PAST)).text
    assert (len(shown.lines), shown.number, shown.is_cut) == (2000, 2500, True)
    assert {len(line) for line in shown.lines} == {4000}
    found = await states.download(database, ADMIN, site_id, kept.id, "text")
    assert found.data == text.encode()


async def test_a_download_has_what_is_kept(kept: Kept) -> None:
    database, site_id = kept.database, kept.site_id
    found = await states.download(database, ADMIN, site_id, kept.ids["one"], "original")
    assert (found.data, found.content_type) == (b"one", "text/html")
    async with database.writing() as session:
        await session.execute(update(tables.Snapshot).values(source_hash=None))
        await session.execute(update(tables.Content).values(data=b"\0"))
    with pytest.raises(NotFoundError):
        await states.download(database, ADMIN, site_id, kept.ids["one"], "original")
    with pytest.raises(RequestError, match="damaged"):
        await states.download(database, ADMIN, site_id, kept.ids["one"], "text")
    with pytest.raises(NotFoundError):
        await states.download(database, ADMIN, site_id, new_id(), "text")
    found_at = await states.as_it_was(database, ADMIN, str(site_id), PAST + HOUR)
    assert "damaged" in found_at.text.problem


async def test_states_are_turned_by_when_they_were_entered(kept: Kept) -> None:
    database, site_id = kept.database, kept.site_id
    first = (await states.list_states(database, ADMIN, site_id, Turn(limit=2))).page
    assert [row.title for row in first.items] == ["three", "one"]
    assert [(row.text_bytes, row.source_bytes) for row in first.items] == [(5, 5), (3, 3)]
    last = (await states.list_states(database, ADMIN, site_id, Turn(first.next, limit=2))).page
    assert ([row.title for row in last.items], last.next) == (["two"], None)
    back = (await states.list_states(database, ADMIN, site_id, Turn(last.previous, True, 2))).page
    assert back.items == first.items


async def test_checks_are_turned_from_the_latest_back_to_when_the_site_came(
    database: Database, site_id: UUID
) -> None:
    async with database.writing() as session:
        page_id = await session.scalar(select(tables.MonitoredSite.page_id))
        await session.execute(update(tables.MonitoredSite).values(created_at=PAST))
    assert page_id is not None
    rows = [
        tables.Attempt(
            page_id=page_id, started_at=PAST + n * HOUR, elapsed_seconds=0.1, verdict="unchanged"
        )
        for n in range(-2, 4)
    ]
    await add_rows(database, *rows)
    site, now = await the_site(database, ADMIN, str(site_id)), PAST + 3 * HOUR
    listed = await checks.list_checks(database, ADMIN, site, Turn(limit=3), now)
    first = listed.page
    last = (await checks.list_checks(database, ADMIN, site, Turn(first.next, limit=3), now)).page
    hours = [(one.started_at - PAST) // HOUR for one in (*first.items, *last.items)]
    assert (hours, last.next) == ([3, 2, 1, 0], None)
    assert len(listed.days) == 30
    assert [day.checks for day in listed.days.values() if day.checks] == [4]


async def test_days_of_checks_that_were_dropped_are_counted_too(
    database: Database, site_id: UUID
) -> None:
    async with database.writing() as session:
        page_id = await session.scalar(select(tables.MonitoredSite.page_id))
        long_ago = PAST - timedelta(days=50)
        await session.execute(update(tables.MonitoredSite).values(created_at=long_ago))
    assert page_id is not None
    failed = {"verdict": "failed", "error_class": "dns", "elapsed_seconds": 0.1}
    day = (PAST - timedelta(days=2)).date()
    await add_rows(
        database,
        tables.Attempt(page_id=page_id, started_at=PAST - timedelta(days=2), **failed),
        tables.CheckDay(
            page_id=page_id, day=day, checks=10, changed=2, failures={"dns": 3, "tls": 1},
            wire_bytes=0, times={}, slowest_seconds=0.0,
        ),
        tables.Attempt(
            page_id=page_id, started_at=PAST, verdict="changed", elapsed_seconds=0.1
        ),
        tables.Attempt(page_id=page_id, started_at=PAST - timedelta(days=31), **failed),
    )  # fmt: skip
    site = await the_site(database, ADMIN, str(site_id))
    days = (await checks.list_checks(database, ADMIN, site, Turn(), PAST + HOUR)).days
    assert {on: found for on, found in days.items() if found.checks} == {
        day: checks.DayOfChecks(11, 2, 5),
        PAST.date(): checks.DayOfChecks(1, 1, 0),
    }
