"""What is known of several sites at once is what is known of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from daemon.model.page import Page
from daemon.model.status import Verdict
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from daemon.store.views.departures import KnownStates, departures_of, known_states
from daemon.store.views.states import states_with
from tests.making import PAST, Statements, add_rows, begin_run, claim, have_sites, spec, text_hash
from tests.plans import whole_tables

LIMIT = 5
COUNTS = (0, 1, 2, 5, 6, 12, 120)


def hashes(number: int, count: int) -> list[str]:
    return [text_hash(f"{number} {state}") for state in range(count)]


def rows_of(page: Page, texts: list[str], random: Random) -> Iterator[tables.Base]:
    """States of a page's site, its changes, and checks, some at the same instants."""
    [site], before = page.sites, None
    for step, text in enumerate(texts):
        at = PAST - timedelta(hours=(len(texts) - step) // 2 * 2)
        yield tables.Content(hash=text, codec="zstd", size_bytes=1, data=text.encode())
        state = tables.Snapshot(
            id=new_id(), site_id=site.id, text_hash=text, source_hash=random.choice((text, None)),
            kind="html", extractor="html/1", url=page.request.url,
            first_seen_at=at, last_seen_at=at,
        )  # fmt: skip
        yield state
        if before is not None:
            yield tables.ContentUpdate(
                id=new_id(), site_id=site.id, detected_at=at, is_significant=step % 3 == 0,
                before_snapshot_id=random.choice((before, before, state.id)),
                after_snapshot_id=state.id,
                reasons=[{"signal": random.choice(("condition", "other"))}],
            )  # fmt: skip
        before = state.id
        for minutes in range(random.randrange(4)):
            yield tables.Attempt(
                page_id=page.id, started_at=at + timedelta(minutes=30 * minutes),
                elapsed_seconds=0.1,
                verdict=random.choice((Verdict.UNCHANGED, Verdict.CHANGED, Verdict.FAILED)),
            )  # fmt: skip


async def histories(database: Database) -> list[Page]:
    """Pages whose sites have had so many states; of the last one the oldest has come back."""
    names = [f"Site {number}" for number in range(len(COUNTS))]
    await have_sites(database, *(spec(name, f"https://site.example/{name[-1]}") for name in names))
    run_id, random = await begin_run(database), Random(20)
    by_name = {page.sites[0].name: page for page in await claim(database, run_id)}
    for number, (name, count) in enumerate(zip(names, COUNTS, strict=True)):
        page, texts = by_name[name], hashes(number, count)
        await add_rows(database, *rows_of(page, texts, random))
        if texts:
            current = texts[0 if count == max(COUNTS) else -1]
            async with database.writing() as session:
                await session.execute(
                    update(tables.MonitoredSite)
                    .where(tables.MonitoredSite.id == page.sites[0].id)
                    .values(text_hash=current)
                )
    async with database.writing() as session:
        await session.execute(update(tables.Page).values(leased_by=None, leased_until=None))
    return await claim(database, run_id)


async def one_by_one(session: AsyncSession, page: Page) -> KnownStates:
    [site] = page.sites
    states = await states_with(session, site, LIMIT)
    return KnownStates(states, await departures_of(session, site.id) if len(states) > 1 else ())


def comparable(known: KnownStates) -> Any:
    """States and departures in an order of their own where they are of one instant."""
    return (
        [state.seen_at for state in known.states],
        sorted(known.states, key=lambda state: (state.seen_at, state.text_hash)),
        sorted(known.departures, key=lambda left: (left.left_at, left.text_hash)),
    )


async def test_several_sites_are_known_as_each_of_them_is(database: Database) -> None:
    pages = await histories(database)
    sites = [site for page in pages for site in page.sites]
    assert len(sites) == len(COUNTS)
    async with database.reading() as session:
        found = await known_states(session, sites, LIMIT)
        for page in pages:
            alone = await one_by_one(session, page)
            assert comparable(found[page.sites[0].id]) == comparable(alone), page.sites[0].name
    kept = sorted(len(known.states) for known in found.values())
    assert kept == [0, 1, 2, LIMIT, LIMIT, LIMIT, LIMIT + 1]


async def test_no_history_is_read_in_whole_for_a_few_states(
    database: Database, engine: AsyncEngine
) -> None:
    sites = [site for page in await histories(database) for site in page.sites]
    async with database.reading() as session:
        with Statements(engine) as statements:
            await known_states(session, sites, LIMIT)
        connection = await session.connection()
        asked = list(zip(statements.sent, statements.values, strict=True))[:2]
        for statement, values in asked:
            assert await whole_tables(connection, statement, values) == []
