"""Pages through proxies: what a proxy is told, and that nothing ever goes around it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvloop

from daemon.config import FetchConfig
from daemon.config.proxies import ProxyConfig
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Request, Tls
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from tests.fetch.proxies import PASSWORD, Proxy, behind_tls, proxying, saying
from tests.fetch.test_tls import HERE, context
from tests.hostile import Site, page, redirect, running, says
from tests.living import PATIENCE_SECONDS

SETTINGS = FetchConfig(
    allow_networks=("127.0.0.0/8",), total_timeout_seconds=PATIENCE_SECONDS, respect_robots=False
)
GUARDED = SETTINGS.model_copy(update={"allow_networks": ()})
SCHEMES = ("http", "socks5")


async def through(
    proxy: ProxyConfig, url: str, settings: FetchConfig = SETTINGS, name: str = "office"
) -> Response:
    async with Fetcher(settings, proxies=[proxy]) as fetcher:
        return await fetcher.fetch(Request(url, proxy=name))


async def refused(*args: Any, **more: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await through(*args, **more)
    assert PASSWORD not in str(caught.value)
    return caught.value


def named(site: Site) -> str:
    return site.url().replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_page_comes_through_a_proxy_that_wants_a_password(scheme: str) -> None:
    async with running(page()) as site, proxying(scheme) as proxy:
        response = await through(proxy.config(scheme), site.url())
        assert response.status == 200
        assert proxy.asked == [site.url().removeprefix("http://").rstrip("/")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("trusted", [False, True])
async def test_tls_is_checked_beyond_the_proxy(
    scheme: str, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(page(), tls=context()) as site, proxying(scheme) as proxy:
        error = await refused(proxy.config(scheme, trusted=trusted), site.url())
        assert error.error_class is ErrorClass.TLS
        assert "through the proxy office" in error.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(HERE))
        response = await through(proxy.config(scheme, trusted=trusted), site.url())
        assert response.certificate is not None


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_every_way_is_open_on_the_loops_of_a_daemon(
    loop: Callable[[], asyncio.AbstractEventLoop], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(HERE))

    async def passes(tls: ssl.SSLContext | None, *, trusted: bool) -> None:
        async with AsyncExitStack() as stack:
            site = await stack.enter_async_context(running(page(), tls=tls))
            proxy = await stack.enter_async_context(proxying(scheme.replace("https", "http")))
            if scheme == "https":
                proxy = await stack.enter_async_context(behind_tls(proxy, context()))
            config = proxy.config(scheme, trusted=trusted)
            assert (await through(config, site.url())).status == 200
            assert proxy.asked == [site.url().rstrip("/").partition("//")[2]]

    with asyncio.Runner(loop_factory=loop) as runner:
        for tls in (None, context()):
            for trusted in (False, True):
                runner.run(passes(tls, trusted=trusted))


async def test_a_proxy_with_another_certificate_is_no_proxy_of_ours() -> None:
    async with (
        running(page()) as site,
        proxying() as plain,
        behind_tls(plain, context()) as proxy,
    ):
        error = await refused(proxy.config("https"), site.url())
    assert error.error_class is ErrorClass.PROXY
    assert "is not trusted as a TLS server" in error.detail


async def test_a_site_s_own_authority_counts_beyond_the_proxy() -> None:
    own = Tls(ca_file=str(HERE))
    async with (
        running(page(), tls=context()) as site,
        proxying() as proxy,
        Fetcher(SETTINGS, proxies=[proxy.config()]) as fetcher,
    ):
        response = await fetcher.fetch(Request(site.url(), proxy="office", tls=own))
    assert response.certificate is not None


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_is_given_the_address_that_was_judged(scheme: str) -> None:
    async with running(page()) as site, proxying(scheme) as proxy:
        await through(proxy.config(scheme), named(site))
        assert [asked.partition(":")[0] for asked in proxy.asked] == ["127.0.0.1"]
        [(_, headers)] = site.asked
        assert headers["host"].startswith("localhost:")


@pytest.mark.parametrize("scheme", [*SCHEMES, "socks5h"])
async def test_a_trusted_proxy_looks_names_up(scheme: str) -> None:
    async with running(page()) as site, proxying(scheme.removesuffix("h")) as proxy:
        await through(proxy.config(scheme, trusted=True), named(site), GUARDED)
        assert [asked.partition(":")[0] for asked in proxy.asked] == ["localhost"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("trusted", [False, True])
async def test_no_proxy_is_asked_for_an_address_that_is_not_public(
    scheme: str, trusted: bool
) -> None:
    async with running(page()) as site, proxying(scheme) as proxy:
        error = await refused(proxy.config(scheme, trusted=trusted), site.url(), GUARDED)
        assert error.error_class is ErrorClass.BLOCKED
        if not trusted:
            error = await refused(proxy.config(scheme), named(site), GUARDED)
            assert error.error_class is ErrorClass.BLOCKED
        assert (proxy.asked, site.asked) == ([], [])


@pytest.mark.parametrize(
    ("scheme", "login", "told"),
    [
        ("http", False, "asks for a username"),
        ("socks5", False, "ended the conversation at once: perhaps it asks for a username"),
        ("http", True, "does not accept"),
        ("socks5", True, "does not accept"),
    ],
)
async def test_a_proxy_with_another_password_is_named(scheme: str, login: bool, told: str) -> None:
    async with running(page()) as site, proxying(scheme) as proxy:
        config = proxy.config(scheme, login=login)
        if login:
            config = config.model_copy(update={"username": "eve"})
        error = await refused(config, site.url())
        assert error.error_class is ErrorClass.PROXY
        assert error.detail.startswith(f"the proxy office {told}")
        assert site.asked == []


@pytest.mark.parametrize("login", [False, True])
async def test_a_trusted_proxy_that_wants_a_password_for_a_page_without_tls(login: bool) -> None:
    async with running(page()) as site, proxying() as proxy:
        config = proxy.config(login=login, trusted=True)
        if login:
            assert (await through(config, site.url())).status == 200
            [(_, headers)] = site.asked
            assert "proxy-authorization" not in headers
        else:
            error = await refused(config, site.url())
            assert error.error_class is ErrorClass.PROXY


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("trusted", [False, True])
async def test_a_proxy_that_is_not_there_is_named_and_not_gone_around(
    scheme: str, trusted: bool
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        config = Proxy(taken.getsockname()[1]).config(scheme, trusted=trusted)
        async with running(page()) as site:
            error = await refused(config, site.url())
            assert site.asked == []
    assert error.error_class is ErrorClass.PROXY
    assert error.detail == "the proxy office cannot be reached: Connection refused"


async def test_a_proxy_that_the_configuration_lacks_is_named_and_not_gone_around() -> None:
    async with running(page()) as site, proxying() as proxy:
        error = await refused(proxy.config(), site.url(), name="home")
        assert error.error_class is ErrorClass.PROXY
        assert "the proxy home is not in the configuration" in error.detail
        assert (site.asked, proxy.asked) == ([], [])


LIES = [
    ("http", (b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), "gave no answer of HTTP"),
    ("http", (b"HTTP/1.1 200",), "gave no answer of HTTP"),
    ("http", (b"HTTP/1.1 200 OK\r\n\r\n<h1>Log in to the hotel</h1>",), "sent more than an answer"),
    ("http", (b"HTTP/1.1 403 Forbidden\r\n\r\n",), "refuses to connect to port"),
    ("http", (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",), "refuses to connect to port"),
    ("http", (b"x" * 40_000,), "gave no answer of HTTP"),
    ("http", (b"",), "gave no answer of HTTP"),
    ("socks5", (b"HTTP/1.1 400 Bad\r\n\r\n",), "gave no answer of SOCKS5"),
    ("socks5", (b"\x05\xff",), "does not accept its username"),
    ("socks5", (b"\x05\x02", b"\x01\x00", b"\x05\x02\x00\x01"), "its rules forbid it"),
    ("socks5", (b"\x05\x02", b"\x01\x00", b"\x04\x00\x00\x01"), "gave no answer of SOCKS5"),
    ("socks5", (b"\x05\x02", b"\x01\x00", b"\x05\x00"), "ended the conversation"),
    ("socks5", (b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x01" + bytes(6) + b"!"), "sent more"),
]


@pytest.mark.parametrize(("scheme", "answers", "told"), LIES)
async def test_a_proxy_that_lies_or_refuses_is_named(
    scheme: str, answers: tuple[bytes, ...], told: str
) -> None:
    async with running(page()) as site, saying(*answers) as proxy:
        error = await refused(proxy.config(scheme), site.url())
        assert error.error_class is ErrorClass.PROXY
        assert told in error.detail
        assert site.asked == []


@pytest.mark.parametrize(
    ("scheme", "answers"),
    [
        ("http", (b"HTTP/1.1 503 No\r\n\r\n",)),
        ("socks5", (b"\x05\x02", b"\x01\x00", b"\x05\x04\x00\x01")),
    ],
)
async def test_a_host_that_the_proxy_does_not_reach_is_the_host_s_trouble(
    scheme: str, answers: tuple[bytes, ...]
) -> None:
    async with running(page()) as site, saying(*answers) as proxy:
        error = await refused(proxy.config(scheme), site.url())
    assert error.error_class is ErrorClass.CONNECT
    assert "the proxy office" in error.detail


async def test_an_answer_may_come_in_pieces() -> None:
    async with running(page()) as site, AsyncExitStack() as stack:
        port = int(site.url().rstrip("/").rpartition(":")[2])

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            for piece in (b"HTTP/1.1 2", b"00 OK\r\nVia: x\r", b"\n\r\n"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            far_reader, far = await asyncio.open_connection("127.0.0.1", port)
            far.write(await reader.readuntil(b"\r\n\r\n"))
            writer.write(await far_reader.read(65536))
            for one in (far, writer):
                one.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        stack.push_async_callback(server.wait_closed)
        stack.callback(server.close)
        proxy = Proxy(server.sockets[0].getsockname()[1])
        assert (await through(proxy.config(), site.url())).status == 200


async def test_all_pages_go_through_the_usual_proxy_but_those_that_opt_out() -> None:
    usual = SETTINGS.model_copy(update={"proxy": "office"})
    async with running(page()) as site, proxying() as proxy:
        await through(proxy.config(), site.url(), usual, name="")
        assert len(proxy.asked) == 1
        await through(proxy.config(), site.url(), usual, name="none")
        assert len(proxy.asked) == 1
        assert len(site.asked) == 2


async def test_robots_and_redirects_go_the_same_way() -> None:
    polite = SETTINGS.model_copy(update={"respect_robots": True, "delay_seconds": 0})
    routes = {"/robots.txt": says(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")}
    routes["/"] = redirect("/new")
    async with running(page(), routes=routes) as site, proxying() as proxy:
        response = await through(proxy.config(), site.url(), polite)
        assert response.document.url == site.url("/new")
        assert site.connections == len(proxy.asked) > 0


async def test_a_dead_proxy_is_no_trouble_of_robots_txt() -> None:
    polite = SETTINGS.model_copy(update={"respect_robots": True})
    async with running(page()) as site, saying() as proxy:
        error = await refused(proxy.config(), site.url(), polite)
    assert error.error_class is ErrorClass.PROXY
