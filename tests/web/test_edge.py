"""Every answer has the same headers, and whatever is wrong with a request is said in a page."""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from daemon.model.errors import ManagedError, NotAllowedError, NotFoundError, StoreError
from daemon.model.viewer import Viewer
from daemon.web import csrf, routes
from daemon.web.access import asking
from daemon.web.access.who import Who
from daemon.web.answers import Answer as Shown
from daemon.web.answers import File, page, see_other
from daemon.web.context import Context
from daemon.web.request import Request
from daemon.web.routes import Route
from tests.living import PATIENCE_SECONDS
from tests.web.conftest import Answer, Pages, text_of

HOSTILE = "<script>alert(1)</script>"
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "changelogger",
    "X-Content-Type-Options": "nosniff",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types changelogger"
)


def assert_safe(headers: object) -> None:
    found = dict(headers)  # type: ignore[call-overload]
    assert {name: found.get(name) for name in HEADERS} == HEADERS
    assert found["Content-Security-Policy"] == POLICY
    assert not [name for name in found if name.startswith("Access-Control")]


async def raised(request: Request) -> Shown:
    """Fail as `how` says."""
    how = request.query.text("how")
    raise {
        "missing": NotFoundError("site", HOSTILE),
        "managed": ManagedError("site", [HOSTILE]),
        "forbidden": NotAllowedError("list"),
        "database": StoreError("the database is away", is_transient=True),
        "row": StoreError("a row does not fit"),
        "bug": KeyError(HOSTILE),
        "slow": TimeoutError(),
    }[how]


async def echo(request: Request) -> Shown:
    return page("error.html", 200, title="", status=200, problem=request.query.text("q"), hint="")


async def change(request: Request) -> Shown:
    assert request.database is request.context.database
    return see_other("/echo", f"{request.form.text('name')} is changed.", undo="mark")


async def download(_request: Request) -> Shown:
    return File(HOSTILE.encode(), name="before.txt")


async def read(request: Request) -> Shown:
    query = request.query
    query.number("number", 1, 1, 9)
    query.choice("state", ["ok", "failing"])
    query.since("since", request.now)
    query.cursor("after")
    query.ids("ids")
    return await echo(request)


READ_TAKES = ("number", "state", "since", "after", "ids", "q")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough for what comes before it."""
    return sqlite_url


@pytest.fixture(autouse=True)
def own_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of ours beside those of the product."""
    rows = (
        Route("GET", "/raised", raised, takes=("how",), who=Who.OWNER),
        Route("GET", "/echo", echo, takes=("q",), who=Who.OWNER),
        Route("GET", "/read", read, takes=READ_TAKES, who=Who.OWNER),
        Route("GET", "/download", download, who=Who.OWNER),
        Route("POST", "/things/{id}/change", change, who=Who.OWNER),
    )
    monkeypatch.setattr(routes, "ROUTES", (*routes.ROUTES, *rows))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/", 200),
        ("GET", "/assets/../server.py", 404),
        ("GET", "/assets/%2e%2e%2fserver.py", 404),
        ("POST", "/health", 405),
        ("DELETE", "/health", 405),
        ("TRACE", "/health", 405),
        ("GET", "/things/1/change", 405),
        ("POST", "/things/1/change", 415),
        ("GET", "/health?unknown=1", 400),
        ("GET", "/echo?q=%ff", 400),
        ("GET", "/echo?q=%00", 400),
        ("GET", "/echo?" + "q=1&" * 2001, 400),
        ("GET", "/echo?q=" + "x" * 9000, 400),
        ("GET", "/raised?how=missing", 404),
        ("GET", "/raised?how=managed", 409),
        ("GET", "/raised?how=forbidden", 403),
        ("GET", "/raised?how=database", 503),
        ("GET", "/raised?how=slow", 503),
        ("GET", "/raised?how=bug", 500),
        ("GET", "/raised?how=row", 500),
    ],
)
async def test_every_answer_has_the_same_headers(
    pages: Pages, method: str, path: str, status: int
) -> None:
    answer = await pages.ask(method, path)
    assert answer.status == status
    assert_safe(answer.headers)
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\nConnection: close\r\n\r\n",
            b"400",
        ),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100 + b"\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (
            b"GET http://evil.test/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"421",
        ),
        (b"CONNECT evil.test:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"421"),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    ],
    ids=["no-host", "two", "header", "target", "headers", "tls", "proxy", "connect", "options"],
)
async def test_so_has_the_answer_to_what_is_no_request(
    pages: Pages, raw: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        head, _, body = (await said(pages, raw)).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    assert_safe({name.decode(): value.decode() for name, value in lines})
    assert b"xxx" not in body
    assert caplog.records == []


async def said(pages: Pages, raw: bytes) -> bytes:
    """What the server says to these bytes until it hangs up."""
    address = urlsplit(pages.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(raw)
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("[::1]:80", 200),
        ("evil.test", 421),
        ("localhost.evil.test", 421),
        ("169.254.169.254", 421),
    ],
)
async def test_a_name_that_leads_here_by_rebinding_is_not_answered(
    pages: Pages, host: str, status: int
) -> None:
    answer = await pages.get("/health", Host=host)
    assert answer.status == status
    assert_safe(answer.headers)
    assert csrf.token(pages.context.key) not in answer.text


async def form(pages: Pages, **headers: str) -> Answer:
    token = csrf.token(pages.context.key)
    return await pages.ask("POST", "/things/1/change", {"csrf": token, "name": "It"}, **headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 303),
        ({"Sec_Fetch_Site": "none"}, 303),
        ({"Sec_Fetch_Site": "same-site"}, 403),  # another port of this machine
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "http://localhost:9", "Host": "localhost:9"}, 303),
        ({"Origin": "http://localhost:8", "Host": "localhost:9"}, 403),
        ({"Origin": "https://evil.test", "Host": "localhost:9"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[", "Host": "localhost:9"}, 403),
        ({}, 303),  # a program, which has the token
    ],
    ids=str,
)
async def test_a_form_of_a_foreign_page_does_nothing(
    pages: Pages, headers: dict[str, str], status: int
) -> None:
    answer = await form(pages, **headers)
    assert answer.status == status
    assert_safe(answer.headers)


@pytest.mark.parametrize("token", ["", "x" * 32, "é" * 32])
async def test_a_form_without_our_token_does_nothing(pages: Pages, token: str) -> None:
    answer = await pages.post("/things/1/change", csrf=token)
    assert answer.status == 403
    assert "reload that page" in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data"])
async def test_only_forms_are_read(pages: Pages, kind: str) -> None:
    answer = await pages.ask("POST", "/things/1/change", b"csrf=1", Content_Type=kind)
    assert answer.status == 415
    assert_safe(answer.headers)


async def test_a_body_over_64_kib_is_not_read(pages: Pages) -> None:
    answer = await pages.post("/things/1/change", name="x" * 65_536)
    assert answer.status == 413
    assert_safe(answer.headers)


async def test_what_a_form_did_is_said_once(pages: Pages) -> None:
    answer = await pages.post("/things/1/change", name=HOSTILE)
    assert (answer.status, answer.headers["Location"]) == (303, "/echo")
    shown = await pages.follow(answer)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is changed." in shown.text
    assert 'value="mark"' in shown.text
    assert "is changed" not in (await pages.follow(answer)).text


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("number=12", "number: “12” does not fit"),
        ("number=%D9%A3", "does not fit"),
        ("number=1&number=2", "is given a second time"),
        ("state=broken", "state: “broken” is not known"),
        ("since=someday", "since: “someday” is no time"),
        ("since=2999-01-01", "since"),
        ("after=abc", "is a place in a list that is not known any more"),
        ("after=%E2%82%AC", "is a place in a list that is not known any more"),
        ("ids=17", "ids: “17” is no id"),
        (f"state={HOSTILE}", "state: “&lt;script&gt;alert(1)&lt;/script&gt;” is not known"),
        ("state=" + "y" * 3000, "y" * 80 + "…” is not known"),
        (f"{HOSTILE}=1", "filter: “&lt;script&gt;"),
    ],
)
async def test_a_value_that_cannot_be_used_is_named(pages: Pages, query: str, problem: str) -> None:
    answer = await pages.get(f"/read?{query}")
    assert answer.status == 400
    assert problem in answer.text
    assert "<script>" not in answer.text


async def test_a_value_that_is_missing_is_named_alone(pages: Pages) -> None:
    answer = await pages.get("/compare")
    assert answer.status == 400
    assert "before: is missing" in answer.text


async def test_text_of_others_stays_text(pages: Pages) -> None:
    answer = await pages.get("/echo?q=" + "%3Cb%3E%22%27%E2%80%AEtxt%1B[31m")
    assert "&lt;b&gt;&#34;&#39;txt[31m" in answer.text


async def test_a_stored_page_is_never_shown_as_a_page(pages: Pages) -> None:
    answer = await pages.get("/download")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="before.txt"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_page_that_is_known_already_is_not_sent_again(pages: Pages) -> None:
    first = await pages.get("/echo?q=1")
    again = await pages.get("/echo?q=1", If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert_safe(again.headers)
    other = await pages.get("/echo?q=2", If_None_Match=first.headers["ETag"])
    assert other.status == 200


async def test_a_page_says_how_long_it_took(pages: Pages) -> None:
    answer = await pages.get("/health")
    assert re.fullmatch(r"page;dur=\d+\.\d", answer.headers["Server-Timing"])


async def test_a_bug_is_told_in_the_log_and_not_on_the_page(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await pages.get("/raised?how=bug")
    assert "KeyError" not in answer.text
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_an_asset_never_changes_under_its_address(pages: Pages, context: Context) -> None:
    shown = await pages.get("/health")
    path = shown.text.split('stylesheet" href="')[1].split('"')[0]
    answer = await pages.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert (await pages.get(path.replace(".css", "x.css"))).status == 404


@pytest.mark.parametrize(
    ("method", "path", "data", "back"),
    [
        ("GET", "/sites?state=bogus", None, "/sites"),
        ("GET", "/sites?after=forged", None, "/sites"),
        ("GET", f"/sites/{UUID(int=1)}", None, "/sites"),
        ("GET", f"/sites/{UUID(int=1)}/checks", None, "/sites"),
        ("GET", "/notifications/none", None, "/notifications"),
        ("GET", f"/sites/{UUID(int=1)}/pause", None, f"/sites/{UUID(int=1)}"),
        ("POST", "/sites/bulk", {"action": "bogus"}, "/sites"),
        ("POST", "/sites/bulk", {"action": "bogus", "back": "/sites?tag=a"}, "/sites?tag=a"),
        ("POST", "/sites/bulk", {"action": "bogus", "back": "https://evil.test/"}, "/sites"),
        ("GET", "/nowhere", None, None),
        ("GET", "/?state=bogus", None, "/"),
    ],
)
async def test_a_page_that_says_what_is_wrong_leads_back(
    pages: Pages, method: str, path: str, data: dict[str, str] | None, back: str | None
) -> None:
    answer = await (pages.get(path) if data is None else pages.post(path, **data))
    assert answer.status in (400, 404, 405)
    found = re.search('<a href="([^"]*)">Go back', answer.text)
    assert (found and found[1]) == back


async def test_the_foot_says_to_admins_what_a_page_has_cost(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    for expected in ("4 statements", "1 statement"):  # those of head and preferences are kept
        assert re.search(rf">{expected}, \d+ ms</span>", (await pages.get("/health")).text)
    monkeypatch.setattr(asking, "local_owner", lambda _: Viewer("local"))
    answer = await pages.get("/health")
    assert "statement" not in text_of(answer.text)
    assert "<!--" not in answer.text
