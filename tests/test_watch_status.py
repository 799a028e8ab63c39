"""A status that is watched is a state of the page: its publication is told, and its going."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from daemon.model.outcome import SiteOutcome
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.views.sites import list_sites
from tests.alerting.things import route
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, begin_run
from tests.notify.test_sender import have_routes
from tests.test_pipeline import FIRST, SECOND, Bench


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


async def look(bench: Bench, status: int, body: str = "<p>nothing here</p>") -> SiteOutcome:
    bench.site.status = status
    [one] = (await bench.look_at(body)).sites
    return one


def summary(one: SiteOutcome) -> str:
    return "" if one.update is None else one.update.finding.summary


@pytest.mark.parametrize("watched", [(404,), (404, 503), True])
async def test_publication_and_going_are_told(bench: Bench, watched: tuple[int, ...]) -> None:
    await bench.watch(rules=Rules(watch_status=watched))
    first = await look(bench, 404)
    assert (first.verdict, first.error_class) == (Verdict.INITIAL, None)
    assert (await look(bench, 404, "<p>something else</p>")).verdict is Verdict.UNCHANGED
    there = await look(bench, 200, FIRST)
    assert summary(there) == "The page is there now: “News” (it answered 404 Not Found)."
    assert (await look(bench, 200, FIRST + " ")).verdict is Verdict.UNCHANGED
    assert (await look(bench, 200, SECOND)).verdict is Verdict.CHANGED
    gone = await look(bench, 404)
    assert summary(gone) == "The page answers 404 Not Found (it was “News”)."
    assert summary(await look(bench, 200, SECOND)).startswith("The page is there now")
    updates = [one for one in await bench.updates() if one.category == "status"]
    assert [one.is_significant for one in updates] == [True] * 3


async def test_the_status_is_what_the_site_shows(bench: Bench) -> None:
    await bench.watch(rules=Rules(watch_status=(404,)))
    bench.site.status = 404
    outcome = await bench.look_at("<p>nothing here</p>")
    assert (outcome.verdict, outcome.answer_status) == (Verdict.INITIAL, 404)
    async with bench.database.reading() as session:
        [view] = await list_sites(session, ADMIN)
    assert (view.title, view.error_class, view.failure_streak) == ("404 Not Found", None, 0)


async def test_the_same_bytes_after_a_status_are_read_again(bench: Bench) -> None:
    """The server says that nothing was modified since the page was there last."""
    bench.site.is_validated = True
    await bench.watch(rules=Rules(watch_status=(404,)))
    await look(bench, 200, FIRST)
    bench.site.bodies.clear()
    [gone] = (await bench.look()).sites
    assert gone.verdict is Verdict.CHANGED
    assert (await look(bench, 200, FIRST)).verdict is Verdict.CHANGED
    assert (await bench.look()).verdict is Verdict.NOT_MODIFIED


async def test_one_status_after_another_is_told(bench: Bench) -> None:
    await bench.watch(rules=Rules(watch_status=(404, 503)))
    await look(bench, 404)
    told = summary(await look(bench, 503))
    assert told == "The page answers 503 Service Unavailable (it was “404 Not Found”)."


@pytest.mark.parametrize(
    ("watched", "status", "error_class"),
    [
        ((404,), 503, ErrorClass.HTTP_5XX),
        ((503,), 404, ErrorClass.HTTP_4XX),
        (False, 404, ErrorClass.HTTP_4XX),
        (True, 429, ErrorClass.RATE_LIMITED),
    ],
)
async def test_what_is_not_watched_stays_a_failure(
    bench: Bench, watched: tuple[int, ...] | bool, status: int, error_class: ErrorClass
) -> None:
    await bench.watch(rules=Rules(watch_status=watched))
    bench.site.status = status
    outcome = await bench.look_at("<p>no</p>")
    assert (outcome.verdict, outcome.error_class) == (Verdict.FAILED, error_class)


async def test_a_challenge_is_no_state(bench: Bench) -> None:
    await bench.watch(rules=Rules(watch_status=True))
    bench.site.status = 403
    outcome = await bench.look_at("<title>Just a moment...</title>")
    assert outcome.error_class is ErrorClass.BOT_WALL


async def test_other_sites_of_the_page_fail_as_ever(bench: Bench) -> None:
    await bench.watch(bench.spec("waits", rules=Rules(watch_status=(404,))), bench.spec("reads"))
    bench.site.status = 404
    outcome = await bench.look_at("<p>no</p>")
    found = {one.site.name: (one.verdict, one.error_class) for one in outcome.sites}
    assert found == {
        "waits": (Verdict.INITIAL, None),
        "reads": (Verdict.FAILED, ErrorClass.HTTP_4XX),
    }


async def test_a_status_is_notified_beside_conditions_and_leaves_them_alone(bench: Bench) -> None:
    await bench.watch(rules=Rules(watch_status=(404,), appears=("free",)))
    await have_routes(bench.database, route())
    for status, body in ((200, FIRST), (404, ""), (200, FIRST)):
        await look(bench, status, body or "<p>no</p>")
    async with bench.database.reading() as session:
        notices = list(await session.scalars(select(tables.Notice)))
    assert sorted(notice.payload["category"] for notice in notices) == ["status", "status"]
    [site] = (await bench.claim()).sites
    assert site.conditions["appears free"].holds is True
