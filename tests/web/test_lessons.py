"""What went wrong in the pages of others, each as a test of ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import daemon
from daemon.web import routes
from daemon.web.access.cookies import Cookies
from daemon.web.access.who import Who
from daemon.web.answers import Answer, see_other
from daemon.web.request import Request
from daemon.web.routes import ROUTES, Route
from daemon.web.templating import environment
from tests.web.conftest import Pages
from tests.web.test_edge import assert_safe

WEB = Path(daemon.__file__).parent / "web"
SOURCES = sorted(WEB.rglob("*.py"))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """None of this depends on the kind of database."""
    return sqlite_url


def calls(name: str) -> list[str]:
    """The modules of the pages that call something of this name."""
    return [
        path.stem
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
    ]


def test_escaping_does_not_depend_on_the_name_of_a_file() -> None:
    assert environment().autoescape is True


@pytest.mark.parametrize("name", ["Markup", "from_string", "eval", "exec", "import_module"])
def test_markup_is_made_where_its_values_are_escaped(name: str) -> None:
    made = {"Markup": {"csrf", "templating"}}
    assert set(calls(name)) - {"charts", "price_chart", "differences"} <= made.get(name, set())


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
    assert set(calls("set_cookie")) == {"responses"}
    source = (WEB / "responses.py").read_text()
    assert source.count("set_cookie(") == source.count("**cookies.kept(")
    for kept in (Cookies(True).kept(), Cookies(False).kept(0, is_strict=True)):
        assert kept["httponly"] is True
    assert Cookies(True).kept()["secure"] is True
    assert Cookies(True).session.startswith("__Host-")


async def test_settings_and_templates_are_in_the_file_alone() -> None:
    fixed = ("config", "template", "owner", "notify-url", "restore", "backup", "database")
    assert not [one.path for one in ROUTES for word in fixed if f"/{word}" in one.path]
