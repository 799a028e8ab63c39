"""Requests with a method, a body, cookies and authentication, and what redirects do to them."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import BasicAuth, web

from daemon.config import Config
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Request, Validators
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from tests.asked import Handler, serving
from tests.loopback import SETTINGS


async def page(_request: web.Request) -> web.Response:
    return web.Response(text="fine", headers={"ETag": '"a"'})


def sends_to(target: str, status: int) -> Handler:
    """Redirects /start to the target, once."""

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/start":
            return web.Response(status=status, headers={"Location": target})
        return web.Response(text="arrived")

    return answer


def request_of(url: str, **options: Any) -> Request:
    """The request of a site of the configuration with these options."""
    table = {"name": "a", "url": url, **options}
    return Config.model_validate({"site": [table]}).sites[0].request()


async def fetched(request: Request, validators: Validators | None = None) -> Response:
    async with Fetcher(SETTINGS) as fetcher:
        return await fetcher.fetch(request, validators)


@pytest.mark.parametrize(
    ("options", "method", "content_type", "body"),
    [
        ({}, "GET", None, ""),
        ({"method": "post"}, "POST", None, ""),
        ({"body": "<list/>"}, "POST", "text/plain; charset=utf-8", "<list/>"),
        ({"body": "<a/>", "headers": {"content-type": "a/b"}}, "POST", "a/b", "<a/>"),
        ({"json": {"q": ["ü", 1]}}, "POST", "application/json", '{"q": ["ü", 1]}'),
        ({"json": '{"q":  1.50}'}, "POST", "application/json", '{"q":  1.50}'),
        (
            {"form": {"a": "1 2", "b": "ü&"}, "method": "PUT"},
            "PUT",
            "application/x-www-form-urlencoded",
            "a=1+2&b=%C3%BC%26",
        ),
    ],
)
async def test_a_request_arrives_as_its_owner_wrote_it(
    options: dict[str, Any], method: str, content_type: str | None, body: str
) -> None:
    async with serving(page) as server:
        await fetched(request_of(f"{server.origin}/a", **options))
    [(given, _, headers, text)] = server.requests
    assert (given, headers.get("content-type"), text) == (method, content_type, body)


async def test_cookies_and_logins_are_sent() -> None:
    async def answer(request: web.Request) -> web.Response:
        basic = BasicAuth.decode(request.headers["Authorization"], "utf-8")
        assert (basic.login, basic.password) == ("me", "pässword:1")
        assert dict(request.cookies) == {"region": "eu", "sid": "a%20b"}
        return web.Response(text="in")

    auth = {"username": "me", "password": "pässword:1"}
    async with serving(answer) as server:
        url = f"{server.origin}/a"
        request = request_of(url, auth=auth, cookies={"region": "eu", "sid": "a%20b"})
        response = await fetched(request)
        assert response.document.body == b"in"
        await fetched(request_of(url, headers=dict(request.headers)))
        with pytest.raises(FetchError) as caught:
            await fetched(request_of(url, auth={"token": "abc"}))
    assert server.requests[0] == server.requests[1]
    assert server.requests[2][2]["authorization"] == "Bearer abc"
    assert caught.value.error_class is ErrorClass.HTTP_5XX


async def test_a_login_by_a_form_comes_to_the_page_behind_it() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST" and (await request.post()).get("password") == "hunter2":
            headers = {"Location": "/inside", "Set-Cookie": "sid=1"}
            return web.Response(status=303, headers=headers)
        return web.Response(status=200 if request.cookies.get("sid") == "1" else 401, text="in")

    async with serving(answer) as server:
        request = request_of(f"{server.origin}/login", form={"password": "hunter2"})
        assert (await fetched(request)).document.url == f"{server.origin}/inside"
    assert [one[0] for one in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", ""),
        (302, "POST", "GET", ""),
        (303, "POST", "GET", ""),
        (307, "POST", "POST", "b"),
        (308, "POST", "POST", "b"),
        (302, "PUT", "PUT", "b"),
        (303, "PUT", "GET", ""),
    ],
)
async def test_a_redirect_keeps_the_method_as_in_browsers(
    status: int, method: str, then: str, body: str
) -> None:
    async with serving(sends_to("/end", status)) as server:
        await fetched(request_of(f"{server.origin}/start", method=method, body="b"))
    given, path, headers, text = server.requests[1]
    assert (given, path, text) == (then, "/end", body)
    assert ("content-type" in headers) is bool(body)


SECRETS = {
    "headers": {"X-Key": "hunter2"},
    "cookies": {"sid": "hunter2"},
    "auth": {"token": "hunter2"},
}


@pytest.mark.parametrize(("status", "body"), [(302, {}), (303, {"body": "hunter2"}), (308, {})])
async def test_nothing_of_an_owner_goes_to_another_origin(
    status: int, body: dict[str, str]
) -> None:
    async with (
        serving(page) as other,
        serving(sends_to(f"{other.origin}/end", status)) as server,
    ):
        await fetched(request_of(f"{server.origin}/start", **SECRETS, **body))
    [(method, _, headers, text)] = other.requests
    assert (method, text) == ("GET", "")
    assert "hunter2" not in str(headers)
    assert "content-type" not in headers


@pytest.mark.parametrize("status", [307, 308])
async def test_a_body_is_not_taken_to_another_origin(status: int) -> None:
    async with (
        serving(page) as other,
        serving(sends_to(f"{other.origin}/end", status)) as server,
    ):
        with pytest.raises(FetchError) as caught:
            await fetched(request_of(f"{server.origin}/start", body="hunter2"))
    assert (caught.value.error_class, other.requests) == (ErrorClass.REDIRECT, [])
    assert "would take the body" in caught.value.detail
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize(("method", "is_conditional"), [("GET", True), ("POST", False)])
async def test_only_what_sends_nothing_is_conditional(method: str, is_conditional: bool) -> None:
    async with serving(page) as server:
        request = request_of(f"{server.origin}/a", method=method)
        response = await fetched(request, Validators(etag='"a"'))
    assert ("if-none-match" in server.requests[0][2]) is is_conditional
    assert (response.validators == Validators(etag='"a"')) is is_conditional


async def test_a_post_whose_connection_is_cut_is_sent_once() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(answer) as server:
        with pytest.raises(FetchError):
            await fetched(request_of(f"{server.origin}/a", body="b"))
    assert len(server.requests) == 1
