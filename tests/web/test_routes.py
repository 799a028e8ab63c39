"""The table of addresses is all that is reachable, and each row is held to the same rules."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from uuid import uuid4

import pytest

import daemon
from daemon.model.viewer import Viewer
from daemon.web import csrf
from daemon.web.access.who import Who
from daemon.web.headers import SANDBOX
from daemon.web.routes import ROUTES, Route, find, methods_of
from tests.making import ADMIN
from tests.web.conftest import Pages
from tests.web.test_edge import POLICY, assert_safe

WEB = Path(daemon.__file__).parent / "web"
FORMS = [route for route in ROUTES if route.is_form]


def _filled(path: str) -> str:
    """An address that a row is for, of something that is not there."""
    return re.sub(r"{\w+}", lambda _: str(uuid4()), path)


async def test_every_address_answers_safely(pages: Pages) -> None:
    for route in ROUTES:
        answer = await pages.ask(route.method, _filled(route.path))
        assert answer.status < 500, route
        headers = dict(answer.headers)
        if headers["Cache-Control"] == "no-store":  # which is stricter
            headers["Cache-Control"] = "private, no-cache"
        if "Content-Disposition" in headers:  # a download is in a sandbox, which is stricter, too
            assert headers["Content-Security-Policy"] == SANDBOX, route
            headers["Content-Security-Policy"] = POLICY
        assert_safe(headers)


async def test_no_address_takes_a_field_that_it_does_not_name(pages: Pages) -> None:
    for route in ROUTES:
        answer = await pages.ask(route.method, f"{_filled(route.path)}?no-such-field=1")
        # What a provider sends beside its answer must be ignored (RFC 6749 §4.1.2).
        assert route.takes_anything is (route.path == "/login/{provider}/callback"), route
        if not route.takes_anything:
            assert answer.status == 400, route
            assert "no-such-field" in answer.text, route


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "null"}],
    ids=str,
)
async def test_no_form_is_taken_from_a_foreign_page(pages: Pages, headers: dict[str, str]) -> None:
    token = {csrf.FIELD: csrf.token(pages.context.key)}
    for route in FORMS:
        answer = await pages.ask("POST", _filled(route.path), token, **headers)
        assert answer.status == 403, route


async def test_no_form_is_taken_without_its_token(pages: Pages) -> None:
    for route in FORMS:
        answer = await pages.ask("POST", _filled(route.path), {"csrf": "x"}, Sec_Fetch_Site="none")
        assert answer.status == 403, route


def test_nothing_but_links_of_messages_is_taken_from_anywhere() -> None:
    signed = {(route.method, route.path) for route in ROUTES if route.is_signed}
    assert signed == {("POST", "/links/{token}")}


async def test_no_foreign_page_asks_as_a_program(pages: Pages) -> None:
    # Without logins none shows a token, and a browser would send what needs no body from anywhere.
    for route in ROUTES:
        if route.is_unsafe and route.who is Who.PROGRAM:
            for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
                answer = await pages.ask(route.method, _filled(route.path), None, **headers)
                assert answer.status == 403, route.path
    ours = await pages.ask("POST", "/api/v1/seen", None, Sec_Fetch_Site="none")
    assert ours.status == 200


def test_no_two_rows_are_for_one_address() -> None:
    for route in ROUTES:
        found = find(route.method, _filled(route.path))
        assert found is not None
        assert found[0] is route


def test_what_has_no_row_is_nowhere() -> None:
    assert find("GET", "/nowhere") is None
    assert find("GET", "/health/") is None
    assert find("PUT", "/health") is None
    assert methods_of("/health", ADMIN) == ["GET", "HEAD"]
    assert methods_of("/health", Viewer("ada")) == methods_of("/health", None) == []
    assert methods_of("/nowhere", ADMIN) == []


def test_a_row_cannot_be_for_another_method() -> None:
    async def nothing(request: object) -> object:
        return request

    with pytest.raises(ValueError, match="GET and POST"):
        Route("DELETE", "/things", nothing, who=Who.OWNER)  # type: ignore[arg-type]


def test_the_path_is_decoded_part_by_part() -> None:
    route = Route("GET", "/at/{date}", ROUTES[0].handler, who=Who.OWNER)
    assert route.match("/at/a%2Fb") == {"date": "a/b"}
    assert route.match("/at/a/b") is None
    assert route.match("/at/") is None


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_handler_is_one_coroutine_of_the_pages(route: Route) -> None:
    assert inspect.iscoroutinefunction(route.handler)
    assert route.handler.__module__.startswith("daemon.web.pages.")


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_trusts_text_or_holds_script_and_style(path: Path) -> None:
    text = path.read_text()
    for word in ("|safe", "| safe", "autoescape false", " style=", "<style", "javascript:"):
        assert word not in text
    for tag in text.split("<")[1:]:
        head = tag.split(">")[0]
        assert not [one for one in head.split() if one.lower().startswith("on") and "=" in one]
        assert not head.startswith("script") or "src=" in head
