"""The robots.txt of one host by many proxies and settings of TLS: each asked for once."""

from __future__ import annotations

import pytest

from daemon.fetch.politeness.robots import Robots, RobotsAnswer, Way
from daemon.model.errors import FetchError
from daemon.model.request import Tls
from daemon.model.status import ErrorClass
from tests.fetch.test_robots import URL, Server

MANY = 200
WAYS: list[Way] = [(f"proxy {number}", None) for number in range(MANY)]


async def test_many_ways_ask_for_robots_once_each() -> None:
    server = Server("User-agent: *\nCrawl-delay: 2")
    robots = server.robots()
    for way in WAYS * 3:
        assert await robots.permit(URL, way) == 2
    assert server.ways == WAYS


@pytest.mark.parametrize("way", [("office", None), ("", Tls(verify=False))])
async def test_what_one_way_may_ask_says_nothing_of_another(way: Way) -> None:
    async def ask(asked: Way, _url: str) -> RobotsAnswer:
        text = "User-agent: *\nDisallow: /" if asked == way else ""
        return RobotsAnswer(200, text.encode(), {})

    robots = Robots(ask, "changelogger")
    assert await robots.permit(URL) == 0
    with pytest.raises(FetchError) as caught:
        await robots.permit(URL, way)
    assert caught.value.error_class is ErrorClass.ROBOTS
    assert await robots.permit(URL) == 0
