"""The daemon reads its pages from a standby, which fails one day."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import make_url

from tests import postgres, standby
from tests.living import config, plain, running
from tests.loopback import Site, serving


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(page="<title>News</title><p>The library opens at nine.</p>") as site:
        yield site


async def test_pages_go_on_when_the_standby_ends(
    tmp_path: Path, postgres_url: str, site: Site
) -> None:
    address = make_url(postgres_url)
    text = config(("News", site.url("/page"))).replace("enabled = false", "port = 0")
    (tmp_path / "config.toml").write_text(text)
    with standby.following(str(address.query["host"])) as folder:
        url = plain(postgres.database_url(folder, str(address.database)))
        read = {"CHANGELOGGER__DATABASE__READ_URL": url}
        async with running(tmp_path, postgres_url, None, **read) as life:
            endpoint = (await life.until("endpoint_open"))["address"]
            pages = (await life.until("pages_open"))["address"]
            await life.until("replica_read")
            await life.until_several(2, "checked")
            assert "lists are read from it, which" in await told(f"{endpoint}/readyz?verbose")
            assert "News" in await told(f"{pages}/sites")
            # At the start it may have been behind for a moment.
            before = sum(line.get("event") == "replica_left_out" for line in life.said)
            end(folder)
            assert "News" in await told(f"{pages}/sites")
            await life.until_several(before + 1, "replica_left_out")
            assert "does not answer" in await told(f"{endpoint}/readyz?verbose")
            assert "changelogger_replica_read 0" in await told(f"{endpoint}/metrics")
            assert "News" in await told(f"{pages}/sites")
            assert await life.stop() == 0


async def told(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


def end(folder: str) -> None:
    """End the standby as a crash does."""
    process = int((Path(folder) / "data" / "postmaster.pid").read_text().splitlines()[0])
    subprocess.run(["kill", f"-{int(signal.SIGKILL)}", str(process)], check=True)
