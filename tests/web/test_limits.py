"""What pages are spared: text that could be smaller, and more requests than people make."""

from __future__ import annotations

import asyncio
import gzip
import re
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from daemon.web import csrf
from daemon.web.memory.visits import Visits
from tests.web.conftest import Pages
from tests.web.test_edge import assert_safe

TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what comes around it."""
    return sqlite_url


@pytest.mark.parametrize(
    ("takes", "is_packed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("path", ["/health", "/nowhere", "app.css"])
async def test_text_is_packed_for_who_takes_it(
    pages: Pages, path: str, takes: str, is_packed: bool
) -> None:
    if path == "app.css":
        found = re.search(r'href="(/assets/app[^"]+)"', (await pages.get("/health")).text)
        assert found
        path = found[1]
    async with pages.session.get(
        f"{pages.url}{path}", headers={"Accept-Encoding": takes}, auto_decompress=False
    ) as response:
        body = await response.read()
    assert response.headers["Vary"] == "Accept-Encoding"
    assert (response.headers.get("Content-Encoding") == "gzip") is is_packed
    assert int(response.headers["Content-Length"]) == len(body)
    text = gzip.decompress(body) if is_packed else body
    assert b"changelogger" in text or b"color" in text
    assert not is_packed or len(body) < len(text) / 2


async def token_of(pages: Pages, path: str) -> str:
    found = TOKEN.search((await pages.get(path)).text)
    assert found
    return found[1]


async def test_no_part_of_the_token_is_the_same_on_another_page(pages: Pages) -> None:
    """Else the length of a packed page would tell it to who has words of their own put there."""
    tokens = [await token_of(pages, f"/changes?since={word}") for word in ("7d", "8d", "9d")]
    pieces = [{token[at : at + 8] for at in range(len(token) - 7)} for token in tokens]
    assert not pieces[0] & pieces[1] | pieces[1] & pieces[2] | pieces[0] & pieces[2]
    assert all(csrf.is_token(pages.context.key, token) for token in tokens)


async def test_a_page_that_is_as_it_was_has_the_same_token(pages: Pages) -> None:
    assert await token_of(pages, "/changes") == await token_of(pages, "/changes")


class TestWhoAsksTooOften:
    @pytest.fixture
    def web_settings(self) -> dict[str, int]:
        return {"requests_per_second": 2}

    async def test_is_told_when_to_ask_again(self, pages: Pages) -> None:
        answers = [await pages.get("/nowhere") for _ in range(40)]
        refused = [one for one in answers if one.status == 429]
        assert {one.status for one in answers[:6]} == {404}
        assert refused
        assert "too many requests come from your address" in refused[0].text
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert_safe(refused[0].headers)

    async def test_is_not_everybody(self, pages: Pages) -> None:
        for _ in range(40):
            await pages.get("/nowhere")
        place = urlsplit(pages.url).netloc

        def ask() -> int:
            with closing(HTTPConnection(place, source_address=("127.0.0.2", 0))) as other:
                other.request("GET", "/nowhere")
                return other.getresponse().status

        assert await asyncio.to_thread(ask) == 404


def test_time_gives_back_what_was_asked() -> None:
    visits = Visits(10)
    assert [visits.wait_seconds("192.0.2.1", 0.0) for _ in range(31)] == [0] * 30 + [1]
    assert visits.wait_seconds("192.0.2.1", 0.05) == 1
    assert visits.wait_seconds("192.0.2.1", 0.15) == 0
    assert [visits.wait_seconds("192.0.2.1", 100.0) for _ in range(31)] == [0] * 30 + [1]


def test_no_more_addresses_are_remembered_than_fit() -> None:
    visits = Visits(10, most=100)
    for number in range(10_000):
        visits.wait_seconds(f"192.0.{number // 256}.{number % 256}", 0.0)
    assert len(visits) == 100


def test_a_network_of_ipv6_is_one_address() -> None:
    visits = Visits(1)
    for host in range(3):
        assert visits.wait_seconds(f"2001:db8::{host}", 0.0) == 0
    assert visits.wait_seconds("2001:db8::ffff", 0.0) == 1
    assert visits.wait_seconds("2001:db8:0:1::1", 0.0) == 0
    assert visits.wait_seconds("::ffff:192.0.2.1", 0.0) == 0
    assert visits.wait_seconds("::ffff:192.0.2.2", 0.0) == 0


def test_without_a_limit_nobody_is_remembered() -> None:
    visits = Visits(0)
    assert {visits.wait_seconds("192.0.2.1", 0.0) for _ in range(1000)} == {0}
    assert len(visits) == 0
