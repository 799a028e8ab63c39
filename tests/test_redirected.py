"""Redirects to another page, from check to check: what fails, what is told, what is remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from daemon.model.outcome import Move
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite, Notice
from tests.alerting.things import route
from tests.loopback import SETTINGS, Clock, serving, tools_for
from tests.making import begin_run
from tests.notify.test_sender import have_routes
from tests.test_pipeline import FIRST, SECOND, THIRD, Bench

HOME = "<title>Home</title><h1>Welcome</h1><p>All of our news, all of our books.</p>"
NETWORK = SETTINGS.model_copy(update={"allow_networks": ("127.0.0.0/8",)})


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with (
        serving("127.0.0.2", page=FIRST, home=HOME, elsewhere=SECOND) as site,
        tools_for(database, sandbox, clock, NETWORK) as (_, context),
    ):
        yield Bench(site, database, context, clock, await begin_run(database))


def other_site(bench: Bench, path: str = "/page") -> str:
    return bench.site.url(path).replace("127.0.0.1", "127.0.0.2")


async def answer_url(bench: Bench) -> str | None:
    async with bench.database.reading() as session:
        return (await session.scalars(select(tables.Page.answer_url))).one()


async def blind_spots(bench: Bench) -> set[str | None]:
    async with bench.database.reading() as session:
        return set(await session.scalars(select(MonitoredSite.blind_spot)))


async def test_a_redirect_to_another_page_is_a_blind_spot_until_the_page_is_back(
    bench: Bench,
) -> None:
    await bench.watch()
    await bench.look()
    bench.site.redirects["/page"] = 302, "/home"
    outcome = await bench.look()
    assert outcome.error_class is ErrorClass.REDIRECT
    assert "/home" in outcome.error_detail
    assert await blind_spots(bench) == {"redirected"}
    assert await answer_url(bench) == bench.site.url()
    bench.site.redirects.clear()
    assert (await bench.look()).verdict is Verdict.UNCHANGED
    assert await blind_spots(bench) == {None}
    assert await bench.updates() == []


async def test_a_redirect_to_the_same_bytes_changes_nothing(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    bench.site.bodies["/mirror"] = FIRST
    bench.site.redirects["/page"] = 302, "/mirror"
    assert (await bench.look()).verdict is Verdict.UNCHANGED


async def test_another_site_is_read_by_those_who_want_any(bench: Bench) -> None:
    bench.site.redirects["/page"] = 302, other_site(bench, "/elsewhere")
    await bench.watch(
        bench.spec("careful"),
        bench.spec("eager", rules=Rules(follow="any")),
        bench.spec("strict", rules=Rules(follow="none")),
    )
    outcome = await bench.look()
    by_name = {one.site.name: one for one in outcome.sites}
    assert by_name["eager"].verdict is Verdict.INITIAL
    assert by_name["careful"].error_class is ErrorClass.REDIRECT
    assert 'follow = "any"' in by_name["careful"].error_detail
    assert by_name["strict"].error_class is ErrorClass.REDIRECT
    assert await answer_url(bench) is None


async def test_who_wants_no_redirect_does_not_ask_for_its_target(bench: Bench) -> None:
    bench.site.redirects["/page"] = 302, "/home"
    await bench.watch(rules=Rules(follow="none"))
    outcome = await bench.look()
    assert outcome.error_class is ErrorClass.REDIRECT
    assert "redirects are not followed" in outcome.error_detail
    assert bench.site.asked["/home"] == 0


async def test_an_address_known_from_before_may_lie_on_another_site(bench: Bench) -> None:
    await bench.watch(rules=Rules(follow="any"))
    bench.site.redirects["/page"] = 302, other_site(bench, "/elsewhere")
    await bench.look()
    await bench.watch()
    outcome = await bench.look_at(FIRST)
    assert outcome.verdict is Verdict.UNCHANGED


@pytest.mark.parametrize(("body", "differs"), [(FIRST, False), (THIRD, True)])
async def test_a_page_that_moved_for_good_is_told_once_and_watched_there(
    bench: Bench, body: str, differs: bool
) -> None:
    await have_routes(bench.database, route())
    await bench.watch()
    await bench.look()
    bench.site.bodies["/new"] = body
    bench.site.redirects["/page"] = 301, "/new"
    outcome = await bench.look()
    [one] = outcome.sites
    assert (one.verdict, one.update) == (Verdict.UNCHANGED, None)
    assert one.move == Move(bench.site.url("/new"), text_differs=differs)
    assert await answer_url(bench) == bench.site.url("/new")
    assert (await bench.look()).verdict is Verdict.UNCHANGED
    bench.site.bodies["/new"] = SECOND
    assert (await bench.look()).verdict is Verdict.CHANGED
    async with bench.database.reading() as session:
        kinds = list(await session.scalars(select(Notice.kind).order_by(Notice.id)))
    assert kinds == ["moved", "change"]


async def test_a_first_reading_at_another_address_is_no_move(bench: Bench) -> None:
    bench.site.redirects["/page"] = 301, "/home"
    await bench.watch()
    [one] = (await bench.look()).sites
    assert (one.verdict, one.move) == (Verdict.INITIAL, None)


async def test_another_owner_comes_to_a_page_that_leads_elsewhere(bench: Bench) -> None:
    await bench.watch()
    await bench.look()
    bench.site.redirects["/page"] = 302, "/home"
    await bench.watch(bench.spec(), bench.spec("new", rules=Rules(main_content=True)))
    outcome = await bench.look()
    assert {one.error_class for one in outcome.sites} == {ErrorClass.REDIRECT}
