from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import pytest

from daemon import __version__
from daemon.config.sections import HealthConfig
from daemon.model.errors import ConfigError
from daemon.model.status import Verdict
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.monitoring.server import serve
from tests.living import PATIENCE_SECONDS

FREE = HealthConfig(port=0)


@pytest.fixture
def health() -> Health:
    """A daemon at work."""
    health = Health()
    health.report("database", ComponentState.OK, "sqlite")
    health.beat("dispatch")
    return health


@pytest.fixture
async def endpoint(health: Health) -> AsyncIterator[str]:
    """The URL of a running endpoint."""
    async with serve(health, Metrics("0"), FREE) as url:
        yield url


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(url: str, path: str, method: str = "GET", **headers: str) -> Answer:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, headers=headers) as response,
    ):
        return Answer(response.status, response.headers, await response.read())


async def send(url: str, raw: bytes) -> bytes:
    """What the endpoint says to these bytes until it hangs up."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(raw)
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


async def test_it_is_alive(endpoint: str) -> None:
    response = await ask(endpoint, "/livez")
    assert (response.status, response.body) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("state", "status"),
    [(ComponentState.OK, 200), (ComponentState.DEGRADED, 200), (ComponentState.FAILING, 503)],
)
async def test_readiness_follows_the_worst_part(
    endpoint: str, health: Health, state: ComponentState, status: int
) -> None:
    health.report("database", state, "because")
    response = await ask(endpoint, "/readyz")
    answer = response.json
    assert response.status == status
    assert answer["state"] == state
    assert answer["components"]["database"] == {"state": state, "reason": "because"}
    assert {"dispatch", "event_loop", "overdue", "disk"} < set(answer["components"])


async def test_status_says_what_runs_and_how_it_is(endpoint: str) -> None:
    answer = (await ask(endpoint, "/status")).json
    assert answer["version"] == __version__
    assert answer["state"] == "ok"
    assert answer["uptime_seconds"] >= 0
    assert answer["figures"]["checks_total"]["changed"] == 0


async def test_prometheus_gets_its_text(health: Health) -> None:
    metrics = Metrics("0")
    metrics.checked(Verdict.CHANGED)
    async with serve(health, metrics, FREE) as url:
        response = await ask(url, "/metrics")
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert b'changelogger_checks_total{verdict="changed"} 1.0' in response.body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/status", "/metrics", "/nowhere", "/?<b>"])
async def test_every_answer_is_useless_to_a_web_page(endpoint: str, path: str) -> None:
    response = await ask(endpoint, path, Origin="https://evil.test")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Server"] == "changelogger"
    assert "html" not in response.headers["Content-Type"]
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/status", "/nowhere"])
async def test_nothing_can_be_changed(endpoint: str, method: str, path: str) -> None:
    response = await ask(endpoint, path, method)
    assert response.status == 405
    assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_head_has_no_body(endpoint: str) -> None:
    response = await ask(endpoint, "/status", "HEAD")
    assert (response.status, response.body) == (200, b"")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("monitor.test", 421),
        ("localhost.evil.test", 421),
        ("localhost:x", 421),
        ("169.254.169.254", 421),
        ("[::ffff:7f00:1]", 421),
    ],
)
async def test_only_known_names_are_answered(endpoint: str, host: str, status: int) -> None:
    assert (await ask(endpoint, "/status", Host=host)).status == status


async def test_a_name_can_be_allowed(health: Health) -> None:
    section = HealthConfig(port=0, allowed_hosts=("Monitor.test",))
    async with serve(health, Metrics("0"), section) as url:
        assert (await ask(url, "/livez", Host="monitor.test:8787")).status == 200
        assert (await ask(url, "/livez", Host="localhost")).status == 421
        assert (await ask(url, "/livez")).status == 200  # the address itself


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /status HTTP/1.1\r\n\r\n",
        b"GET /status HTTP/1.0\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /status HTTP/1.1\r\nHost: localhost\r\n\x1b]0;x\x07: y\r\n\r\n",
    ],
    ids=["no-host", "old", "two-hosts", "header", "target", "headers", "tls", "escape"],
)
async def test_a_malformed_request_is_refused_without_a_traceback(
    endpoint: str, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = await send(endpoint, raw)
    assert answer.split(b" ")[1] in {b"400", b"431"}
    assert caplog.records == []


async def test_it_is_no_proxy(endpoint: str) -> None:
    raw = b"GET http://evil.test/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert b" 421 " in await send(endpoint, raw)


async def test_one_connection_gets_one_answer(endpoint: str) -> None:
    answer = await send(endpoint, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_a_body_that_never_comes_is_not_waited_for(endpoint: str) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
    assert b"200 OK" in await send(endpoint, head)


async def heard_to_the_end(reader: asyncio.StreamReader) -> bytes:
    """What the endpoint says; to whom it has hung up already when he speaks, that is a reset."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_four_hundred_slow_clients_do_no_harm(health: Health) -> None:
    async with serve(health, Metrics("0"), FREE, idle_seconds=0.5) as url:
        address = urlsplit(url)
        slow = [await asyncio.open_connection(address.hostname, address.port) for _ in range(400)]
        for _reader, writer in slow:
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: local")
        assert (await ask(url, "/readyz")).status == 200
        async with asyncio.timeout(PATIENCE_SECONDS):
            said = [await heard_to_the_end(reader) for reader, _writer in slow]
        for _reader, writer in slow:
            writer.close()
    assert set(said) == {b""}


async def test_a_port_in_use_is_told_to_the_operator(endpoint: str, health: Health) -> None:
    port = urlsplit(endpoint).port
    assert port is not None
    with pytest.raises(ConfigError, match=f"health.port: cannot listen on 127.0.0.1:{port}"):
        async with serve(health, Metrics("0"), HealthConfig(port=port)):
            pytest.fail("two endpoints on one port")


async def test_an_address_of_another_machine_is_told_to_the_operator(health: Health) -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1"):
        async with serve(health, Metrics("0"), HealthConfig(port=0, host="192.0.2.1")):
            pytest.fail("an endpoint on an address that is not ours")


async def test_the_port_is_free_again_afterwards(health: Health) -> None:
    async with serve(health, Metrics("0"), FREE) as url:
        port = urlsplit(url).port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0


async def test_text_of_a_page_in_a_reason_stays_text(endpoint: str, health: Health) -> None:
    health.report("database", ComponentState.DEGRADED, "</script>\x1b[2J\ud800é")
    answer = await ask(endpoint, "/readyz")
    assert b"\x1b" not in answer.body
    assert answer.json["components"]["database"]["reason"].startswith("</script>")
