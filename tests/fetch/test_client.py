"""What a fetch gives when the server behaves, and what each status means when it refuses."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import resource
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.headers import retry_after_seconds
from daemon.model.errors import FetchError
from daemon.model.request import Request, Validators
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from tests import hostile
from tests.hostile import PAGE, POISON, Behaviour, chunks, encoded, page, redirect, running, says
from tests.living import PATIENCE_SECONDS

SETTINGS = FetchConfig(
    allow_networks=("127.0.0.0/8", "::1/128"),
    total_timeout_seconds=PATIENCE_SECONDS,
    respect_robots=False,
)
BIG = b"".join(b"<p>line %d of a long page</p>\n" % number for number in range(30_000))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(SETTINGS) as opened:
        yield opened


async def got(
    fetcher: Fetcher, behave: Behaviour, validators: Validators | None = None
) -> Response:
    async with running(behave) as site:
        return await fetcher.fetch(Request(site.url()), validators)


async def refused(fetcher: Fetcher, behave: Behaviour) -> FetchError:
    async with running(behave) as site:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url()))
        return caught.value


async def test_a_page_comes_with_its_type_hash_and_validators(fetcher: Fetcher) -> None:
    headers = {
        "Content-Type": 'Text/HTML; Charset="ISO-8859-1"',
        "ETag": 'W/"a1"',
        "Last-Modified": "Mon, 23 Nov 2026 07:00:22 GMT",
        "Set-Cookie": "secret=1",
    }
    response = await got(fetcher, page(headers=headers))
    assert response.status == 200
    assert response.document.body == PAGE
    assert response.document.content_type == "text/html"
    assert response.document.charset == "ISO-8859-1"
    assert response.document.url.startswith("http://127.0.0.1:")
    assert response.body_hash == hashlib.blake2b(PAGE, digest_size=16).hexdigest()
    assert response.validators == Validators('W/"a1"', "Mon, 23 Nov 2026 07:00:22 GMT")
    assert response.wire_bytes == len(PAGE)
    assert response.moved_to is None
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("coding", "wire"),
    [
        ("gzip", gzip.compress(BIG)),
        ("GZIP", gzip.compress(BIG)),
        ("x-gzip", gzip.compress(BIG[:5000]) + gzip.compress(BIG[5000:])),
        ("gzip", gzip.compress(BIG) + bytes(100)),
        ("deflate", zlib.compress(BIG)),
        ("deflate", hostile.deflated(BIG)),
        ("br", brotli.compress(BIG, quality=4)),
        ("zstd", hostile.zstd_frame(BIG)),
        ("zstd", hostile.zstd_frame(BIG[:5000]) + hostile.zstd_frame(BIG[5000:])),
        ("gzip, br", brotli.compress(gzip.compress(BIG), quality=4)),
        ("deflate, gzip", gzip.compress(zlib.compress(BIG))),
        ("identity", BIG),
        ("utf-8", BIG),
    ],
)
async def test_every_usual_coding_is_undone(fetcher: Fetcher, coding: str, wire: bytes) -> None:
    response = await got(fetcher, encoded(coding, wire))
    assert response.document.body == BIG
    assert response.body_hash == hashlib.blake2b(BIG, digest_size=16).hexdigest()
    assert response.wire_bytes == len(wire)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_an_empty_body_under_a_coding_is_empty(fetcher: Fetcher, coding: str) -> None:
    assert (await got(fetcher, encoded(coding, b""))).document.body == b""


@pytest.mark.parametrize(
    "behave",
    [
        says(chunks(PAGE[:10], PAGE[10:])),
        says(chunks(*(bytes([byte]) for byte in PAGE))),
        says(chunks(PAGE, end=b"0\r\nX-Trailer: y\r\n\r\n")),
        says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE),
        says(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE),
        says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + hostile.answer(), then="keep"),
        page(status="203 Non-Authoritative Information"),
    ],
)
async def test_every_usual_framing_is_understood(fetcher: Fetcher, behave: Behaviour) -> None:
    assert (await got(fetcher, behave)).document.body == PAGE


async def test_a_body_at_the_limit_is_whole_and_one_beyond_is_too_large() -> None:
    async with Fetcher(SETTINGS.model_copy(update={"max_body_bytes": len(PAGE)})) as fetcher:
        assert (await got(fetcher, page())).document.body == PAGE
        for behave in (
            page(PAGE + b"x"),
            says(chunks(PAGE, b"x")),
            encoded("br", brotli.compress(PAGE + b"x")),
        ):
            assert (await refused(fetcher, behave)).error_class is ErrorClass.TOO_LARGE


async def test_a_304_is_an_answer_only_to_a_question(fetcher: Fetcher) -> None:
    asked = Validators('"a"', "Mon, 23 Nov 2026 07:00:22 GMT")
    async with running(page(b"", "304 Not Modified", {"ETag": '"b"'})) as site:
        response = await fetcher.fetch(Request(site.url()), asked)
        assert response.is_not_modified
        assert response.document.body == b""
        assert response.validators == Validators('"b"', asked.last_modified)
        assert site.asked[0][1]["if-none-match"] == '"a"'
        assert site.asked[0][1]["if-modified-since"] == asked.last_modified
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url()), Validators())
        assert caught.value.error_class is ErrorClass.PROTOCOL


@pytest.mark.parametrize("value", [b'"\xff"', b'"' + b"a" * 2000 + b'"', b'"\xc3\xbc"'])
async def test_a_validator_that_cannot_be_sent_back_is_dropped(
    fetcher: Fetcher, value: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\nETag: " + value + b"\r\nContent-Length: 2\r\n\r\nok"
    assert (await got(fetcher, says(head))).validators == Validators()


async def test_header_bytes_beyond_text_are_cleaned(fetcher: Fetcher) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nX-Odd: a\xff\xfe\xe2\x80\xae\xc3\xbcb\r\nContent-Length: 2\r\n\r\nok"
    )
    value = (await got(fetcher, says(head))).headers["x-odd"]
    assert value.isprintable()
    value.encode()
    assert value.startswith("a")
    assert value.endswith("üb")


async def test_kept_headers_are_few_and_short(fetcher: Fetcher) -> None:
    headers = {f"X-{number}": "y" * 5000 for number in range(11)} | {"X-0": "z"}
    kept = (await got(fetcher, page(headers=headers))).headers
    assert max(map(len, kept.values())) <= 2048
    assert len(kept) <= 64


STATUSES = {
    204: ErrorClass.EMPTY,
    205: ErrorClass.EMPTY,
    206: ErrorClass.PROTOCOL,
    401: ErrorClass.AUTH,
    407: ErrorClass.AUTH,
    410: ErrorClass.GONE,
    **dict.fromkeys((400, 402, 403, 404, 405, 406, 418, 451), ErrorClass.HTTP_4XX),
    **dict.fromkeys((500, 502, 503, 504, 520, 599), ErrorClass.HTTP_5XX),
    429: ErrorClass.RATE_LIMITED,
    201: ErrorClass.PROTOCOL,
    304: ErrorClass.PROTOCOL,
    306: ErrorClass.REDIRECT,
    600: ErrorClass.PROTOCOL,
    999: ErrorClass.PROTOCOL,
}


@pytest.mark.parametrize(("status", "error_class"), STATUSES.items())
async def test_each_status_has_its_class(
    fetcher: Fetcher, status: int, error_class: ErrorClass
) -> None:
    body = b"" if status in (204, 304) else PAGE
    error = await refused(fetcher, page(body, f"{status} Because"))
    assert error.error_class is error_class
    assert error.status == status
    assert str(status) in error.detail


CHALLENGES = [
    ("403 Forbidden", {"cf-mitigated": "challenge"}, b"", True),
    ("200 OK", {"cf-mitigated": "challenge"}, PAGE, True),
    ("403 Forbidden", {}, b"<title>Just a moment...</title>", True),
    ("503 Unavailable", {}, b"<title>Just a moment...</title>", True),
    ("429 Too Many", {}, b"<iframe src='https://geo.captcha-delivery.com/x'>", True),
    ("405 Not Allowed", {"x-amzn-waf-action": "captcha"}, b"", True),
    ("202 Accepted", {"x-amzn-waf-action": "challenge"}, b"", True),
    (
        "200 OK",
        {},
        b"<script>window._cf_chl_opt={}</script><script src=/challenge-platform/>",
        True,
    ),
    ("200 OK", {}, b"<iframe id=main-iframe src=/_Incapsula_Resource?x>", True),
    ("200 OK", {}, b"<p>How to solve g-recaptcha and hcaptcha.com widgets</p>", False),
    ("200 OK", {}, b"window._cf_chl_opt challenge-platform" + b"x" * 20_000, False),
    ("404 Not Found", {}, b"<div class='cf-turnstile'></div>", False),
    ("403 Forbidden", {}, PAGE, False),
]


@pytest.mark.parametrize(("status", "headers", "body", "is_wall"), CHALLENGES)
async def test_a_challenge_is_a_bot_wall(
    fetcher: Fetcher, status: str, headers: dict[str, str], body: bytes, is_wall: bool
) -> None:
    async with running(page(body, status, headers)) as site:
        try:
            await fetcher.fetch(Request(site.url()))
            error_class = None
        except FetchError as exc:
            error_class = exc.error_class
    assert (error_class is ErrorClass.BOT_WALL) is is_wall


async def test_a_refusal_whose_page_hangs_keeps_its_status() -> None:
    hanging = says(b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\nx", then="hang")
    async with Fetcher(SETTINGS.model_copy(update={"total_timeout_seconds": 3})) as fetcher:
        assert (await refused(fetcher, hanging)).error_class is ErrorClass.HTTP_4XX


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 400, 86400),
        ("90000", 86400),
        ("\u0661\u0662", None),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(days=5), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=500), usegmt=True), 86400),
        ("Sat, 01 Jan 1601 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Mon, 23 Nov 2026 12:05:00 -0000", 300),
        ("Mon, 45 Nov 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_read_and_clamped(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_server_that_asks_to_wait_pauses_its_host(fetcher: Fetcher, status: str) -> None:
    async with running(page(PAGE, status, {"Retry-After": "120"})) as site:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url()))
        assert caught.value.error_class is ErrorClass.RATE_LIMITED
        assert caught.value.retry_after_seconds == 120
        assert 100 < fetcher.throttle.wait_seconds(site.origin.partition("//")[2]) <= 120


async def test_the_request_says_who_we_are(fetcher: Fetcher) -> None:
    async with running(page()) as site:
        await fetcher.fetch(Request(site.url(), headers={"X-Mine": "1", "Accept": "text/plain"}))
        headers = site.asked[0][1]
    assert headers["user-agent"].startswith("changelogger/")
    assert headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "accept-language" in headers
    assert headers["accept"] == "text/plain"
    assert headers["x-mine"] == "1"


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-B: c"}, {"X A": "b"}, {"": "b"}, {"Ü": "b"}])
async def test_a_header_that_cannot_be_sent_is_refused(
    fetcher: Fetcher, headers: dict[str, str]
) -> None:
    async with running(page()) as site:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url(), headers=headers))
        assert caught.value.error_class is ErrorClass.UNSUPPORTED
        assert site.connections == 0


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://2130706433/", "nonsense"])
async def test_a_request_outside_the_grammar_is_blocked(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(Request(url))
    assert caught.value.error_class is ErrorClass.BLOCKED


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
async def test_a_redirect_is_followed(fetcher: Fetcher, status: str) -> None:
    async with running(page(), routes={"/": redirect("/new", status)}) as site:
        response = await fetcher.fetch(Request(site.url()))
        assert response.document.url == site.url("/new")
        permanent = status[:3] in ("301", "308")
        assert response.moved_to == (site.url("/new") if permanent else None)


async def test_one_temporary_hop_makes_the_move_temporary(fetcher: Fetcher) -> None:
    routes = {"/": redirect("/b", "301 Moved"), "/b": redirect("/c", "302 Found")}
    async with running(page(headers={"ETag": '"c"'}), routes=routes) as site:
        response = await fetcher.fetch(Request(site.url()), Validators('"a"'))
        assert response.moved_to is None
        # They belong to /c, and the next check begins at / and may end elsewhere.
        assert response.validators == Validators()
        assert ["if-none-match" in headers for _, headers in site.asked] == [True, True, False]


async def test_as_many_redirects_as_allowed_are_followed() -> None:
    routes = {f"/{number}": redirect(f"/{number + 1}") for number in range(3)}
    async with running(page(), routes=routes) as site:
        async with Fetcher(SETTINGS.model_copy(update={"max_redirects": 3})) as fetcher:
            assert (await fetcher.fetch(Request(site.url("/0")))).status == 200
        async with Fetcher(SETTINGS.model_copy(update={"max_redirects": 2})) as fetcher:
            with pytest.raises(FetchError, match="more than 2 redirects"):
                await fetcher.fetch(Request(site.url("/0")))


async def test_the_body_of_a_redirect_is_not_read(fetcher: Fetcher) -> None:
    async with running(page(), routes={"/": hostile.endless_redirect_body}) as site:
        assert (await fetcher.fetch(Request(site.url()))).document.url == site.url("/here")
        assert site.sent_bytes < 16 * 1024 * 1024


async def test_secrets_stay_with_their_origin(fetcher: Fetcher) -> None:
    headers = {"Authorization": "Bearer hunter2", "Cookie": "a=hunter2", "X-Key": "hunter2"}
    async with running(page()) as other:
        routes = {"/": redirect("/same"), "/same": redirect(other.url("/there"))}
        async with running(page(), routes=routes) as site:
            await fetcher.fetch(Request(site.url(), headers={**headers, "Accept-Language": "de"}))
            assert all("authorization" in sent for _, sent in site.asked)
        assert not any("hunter2" in value for value in other.asked[0][1].values())
        assert other.asked[0][1]["accept-language"] == "de"


async def test_secrets_do_not_come_back_after_a_detour(fetcher: Fetcher) -> None:
    async with running(page()) as other, running(page()) as site:
        site.routes["/"] = redirect(other.url("/"))
        other.routes["/"] = redirect(site.url("/back"))
        await fetcher.fetch(Request(site.url(), headers={"Authorization": "Bearer hunter2"}))
        assert "authorization" not in site.asked[-1][1]


async def test_a_cookie_set_by_a_redirect_is_shown_to_its_host_only(fetcher: Fetcher) -> None:
    async with running(page(), host="127.0.0.2") as other, running(page()) as site:
        cookies = b"Set-Cookie: id=7\r\nSet-Cookie: tls=1; Secure\r\n"
        cookies += b"Set-Cookie: far=1; Domain=127.0.0.2\r\n"
        head = b"HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: /b\r\n" + cookies
        site.routes["/"] = says(head + b"\r\n", then="keep")
        site.routes["/b"] = redirect(other.url("/"))
        await fetcher.fetch(Request(site.url()))
        assert site.asked[1][1]["cookie"] == "id=7"
        assert "cookie" not in other.asked[0][1]
        await fetcher.fetch(Request(site.url("/c")))
        assert "cookie" not in site.asked[-1][1]


async def test_a_flood_of_cookies_stays_a_small_header(fetcher: Fetcher) -> None:
    lines = b"".join(b"Set-Cookie: c%d=%b\r\n" % (n, b"x" * 600) for n in range(90))
    head = b"HTTP/1.1 302 F\r\nLocation: /b\r\nContent-Length: 0\r\n" + lines + b"\r\n"
    async with running(page(), routes={"/": says(head, then="keep")}) as site:
        await fetcher.fetch(Request(site.url()))
        assert 0 < len(site.asked[1][1]["cookie"]) < 16 * 1024


async def test_a_wall_that_lets_cookies_through_is_passed(fetcher: Fetcher) -> None:
    async def wants_a_cookie(exchange: hostile.Exchange) -> None:
        if "cookie" in exchange.headers:
            return await page()(exchange)
        head = b"HTTP/1.1 302 F\r\nLocation: /\r\nSet-Cookie: seen=1\r\nContent-Length: 0\r\n\r\n"
        return await says(head, then="keep")(exchange)

    assert (await got(fetcher, wants_a_cookie)).status == 200


async def test_a_connection_is_used_again(fetcher: Fetcher) -> None:
    async with running(page()) as site:
        for _ in range(3):
            await fetcher.fetch(Request(site.url()))
        assert site.connections == 1


async def test_an_answer_pushed_unasked_is_never_read(fetcher: Fetcher) -> None:
    async with running(hostile.pushes_a_second_answer) as site:
        for _ in range(5):
            try:
                response = await fetcher.fetch(Request(site.url()))
            except FetchError:
                continue
            assert POISON not in response.document.body


async def test_a_connection_dropped_while_idle_is_no_failure(fetcher: Fetcher) -> None:
    async def drops_the_second(exchange: hostile.Exchange) -> None:
        if len(exchange.site.asked) == 2:
            exchange.reset()
        else:
            await page()(exchange)

    async with running(drops_the_second) as site:
        for _ in range(3):
            assert (await fetcher.fetch(Request(site.url()))).status == 200


async def test_no_more_connections_to_a_host_than_allowed(fetcher: Fetcher) -> None:
    async with running(page()) as site, asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(fetcher.fetch(Request(site.url(f"/{number}"))))
    assert len(site.asked) == 12
    assert site.most_open <= SETTINGS.per_host


async def test_a_hanging_host_delays_no_other(fetcher: Fetcher) -> None:
    async with (
        running(hostile.never_answers) as stuck,
        running(page(), host="127.0.0.2") as site,
        asyncio.TaskGroup() as group,
    ):
        hanging = [group.create_task(fetcher.fetch(Request(stuck.url()))) for _ in range(10)]
        assert (await fetcher.fetch(Request(site.url()))).status == 200
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()


async def test_a_cancelled_fetch_stays_cancelled_and_closes_its_connection(
    fetcher: Fetcher,
) -> None:
    async with running(hostile.TIMEOUTS["hangs in the body"]) as site:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(fetcher.fetch(Request(site.url())))
            await site.sent_something.wait()
            task.cancel()
        assert task.cancelled()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await site.somebody_left.wait()


async def test_a_refused_connection_is_a_connect_fault(fetcher: Fetcher) -> None:
    async with running(page()) as site:
        pass
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(Request(site.url()))
    assert caught.value.error_class is ErrorClass.CONNECT
    assert "refused" in caught.value.detail


async def test_a_name_that_does_not_exist_is_a_dns_fault() -> None:
    async with Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request("http://nothing.invalid/"))
    assert caught.value.error_class in {ErrorClass.DNS, ErrorClass.TIMEOUT}


async def test_ipv6_is_spoken(fetcher: Fetcher) -> None:
    try:
        async with running(page(), host="::1") as site:
            response = await fetcher.fetch(Request(site.url()))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert response.document.url.startswith("http://[::1]:")


async def test_a_fetcher_that_is_not_open_says_so() -> None:
    with pytest.raises(FetchError) as caught:
        await Fetcher(SETTINGS).fetch(Request("http://127.0.0.1/"))
    assert caught.value.error_class is ErrorClass.INTERNAL


@pytest.fixture
def no_more_files() -> Iterator[None]:
    """No file descriptor may be opened, whatever others close meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A new one would have a number above those of stdin, stdout and stderr.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://nothing.invalid/"])
async def test_running_out_of_files_is_our_own_fault(
    fetcher: Fetcher, url: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("no_more_files")
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(Request(url))
    assert caught.value.error_class is ErrorClass.OVERLOAD
