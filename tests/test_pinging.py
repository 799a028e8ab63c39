"""Whoever expects a sign of life gets one, and hears when the daemon is not ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from daemon.config import Config, FetchConfig
from daemon.config.sections import HealthConfig
from daemon.fetch.posting import Poster
from daemon.model.errors import FetchError
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.app import App, open_app
from daemon.runtime.pinging import Pinger, fail_url
from tests import hostile

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
LOOPBACK = ("127.0.0.1/32",)


@dataclass(slots=True)
class Receiver:
    """Takes pings, and answers them with this status."""

    origin: str = ""
    status: int = 200
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.method, request.path_qs, await request.text()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


class Bench:
    """A daemon that does nothing but ping, a step at a time."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.health = Health()
        self.health.report("database", ComponentState.OK, "answers")
        self.health.beat("dispatch")
        self.metrics = Metrics("0")
        self.pinger = Pinger(self.health, self.metrics)

    def edit(self, url: str) -> None:
        section = HealthConfig.model_validate({"enabled": False, "ping_url": url})
        self.app.config = self.app.config.model_copy(update={"health": section})

    async def step(self, times: int = 1) -> list[str]:
        """Ping so often; the events that were logged."""
        with capture_logs() as logs:
            for _ in range(times):
                await self.pinger.step(self.app)
        return [line["event"] for line in logs]

    @property
    def told(self) -> Component | None:
        return self.health.components().get("ping")

    def count(self, outcome: str) -> float:
        series = "changelogger_pings_total"
        return self.metrics.registry.get_sample_value(series, {"outcome": outcome}) or 0


@asynccontextmanager
async def opened(database_url: str, networks: tuple[str, ...] = LOOPBACK) -> AsyncIterator[Bench]:
    given = {
        "database": {"url": database_url},
        "fetch": {"allow_networks": networks},
        "documents": {"workers": 1},
    }
    async with open_app(Config.model_validate(given).settled(()), "check") as app:
        yield Bench(app)


async def test_a_daemon_that_is_ready_asks_the_url(sqlite_url: str, receiver: Receiver) -> None:
    async with opened(sqlite_url) as bench:
        bench.edit(f"{receiver.origin}/{KEY}?a=1")
        assert await bench.step(2) == []
        assert receiver.taken == [("GET", f"/{KEY}?a=1", "")] * 2
        assert bench.told == Component(ComponentState.OK, "is taken")
        assert bench.count("well") == 2


async def test_a_degraded_daemon_is_ready(sqlite_url: str, receiver: Receiver) -> None:
    async with opened(sqlite_url) as bench:
        bench.edit(receiver.origin)
        bench.health.report("notices", ComponentState.DEGRADED, "not taken")
        await bench.step()
    assert receiver.taken == [("GET", "/", "")]


async def test_a_daemon_that_is_not_ready_says_so_and_why(
    sqlite_url: str, receiver: Receiver
) -> None:
    async with opened(sqlite_url) as bench:
        bench.edit(f"{receiver.origin}/{KEY}?a=1")
        bench.health.report("database", ComponentState.FAILING, "the file is gone")
        await bench.step()
        assert receiver.taken == [("POST", f"/{KEY}/fail?a=1", "database: the file is gone")]
        assert bench.told == Component(ComponentState.OK, "is taken")
        assert bench.count("fail") == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a.example/key", "https://a.example/key/fail"),
        ("https://a.example/key/", "https://a.example/key/fail"),
        ("https://a.example/key?rid=1", "https://a.example/key/fail?rid=1"),
        ("https://a.example/", "https://a.example/fail"),
    ],
)
def test_fail_goes_after_the_path(url: str, told: str) -> None:
    assert fail_url(url) == told


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_a_refusal_is_a_warning_and_one_line(
    sqlite_url: str, receiver: Receiver, status: int
) -> None:
    async with opened(sqlite_url) as bench:
        bench.edit(receiver.origin)
        receiver.status = status
        assert await bench.step(3) == ["ping_not_taken"]
        reason = f"health.ping_url: the server answered {status}"
        assert bench.told == Component(ComponentState.DEGRADED, reason)
        assert len(receiver.taken) == bench.count("unanswered") == 3
        receiver.status = 200
        assert await bench.step(2) == ["ping_taken_again"]
        assert bench.told == Component(ComponentState.OK, "is taken")
        receiver.status = status
        assert await bench.step(2) == ["ping_not_taken"]


async def test_a_private_address_is_a_warning_and_never_connected_to(
    sqlite_url: str, receiver: Receiver
) -> None:
    async with opened(sqlite_url, networks=()) as bench:
        bench.edit(receiver.origin)
        assert await bench.step(2) == ["ping_not_taken"]
        assert bench.told is not None
        assert bench.told.state is ComponentState.DEGRADED
        assert "fetch.allow_networks can open it" in bench.told.reason
    assert receiver.taken == []


async def test_a_slow_answer_is_a_failure_in_the_end() -> None:
    settings = FetchConfig(allow_networks=LOOPBACK)
    async with hostile.running(hostile.never_answers) as site, Poster(settings) as poster:
        with pytest.raises(FetchError, match="not finished within 200 ms"):
            await poster.get(site.url(), 0.2)


async def test_a_ping_can_be_stopped_in_its_midst(sqlite_url: str) -> None:
    async with opened(sqlite_url) as bench, hostile.running(hostile.drips_headers) as site:
        bench.edit(site.url())
        async with asyncio.TaskGroup() as group:
            pinging = group.create_task(bench.pinger.step(bench.app), name="ping")
            await site.sent_something.wait()
            pinging.cancel()
        assert pinging.cancelled()
        assert bench.health.components().get("ping") is None


async def test_an_edit_is_followed_by_the_next_ping(sqlite_url: str, receiver: Receiver) -> None:
    async with opened(sqlite_url) as bench:
        assert await bench.step() == []
        assert "ping" not in bench.health.components()
        receiver.status = 404
        bench.edit(f"{receiver.origin}/one")
        assert await bench.step() == ["ping_not_taken"]
        bench.edit(f"{receiver.origin}/two")
        assert await bench.step() == ["ping_not_taken"]
        bench.edit("")
        assert await bench.step() == []
        assert bench.health.components()["ping"] == Component(
            ComponentState.OK, "not asked for any more"
        )
    assert [path for _, path, _ in receiver.taken] == ["/one", "/two"]


async def test_a_ping_that_an_edit_overtook_says_nothing(sqlite_url: str) -> None:
    async with opened(sqlite_url) as bench, hostile.running(hostile.drips_headers) as site:
        bench.edit(site.url())
        async with asyncio.TaskGroup() as group:
            group.create_task(bench.step(), name="step")
            await site.sent_something.wait()
            await bench.app.components.poster.__aexit__()
            bench.app.components = replace(bench.app.components)
        assert bench.told is None


def test_the_url_and_its_key_are_secrets() -> None:
    config = Config.model_validate({"health": {"ping_url": f"https://ping.example/{KEY}"}})
    assert {f"https://ping.example/{KEY}", KEY} <= set(config.settled(()).secrets())
    assert KEY not in repr(config)
