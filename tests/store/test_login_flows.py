"""A login at a provider is taken to its end once, by whoever began it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from daemon.store.core.database import Database
from daemon.store.people.flows import FlowView, add_flow, use_flow

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
FLOW = FlowView("corp", "nonce", "verifier", "/sites")


async def take(database: Database, *found_by: str, at: datetime = NOW) -> FlowView | None:
    state, browser, provider = found_by
    async with database.writing() as session:
        return await use_flow(session, state, browser, provider, at)


async def test_of_all_who_take_a_login_one_has_it(database: Database) -> None:
    ends_at = NOW + timedelta(minutes=10)
    async with database.writing() as session:
        await add_flow(session, "state", "browser", FLOW, NOW, ends_at)
    for wrong in (
        ("other", "browser", "corp"),
        ("state", "other", "corp"),
        ("state", "browser", "github"),
    ):
        assert await take(database, *wrong) is None
    assert await take(database, "state", "browser", "corp", at=ends_at) is None
    async with asyncio.TaskGroup() as group:
        taking = [
            group.create_task(take(database, "state", "browser", "corp")) for _each in range(3)
        ]
    assert [one.result() for one in taking if one.result()] == [FLOW]
