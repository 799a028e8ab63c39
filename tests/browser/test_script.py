"""What the script adds to pages: keys, selection, local times and refresh."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

import daemon
from daemon.web.headers import secure
from tests.browser.chromium import Tab

SCRIPT = (Path(daemon.__file__).parent / "web/assets/app.js").read_text()
PAGE = """<!doctype html><html lang="en"><head><title>({unseen}) Sites</title>
<link rel="icon" href="/icon-{unseen}.svg"><script src="/ticks.js"></script>
<script type="module" src="/app.js"></script></head>
<body><a href="/#elsewhere" data-key="g s">Sites</a><input type="search" aria-label="Search">
<p id="stale" hidden>The daemon does not answer.</p>{done}
<form><input type="checkbox" data-all aria-label="All"><output>0</output>
<table><tbody id="rows" data-part>{rows}</tbody></table></form>
<p data-stop tabindex="-1" id="first">one</p><p data-stop tabindex="-1" id="second">two</p>
<button type="button" data-key="A" id="all-seen">All seen</button>
<dialog id="help"><form method="dialog"><button>Close</button></form></dialog></body></html>"""
ROW = """<tr data-row><td><input type="checkbox" name="id" value="{n}" aria-label="Select {n}">
<td><a data-open href="/#{n}">{name}</a><td><time datetime="2026-11-30T12:48:05Z"
data-show="time">12:48</time><td><button type="button" data-key="m" id="seen-{n}">Seen</button>"""
HOSTILE = "<img src=x onerror=globalThis.hurt=1><script>globalThis.hurt=1</script>"
# Puts the page's timers into our hands, and notes what is pressed.
TICKS = """
globalThis.setInterval = tick => { globalThis.tick = tick }
globalThis.later = []
globalThis.setTimeout = (tick, wait) => { later.push([tick, wait]) }
globalThis.clicked = []
document.addEventListener("click", event => clicked.push(event.target.id))
"""


@dataclass
class Site:
    """A page of four rows, as it is now and as it was asked for."""

    url: str = ""
    unseen: int = 1
    name: str = "A site"
    done: str = ""
    asked: list[str] = field(default_factory=list)  # the If-None-Match of each request

    async def page(self, request: web.Request) -> web.Response:
        rows = "".join(ROW.format(n=n, name=self.name) for n in range(4))
        text = PAGE.format(unseen=self.unseen, rows=rows, done=self.done)
        known, tag = request.headers.get("If-None-Match", ""), _tag(text)
        self.asked.append(known)
        if known == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(text=text, content_type="text/html", headers={"ETag": tag})


def _tag(text: str) -> str:
    return f'"{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"'


async def _script(request: web.Request) -> web.Response:
    text = SCRIPT if request.path == "/app.js" else TICKS
    return web.Response(text=text, content_type="text/javascript")


async def _icon(_request: web.Request) -> web.Response:
    text = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    return web.Response(text=text, content_type="image/svg+xml")


async def _guard(_request: web.Request, response: web.StreamResponse) -> None:
    secure(response.headers)


@asynccontextmanager
async def served() -> AsyncIterator[Site]:
    site, app = Site(), web.Application()
    app.router.add_get("/", site.page)
    app.router.add_get("/{script}.js", _script)
    app.router.add_get("/{icon}.svg", _icon)
    app.on_response_prepare.append(_guard)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield site
    finally:
        await runner.cleanup()


@pytest.fixture
async def site(tab: Tab) -> AsyncIterator[Site]:
    """The page, open in the tab; at the end its policy was never broken."""
    async with served() as site:
        await tab.open(site.url)
        yield site
        assert await tab.value("globalThis.violations ?? []") == []
        await tab.open("about:blank")  # what is still loading goes before its server does


async def focused(tab: Tab) -> str:
    said: str = await tab.value(
        "document.activeElement.getAttribute('href') ?? document.activeElement.id"
    )
    return said


async def refresh(tab: Tab) -> None:
    """Let twenty seconds pass in the page, and wait for what it then does."""
    await tab.value("globalThis.tick()")


async def test_j_and_k_go_from_row_to_row(tab: Tab, site: Site) -> None:
    await tab.press("j", "j", "j", "k")
    assert await focused(tab) == "/#1"


async def test_m_presses_the_button_of_the_row_in_focus(tab: Tab, site: Site) -> None:
    await tab.press("j", "j", "m")
    assert await tab.value("clicked") == ["seen-1"]


async def test_m_presses_nothing_where_no_row_has_the_focus(tab: Tab, site: Site) -> None:
    await tab.press("m")
    assert await tab.value("clicked") == []


async def test_capital_a_presses_the_button_of_the_page(tab: Tab, site: Site) -> None:
    await tab.press("j", "A")
    assert await tab.value("clicked") == ["all-seen"]


async def test_g_and_s_together_follow_the_link(tab: Tab, site: Site) -> None:
    await tab.press("g", "s")
    assert await tab.value("location.hash") == "#elsewhere"


async def test_n_and_p_go_from_difference_to_difference(tab: Tab, site: Site) -> None:
    await tab.press("n", "n", "p")
    assert await focused(tab) == "first"


async def test_a_question_mark_shows_the_keys(tab: Tab, site: Site) -> None:
    await tab.press("?")
    assert await tab.value("document.querySelector('dialog').open")
    await tab.press("j")
    assert await focused(tab) != "/#0"  # keys rest while the help is shown


async def test_what_is_typed_into_a_field_is_no_key(tab: Tab, site: Site) -> None:
    await tab.press("/", "j", "A")
    assert await tab.value("document.querySelector('[type=search]').value") == "jA"


async def test_a_click_with_shift_selects_a_range(tab: Tab, site: Site) -> None:
    await tab.press("j", "x")
    await tab.value(
        "document.querySelectorAll('[name=id]')[2]"
        ".dispatchEvent(new MouseEvent('click', {shiftKey: true, bubbles: true}))"
    )
    assert await tab.value("document.querySelector('output').value") == "3"


async def test_the_head_of_the_table_selects_all(tab: Tab, site: Site) -> None:
    await tab.value("document.querySelector('[data-all]').click()")
    assert await tab.value("document.querySelectorAll('[name=id]:checked').length") == 4


async def test_times_are_told_by_the_readers_clock(tab: Tab, site: Site) -> None:
    await tab.send("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    try:
        await tab.open(site.url)
        assert "9:48" in await tab.value("document.querySelector('time').textContent")
    finally:
        await tab.send("Emulation.setTimezoneOverride", timezoneId="")


async def test_new_rows_come_in_by_themselves_as_text(tab: Tab, site: Site) -> None:
    await refresh(tab)
    site.name, site.unseen = HOSTILE.replace("<", "&lt;"), 2
    await tab.press("j", "j")
    await refresh(tab)
    assert HOSTILE in await tab.value("document.querySelector('#rows').textContent")
    assert await tab.value("globalThis.hurt") is None
    assert await tab.value("document.title") == "(2) Sites"
    assert "icon-2" in await tab.value("document.querySelector('link[rel=icon]').href")
    assert await focused(tab) == "/#1"


async def test_what_is_known_is_not_sent_again(tab: Tab, site: Site) -> None:
    await refresh(tab)
    await refresh(tab)
    assert site.asked[-1].startswith('"')
    assert await tab.value("document.querySelector('#stale').hidden")


async def test_a_selection_is_not_refreshed_away(tab: Tab, site: Site) -> None:
    await tab.press("j", "x")
    before = len(site.asked)
    await refresh(tab)
    assert len(site.asked) == before


async def test_who_acts_on_a_row_goes_on_there(tab: Tab, site: Site) -> None:
    await tab.press("j", "j", "m")
    await tab.open(site.url)
    assert await focused(tab) == "/#1"
    await tab.open(site.url)
    assert await focused(tab) != "/#1"


async def test_what_was_just_done_is_looked_for_soon(site: Site, tab: Tab) -> None:
    assert await tab.value("later.length") == 0
    site.done = "<p data-done>It is checked next.</p>"
    await tab.open(site.url)
    assert await tab.value("later.map(([, wait]) => wait)") == [2000, 5000, 10000]
    site.name = "Checked"
    await tab.value("later[0][0]()")
    assert await tab.value("document.querySelector('[data-open]').textContent") == "Checked"
