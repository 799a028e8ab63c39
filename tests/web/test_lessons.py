"""What went wrong in the pages of others, each as a test of ours."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import aiohttp
import msgspec
import pytest
from yarl import URL

import daemon
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web import routes
from daemon.web.access.cookies import Cookies
from daemon.web.access.who import Who
from daemon.web.answers import Answer, see_other
from daemon.web.context import Context
from daemon.web.headers import SANDBOX
from daemon.web.pages.api.table import PREFIX
from daemon.web.request import Request
from daemon.web.routes import ROUTES, Route
from daemon.web.server import serve
from daemon.web.templating import environment
from tests.making import Rows, add_one_of_each
from tests.web.conftest import FREE, Pages
from tests.web.test_cost import ALERT, address
from tests.web.test_edge import POLICY, assert_safe

PACKAGE = Path(daemon.__file__).parent
WEB = PACKAGE / "web"
SOURCES = sorted(WEB.rglob("*.py"))
MARKUP = "<script>alert(1)</script>"
SHOWN = [route for route in ROUTES if not route.is_unsafe]
LOADED = re.compile(r"""(?:\ssrc|\saction|<link[^>]*\shref)="([^"]*)\"""")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """None of this depends on the kind of database."""
    return sqlite_url


@pytest.fixture
async def hostile(database: Database) -> Rows:
    """One row of each kind; what others wrote in them is markup."""
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        rows[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
        rows[tables.MonitoredSite].name = rows[tables.MonitoredSite].error_detail = MARKUP
        rows[tables.Attempt].error_detail = rows[tables.ContentUpdate].summary = MARKUP
        rows[tables.Product].name = rows[tables.Notice].channel = MARKUP
    return rows


@cache
def sources() -> dict[str, str]:
    """All modules of ours by their paths."""
    return {one.relative_to(PACKAGE).as_posix(): one.read_text() for one in PACKAGE.rglob("*.py")}


def callers(name: str) -> set[str]:
    """The modules that call something of this name."""
    return {
        path.removesuffix(".py")
        for path, source in sources().items()
        if f"{name}(" in source
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
    }


def calls(name: str) -> set[str]:
    """The names of the modules of the pages that call something of this name."""
    return {one.rpartition("/")[2] for one in callers(name) if one.startswith("web/")}


def test_escaping_does_not_depend_on_the_name_of_a_file() -> None:
    assert environment().autoescape is True


@pytest.mark.parametrize("name", ["Markup", "from_string", "eval", "exec", "import_module"])
def test_markup_is_made_where_its_values_are_escaped(name: str) -> None:
    made = {"Markup": {"csrf", "templating"}}
    assert calls(name) - {"charts", "price_chart", "differences"} <= made.get(name, set())


def test_every_markup_is_a_constant_with_places_for_values() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Markup":
                assert all(isinstance(one, ast.Constant) for one in node.args), path.name


@pytest.mark.parametrize(
    "path",
    [
        "/assets/app.css",
        "/assets/..%2f..%2f..%2fconfig.toml",
        "/assets/%2e%2e/routes.py",
        "/assets/app.css%00.js",
        "/assets/",
        "/templates/base.html",
        "/static/app.css",
    ],
)
async def test_no_path_of_a_request_reaches_the_disk(pages: Pages, path: str) -> None:
    assert (await pages.get(path)).status in (400, 404)


@pytest.mark.parametrize("path", ["/metrics", "/status", "/livez", "/readyz"])
async def test_figures_for_machines_stay_at_their_own_port(pages: Pages, path: str) -> None:
    assert (await pages.get(path)).status == 404


async def test_opening_a_page_changes_nothing(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What opens a page has a database that cannot be written; only a form has the daemon's own.
    given: list[object] = []

    async def look(request: Request) -> Answer:
        given.append(request.database)
        return see_other("/health")

    rows = [Route(method, "/looked-at", look, who=Who.OWNER) for method in ("GET", "POST")]
    monkeypatch.setattr(routes, "ROUTES", (*ROUTES, *rows))
    await pages.get("/looked-at")
    await pages.post("/looked-at")
    assert given == [pages.context.reading, pages.context.database]


@pytest.mark.parametrize(
    "where",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "evil", "", "/health\r\nX: y"],
)
async def test_a_form_leads_to_no_page_but_ours(
    pages: Pages, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lead(_request: Request) -> Answer:
        return see_other(where, "done")

    monkeypatch.setattr(routes, "ROUTES", (*ROUTES, Route("POST", "/lead", lead, who=Who.OWNER)))
    answer = await pages.post("/lead")
    assert answer.status == 500
    assert "Location" not in answer.headers
    assert_safe(answer.headers)


async def test_there_are_no_sockets(pages: Pages) -> None:
    answer = await pages.get(
        "/health",
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
    )
    assert answer.status == 200
    assert_safe(answer.headers)


async def test_a_page_loads_nothing_from_anywhere_else(pages: Pages) -> None:
    text = (await pages.get("/health")).text
    for name in ("src", "href", "action"):
        for value in text.split(f' {name}="')[1:]:
            assert value.startswith(("/", "#"))


async def test_one_place_sets_cookies_and_no_script_reads_them(pages: Pages) -> None:
    assert calls("set_cookie") == {"responses"}
    source = (WEB / "responses.py").read_text()
    assert source.count("set_cookie(") == source.count("**cookies.kept(")
    for kept in (Cookies(True).kept(), Cookies(False).kept(0, is_strict=True)):
        assert kept["httponly"] is True
    assert Cookies(True).kept()["secure"] is True
    assert Cookies(True).session.startswith("__Host-")


async def test_settings_and_templates_are_in_the_file_alone() -> None:
    fixed = ("config", "template", "owner", "notify-url", "restore", "backup", "database")
    assert not [one.path for one in ROUTES for word in fixed if f"/{word}" in one.path]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("ClientSession", {"fetch/connection/connector"}),
        ("create_connection", {"fetch/connection/tunnel"}),
        *((name, set[str]()) for name in ("TCPConnector", "urlopen", "urlretrieve")),
        ("open_connection", {"fetch/opening", "browser/proxy"}),
        ("HTTPConnection", {"cli/commands/process/status"}),  # of the daemon on this machine
    ],
)
def test_there_is_one_way_out_and_it_has_the_guard(name: str, where: set[str]) -> None:
    # A second client, of a browser, a model or a try, would not know what the first must not ask.
    assert {one for one in callers(name) if not one.startswith("demo/")} <= where


def test_no_stream_is_opened_by_name_but_over_a_socket_that_was_judged() -> None:
    for path in callers("open_connection"):
        for node in ast.walk(ast.parse(sources()[f"{path}.py"])):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("open_connection"):
                assert not node.args, path
                assert "sock" in {one.arg for one in node.keywords}, path


async def test_errors_and_names_of_others_are_text_on_every_page_and_data_for_programs(
    pages: Pages, hostile: Rows
) -> None:
    for route in SHOWN:
        answer = await pages.get(address(route, hostile))
        assert answer.status < 500, route.path
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert MARKUP not in answer.text, route.path
        elif route.path.startswith(PREFIX):
            assert answer.headers["Content-Type"].startswith("application/"), route.path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_error_repeats_no_markup_of_its_request(pages: Pages) -> None:
    quoted = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    for route in SHOWN:
        path = re.sub(r"{\w+}", quoted, route.path)
        for asked in (f"{path}?{quoted}={quoted}", path):
            answer = await pages.get(asked)
            is_page = answer.headers.get("Content-Type", "").startswith("text/html")
            assert not (is_page and MARKUP in answer.text), asked
            is_saved = "Content-Disposition" in answer.headers
            policy = SANDBOX if is_saved else POLICY
            assert answer.headers["Content-Security-Policy"] == policy, asked
            assert answer.headers["X-Content-Type-Options"] == "nosniff", asked


async def test_no_page_loads_anything_that_others_named(pages: Pages, hostile: Rows) -> None:
    # Pictures neither: who shows them for a page asks for them as well.
    for route in SHOWN:
        if not route.path.startswith((PREFIX, "/feeds")):
            for value in LOADED.findall((await pages.get(address(route, hostile))).text):
                assert value.startswith(("/", "#")), route.path
                assert not value.startswith("//"), route.path


def test_the_script_makes_markup_in_one_place_alone() -> None:
    script = (WEB / "assets" / "app.js").read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in script
    assert script.count("parseFromString") == script.count("policy?.createHTML(") == 1


@pytest.mark.parametrize("name", ["open", "Path", "read_text", "read_bytes", "FileResponse"])
def test_the_pages_read_no_file_but_assets_and_templates(name: str) -> None:
    assert calls(name) <= {"asset_files", "templating"}


def test_an_address_says_for_whom_it_is() -> None:
    with pytest.raises(TypeError, match="who"):
        Route("GET", "/things", ROUTES[0].handler)  # type: ignore[call-arg]


LOOK_OPEN = [
    "/loginx", "/login/", "/LOGIN", "/x/login", "/login/corp/callback/x", "/sites/login", "/assets",
    "/assets/", "/api/v1/openapi.jsonx", "/api/v1/", "/feeds/x/changes.atom/", "/%6cogin",
    "/login%2f", "/login;x", "//login", "/x/../login", "/health?/login",
]  # fmt: skip


async def test_what_only_looks_like_an_open_address_is_closed(context: Context) -> None:
    async with serve(with_logins(context), FREE) as url, aiohttp.ClientSession() as client:
        for path in LOOK_OPEN:
            asked = URL(url + path, encoded=True)
            async with client.get(asked, allow_redirects=False) as answer:
                is_closed = answer.status in (303, 401) or "no such page" in await answer.text()
                assert is_closed, (path, answer.status)


def with_logins(context: Context) -> Context:
    """The same daemon after its restart with a public address."""
    config = context.config()
    section = config.web.model_copy(update={"public_url": "http://localhost:8788"})
    changed = config.model_copy(update={"web": section})
    return replace(context, config=lambda: changed)


async def test_who_was_let_in_without_a_login_is_a_stranger_once_there_are_logins(
    pages: Pages, context: Context
) -> None:
    assert (await pages.get("/sites")).status == 200
    async with serve(with_logins(context), FREE) as url:
        pages.url = url
        assert (await pages.get("/sites")).status == 303
        assert (await pages.post("/seen")).status == 401
        assert (await pages.get("/api/v1/me")).status == 401
