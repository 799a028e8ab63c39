"""A part of a page is chosen by a click on its picture: to be read, or to be left out."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from daemon.config import load
from daemon.runtime.app import open_app
from tests import loopback
from tests.browser.chromium import Tab
from tests.browser.watched import served
from tests.living import CONFIG
from tests.rendering.conftest import refuse_without_browser, started

_PAGE = """<!doctype html><title>Fees</title><style>p { height: 90px; margin: 20px }</style>
<main><p class="fee">The fee is 5 euros</p><p class="weather">It rains</p></main>"""
_CHOOSE = "document.querySelector('[formaction=\"/sites/choose\"]').click()"
_MIDDLE = """(() => { const box = [...document.querySelectorAll('.choose %s a')].find(one =>
  one.getAttribute('aria-label') === '%s').getBoundingClientRect()
  return [box.x + box.width / 2, box.y + box.height / 2] })()"""
_CLICKS = (("reading", "Read The fee is 5 euros"), ("leaving", "Leave out It rains"))
_FIELD = "document.querySelector('[name=%s]').value"


@pytest.fixture
async def pages(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of our pages, and of the page that is chosen from; a browser shows it."""
    refuse_without_browser()
    shutil.copyfile(sqlite_template, tmp_path / "changelogger.db")
    (tmp_path / "config.toml").write_text(CONFIG)
    names = {"DATABASE__URL": f"sqlite:///{tmp_path / 'changelogger.db'}"}
    async with started(tmp_path) as running, loopback.serving(page=_PAGE) as site:
        names["BROWSER__SOCKET"] = str(running.socket)
        environ = {f"CHANGELOGGER__{name}": value for name, value in names.items()}
        config = load(tmp_path / "config.toml", environ)
        async with open_app(config, "check") as app, served(app, config) as url:
            yield url, site.url()


async def clicked(tab: Tab, place: list[float]) -> None:
    at: dict[str, Any] = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        await tab.send("Input.dispatchMouseEvent", type=kind, **at)


async def going(tab: Tab, expression: str) -> None:
    """Do what leads to another page, and wait for that."""
    tab.is_loaded = False
    await tab.value(expression)
    await tab.loaded()


async def test_a_click_on_the_picture_fills_in_what_is_read_or_left_out(
    tab: Tab, pages: tuple[str, str]
) -> None:
    ours, theirs = pages
    await tab.open(f"{ours}/sites/new?url={theirs}")
    for kind, words in _CLICKS:
        await going(tab, _CHOOSE)
        assert await tab.value("document.querySelectorAll('.choose image').length") == 1
        await tab.value(f"document.querySelector('[value={kind}]').click()")
        tab.is_loaded = False
        await clicked(tab, await tab.value(_MIDDLE % (f".{kind}", words)))
        await tab.loaded()
    assert ".fee" in await tab.value(_FIELD % "include")
    assert ".weather" in await tab.value(_FIELD % "exclude")
    assert await tab.value(_FIELD % "render") == "auto"
