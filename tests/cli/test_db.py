"""`db vacuum`, and the commands that show what became of dropped checks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.retention import ages as retention
from daemon.store.retention.attempts import drop_attempts
from daemon.store.retention.batching import Sweep
from daemon.system.process import hold_lock
from tests.cli.conftest import Cli, Site


def drop_everything(folder: Path) -> None:
    async def drop() -> None:
        database = Database(open_engine(f"sqlite+aiosqlite:///{folder}/changelogger.db"))
        later = datetime.now(UTC) + timedelta(days=1)
        try:
            await drop_attempts(Sweep(database), later)
            await retention.drop_price_checks(Sweep(database), later)
        finally:
            await database.close()

    asyncio.run(drop())


def test_vacuum_makes_room_and_says_how_much(
    cli: Cli, folder: Path, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "One")))
    assert cli("check", "--all").code == 0
    path = folder / "changelogger.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(5000000)")
        connection.execute("DROP TABLE filler")
    connection.close()
    [line] = cli("db", "vacuum", "--json").lines
    assert line["before_bytes"] > 5_000_000 > line["after_bytes"]
    assert path.stat().st_size == line["after_bytes"]
    assert "now" in cli("db", "vacuum").out


def test_vacuum_refuses_while_a_daemon_holds_the_file(
    cli: Cli, folder: Path, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "One")))
    cli("check", "--all")
    with hold_lock(folder / "changelogger.db"):
        done = cli("db", "vacuum")
    assert done.code != 0
    assert "another" in done.err


def test_vacuum_makes_no_database(cli: Cli, folder: Path, configured: Callable[..., Path]) -> None:
    configured()
    done = cli("db", "vacuum")
    assert done.code != 0
    assert "there is no database" in done.err
    assert not list(folder.glob("changelogger.db*"))


def test_a_trend_counts_checks_that_are_not_kept_any_more(
    cli: Cli, folder: Path, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "One")))
    cli("check", "--all")
    site.serve("/app", "Two", "<p>Now there is a second release with many new things.</p>")
    cli("check", "--all")
    site.answers.clear()
    cli("check", "--all")
    before = cli("sites", "trend", "App", "--json").lines
    drop_everything(folder)
    after = cli("sites", "trend", "App", "--json").lines
    assert after == before
    assert sum(line["checks"] for line in after) == 3
    assert sum(line["answered"] for line in after) == 2
    assert sum(line["changed"] for line in after) == 1
    assert sum(line["failures"].get("http_4xx", 0) for line in after) == 1
    table = cli("sites", "trend", "App").out
    assert table.splitlines()[0].startswith("DAY\tCHECKS\tANSWERED")
    assert "http_4xx" in table


def test_a_site_that_was_never_looked_at_has_no_trend(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "One")), ("Other", site.serve("/other", "Two")))
    cli("check", "App")
    assert "no checks yet" in cli("sites", "trend", "Other").err
