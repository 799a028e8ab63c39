"""Each column of each table garbled: that costs the row, is told, and stops nothing else."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from daemon.config import Config, load
from daemon.logs import setup as logs
from daemon.model.outcome import Outcome
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.runtime.app import open_app, writing
from daemon.runtime.maintenance import Daemon
from daemon.runtime.observer import Observer
from daemon.runtime.service import _prepare
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.inspection import inspect
from daemon.store.core.json_columns import ASIDE
from daemon.store.queue import notices_by_hand as told
from daemon.store.queue.runs import list_daemons
from daemon.store.tables import Base
from daemon.store.tables.garbled import JsonArray
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import Money, Word
from daemon.store.views import products as product_views
from daemon.store.views import sites as views
from daemon.store.views.changes import ChangeFilter, find_change, list_changes
from tests.cli.conftest import Cli, cli, folder, process_as_it_was
from tests.loopback import Site, serving
from tests.making import ADMIN
from tests.notify.sinks import SECRET, Sink, receiving

__all__ = ["cli", "folder"]  # fixtures

FIRST = "<title>News</title><main><p>The library opens at nine.</p></main>"
SECOND = FIRST.replace("at nine", "at ten on every day but Sunday")
THIRD = FIRST.replace("at nine", "at three, and never before")
LAMP = """<title>Lamp</title><script type="application/ld+json">{"@type":"Product","name":"Lamp",
"offers":{"@type":"Offer","price":"%s","priceCurrency":"EUR",
"availability":"https://schema.org/InStock"}}</script>"""
CONFIG = """
[fetch]
allow_networks = ["127.0.0.1/32"]
delay_seconds = 0
per_host = 64
respect_robots = false
[documents]
workers = 1
[schedule]
minimum_interval = "1s"
[health]
enabled = false
[web]
enabled = false
[[notify]]
name = "hook"
url = "{hook}"
secret = "{secret}"
[[site]]
name = "Good"
url = "{origin}/good"
[[site]]
name = "Beside"
url = "{origin}/beside"
[[product]]
name = "Lamp"
url = "{origin}/lamp"
target_price = 20
"""
RUBBISH = {"text": "rubbish", "bytes": b"\xff\x00\xfe", "number": -7, "list": "[7]",
           "object": '{"notices": [7], "alerts": 7, "site": {"a": []}, "notify": 7}'}  # fmt: skip
# Words of people and servers: any text is one of them.
BROKEN = {"task_broken", "check_broken", "outcome_broken", "notices_wait", "claim_failed",
          "outcome_lost", "outcome_not_storable", "chore_failed", "analysis_broken",
          "notice_not_settled", "database_in_trouble", "database_damaged"}  # fmt: skip


@dataclass
class World:
    """A site that is watched, where people are told, and a folder with a filled database."""

    site: Site
    sink: Sink
    folder: Path
    config: Config

    def begin(self, source: Path) -> None:
        shutil.copyfile(source, self.folder / "changelogger.db")


@dataclass
class Day:
    """One life of a daemon: what it checked, and what it said."""

    checked: list[str]
    said: list[dict[str, Any]]
    listed: dict[str, list[str]]
    aside: Counter[str]
    health: Component


async def live(world: World, body: str) -> Day:
    """Begin, check all, tell, tidy, list and end."""
    ASIDE.clear()
    checked: list[str] = []
    world.site.bodies |= {"/good": body, "/beside": body}
    lines = io.StringIO()

    class Names(Observer):
        def on_checked(self, outcome: Outcome) -> None:
            checked.extend(outcome.page.names)

    with process_as_it_was():
        logs.configure("info", "json", stream=lines)
        daemon = Daemon(Health(), Metrics("0"), lambda line: None, Names())
        async with open_app(world.config, "run", daemon.observer) as app:
            daemon.show_channels(world.config)
            await _prepare(daemon, app)
            await make_due(app.database)
            async with writing(app), asyncio.TaskGroup() as checks:
                await app.worker.dispatch(checks)
            for _ in range(8):  # a garbled one waits for its lease, and lets the next go
                await app.components.sender.drain(gathers=False)
            for chore in (
                daemon.heartbeat,
                daemon.read_clock,
                daemon.survey,
                daemon.measure,
                daemon.tidy,
            ):
                await chore(app)
            listed = await lists(app.database)
            await daemon.measure(app)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    return Day(checked, said, listed, ASIDE.tables(), daemon.health.components()["rows"])


async def make_due(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(
            text(
                "UPDATE pages SET next_check_at = '2026-01-01 00:00:00.000000'"
                " WHERE host LIKE '127%' AND typeof(next_check_at) = 'text'"
            )
        )


async def lists(database: Database) -> dict[str, list[str]]:
    async with database.reading() as session:
        sites = await views.list_sites(session, ADMIN)
        for one in sites:
            await views.list_snapshots(session, ADMIN, one.id, 10)
            if one.page_id is not None:
                await views.list_attempts(session, ADMIN, one.page_id, 10)
        products = await product_views.list_products(session, ADMIN)
        for product in products:
            await product_views.list_price_checks(session, ADMIN, product.id)
        changes = await list_changes(session, ADMIN, ChangeFilter())
        for change in changes:
            await find_change(session, ADMIN, str(change.id))
        notices = await told.list_notices(session, ADMIN)
        await list_daemons(session)
    return {
        "sites": [one.name for one in sites],
        "products": [one.name for one in products],
        "changes": [one.site_name for one in changes],
        "notices": [str(one.id) for one in notices],
    }


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[World]:
    async with (
        serving(good=FIRST, beside=FIRST, lamp=LAMP % "24.90") as site,
        receiving(Sink()) as sink,
    ):
        path = folder / "config.toml"
        path.write_text(CONFIG.format(origin=site.origin, hook=sink.url, secret=SECRET))
        environ = {"CHANGELOGGER__DATABASE__URL": f"sqlite:///{folder}/changelogger.db"}
        yield World(site, sink, folder, load(path, environ))


async def filled(world: World, template: Path) -> Path:
    """A database in which something happened, with a row in each table."""
    world.begin(template)
    await live(world, FIRST)
    world.site.bodies["/lamp"] = LAMP % "19.90"
    await live(world, SECOND)
    path = world.folder / "filled.db"
    with closing(sqlite3.connect(world.folder / "changelogger.db")) as connection:
        fill_the_rest(connection)
        connection.execute("VACUUM INTO ?", (str(path),))
    return path


def fill_the_rest(connection: sqlite3.Connection) -> None:
    """A row for those tables in which a short life leaves none."""
    page, product, update = (
        connection.execute(f"SELECT {key} FROM {table} LIMIT 1").fetchone()[0]
        for key, table in (("id", "pages"), ("product_id", "products"), ("id", "content_updates"))
    )
    day, at = "2026-01-01", "2026-01-01 12:00:00.000000"
    rows: dict[str, tuple[Any, ...]] = {
        "host_shards (shard, is_leaving)": (1, 0),
        "hosts (host, crawl_delay_seconds, updated_at)": ("slow.example:443", 9.0, at),
        "model_spend (month)": ("2026-01",),
        "check_days": (page, day, 2, 1, '{"dns": 1}', 10, '{"3": 1}', 0.1),
        "price_days": (product, day, "EUR", "", 1, 1, 245000, at, 245000, at, 245000, at),
        "counted_attempts": (1, new_id().hex, new_id().hex, new_id().hex, page),
        "ratings": (new_id().hex, update, "local", "noise", at),
        "identities": ("corp|ada", "local", at),
        "passwords": ("local", "scrypt$1$1$1$00$00", at),
        "web_sessions": ("1", "local", "link", at, at, at, "", ""),
        "login_flows": ("1", "corp", "1", "1", "/", "1", at, at),
        "login_links": ("1", "local", at, at),
        "login_failures": ("1", 1, at),
        "api_tokens": (new_id().hex, "local", "script", "1", "[]", at, at, at, at),
        "destinations": (
            *(new_id().hex, "local", "phone", "ntfy", "1", "1", "1", at, 1, at, "1", at, at),
        ),
        "audit": (new_id().hex, at, "local", "cli", "login", "", ""),
    }
    for into, values in rows.items():
        connection.execute(f"INSERT INTO {into} VALUES ({', '.join('?' * len(values))})", values)
    connection.commit()


def garble(path: Path, rubbish: Any) -> list[Column[Any]]:
    """Beside a row of each table one more for each of its columns, with rubbish in that one."""
    made = []
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for table in Base.metadata.sorted_tables:
            row = connection.execute(f"SELECT * FROM {table.name} LIMIT 1").fetchone()
            for number, column in enumerate(table.columns):
                if column.primary_key and isinstance(column.type, Integer):
                    continue  # the one kind of column to which SQLite itself sees
                values = _another(table, dict(row), number) | {column.name: rubbish}
                connection.execute(
                    f"INSERT INTO {table.name} ({', '.join(values)})"
                    f" VALUES ({', '.join('?' * len(values))})",
                    list(values.values()),
                )
                made.append(column)
    return made


def _another(table: Table, row: dict[str, Any], number: int) -> dict[str, Any]:
    """The same row with another value in each of its keys."""
    constraints = [c for c in table.constraints if isinstance(c, _KEYS)]
    indexes = [index for index in table.indexes if index.unique]
    for key in (*constraints, *indexes):
        own = [column for column in key.columns if not column.foreign_keys]
        column = (own or list(key.columns))[-1 if not own else 0]
        if column.name == "owner_id":
            column = key.columns["name"]
        row[column.name] = _fresh(column, number)
    return row


_KEYS = PrimaryKeyConstraint | UniqueConstraint


def _fresh(column: Column[Any], number: int) -> Any:
    if isinstance(column.type, Integer):
        return 900 + number
    return f"2025-02-{number + 1:02}" if isinstance(column.type, Date) else new_id().hex


async def inspected(path: Path) -> Counter[str]:
    """How many rows of each table are told of."""
    ASIDE.clear()
    database = Database(open_engine(f"sqlite+aiosqlite:///{path}"))
    await inspect(database)
    await database.close()
    return ASIDE.tables()


def fits(column: Column[Any], rubbish: Any) -> bool:
    """Whether a column can hold this, as it is or as SQLite converts it."""
    if isinstance(column.type, JSON):
        return bool(rubbish == RUBBISH["list" if isinstance(column.type, JsonArray) else "object"])
    if isinstance(column.type, Word):
        return False
    if isinstance(column.type, String):
        return not isinstance(rubbish, bytes)
    if isinstance(column.type, LargeBinary):
        return isinstance(rubbish, bytes)
    is_number = isinstance(column.type, Integer | Float | Boolean | Money)
    return is_number and isinstance(rubbish, int)


@pytest.mark.parametrize("kind", list(RUBBISH))
def test_a_garbled_column_costs_its_row_and_is_told(
    kind: str, cli: Cli, folder: Path, sqlite_template: Path
) -> None:
    rubbish = RUBBISH[kind]

    async def days() -> Day:
        async with living(folder) as world:
            world.begin(await filled(world, sqlite_template))
            made = garble(folder / "changelogger.db", rubbish)
            wanted = Counter(one.table.name for one in made if not fits(one, rubbish))
            found = await inspected(folder / "changelogger.db")
            assert {
                table: number for table, number in wanted.items() if found[table] < number
            } == {}
            sent = len(world.sink.taken)
            day = await live(world, THIRD)
            assert len(world.sink.taken) > sent
            return day

    day = asyncio.run(days())
    assert [line for line in day.said if line["event"] in BROKEN or "exception" in line] == []
    assert {"Good", "Beside", "Lamp"} <= set(day.checked)
    assert day.listed["changes"].count("Good") >= 2
    assert {"Good", "Beside"} <= set(day.listed["sites"])
    assert "Lamp" in day.listed["products"]
    assert day.aside["content_updates"]
    assert (day.health.state, "named in the log" in day.health.reason) == (
        ComponentState.DEGRADED,
        True,
    )
    for words in ("sites", "products", "changes", "notices", "history Good", "sites trend Good",
                  "products history Lamp", "sites noise Good", "db current"):  # fmt: skip
        done = cli(*words.split())
        assert done.code in (0, 1), (words, done.err)
        assert "Traceback" not in done.err


# What the configuration names is written anew, or at least stands in the way of nothing.
OWN = [("users", "id"), ("users", "email"), ("pages", "id"), ("pages", "request_key"),
       ("pages", "next_check_at"), ("monitored_sites", "id"), ("monitored_sites", "owner_id"),
       ("monitored_sites", "name"), ("monitored_sites", "page_id"), ("monitored_sites", "rules"),
       ("products", "product_id"), ("products", "page_id"), ("products", "target_price"),
       ("hosts", "paused_until"), ("runs", "heartbeat_at")]  # fmt: skip


@pytest.mark.parametrize("table", sorted({table for table, _ in OWN}))
def test_a_garbled_row_of_the_configuration_stops_no_start(
    table: str, folder: Path, sqlite_template: Path
) -> None:
    async def days() -> dict[str, Day]:
        async with living(folder) as world:
            path = await filled(world, sqlite_template)
            found = {}
            for column in [column for one, column in OWN if one == table]:
                world.begin(path)
                with closing(sqlite3.connect(folder / "changelogger.db")) as connection, connection:
                    first = f"SELECT min(rowid) FROM {table}"
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE rowid = ({first})",
                        (RUBBISH["bytes"],),
                    )
                found[column] = await live(world, THIRD)
            return found

    for column, day in asyncio.run(days()).items():
        bad = [line for line in day.said if line["event"] in BROKEN or "exception" in line]
        assert bad == [], column
        assert len({"Good", "Beside", "Lamp"} & set(day.checked)) >= 2, column
