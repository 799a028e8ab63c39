"""A daemon at work whose configuration is edited."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from daemon.config import load
from daemon.runtime.live_config.reload import differing
from tests.living import PATIENCE_SECONDS, Life, config, running
from tests.loopback import Site, serving
from tests.test_life import hear

PAGE = "<title>News</title><p>The library opens at nine.</p>"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(page=PAGE, other=PAGE) as site:
        yield site


def put(folder: Path, content: str) -> None:
    beside = folder / "config.new"
    beside.write_text(content)
    beside.replace(folder / "config.toml")


async def told(life: Life) -> str:
    """What the endpoint says of the configuration."""
    address = (await life.until("endpoint_open"))["address"]

    def ask() -> str:
        with urlopen(f"{address}/readyz", timeout=10) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(ask)


async def test_sites_come_and_go_with_edits(tmp_path: Path, database_url: str, site: Site) -> None:
    page, other = ("page", site.url("/page")), ("other", site.url("/other"))
    put(tmp_path, config(page))
    async with running(tmp_path, database_url) as life:
        await life.until("checked", site="page")
        put(tmp_path, config(page, other))
        await life.until("config_applied", changed=["sites"])
        await life.until("checked", site="other")
        put(tmp_path, config(other))
        synced = await life.until("sites_synchronised", removed=1)
        assert synced["added"] == 0
        assert await life.stop() == 0


async def test_a_broken_edit_changes_nothing_and_is_told(
    tmp_path: Path, sqlite_url: str, site: Site
) -> None:
    good = config(("page", site.url("/page")))
    put(tmp_path, good)
    async with running(tmp_path, sqlite_url) as life:
        await life.until("started")
        put(tmp_path, good + "[fetch\n")
        refused = await life.until("config_refused")
        assert "config.toml:" in refused["reason"]
        assert "the last good one is in force" in await told(life)
        count = len([line for line in life.said if line.get("event") == "checked"])
        await life.until_several(count + 1, "checked", site="page")
        put(tmp_path, good)
        await life.until("config_applied", changed=[])
        assert "last good" not in await told(life)
        assert await life.stop() == 0


async def test_other_settings_are_in_force_without_a_restart(
    tmp_path: Path, sqlite_url: str, site: Site
) -> None:
    good = config(("page", site.url("/page")))
    put(tmp_path, good)
    async with running(tmp_path, sqlite_url) as life:
        await life.until("checked")
        put(tmp_path, good.replace("[documents]", 'user_agent = "moved/2"\n[documents]'))
        await life.until("config_applied", changed=["fetch"])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "moved/2" not in site.agents:
                site.arrived.clear()
                await site.arrived.wait()
        assert await life.stop() == 0


async def test_what_needs_a_restart_is_said_and_the_rest_applied(
    tmp_path: Path, sqlite_url: str, site: Site
) -> None:
    good = config(("page", site.url("/page")))
    put(tmp_path, good)
    async with running(tmp_path, sqlite_url) as life:
        await life.until("started")
        put(tmp_path, good.replace("port = 0", "port = 1"))
        await life.until("config_applied", needs_restart=["health"])
        assert "restart" in await told(life)
        assert await life.stop() == 0


async def test_hangups_reload_and_the_service_manager_hears_of_it(
    tmp_path: Path, sqlite_url: str, site: Site
) -> None:
    put(tmp_path, config(("page", site.url("/page"))))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        heard: list[str] = []
        async with running(tmp_path, sqlite_url, NOTIFY_SOCKET=str(tmp_path / "notify")) as life:
            await life.until("started")
            for _ in range(20):
                life.tell(signal.SIGHUP)
            await life.until("config_applied")
            while not any(line.startswith("RELOADING=1") for line in heard):
                heard.append(await _datagram(manager))
            assert "MONOTONIC_USEC=" in heard[-1]
            assert (await _datagram(manager)).startswith("READY=1")
            assert await life.stop() == 0
        assert len([line for line in life.said if line.get("event") == "config_applied"]) <= 2


async def _datagram(manager: socket.socket) -> str:
    return (await hear(manager)).decode()


async def test_what_is_hardly_meant_is_told_at_the_start(tmp_path: Path, sqlite_url: str) -> None:
    hook = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/"\nnames = ["Nosuch"]\n'
    put(tmp_path, config(("page", "http://127.0.0.1:1/")) + hook)
    async with running(tmp_path, sqlite_url) as life:
        told = await life.until("config_doubtful")
        assert told["key"] == "notify[0].names[0]"
        assert told["where"].startswith("config.toml:")
        assert await life.stop() == 0


@pytest.mark.parametrize(
    ("after", "names"),
    [
        ("", ()),
        ("[fetch]\nper_host = 3\n", ("fetch",)),
        ('[[site]]\nname = "a"\nurl = "https://example.org"\n[retention]\nattempts = "9d"\n',
         ("retention", "sites")),
        ('[mail]\npassword = "new"\n', ("mail",)),
    ],
)  # fmt: skip
def test_only_sections_that_differ_are_named(
    after: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(after)
    before: Any = load(None, {})
    assert differing(before, load(path, {})) == names
