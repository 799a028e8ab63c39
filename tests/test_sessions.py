"""Pages behind a login: their cookies are kept from check to check, and lie encrypted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.outcome import Outcome
from daemon.model.request import Request
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.check import check
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.owned import forget_cookies
from daemon.store.catalogue.seals import renew_seals
from daemon.store.core.database import Database
from daemon.store.queue.runs import end_run
from daemon.store.sealing.keyring import Keyring
from daemon.store.tables import MonitoredSite, Page
from tests.loopback import SETTINGS, Clock, tools_for
from tests.making import ADMIN, PAST, begin_run, claim, have_sites, spec

FORM = "user=me&password=hunter2"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Club:
    """A site for members, who log in by a form; each login begins a session."""

    origin: str = ""
    logins: int = 0
    asked: list[str] = field(default_factory=list)  # the cookies that came, by request
    status: int = 200
    rotates: bool = False

    def request(self, **more: Any) -> Request:
        known: dict[str, Any] = {
            "method": "POST",
            "headers": TYPE,
            "body": FORM,
            "keep_cookies": True,
        }
        return Request(f"{self.origin}/login", **(known | more))

    def is_in(self, request: web.Request) -> bool:
        return request.cookies.get("session") == f"secret-{self.logins}"

    async def login(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Cookie", ""))
        answer = web.Response(status=303, headers={"Location": "/members"})
        if self.is_in(request):
            return answer
        given = await request.post()
        if (given.get("user"), given.get("password")) != ("me", "hunter2"):
            return web.Response(status=403)
        self.logins += 1
        answer.set_cookie("session", f"secret-{self.logins}", max_age=86400, httponly=True)
        return answer

    async def members(self, request: web.Request) -> web.Response:
        if not self.is_in(request):
            return web.Response(status=302, headers={"Location": "/login"})
        text = f"<h1>Members</h1><p>This is your session number {self.logins} in our club.</p>"
        answer = web.Response(status=self.status, text=text, content_type="text/html")
        if self.rotates:
            self.logins += 1
            answer.set_cookie("session", f"secret-{self.logins}")
        return answer


@asynccontextmanager
async def opened() -> AsyncIterator[Club]:
    club = Club()
    app = web.Application()
    app.router.add_post("/login", club.login)
    app.router.add_get("/members", club.members)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        club.origin = "http://{}:{}".format(*runner.addresses[0][:2])
        yield club
    finally:
        await runner.cleanup()


@dataclass
class Daemon:
    """A daemon that is started anew for each check."""

    database: Database
    sandbox: Sandbox
    clock: Clock

    async def watch(self, request: Request) -> None:
        host = request.url.split("/")[2]
        await have_sites(self.database, spec("Club", request=request, host=host))

    async def look(self, *, forgets: bool = False) -> Outcome:
        run_id = await begin_run(self.database)
        async with self.database.writing() as session:
            await session.execute(update(Page).values(next_check_at=PAST, leased_until=None))
        [page] = await claim(self.database, run_id)
        async with tools_for(self.database, self.sandbox, self.clock, SETTINGS) as (_, context):
            outcome = await check(page, context)
        if forgets:
            await self.forget()
        async with self.database.writing() as session:
            assert await record(session, run_id, [outcome])
            await end_run(session, run_id)
        self.clock.move(timedelta(hours=1))
        return outcome

    async def forget(self) -> int:
        async with self.database.writing() as session:
            ids = list(await session.scalars(select(MonitoredSite.id)))
            return len(await forget_cookies(session, ADMIN, "site", ids))

    async def kept(self) -> list[str | None]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Page.cookies).where(Page.is_active)))


@pytest.fixture
def daemon(database: Database, sandbox: Sandbox) -> Daemon:
    return Daemon(database, sandbox, Clock())


async def test_a_session_goes_on_after_restarts(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        verdicts = [(await daemon.look()).verdict for _ in range(3)]
    assert verdicts == [Verdict.INITIAL, Verdict.UNCHANGED, Verdict.UNCHANGED]
    assert club.logins == 1
    assert club.asked == ["", "session=secret-1", "session=secret-1"]


async def test_without_being_asked_no_cookie_outlives_its_check(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request(keep_cookies=False))
        await daemon.look()
        outcome = await daemon.look()
    assert (club.logins, outcome.cookies) == (2, None)
    assert await daemon.kept() == [None]


async def test_kept_cookies_lie_encrypted_and_show_nowhere(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        outcome = await daemon.look()
        [kept] = await daemon.kept()
        assert outcome.cookies is not None
        assert "secret-1" in outcome.cookies
        assert kept is not None
        assert "secret" not in kept + repr(outcome)
        await daemon.look()
        assert await daemon.kept() == [kept]  # nothing new, nothing written


async def test_forgotten_cookies_are_those_of_a_logout(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        await daemon.look()
        assert await daemon.forget() == 1
        assert await daemon.forget() == 0
        await daemon.look()
        assert (club.logins, club.asked[-1]) == (2, "")


async def test_what_is_forgotten_during_a_check_stays_forgotten(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        await daemon.look()
        club.rotates = True
        await daemon.look(forgets=True)
        assert await daemon.kept() == [None]


async def test_another_address_or_login_begins_without_cookies(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        await daemon.look()
        known = club.request()
        for other in (replace(known, body=f"{FORM}&x=1"), replace(known, url=f"{known.url}?a")):
            await daemon.watch(other)
            await daemon.look()
            assert club.asked[-1] == ""


async def test_a_failed_check_keeps_its_cookies_too(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        await daemon.look()
        club.rotates, club.status = True, 500
        assert (await daemon.look()).error_class is ErrorClass.HTTP_5XX
        club.rotates, club.status = False, 200
        await daemon.look()
        assert club.asked[-1] == "session=secret-2"
        assert club.logins == 2


async def test_a_page_that_keeps_cookies_is_not_fetched_a_second_time(daemon: Daemon) -> None:
    async with opened() as club:
        await daemon.watch(club.request())
        await daemon.look()
        club.logins = 41
        await daemon.look()
        assert len(club.asked) == 2


async def test_sites_share_a_page_only_if_both_keep_its_cookies(daemon: Daemon) -> None:
    async with opened() as club:
        keeps, drops = club.request(), club.request(keep_cookies=False)
        host = club.origin.removeprefix("http://")
        specs = [
            spec(name, request=asked, host=host)
            for name, asked in (("a", keeps), ("b", drops), ("c", replace(keeps)))
        ]
        await have_sites(daemon.database, *specs)
        async with daemon.database.reading() as session:
            query = select(MonitoredSite.page_id).order_by(MonitoredSite.name)
            pages = list(await session.scalars(query))
    assert pages[0] == pages[2] != pages[1]


async def test_a_session_outlives_the_key_that_it_was_encrypted_under(
    engine: AsyncEngine, sandbox: Sandbox
) -> None:
    old, new = bytes(32), bytes(range(32))
    first = Daemon(Database(engine, Keyring([old])), sandbox, Clock())
    both = Database(engine, Keyring([new, old]))
    async with opened() as club:
        await first.watch(club.request())
        await first.look()
        async with both.writing() as session:
            await renew_seals(session)
        second = Daemon(Database(engine, Keyring([new])), sandbox, Clock())
        assert (await second.look()).verdict is Verdict.UNCHANGED
        assert club.asked[-1] == "session=secret-1"
