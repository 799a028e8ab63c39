"""The page of the daemon itself."""

from __future__ import annotations

from daemon.model.status import Verdict
from daemon.monitoring.health import ComponentState
from daemon.store.core.database import Database
from tests.making import begin_run
from tests.web.conftest import Pages, text_of


async def test_it_says_how_the_parts_are_and_why(pages: Pages) -> None:
    reason = "not taken by <b>hook</b> (3 times)"
    pages.context.health.report("notices", ComponentState.DEGRADED, reason)
    answer = await pages.get("/health")
    assert answer.status == 200
    told = text_of(answer.text)
    assert "is degraded" in told
    assert "not taken by &lt;b&gt;hook&lt;/b&gt; (3 times)" in answer.text
    assert told.index("notices degraded") < told.index("database ok")


async def test_it_counts_what_was_done(pages: Pages) -> None:
    pages.context.metrics.checked(Verdict.NOT_MODIFIED)
    pages.context.metrics.fetched(0.1, 131_471)
    told = text_of((await pages.get("/health")).text)
    assert "1 unchanged, says the server" in told
    assert "received 131 kB" in told
    assert '<dt title="fetched_bytes_total">' in (await pages.get("/health")).text


async def test_it_lists_the_daemons_beside_this_one(pages: Pages, database: Database) -> None:
    await begin_run(database)
    answer = await pages.get("/health")
    assert "<time datetime=" in answer.text
    assert "alive" in text_of(answer.text)
