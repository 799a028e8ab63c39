"""The jar of a page: what it takes, what it sends where, and what stays of it between checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.fetch.client import Fetcher
from daemon.fetch.cookies import MAX_COOKIES, Cookies
from daemon.model.request import Request
from tests.fetch.test_client import SETTINGS
from tests.hostile import Exchange, page, running

HOME = "https://www.example.com/app/home"
NOW = datetime.now(UTC).replace(microsecond=0)


def jar(*lines: str, url: str = HOME) -> Cookies:
    made = Cookies()
    made.take(url, lines, NOW)
    return made


def again(made: Cookies, at: datetime = NOW) -> Cookies:
    """The same jar at the next check."""
    return Cookies(made.text(at))


@pytest.mark.parametrize(
    ("line", "url", "is_sent"),
    [
        ("a=1", "https://www.example.com/app/other", True),
        ("a=1", "https://www.example.com/else", False),  # the default is the folder
        ("a=1; Path=/", "https://www.example.com/else", True),
        ("a=1; Path=/", "http://www.example.com/", True),
        ("a=1; Path=/; Secure", "http://www.example.com/", False),
        ("a=1; Path=/", "https://example.com/", False),
        ("a=1; Path=/", "https://m.www.example.com/", False),
        ("a=1; Path=/; Domain=example.com", "https://m.example.com/", True),
        ("a=1; Path=/; Domain=.example.com", "https://example.com/", True),
        ("a=1; Path=/; Domain=m.example.com", "https://m.example.com/", False),
        ("a=1; Path=/; Domain=example.org", "https://example.org/", False),
        ("a=1; Path=/; Domain=com", "https://other.com/", False),
        ("a=1; Path=/; Max-Age=0", "https://www.example.com/", False),
        ("a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.example.com/", False),
    ],
)
async def test_a_cookie_goes_where_it_belongs_now_and_after_a_restart(
    line: str, url: str, is_sent: bool
) -> None:
    made = jar(line)
    for one in (made, again(made)):
        assert one.header_for(url) == ("a=1" if is_sent else "")


@pytest.mark.parametrize(
    ("host", "domain"),
    [("shop.co.uk", "co.uk"), ("one.github.io", "github.io"), ("127.0.0.1", "0.0.1")],
)
async def test_no_cookie_is_for_a_public_suffix(host: str, domain: str) -> None:
    made = jar(f"a=1; Domain={domain}; Path=/", url=f"https://{host}/")
    assert made.header_for(f"https://{host}/") == ""
    assert made.text(NOW) == ""


async def test_a_public_suffix_may_set_cookies_for_itself() -> None:
    made = jar("a=1; Domain=github.io; Path=/", url="https://github.io/")
    assert made.header_for("https://github.io/") == "a=1"
    assert again(made).header_for("https://one.github.io/") == ""


async def test_a_cookie_ends_at_its_time() -> None:
    made = jar("a=1; Path=/; Max-Age=86400; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=1; Path=/")
    assert made.header_for(HOME) == "a=1; b=1"
    assert again(made, NOW + timedelta(seconds=86401)).header_for(HOME) == "b=1"


async def test_a_cookie_may_be_replaced_and_taken_back() -> None:
    made = jar("a=1; Path=/", "a=2; Path=/", "b=1; Path=/")
    assert again(made).header_for(HOME) == "a=2; b=1"
    made.take(HOME, ["a=; Path=/; Max-Age=0"], NOW)
    assert again(made).header_for(HOME) == "b=1"


async def test_the_oldest_give_way_to_new_ones() -> None:
    made = jar(*(f"old{number}=1; Path=/" for number in range(MAX_COOKIES)), "new=1; Path=/")
    names = made.pairs_for(HOME)
    assert "new" in names
    assert "old0" not in names
    assert len(names) == MAX_COOKIES


async def test_what_is_kept_is_bounded_and_the_newest_of_it() -> None:
    made = jar(*(f"c{number}={'x' * 3000}; Path=/" for number in range(MAX_COOKIES)))
    assert len(made.text(NOW)) <= 32 * 1024
    assert f"c{MAX_COOKIES - 1}" in again(made).pairs_for(HOME)


@pytest.mark.parametrize("line", ["", "a", "=1", "a=\x01", "a=é", f"a={'x' * 5000}", "a b=1"])
async def test_what_is_no_cookie_is_left_out(line: str) -> None:
    assert jar(line).header_for(HOME) == ""


@pytest.mark.parametrize("text", ["{", "7", "[7]", '[["x"]]', "null", '[["https://a/", 7]]'])
async def test_text_that_is_no_jar_is_an_empty_one(text: str) -> None:
    assert Cookies(text).header_for(HOME) == ""


async def test_addresses_and_queries() -> None:
    made = jar("a=1", url="http://127.0.0.1:8080/x?token=hunter2")
    assert again(made).header_for("http://127.0.0.1:9090/y") == "a=1"
    assert "hunter2" not in made.text(NOW)
    made = jar("a=1; Path=/", url="http://[::1]:8080/")
    assert again(made).header_for("http://[::1]:8080/") == "a=1"


async def test_what_the_server_sets_comes_before_what_the_owner_gave() -> None:
    async def counts(exchange: Exchange) -> None:
        await exchange.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nSet-Cookie: sid=2; Path=/\r\n\r\nx"
        )

    made = Cookies()
    owned = {"Cookie": "sid=1; lang=de"}
    async with running(page()) as site, Fetcher(SETTINGS) as fetcher:
        site.routes["/"] = counts
        for _ in range(2):
            await fetcher.fetch(Request(site.url(), headers=owned), cookies=made)
        assert [headers["cookie"] for _, headers in site.asked] == [
            "sid=1; lang=de",
            "lang=de; sid=2",
        ]
