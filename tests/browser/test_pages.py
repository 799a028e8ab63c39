"""Each page, opened in a browser: for every eye, window and colour scheme, with scripts or without.

The web that is watched is hostile: whatever can hold words of others holds markup of theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from daemon.web.access.who import Who
from daemon.web.headers import POLICY
from daemon.web.routes import ROUTES
from tests.browser import axe
from tests.browser.chromium import Tab
from tests.browser.watched import MARKUP, Watched, watched

# Of each route that shows a page, an address with the ids of what was watched.
PAGES: dict[str, str] = {
    "/": "/",
    "/catch-up": "/catch-up",
    "/changes": "/changes",
    "/changes?q": "/changes?q=news",
    "/changes/{id}": "/changes/{change}",
    "/changes/{id}?form=lines": "/changes/{change}?form=lines",
    "/changes/{id}?form=sides": "/changes/{change}?form=sides",
    "/compare/{before}/{after}": "/compare/{before}/{after}",
    "/health": "/health",
    "/products": "/products",
    "/products/{id}": "/products/{product}",
    "/products/new": "/products/new",
    "/products/{id}/edit": "/products/{product}/edit",
    "/products/{id}/remove": "/products/{product}/remove",
    "/sites/new": "/sites/new",
    "/sites": "/sites",
    "/sites/{id}": "/sites/{site}",
    "/sites/{id}?by_hand": "/sites/{by_hand}",
    "/sites/{id}?failing": "/sites/{failing}",
    "/sites/{id}/at/{date}": "/sites/{site}/at/1s",
    "/sites/{id}/checks": "/sites/{failing}/checks",
    "/sites/{id}/rules": "/sites/{by_hand}/rules",
    "/sites/{id}/rules/choose": "/sites/{by_hand}/rules/choose",
    "/sites/{id}/edit": "/sites/{by_hand}/edit",
    "/sites/{id}/remove": "/sites/{by_hand}/remove",
    "/sites/{id}/states": "/sites/{site}/states",
    "/hosts": "/hosts",
    "/notifications": "/notifications",
    "/notifications/{id}": "/notifications/{notification}",
    "/hosts/{host}": "/hosts/{host}",
    "/links/{token}": "/links/{link}",
    "/login": "{logins}/login?to=/sites",
    "/login/link/{token}": "{logins}/login/link/{token}",
    "/api": "/api",
    "/me": "/me",
    "/me/destinations": "/me/destinations",
    "/me/destinations/{destination}": "/me/destinations/{destination}",
    "/me/destinations/{destination}?unproved": "/me/destinations/{unproved}",
    "/users": "/users",
    "/users/{id}": "/users/{user}",
    "/users/{id}/remove": "/users/{user}/remove",
}
NO_PAGES = {
    # They lead elsewhere, or are files.
    *(one.path for one in ROUTES if one.who is Who.PROGRAM),
    "/api/openapi.json", "/feeds/{token}/changes.atom", "/feeds/{token}/sites/{id}.atom",
    "/assets/{name}", "/changes/{id}/patch", "/compare", "/compare/{before}/{after}/patch",
    "/login/{provider}", "/login/{provider}/callback", "/sites/{id}/at",
    "/sites/{id}/failure", "/sites/{id}/states/{state}/original",
    "/sites/{id}/states/{state}/picture", "/sites/{id}/states/{state}/text",
}  # fmt: skip
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]

# All that it says but instants and what was measured, which goes on from one look to the next.
_WORDS = """
(() => {
  const copy = document.body.cloneNode(true)
  for (const each of copy.querySelectorAll("time, dialog, [hidden], .foot [title]")) each.remove()
  const told = copy.textContent.replace(/\\s+/g, " ")
  return told.replace(/\\d[\\d.,]*( (ms|s|min|h|d|[kM]?B)\\b)?/g, "0")
})()
"""
# A telephone zooms out of what is too wide, so that its window says nothing about that.
_TOO_WIDE = """
document.documentElement.scrollWidth <= screen.width ? [] :
  [...document.querySelectorAll("main *")].filter(each =>
    each.getBoundingClientRect().right > screen.width + 1).slice(0, 5).map(each => each.outerHTML)
"""
_OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"
_BULK = "getComputedStyle(document.querySelector('.bulk')).display"
_ROWS = "document.querySelectorAll('[data-row]').length"
_UNSEEN = "document.querySelectorAll('.unseen').length"
_PLAIN_LINKS = """
[...document.querySelectorAll(".facts dd a:not(.tag)")].filter(each =>
  getComputedStyle(each).textDecorationLine !== "underline").map(each => each.outerHTML)
"""
# The module is the one that the page has loaded: this waits until it is done.
_IS_SAID = """
import(document.querySelector("script[src*=policy]").src).then(() =>
  !document.getElementById("policy").hidden)
"""
_HEAD_OF_SIDES = "getComputedStyle(document.querySelector('.sides thead')).display"


@pytest.fixture(scope="module")
async def shown(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> AsyncIterator[Watched]:
    async with watched(tmp_path_factory.mktemp("watched"), sqlite_template) as shown:
        yield shown


@pytest.fixture
async def page(shown: Watched, tab: Tab, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The page of this route, open in the tab; at the end no policy of its was ever broken."""
    path = PAGES[request.param].format(**shown.ids)
    url = path if path.startswith("http") else shown.url + path
    await tab.open(url)
    yield url
    assert await tab.value("globalThis.violations ?? []") == []
    assert await tab.value("globalThis.hurt") is None


each_page = pytest.mark.parametrize("page", sorted(PAGES), indirect=True)


def test_every_page_is_looked_at() -> None:
    shown = {route.path for route in ROUTES if route.method == "GET"}
    assert shown - NO_PAGES == {path.partition("?")[0] for path in PAGES}


def test_axe_is_as_it_was_published() -> None:
    assert hashlib.sha256(axe.PROGRAM.read_bytes()).hexdigest() == axe.SHA256


@each_page
async def test_it_is_for_every_eye_window_and_scheme(page: str, tab: Tab) -> None:
    for width, scheme in LOOKS:
        await tab.look(width=width, scheme=scheme)
        assert await axe.violations(tab) == [], (width, scheme)
        assert await tab.value(_TOO_WIDE) == [], (width, scheme)


@each_page
async def test_it_says_the_same_without_scripts(page: str, tab: Tab) -> None:
    with_scripts = await tab.value(_WORDS)
    await tab.scripting(is_on=False)
    try:
        await tab.open(page)
        assert await tab.value(_WORDS) == with_scripts
    finally:
        await tab.scripting(is_on=True)


async def test_the_words_of_others_are_shown_as_words(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/changes")
    assert MARKUP in await tab.value("document.querySelector('main').textContent")


async def test_a_link_among_facts_looks_like_one(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/changes/{shown.ids['change']}")
    assert await tab.value("document.querySelectorAll('.facts dd a').length") > 0
    assert await tab.value(_PLAIN_LINKS) == []


async def test_sides_on_a_telephone_have_no_head_of_two(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/changes/{shown.ids['change']}?form=sides")
    for width, display in ((1280, "table-header-group"), (360, "none")):
        await tab.look(width=width)
        assert await tab.value(_HEAD_OF_SIDES) == display


async def test_the_keys_alone_lead_to_a_difference_and_back(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/changes")
    await tab.press("Tab")
    assert await tab.value("document.activeElement.className") == "skip"
    await tab.press("Enter", "j")
    assert await tab.value(_OUTLINE) != "none"
    await tab.follow("Enter")
    await tab.press("n")
    assert await tab.value("document.activeElement.closest('.diff') !== null")
    assert await tab.value(_OUTLINE) != "none"
    await tab.follow("u")
    assert await tab.value("location.pathname") == "/changes"


async def test_a_mark_is_made_and_taken_back_by_keys(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/changes")
    unseen = await tab.value(_UNSEEN)
    assert unseen > 0
    await tab.press("j")
    await tab.follow("m")
    assert await tab.value(_UNSEEN) < unseen
    await tab.follow("z")
    assert await tab.value(_UNSEEN) == unseen


@pytest.mark.parametrize("address", ["/nothing", "/changes?since=yesteryear", "/changes/x"])
async def test_what_is_wrong_is_said_to_every_eye(address: str, shown: Watched, tab: Tab) -> None:
    await tab.open(shown.url + address)
    for width, scheme in LOOKS:
        await tab.look(width=width, scheme=scheme)
        assert await axe.violations(tab) == [], (width, scheme)
        assert await tab.value(_TOO_WIDE) == [], (width, scheme)
    tab.errors.clear()  # of its status


async def test_what_can_be_done_with_a_selection_appears_with_it(shown: Watched, tab: Tab) -> None:
    await tab.open(f"{shown.url}/sites")
    assert await tab.value(_BULK) == "none"
    await tab.press("j", "x", "j", "x")
    assert await tab.value(_BULK) != "none"
    assert await tab.value("document.querySelector('.bulk output').value") == "2"


async def test_changes_come_in_by_themselves(shown: Watched, tab: Tab) -> None:
    source = "globalThis.setInterval = tick => { globalThis.tick = tick }"
    hook = await tab.send("Page.addScriptToEvaluateOnNewDocument", source=source)
    try:
        await tab.open(f"{shown.url}/changes")
        before = await tab.value(_ROWS)
        await shown.next_day()
        await tab.value("globalThis.tick()")
        assert await tab.value(_ROWS) == before + 1
    finally:
        await tab.send("Page.removeScriptToEvaluateOnNewDocument", **hook)


@pytest.mark.parametrize(
    ("arrives", "is_said"), [(POLICY, False), ("", True), ("default-src 'self'", True)]
)
async def test_a_policy_that_does_not_arrive_is_said(
    shown: Watched, tab: Tab, arrives: str, is_said: bool
) -> None:
    async with behind(shown.url, arrives) as url:
        await tab.open(f"{url}/health")
        assert await tab.value(_IS_SAID) is is_said
        await tab.open("about:blank")


@asynccontextmanager
async def behind(url: str, policy: str) -> AsyncIterator[str]:
    """A server in front of the pages, which lets this policy arrive."""

    async def answer(request: web.Request) -> web.Response:
        asked = client.request(request.method, f"{url}{request.path_qs}")
        async with asked as found:
            kept = {"Content-Type": found.headers["Content-Type"]}
            kept |= {"Content-Security-Policy": policy} if policy else {}
            return web.Response(body=await found.read(), status=found.status, headers=kept)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    async with aiohttp.ClientSession() as client:
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
