"""What is known of sites, loaded for several checks by one visit to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.errors import CheckError
from daemon.model.page import Page
from daemon.model.status import ErrorClass
from daemon.pipeline.recalling import Recall
from daemon.pipeline.recording import record
from daemon.store.core.database import Database
from daemon.store.views.departures import KnownStates
from tests.making import Statements, begin_run, claim, have_sites, initial, spec, text_hash

SEVERAL = 5


async def seen(database: Database) -> list[Page]:
    """Pages that were read once, and are claimed again."""
    names = [str(number) for number in range(SEVERAL)]
    await have_sites(database, *(spec(name, f"https://site.example/{name}") for name in names))
    run_id = await begin_run(database)
    outcomes = [initial(page, page.sites[0].name) for page in await claim(database, run_id)]
    async with database.writing() as session:
        await record(session, run_id, outcomes)
    return sorted((o.page for o in outcomes), key=lambda page: page.sites[0].name)


async def known_text(recall: Recall, page: Page) -> str:
    [state] = (await recall.of(page.sites[0])).states
    return state.text_hash


async def test_checks_of_one_moment_ask_the_database_once(
    database: Database, engine: AsyncEngine
) -> None:
    pages = await seen(database)
    recall = Recall(database)
    with Statements(engine) as statements:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(known_text(recall, page)) for page in pages]
    assert [task.result() for task in tasks] == [text_hash(str(n)) for n in range(SEVERAL)]
    assert sum("snapshots" in sent for sent in statements.sent) == 1


async def test_one_that_is_cancelled_leaves_the_loading_to_the_others(database: Database) -> None:
    pages = await seen(database)
    recall = Recall(database)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(known_text(recall, pages[0]))
        others = [group.create_task(known_text(recall, page)) for page in pages[1:]]
        await asyncio.sleep(0)
        first.cancel()
    assert first.cancelled()
    assert [task.result() for task in others] == [text_hash(str(n)) for n in range(1, SEVERAL)]


async def test_a_site_that_cannot_be_asked_for_fails_alone(database: Database) -> None:
    pages = await seen(database)
    [site] = pages[0].sites
    recall, broken = Recall(database), replace(site, id=cast("UUID", "no id"))
    async with asyncio.TaskGroup() as group:
        refused = group.create_task(told_by(recall.of(broken)))
        others = [group.create_task(known_text(recall, page)) for page in pages[1:]]
    assert refused.result() is ErrorClass.STORE
    assert [task.result() for task in others] == [text_hash(str(n)) for n in range(1, SEVERAL)]


async def told_by(loading: Awaitable[KnownStates]) -> ErrorClass:
    with pytest.raises(CheckError) as told:
        await loading
    return told.value.error_class
