"""The pages beside the checks: on a port of their own, which may be taken without harm."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.living import CONFIG, PATIENCE_SECONDS, Life, running

WITHOUT = "[web]\nenabled = false\n"


def configure(folder: Path, port: int) -> None:
    assert WITHOUT in CONFIG
    (folder / "config.toml").write_text(CONFIG.replace(WITHOUT, f"[web]\nport = {port}\n"))


async def page(life: Life, path: str) -> str:
    address = (await life.until("pages_open"))["address"]
    async with aiohttp.ClientSession() as session, session.get(address + path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_the_daemon_shows_its_pages_and_ends_when_told(
    tmp_path: Path, database_url: str
) -> None:
    configure(tmp_path, 0)
    async with running(tmp_path, database_url) as life:
        shown = await page(life, "/health")
        assert "at http://127.0.0.1:" in shown
        assert "alive" in shown
        assert await life.stop() == 0


async def test_a_port_that_is_taken_stops_no_check_and_is_tried_again(
    tmp_path: Path, sqlite_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        configure(tmp_path, port)
        async with running(tmp_path, sqlite_url) as life:
            await life.until("started")
            refused = await life.until("pages_not_open")
            assert refused["reason"] == f"cannot listen on 127.0.0.1:{port}: address already in use"
            other.close()
            assert f"127.0.0.1:{port}" in await page(life, "/health")
            assert await life.stop() == 0


async def test_a_connection_that_is_left_open_holds_up_no_end(
    tmp_path: Path, sqlite_url: str
) -> None:
    configure(tmp_path, 0)
    async with running(tmp_path, sqlite_url) as life:
        address = urlsplit((await life.until("pages_open"))["address"])
        _reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: local")
        await writer.drain()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await life.stop() == 0
        writer.close()


async def test_nothing_is_served_where_pages_are_off(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    async with running(tmp_path, sqlite_url) as life:
        await life.until("started")
        assert await life.stop() == 0
    assert not [line for line in life.said if line.get("event", "").startswith("pages_")]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
async def test_no_other_machine_is_let_in_before_there_are_logins(
    tmp_path: Path, sqlite_url: str, host: str
) -> None:
    text = CONFIG.replace(WITHOUT, f'[web]\nhost = "{host}"\n')
    (tmp_path / "config.toml").write_text(text)
    async with running(tmp_path, sqlite_url) as life:
        assert await life.end() == 2
    assert [line for line in life.said if "web.host: would let everybody in" in str(line)]
