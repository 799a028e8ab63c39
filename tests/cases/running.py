"""Runs a case: a page on loopback in one state after the other, checked as the daemon does."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomlkit
from aiohttp import web

from daemon.cli.terminal.report import outcome_json
from daemon.cli.terminal.show import Clean
from daemon.config import load
from daemon.model.outcome import Outcome
from daemon.model.viewer import DAEMON
from daemon.operations.installation.configuration import apply
from daemon.pipeline.check import check
from daemon.pipeline.context import CheckContext
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.dry_run import pages_to_look_at
from daemon.store.core.database import Database
from daemon.store.queue.pages import claim_these
from tests.loopback import Clock, tools_for
from tests.making import ADMIN, LEASE, PAST, begin_run

PATH = "/page"
_FETCH = {"allow_networks": ["127.0.0.1/32"], "delay_seconds": 0, "respect_robots": False}


@dataclass(frozen=True)
class Answer:
    """What the server says of one path, and, of the page itself, what a check makes of it."""

    body: str = ""
    part: str = ""  # stands for {part} in the page of the case
    status: int = 200
    content_type: str = "text/html"
    encoding: str = "utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    hours: float = 1  # since the check before
    expect: Mapping[str, Any] = field(default_factory=dict)

    def response(self, page: str) -> web.Response:
        text = self.body or page.replace("{part}", self.part)
        content_type = f"{self.content_type}; charset={self.encoding}"
        headers = {"Content-Type": content_type, **self.headers}
        return web.Response(status=self.status, body=text.encode(self.encoding), headers=headers)


@dataclass(frozen=True)
class Case:
    """A page in its states, the options of who watches it, and what each check is to say."""

    about: str
    state: tuple[Answer, ...]
    kind: str = "site"
    page: str = "{part}"
    options: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)  # sections, as in config.toml
    others: Mapping[str, Answer] = field(default_factory=dict)  # by path

    @classmethod
    def read(cls, path: Path) -> Case:
        """The case of this file; a key that is none is an error."""
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        states = tuple(Answer(**table) for table in tables.pop("state"))
        others = {path: Answer(**table) for path, table in tables.pop("others", {}).items()}
        return cls(**tables, state=states, others=others)

    def config_text(self, origin: str) -> str:
        watched = {"name": "case", "url": origin + PATH, "check_frequency": "1h", **self.options}
        fetch = {**_FETCH, **self.config.get("fetch", {})}
        return tomlkit.dumps({**self.config, "fetch": fetch, self.kind: [watched]})


async def run(case: Case, database: Database, sandbox: Sandbox, folder: Path) -> list[Any]:
    """What `check --json` says of each state, checked one after the other."""
    answers = dict(case.others)
    said = []
    async with serving(answers, case.page) as origin:
        path = folder / "config.toml"
        path.write_text(case.config_text(origin))
        config = load(path, {})
        clock = Clock()
        clock.now = PAST
        await apply(database, ADMIN, config, clock.now)
        async with tools_for(database, sandbox, clock, config.fetch) as (_, context):
            for answers[PATH] in case.state:
                clock.move(timedelta(hours=answers[PATH].hours))
                [one] = outcome_json(await checked(database, context), Clean(()))
                said.append(one)
    return said


async def checked(database: Database, context: CheckContext) -> Outcome:
    """The page of the case, claimed and checked; what came of it is stored."""
    run_id = await begin_run(database)
    async with database.writing() as session:
        pages = await pages_to_look_at(session, DAEMON)
        [page] = [one for one in pages if one.request.url.endswith(PATH)]  # not what it discovers
        [claimed] = await claim_these(session, run_id, [page.id], LEASE)
    outcome = await check(claimed, context)
    async with database.writing() as session:
        assert await record(session, run_id, [outcome])
    return outcome


@asynccontextmanager
async def serving(answers: Mapping[str, Answer], page: str) -> AsyncIterator[str]:
    """A server of these answers, which may be exchanged while it runs; its origin."""

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            return web.Response(status=404)
        return answers[request.path].response(page)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def differences(expected: Mapping[str, Any], said: Mapping[str, Any], place: str = "") -> list[str]:
    """Where what was said is not as expected."""
    found = []
    for key, wanted in expected.items():
        name, test = (key, "is") if key in said else _named(key)
        if name not in said:
            found.append(f"{place}{name} is none of {', '.join(said)}")
        elif isinstance(wanted, dict) and test == "is":
            found += differences(wanted, said[name] or {}, f"{place}{name}.")
        elif not _TESTS[test](said[name], wanted):
            found.append(f"{place}{key}: wanted {wanted!r}, got {said[name]!r}")
    return found


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda got, wanted: got == wanted,
    "not": lambda got, wanted: got != wanted,
    "in": lambda got, wanted: got in wanted,
    "has": lambda got, wanted: all(one in got for one in wanted),
    "lacks": lambda got, wanted: not any(one in got for one in wanted),
    "at_most": lambda got, wanted: got <= wanted,
}


def _named(key: str) -> tuple[str, str]:
    tests = (test for test in _TESTS if key.endswith(f"_{test}"))
    test = next(tests, "is")
    return key.removesuffix(f"_{test}"), test
