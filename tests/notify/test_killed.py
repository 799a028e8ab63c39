"""kill -9 while sinks work, fail, drop and stall: nothing is lost, nothing has two keys."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, Notice
from tests.alerting.things import route
from tests.making import have_sites, spec
from tests.notify.sinks import Sink, receiving
from tests.notify.test_sender import have_routes

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("KILLS", "2"))
BEHAVIOUR: tuple[int | str, ...] = (200, 200, 200, 200, 500, 429, "drop", "hang")


async def start(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.notify.mortal", *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def updates_in(body: dict[str, Any]) -> list[str]:
    told = body["data"].get("notices", [body["data"]])
    return [one["update_id"] for one in told]


@pytest.mark.parametrize("seed", [1])
async def test_nothing_is_lost_or_told_under_two_keys(
    database: Database, database_url: str, seed: int
):
    draw = random.Random(seed)
    await have_sites(database, spec())
    await have_routes(database, route(gather_seconds=0.0))
    keys: defaultdict[str, set[str]] = defaultdict(set)
    taken: set[str] = set()
    child: asyncio.subprocess.Process | None = None
    left = 0

    def behave(number: int) -> int | str:
        nonlocal left
        left -= 1
        if left == 0 and child is not None:
            child.send_signal(signal.SIGKILL)
        return draw.choice(BEHAVIOUR)

    async with receiving(Sink(behave)) as sink:
        for _ in range(ROUNDS):
            left = draw.randint(1, 12)
            child = await start(database_url, sink.url)
            assert await child.wait() == -signal.SIGKILL
        left = 0
        assert await (await start(database_url, sink.url, "finish")).wait() == 0
    accepted = set(sink.taken)
    for body in sink.got:
        for update_id in updates_in(body):
            keys[update_id].add(body["id"])
            if body["id"] in accepted:
                taken.add(update_id)
    async with database.reading() as session:
        updates = {str(one) for one in await session.scalars(select(ContentUpdate.id))}
        statuses = set(await session.scalars(select(Notice.status)))
    assert updates
    assert taken == updates
    assert {len(several) for several in keys.values()} == {1}
    assert statuses == {"sent"}
