"""A browser for the moment, where none is set up."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from daemon.browser.at_hand import browser_at_hand
from daemon.browser.service.binaries import NoBrowserError
from daemon.config.options.rendering import BrowserConfig
from tests.loopback import serving
from tests.rendering.conftest import refuse_without_browser

_CONFIG = """[fetch]
allow_networks = ["127.0.0.1/32"]
respect_robots = false
delay_seconds = 0
"""
_SHELL = """<!doctype html><title>Shows</title><div id="root"></div><script>
document.getElementById('root').innerHTML = '<p class="show">The ' + 'choir sings</p>'</script>"""


async def test_a_check_of_an_address_starts_a_browser_for_a_page_that_shows_nothing(
    tmp_path: Path,
) -> None:
    refuse_without_browser()
    config = tmp_path / "config.toml"
    config.write_text(_CONFIG)
    other_user = ["unshare", "--map-user=65534", "--map-group=65534", "--"]
    async with serving(page=_SHELL) as site:
        process = await asyncio.create_subprocess_exec(
            *(other_user if os.geteuid() == 0 else []),
            *(sys.executable, "-P", "-m", "daemon", "--config", str(config)),
            *("check", site.url(), "--include", ".show"),
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, hints = await process.communicate()
    if b"cannot be cut off" in hints:
        pytest.skip("no namespaces may be made here: no page was rendered")
    assert b"The choir sings" in said
    assert b"--include .show --render auto" in hints
    assert b'render = "auto"' in hints


async def test_a_browser_that_is_set_up_is_the_one_at_hand() -> None:
    async with browser_at_hand(BrowserConfig(socket="/run/there.sock"), None) as socket:
        assert socket == Path("/run/there.sock")


async def test_without_a_program_of_a_browser_none_is_at_hand() -> None:
    with pytest.raises(NoBrowserError, match="there is no program /nowhere"):
        async with browser_at_hand(BrowserConfig(executable="/nowhere"), None):
            pass
