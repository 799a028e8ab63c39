"""Checks of pages that are rendered: always, or where they show nothing without a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from daemon.config import Config, SiteConfig
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.model.outcome import Outcome
from daemon.model.request import Request
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.operations.trying import Tries
from daemon.packing import unpack
from daemon.pipeline.check import check
from daemon.pipeline.context import CheckContext, open_context
from daemon.pipeline.explaining import explain
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox, SandboxObserver
from daemon.store.core.database import Database
from daemon.store.queue.pages import failed_for, make_due
from daemon.store.queue.runs import end_run
from daemon.store.tables import Attempt, Page, Snapshot
from daemon.store.tables.types import db_now
from tests.fetch.test_throttle import Clock as ThrottleClock
from tests.loopback import Clock, Site, serving, tools_for
from tests.making import ADMIN, PAST, begin_run, claim, have_sites, spec
from tests.rendering.conftest import Started

_SHELL = """<!doctype html><title>Shows</title><div id="root"></div>
<noscript>You need to enable JavaScript to run this app.</noscript><script>
fetch('/data').then(r => r.text()).then(text => { document.getElementById('root').innerHTML =
  '<main><h1>Shows</h1>' + text.split(',').map(s => `<p class=show>${s}</p>`).join('') + '</main>'
})</script>"""
_PLAIN = "<!doctype html><title>Shows</title><main><h1>Shows</h1><p class=show>On Monday</p></main>"
_WORDS = "The hall opens on Monday at eight,The orchestra plays on Tuesday at nine"


@dataclass
class Watched:
    """A site on loopback, and checks of it that see what is rendered."""

    site: Site
    database: Database
    context: CheckContext
    clock: Clock

    async def watch(self, render: str, **rules: Any) -> None:
        request = Request(self.site.url(), renderer=render)
        one = spec("Shows", request=request, host=self.site.host, rules=Rules(**rules))
        await have_sites(self.database, one)

    async def look(self) -> Outcome:
        self.clock.move(timedelta(hours=1))
        run_id = await begin_run(self.database)
        async with self.database.writing() as session:
            await session.execute(update(Page).values(next_check_at=PAST, leased_until=None))
        [page] = await claim(self.database, run_id)
        outcome = await check(page, self.context)
        async with self.database.writing() as session:
            await record(session, run_id, [outcome])
            await end_run(session, run_id)
        return outcome

    async def stored(self) -> tuple[list[str], str]:
        """By what each check was made, and the newest document that was stored."""
        async with self.database.reading() as session:
            made = list(await session.scalars(select(Attempt.renderer).order_by(Attempt.id)))
            title = await session.scalar(select(Snapshot.title))
        return made, title or ""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database: what is stored of a check is proved elsewhere; pages cost much."""
    return sqlite_url


@pytest.fixture
async def watched(database: Database, sandbox: Sandbox, browser: Started) -> AsyncIterator[Watched]:
    clock = Clock()
    async with (
        serving(page=_SHELL, data=_WORDS) as site,
        tools_for(database, sandbox, clock, browser=browser.socket) as (_, context),
    ):
        yield Watched(site, database, context, clock)


async def test_what_scripts_write_is_watched_like_any_text(watched: Watched) -> None:
    await watched.watch("browser")
    assert (await watched.look()).verdict is Verdict.INITIAL
    watched.site.bodies["/data"] = _WORDS.replace("eight", "seven")
    outcome = await watched.look()
    [site] = outcome.sites
    assert site.verdict is Verdict.CHANGED
    assert site.update is not None
    assert "seven" in site.update.finding.summary
    assert (await watched.stored())[0] == ["browser", "browser"]
    assert outcome.next_check_at - watched.clock() >= timedelta(minutes=15)


_PART = _SHELL.replace('<div id="root">', '<h1>Shows</h1><div id="root">')
_BARE = _SHELL.partition("<noscript>")[0] + "<script>" + _SHELL.partition("<script>")[2]


@pytest.mark.parametrize(
    ("page", "rules"),
    [
        (_SHELL, {}),
        (_SHELL, {"include": (".show",)}),
        (_BARE, {}),
        (_PART, {"include": (".show",)}),
    ],
    ids=["a shell", "no match", "no text", "no match in a text"],
)
async def test_auto_renders_what_shows_nothing_without_a_browser(
    watched: Watched, page: str, rules: dict[str, Any]
) -> None:
    watched.site.bodies["/page"] = page
    await watched.watch("auto", **rules)
    first = await watched.look()
    assert first.verdict is Verdict.INITIAL
    assert (await watched.look()).verdict is Verdict.UNCHANGED
    watched.site.bodies["/data"] = _WORDS.replace("Tuesday", "Friday")
    assert (await watched.look()).verdict is Verdict.CHANGED
    assert (await watched.stored())[0] == ["browser"] * 3


async def test_auto_reads_without_a_browser_what_shows_its_text(watched: Watched) -> None:
    watched.site.bodies["/page"] = _PLAIN
    await watched.watch("auto")
    assert (await watched.look()).verdict is Verdict.INITIAL
    assert (await watched.stored())[0] == ["http"]
    assert watched.site.asked["/data"] == 0


async def test_an_explanation_is_of_what_a_check_would_read(watched: Watched) -> None:
    await watched.watch("auto", include=(".show",))
    run_id = await begin_run(watched.database)
    [page] = await claim(watched.database, run_id)
    explained = await explain(page, watched.context)
    async with watched.database.writing() as session:
        await end_run(session, run_id)
    [site] = explained.sites
    assert site.explained.error_class == ""
    assert site.explained.steps[-1].after.lines == 2


@pytest.mark.parametrize("rules", [{}, {"include": [".show"]}], ids=["a shell", "no match"])
async def test_a_try_that_shows_nothing_is_made_again_with_a_browser(
    watched: Watched, rules: dict[str, Any]
) -> None:
    site = SiteConfig.model_validate({"name": "Shows", "url": watched.site.url(), **rules})
    tries = Tries(lambda: watched.context)
    [tried] = await tries.site(ADMIN, Config().settled(()), site, watched.clock())
    assert tried.rendered is not None
    [read] = tried.rendered.sites
    assert read.state is not None
    assert read.state.text is not None
    assert b"The orchestra plays" in unpack(read.state.text.data)


async def test_a_try_without_a_browser_says_why(
    database: Database, sandbox: Sandbox, watched: Watched
) -> None:
    site = SiteConfig.model_validate({"name": "Shows", "url": watched.site.url()})
    async with tools_for(database, sandbox, watched.clock) as (_, context):
        tries = Tries(lambda: context)
        [tried] = await tries.site(ADMIN, Config().settled(()), site, watched.clock())
    assert tried.rendered is None
    assert "no browser is set up" in tried.no_browser


async def test_a_check_keeps_that_its_page_never_came_to_rest(watched: Watched) -> None:
    watched.site.bodies["/page"] = (
        "<!doctype html><p>Ticker</p><script>setInterval(() => fetch('/data'), 50)</script>"
    )
    request = Request(watched.site.url(), renderer="browser", timeout_seconds=5)
    one = spec("Ticker", request=request, host=watched.site.host)
    await have_sites(watched.database, one)
    outcome = await watched.look()
    assert outcome.response is not None
    assert "never came to rest" in " ".join(outcome.response.notes)
    async with watched.database.reading() as session:
        found = await session.execute(select(Attempt.is_restless, Attempt.stopped_requests))
        assert [tuple(row) for row in found] == [(True, 0)]


async def test_without_its_browser_a_page_fails_and_says_so(
    database: Database, sandbox: Sandbox
) -> None:
    clock = Clock()
    async with (
        serving(page=_SHELL, data=_WORDS) as site,
        tools_for(database, sandbox, clock) as (_, context),
    ):
        alone = Watched(site, database, context, clock)
        await alone.watch("auto")
        outcome = await alone.look()
    assert outcome.error_class is ErrorClass.BROWSER
    assert "no browser is set up" in outcome.error_detail


async def test_while_its_browser_is_away_the_host_is_asked_once_a_day(
    database: Database, sandbox: Sandbox, watched: Watched, tmp_path: Path
) -> None:
    await watched.watch("auto")
    site, clock = watched.site, watched.clock
    async with tools_for(database, sandbox, clock, browser=tmp_path / "none.sock") as (_, context):
        alone = Watched(site, database, context, clock)
        first, second = await alone.look(), await alone.look()
        assert [one.error_class for one in (first, second)] == [ErrorClass.BROWSER] * 2
        assert second.error_detail.startswith(
            "not asked for, as it shows nothing without a browser"
        )
        assert "cannot be reached" in second.error_detail
        assert site.asked["/page"] == 1
        clock.move(timedelta(days=1))
        assert (await alone.look()).error_class is ErrorClass.BROWSER
        assert site.asked["/page"] == 2
    assert (await watched.look()).verdict is Verdict.INITIAL  # it is back


async def test_a_page_that_learnt_to_do_without_is_read_while_its_browser_is_away(
    database: Database, sandbox: Sandbox
) -> None:
    clock = Clock()
    async with (
        serving(page=_SHELL) as site,
        tools_for(database, sandbox, clock) as (_, context),
    ):
        alone = Watched(site, database, context, clock)
        await alone.watch("auto")
        assert (await alone.look()).error_class is ErrorClass.BROWSER
        site.bodies["/page"] = _PLAIN
        assert "none is set up" in (await alone.look()).error_detail
        clock.move(timedelta(days=1))
        assert (await alone.look()).verdict is Verdict.INITIAL


async def test_who_can_read_a_page_without_its_browser_does(
    database: Database, sandbox: Sandbox
) -> None:
    clock = Clock()
    async with (
        serving(page=_PART) as site,
        tools_for(database, sandbox, clock) as (_, context),
    ):
        request = Request(site.url(), renderer="auto")
        await have_sites(
            database,
            spec("Titles", request=request, host=site.host, rules=Rules(include=("h1",))),
            spec("Shows", request=request, host=site.host, rules=Rules(include=(".show",))),
        )
        outcome = await Watched(site, database, context, clock).look()
    ended = {one.site.name: (one.verdict, one.error_class) for one in outcome.sites}
    assert ended == {
        "Titles": (Verdict.INITIAL, None),
        "Shows": (Verdict.FAILED, ErrorClass.BROWSER),
    }
    assert outcome.error_class is None
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=db_now(3600)))
        wanting = await failed_for(session, ErrorClass.BROWSER)
        assert await make_due(session, wanting) == 1


async def test_a_host_that_wants_long_pauses_is_not_fetched_in_vain(
    database: Database, watched: Watched, browser: Started
) -> None:
    await watched.watch("auto")
    given = {
        "fetch": {"allow_networks": ["127.0.0.1/32"], "respect_robots": False},
        "browser": {"socket": str(browser.socket)},
        "documents": {"workers": 1},
    }
    config = Config.model_validate(given).settled(())
    time = ThrottleClock()
    throttle = HostThrottle(2, 40.0, time, time.sleep, lambda: 0.0, patience_seconds=5.0)
    async with open_context(
        config, database, watched.clock, throttle, SandboxObserver()
    ) as context:
        looked = replace(watched, context=context)
        assert (await looked.look()).verdict is Verdict.INITIAL
    assert time.now == 1040.0
    assert watched.site.asked["/page"] == 2  # once without, and once with a browser
