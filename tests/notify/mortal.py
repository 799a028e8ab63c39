"""A process that changes a page and tells of it until it is killed, or until all is told."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import update

from daemon.fetch.posting import Poster
from daemon.notify.webhook import Webhook
from daemon.operations.people.delivering import Destination, Places
from daemon.pipeline.recording import record
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.queue import notices, pages, runs
from daemon.store.tables import Page
from tests.alerting.things import NOON, route
from tests.making import PAST, changed, initial
from tests.notify.sinks import SECRET
from tests.notify.things import LOCAL

SPEED = 3000  # so many seconds of ours are one of the clock's: nobody waits for a second try
MOST_WAITING = 12


def clock() -> datetime:
    return NOON + timedelta(seconds=(time.time() % 1e6) * SPEED)


async def change_page(database: Database, run_id: UUID) -> None:
    """A new state of the page, with its notice, in one transaction."""
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=PAST))
    async with database.writing() as session:
        claimed = await pages.claim_due(session, pages.Claimant(run_id, timedelta(seconds=0.2)), 1)
    for page in claimed:
        text = str(page.lease_token)
        [site] = page.sites
        known = site.text_hash is not None
        done = changed(page, "first", text) if known else initial(page, "first")
        async with database.writing() as session:
            await record(session, run_id, [done])


async def main(url: str, hook: str, *, finish: bool) -> None:
    database = Database(open_engine(url))
    async with database.writing() as session:
        run_id = await runs.begin_run(session, "run", PAST)
    async with Poster(LOCAL) as poster:
        channel = Webhook(hook, SECRET, partial(poster.post, seconds=0.2))
        settings = SenderSettings(0.2, 10_000, lease=timedelta(seconds=0.3))
        sender = Sender(
            database, run_id, Places({"mail": Destination(channel, route())}), settings, clock
        )
        while True:
            async with database.reading() as session:
                waiting = await notices.count_waiting(session)
            if finish and not waiting:
                break
            if not finish and waiting < MOST_WAITING:
                await change_page(database, run_id)
            await sender.drain()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], finish=len(sys.argv) > 3))
