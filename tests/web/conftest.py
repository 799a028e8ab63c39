"""The pages as they are served: on a free port, over each kind of database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from daemon.config import Config, WebConfig
from daemon.login.passwords import Passwords, Work
from daemon.monitoring.health import ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.backtest import Backtests
from daemon.operations.comparing import Comparer
from daemon.operations.trying import Tries
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.opening import open_for_readers
from daemon.web import csrf
from daemon.web.context import Context
from daemon.web.server import serve
from tests.living import PATIENCE_SECONDS
from tests.loopback import tools_for

FREE = WebConfig(port=0)
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the pages said."""

    status: int
    headers: Mapping[str, str]
    text: str


class Pages:
    """A browser of the pages, as far as tests need one."""

    def __init__(self, url: str, context: Context) -> None:
        self.url = url
        self.context = context
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    @property
    def secret(self) -> bytes:
        """What forms of this browser are signed with: its session's, its own, or the daemon's."""
        cookies = {cookie.key: cookie.value for cookie in self.session.cookie_jar}
        found = cookies.get("changelogger") or cookies.get("changelogger-browser")
        return found.encode() if found else self.context.key

    async def ask(
        self, method: str, path: str, data: bytes | Mapping[str, str] | None = None, **headers: str
    ) -> Answer:
        """Ask without following where it leads; `_` in names of headers is `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.url}{path}"
        asked = self.session.request(method, url, data=data, headers=named, allow_redirects=False)
        async with asked as response:
            return Answer(response.status, response.headers, await response.text("utf-8"))

    async def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return await self.ask("GET", path, None, **headers)

    async def post(self, path: str, **values: str) -> Answer:
        """Send a form of ours."""
        fields = {csrf.FIELD: csrf.token(self.secret), **values}
        return await self.ask("POST", path, fields, Sec_Fetch_Site="same-origin")

    async def post_raw(self, path: str, fields: str) -> Answer:
        """Send a form of ours in which a field is given several times."""
        data = f"{csrf.FIELD}={csrf.token(self.secret)}&{fields}".encode()
        kind = "application/x-www-form-urlencoded"
        return await self.ask("POST", path, data, Sec_Fetch_Site="same-origin", Content_Type=kind)

    async def follow(self, answer: Answer) -> Answer:
        """The page to which an answer leads."""
        return await self.get(answer.headers["Location"])


@pytest.fixture
def patience_seconds() -> float:
    """How long pages wait for the database: longer here, as others keep this machine busy."""
    return PATIENCE_SECONDS


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """What `[web]` says: tests ask faster than people do."""
    return {"requests_per_second": 0}


@pytest.fixture
async def context(
    database: Database,
    database_url: str,
    sandbox: Sandbox,
    patience_seconds: float,
    web_settings: dict[str, Any],
) -> AsyncIterator[Context]:
    """What pages work with: a daemon that is well, on such a database."""
    health = Health()
    health.report("database", ComponentState.OK, "answers")
    health.beat("dispatch")
    settings = {"database": {"url": database_url}, "web": web_settings}
    config = Config.model_validate(settings).settled(())
    reading = open_for_readers(config.database, patience_seconds)
    async with reading as readers, tools_for(database, sandbox) as (_fetcher, tools):
        yield Context(
            config=lambda: config,
            reading=readers,
            database=database,
            health=health,
            metrics=Metrics("0"),
            clock=lambda: NOW,
            comparer=Comparer(lambda: sandbox),
            tries=Tries(lambda: tools),
            backtests=Backtests(lambda: sandbox),
            passwords=Passwords(Work(n=2, r=1, p=1)),
        )


@pytest.fixture
async def pages(context: Context) -> AsyncIterator[Pages]:
    """The pages, served."""
    async with serve(context, FREE) as url:
        pages = Pages(url, context)
        try:
            yield pages
        finally:
            await pages.session.close()


def text_of(html: str) -> str:
    """The words of a page without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
