"""The metrics of a daemon at work: there from the start, filled within seconds, few."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.living import PATIENCE_SECONDS, config, running
from tests.loopback import Site, serving

PAGE = "<title>News</title><p>The library opens at nine.</p>"
MANY = [f"/page{n}" for n in range(20)]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(**{path[1:]: PAGE for path in MANY}) as site:
        yield site


def value(text: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


async def test_a_daemon_tells_what_it_does_and_how_much_room_it_takes(
    tmp_path: Path, site: Site, database_url: str
) -> None:
    sites = ((path, site.url(path)) for path in MANY)
    (tmp_path / "config.toml").write_text(config(*sites, every="1s"))
    wanted = [
        "changelogger_ready",
        "changelogger_database_bytes",
        "changelogger_heartbeat_timestamp_seconds",
        "changelogger_document_seconds_count",
        "changelogger_store_group_outcomes_sum",
        "changelogger_sandbox_workers",
        'changelogger_table_bytes{table="pages"}',
        'changelogger_checks_total{verdict="initial"}',
        "process_resident_memory_bytes",
        "process_open_fds",
    ]
    async with running(tmp_path, database_url) as life, aiohttp.ClientSession() as session:
        address = (await life.until("endpoint_open"))["address"]
        text = ""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(value(text, series) for series in wanted):
                async with session.get(f"{address}/metrics") as answer:
                    text = await answer.text()
        assert await life.stop() == 0
    assert len(re.findall(r"^[a-z]", text, re.MULTILINE)) < 300
    assert "/page" not in text
    assert "127.0.0.1" not in text
