"""Logs in at a provider that others wrote, and that is certified: npm's oidc-provider.

    npm install --prefix FOLDER oidc-provider
    .venv/bin/python -m benchmarks.logins FOLDER

A daemon of its own is asked as a browser asks it. Between the logins the provider changes its key,
and then its algorithm. Needs node; takes a quarter of a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import re
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp

CONFIG = """
[database]
url = "sqlite:///{folder}/changelogger.db"
[fetch]
allow_networks = ["127.0.0.1/32"]
[health]
enabled = false
[web]
port = {port}
public_url = "http://localhost:{port}"
[[web.login]]
name = "corp"
issuer = "http://127.0.0.1:{provider}"
client_id = "changelogger"
client_secret = "a secret/of the client, 32 bytes+"
allow = ["@example.org"]
create_users = true
"""
KEYS = ("RS256", "RS256", "ES256")  # of the provider, one after the other
PAUSE_SECONDS = 10.5  # keys are asked for every ten seconds at the most
HERE = Path(__file__).parent


@asynccontextmanager
async def running(*command: str, ready: str, folder: str | None = None) -> AsyncIterator[None]:
    """A program that runs once it has said that it is ready."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while ready not in (line := (await process.stdout.readline()).decode()):
                if not line:
                    raise SystemExit(f"{command[0]} did not start")
        yield
    finally:
        process.terminate()
        await process.communicate()


def written(folder: str, text: str) -> str:
    """The name of the configuration with this text."""
    path = Path(folder, "config.toml")
    path.write_text(text, encoding="utf-8")
    return str(path)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def log_in(pages: str, name: str) -> str:
    """The page to which a login of a new browser leads, and who is logged in there."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        url, form = f"{pages}/login/corp?to=/me", None
        for _step in range(30):
            method = "POST" if form else "GET"
            async with browser.request(method, url, data=form, allow_redirects=False) as answer:
                text = await answer.text()
            if answer.status in (302, 303):
                url, form = urljoin(url, answer.headers["Location"]), None
            elif urlsplit(url).path.startswith("/interaction/"):
                url, form = filled(url, text, name)
            else:
                return f"{answer.status} {urlsplit(url).path}, {name in text}"
    raise SystemExit("the provider leads in circles")


def filled(url: str, text: str, name: str) -> tuple[str, dict[str, str]]:
    """The form of the provider for a login or a consent, as a person fills it in."""
    action = re.search(r'<form[^>]*action="([^"]*)"', text)
    assert action is not None, text
    hidden = re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', text)
    return urljoin(url, html.unescape(action[1])), {**dict(hidden), "login": name, "password": "x"}


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where npm has put oidc-provider")
    given = parser.parse_args()
    port, provider = free_port(), free_port()
    pages, wrong = f"http://localhost:{port}", 0
    with tempfile.TemporaryDirectory() as folder:
        config = written(folder, CONFIG.format(folder=folder, port=port, provider=provider))
        daemon = (sys.executable, "-m", "daemon", "--config", config, "run")
        async with running(*daemon, ready="pages_open"):
            for number, algorithm in enumerate(KEYS):
                script = (str(HERE / "provider.mjs"), str(provider), algorithm)
                callback = f"{pages}/login/corp/callback"
                command = ("node", *script, callback)
                async with running(*command, ready="ready", folder=given.folder):
                    begun = time.perf_counter()
                    led_to = await log_in(pages, f"ada{number}")
                    seconds = time.perf_counter() - begun
                print(f"key {number}, {algorithm}: {led_to}, {seconds:.2f} s")
                wrong += led_to != "200 /me, True"
                if number + 1 < len(KEYS):
                    await asyncio.sleep(PAUSE_SECONDS)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
