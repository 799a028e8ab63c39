"""A headless Chromium that the tests of pages share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from tests.browser import chromium
from tests.browser.chromium import Chromium, Tab


@pytest.fixture(scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    """A running browser; one for each worker process."""
    if chromium.program() is None and not (os.environ.get("CI") and os.geteuid() == 0):
        pytest.skip("no chromium here (Debian's package): pages were not opened in a browser")
    async with chromium.running(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="session")
async def shared_tab(browser: Chromium) -> AsyncIterator[Tab]:
    """A page of the browser: a new one for each test would take most of their time."""
    async with browser.tab() as tab:
        yield tab


@pytest.fixture
async def tab(shared_tab: Tab) -> AsyncIterator[Tab]:
    """A wide, light window without cookies, of whose pages nothing went wrong in the end."""
    shared_tab.errors.clear()
    await shared_tab.send("Network.clearBrowserCookies")
    await shared_tab.look(width=1280)
    yield shared_tab
    assert shared_tab.errors == []
