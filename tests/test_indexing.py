"""What the daemon says of the index by which changes are found."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from daemon.monitoring.health import ComponentState
from daemon.runtime.chores.indexing import Indexing
from daemon.store.core.database import Database
from tests.many import have_many

NOW = datetime(2026, 5, 4, tzinfo=UTC)


async def test_how_far_the_index_is_stands_in_health_and_its_end_in_the_log(
    database: Database,
) -> None:
    await have_many(database, ["ada"], sites=10, changes=500)
    told: list[tuple[ComponentState, str]] = []
    indexing = Indexing(lambda state, reason: told.append((state, reason)))
    await indexing.keep(database, NOW, seconds=0)
    with structlog.testing.capture_logs() as lines:
        await indexing.keep(database, NOW, seconds=600)
        await indexing.keep(database, NOW)
        await indexing.drop(database)
        await indexing.drop(database)
    assert told[0] == (ComponentState.OK, "no change can be found yet")
    assert told[1:] == [(ComponentState.OK, "all changes can be found")] * 2
    assert [one["event"] for one in lines] == ["search_index_complete", "search_index_dropped"]
