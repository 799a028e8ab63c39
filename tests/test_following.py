"""The script that follows changes for an hour finds what is missing, strange or doubled."""

from __future__ import annotations

from pathlib import Path
from random import Random

from benchmarks.following import Fleet, Script
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_one_of_each


async def test_what_was_missed_or_came_twice_is_counted(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        site, first = rows[tables.MonitoredSite], rows[tables.ContentUpdate]
        second = tables.ContentUpdate(site_id=site.id, owner_id=site.owner_id, detected_at=PAST)
        session.add(second)
    script = Script(Random(1))
    fleet = Fleet("here", database_url, tmp_path, Random(1), script)
    for given, faults in (
        ([first.id, second.id], 0),
        ([first.id], 1),
        ([first.id, second.id, second.id], 1),
        ([first.id, second.id, new_id()], 1),
        ([second.id, second.id], 2),
    ):
        script.given.clear()
        script.given.update(given)
        line, wrong = await fleet.row()
        assert (line.count("|"), wrong) == (13, faults)
