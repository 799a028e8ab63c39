"""robots.txt: who may fetch what, for how long that is believed, and what happens without it."""

from __future__ import annotations

import asyncio

import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.politeness.robots import MAX_ORIGINS, Robots, RobotsAnswer, Way
from daemon.model.errors import FetchError
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from tests import hostile
from tests.hostile import Behaviour, page, redirect, running, says
from tests.living import PATIENCE_SECONDS

SETTINGS = FetchConfig(allow_networks=("127.0.0.1/32",), total_timeout_seconds=PATIENCE_SECONDS)
URL = "http://example.com/page"


class Server:
    """Answers for robots.txt as told, and counts the questions."""

    def __init__(self, text: str = "", status: int = 200, **headers: str) -> None:
        self.answer = RobotsAnswer(
            status, text.encode(), {name.replace("_", "-"): headers[name] for name in headers}
        )
        self.error: FetchError | None = None
        self.asked: list[str] = []
        self.ways: list[Way] = []
        self.now = 1000.0

    async def ask(self, way: Way, url: str) -> RobotsAnswer:
        self.asked.append(url)
        self.ways.append(way)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self.answer

    def robots(self) -> Robots:
        return Robots(self.ask, "changelogger/1.0 (+contact)", lambda: self.now)


async def refusal(robots: Robots, url: str = URL) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await robots.permit(url)
    return caught.value


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/page", True),
        ("User-agent: *\nDisallow: /", "/page", False),
        ("User-agent: *\nDisallow:", "/page", True),
        ("User-agent: *\nDisallow: /\nAllow: /page", "/page", True),
        ("User-agent: other\nDisallow: /", "/page", True),
        ("User-agent: ChangeLogger\nDisallow: /page\n\nUser-agent: *\nAllow: /", "/page", False),
        ("User-agent: changelogger\nAllow: /\n\nUser-agent: *\nDisallow: /", "/page", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("<html>not found</html>", "/page", True),
        ("\ufeffUser-agent: *\nDisallow: /", "/page", False),
        ("\x00\x01\x02" * 1000, "/page", True),
    ],
)
async def test_the_rules_are_obeyed(text: str, path: str, allowed: bool) -> None:
    robots = Server(text).robots()
    if allowed:
        assert await robots.permit(f"http://example.com{path}") == 0
    else:
        assert (await refusal(robots, f"http://example.com{path}")).error_class is ErrorClass.ROBOTS


async def test_a_refusal_names_the_rule() -> None:
    text = (
        "User-agent: other\nDisallow: /pag\n\n"
        "User-agent: changelogger\nUser-agent: *\nDisallow: /p\nDisallow: /pa*e # all pages\n"
    )
    error = await refusal(Server(text).robots())
    assert "example.com" in error.detail
    assert error.detail.endswith("Disallow: /pa*e")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("5", 5), ("0.5", 0.5), ("1e9", 60), ("nan", 0), ("-3", 0), ("inf", 0), ("soon", 0)],
)
async def test_a_crawl_delay_is_clamped(asked: str, seconds: float) -> None:
    robots = Server(f"User-agent: *\nCrawl-delay: {asked}\n").robots()
    assert await robots.permit(URL) == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 204, 304])
async def test_without_a_robots_file_everything_is_allowed(status: int) -> None:
    assert await Server("User-agent: *\nDisallow: /", status).robots().permit(URL) == 0


@pytest.mark.parametrize("error_class", [ErrorClass.REDIRECT, ErrorClass.BLOCKED])
async def test_a_robots_file_that_leads_nowhere_allows_everything(error_class: ErrorClass) -> None:
    server = Server()
    server.error = FetchError(error_class, "x")
    assert await server.robots().permit(URL) == 0


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(500, ErrorClass.HTTP_5XX), (503, ErrorClass.HTTP_5XX), (429, ErrorClass.RATE_LIMITED)],
)
async def test_a_failing_robots_file_forbids_for_a_while(
    status: int, error_class: ErrorClass
) -> None:
    server = Server(status=status)
    robots = server.robots()
    error = await refusal(robots)
    assert error.error_class is error_class
    assert error.status == status
    await refusal(robots, "http://example.com/other")
    assert len(server.asked) == 1
    server.now += 3601
    server.answer = Server("User-agent: *\nDisallow: /x").answer
    assert await robots.permit(URL) == 0


async def test_an_unreachable_server_is_reported_as_what_it_is_and_asked_again_soon() -> None:
    server = Server()
    server.error = FetchError(ErrorClass.CONNECT, "the connection failed: Connection refused")
    robots = server.robots()
    assert (await refusal(robots)).error_class is ErrorClass.CONNECT
    server.error = None
    server.now += 31
    assert await robots.permit(URL) == 0


async def test_a_page_is_checked_again_within_a_day_without_robots() -> None:
    server = Server(status=500)
    robots = server.robots()
    for _ in range(12):
        await refusal(robots)
        server.now += 3600
    assert await robots.permit(URL) == 0


async def test_known_rules_hold_while_the_file_cannot_be_had() -> None:
    server = Server("User-agent: *\nDisallow: /page")
    robots = server.robots()
    await refusal(robots)
    server.answer = RobotsAnswer(503, b"", {})
    server.now += 86401
    assert await robots.permit("http://example.com/other") == 0
    assert (await refusal(robots)).error_class is ErrorClass.ROBOTS
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("cache_control", "fresh_seconds"),
    [
        ("", 12 * 3600),
        ("max-age=7200", 7200),
        ("public, MAX-AGE=0", 600),
        ("max-age=" + "9" * 400, 86400),
        ("max-age=-5", 12 * 3600),
        ("no-store", 12 * 3600),
    ],
)
async def test_rules_are_believed_as_long_as_their_server_says(
    cache_control: str, fresh_seconds: int
) -> None:
    server = Server("User-agent: *\nAllow: /", cache_control=cache_control)
    robots = server.robots()
    await robots.permit(URL)
    server.now += fresh_seconds - 1
    await robots.permit(URL)
    assert len(server.asked) == 1
    server.now += 2
    await robots.permit(URL)
    assert len(server.asked) == 2


async def test_askers_of_one_origin_share_one_question() -> None:
    server = Server("User-agent: *\nAllow: /")
    robots = server.robots()
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(robots.permit(f"http://example.com/{number}"))
    assert server.asked == ["http://example.com/robots.txt"]


async def test_when_the_asker_is_cancelled_the_next_one_asks() -> None:
    server = Server("User-agent: *\nAllow: /")
    robots = server.robots()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(robots.permit(URL))
        second = group.create_task(robots.permit(URL))
        await asyncio.sleep(0)
        first.cancel()
    assert second.result() == 0
    assert len(server.asked) == 2


async def test_memory_is_bounded_in_number_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ORIGINS <= 50_000
    monkeypatch.setattr("daemon.fetch.politeness.robots.MAX_ORIGINS", 10)
    monkeypatch.setattr("daemon.fetch.politeness.robots.MAX_TEXT_CHARS", 200)
    server = Server("User-agent: *\nDisallow: /" + "x" * 30)
    robots = server.robots()
    for number in range(50):
        await robots.permit(f"http://host{number}.example/")
    assert len(robots._origins) <= 4
    assert robots._text_chars == sum(len(known.text) for known in robots._origins.values()) <= 200


async def test_half_a_megabyte_of_rules_does_not_stop_the_loop() -> None:
    text = "User-agent: *\n" + "Disallow: /a*b*c*d$\n" * 25_000
    robots = Server(text).robots()
    ticks = 0
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(robots.permit(URL))
        while not asking.done():
            ticks += 1
            await asyncio.sleep(0)
    assert asking.result() == 0
    assert ticks > 10


async def fetch_with_robots(behave: Behaviour, settings: FetchConfig = SETTINGS) -> list[str]:
    """The paths that a page's check asks for when robots.txt behaves so."""
    async with (
        running(page(), routes={"/robots.txt": behave}) as site,
        Fetcher(settings) as fetcher,
    ):
        try:
            await fetcher.fetch(Request(site.url("/page")))
        finally:
            assert site.sent_bytes < 2 * 1024 * 1024
        return site.paths


@pytest.mark.parametrize(
    "behave",
    [
        page(b"User-agent: *\nAllow: /", headers={"Content-Type": "text/plain"}),
        page(b"User-agent: *\nDisallow: /\n" + b"#" * (600 * 1024), "404 Not Found"),
        redirect("/robots.txt"),
        redirect("http://10.0.0.1/robots.txt"),
        redirect("file:///etc/passwd"),
        hostile.redirects_on_and_on,
        hostile.encoded("gzip", hostile.gzip_bomb(100)),
        hostile.endless_body,
    ],
)
async def test_a_page_is_fetched_whatever_its_robots_file_does(behave: Behaviour) -> None:
    settings = SETTINGS.model_copy(update={"max_body_bytes": 100_000})
    assert "/page" in await fetch_with_robots(behave, settings)


async def test_a_forbidden_page_is_not_asked_for() -> None:
    rules = page(b"User-agent: *\nDisallow: /pa")
    async with running(page(), routes={"/robots.txt": rules}) as site, Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError, match="Disallow: /pa") as caught:
            await fetcher.fetch(Request(site.url("/page")))
        assert caught.value.error_class is ErrorClass.ROBOTS
        assert site.paths == ["/robots.txt"]


async def test_a_redirect_does_not_lead_around_the_rules() -> None:
    rules = page(b"User-agent: *\nDisallow: /secret")
    routes = {"/robots.txt": rules, "/page": redirect("/secret")}
    async with running(page(), routes=routes) as site, Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url("/page")))
        assert caught.value.error_class is ErrorClass.ROBOTS
        assert "/secret" not in site.paths


async def test_a_robots_file_that_hangs_shares_the_page_s_deadline() -> None:
    settings = SETTINGS.model_copy(update={"total_timeout_seconds": 0.4})
    with pytest.raises(FetchError) as caught:
        await fetch_with_robots(hostile.never_answers, settings)
    assert caught.value.error_class is ErrorClass.TIMEOUT


async def test_a_crawl_delay_reaches_the_manners() -> None:
    rules = page(b"User-agent: *\nCrawl-delay: 7")
    async with running(page(), routes={"/robots.txt": rules}) as site, Fetcher(SETTINGS) as fetcher:
        await fetcher.fetch(Request(site.url("/page")))
        assert [memory.crawl_delay_seconds for memory in fetcher.throttle.snapshot()] == [7]


async def test_robots_can_be_left_unasked() -> None:
    settings = SETTINGS.model_copy(update={"respect_robots": False})
    assert await fetch_with_robots(says(b""), settings) == ["/page"]
