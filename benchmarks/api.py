"""Asks the interface for programs what schemathesis makes of its description, on both databases.

    python3 -m venv FOLDER && FOLDER/bin/pip install schemathesis
    .venv/bin/python -m benchmarks.api FOLDER/bin/schemathesis [--only sqlite] [--examples 100]

Serves a throwaway database with one of each thing and a token that may read and write, and has
every operation asked what fits its description, what does not, and what leads from one to the next.
Ends with 1 if an answer is an error of ours, or is not as described. Tries are left out: they ask
others.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from daemon.config import Config, WebConfig
from daemon.config.sections import DocumentsConfig
from daemon.model.viewer import Actor, Scope, Viewer
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.backtest import Backtests
from daemon.operations.comparing import Comparer
from daemon.operations.people import tokens
from daemon.operations.trying import Tries
from daemon.pipeline.context import CheckContext
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.migrate import upgrade
from daemon.store.core.opening import open_database, open_for_readers
from daemon.web.context import Context
from daemon.web.server import serve
from tests import postgres
from tests.making import add_one_of_each
from tests.web.test_cost import ALERT

FOLLOWED = "http://localhost:8788"  # by browsers; people log in, so that programs need a token
# A value that fits its type may still be no frequency, no address or no selector.
CONFIG = """
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = ["400", "401", "404", "406", "409", "412", "415"]
"""
THERE = """
[[operations]]
include-path-regex = "^/{family}/[{{]id[}}]"
parameters = {{ id = "{id}" }}
"""
# What is there, asked for by itself; then what leads from one to the next, from adding to removing.
PASSES = {
    "what is there": ("--phases=coverage,fuzzing", "--exclude-method=DELETE"),
    "what follows": ("--phases=stateful",),
}


def no_tools() -> CheckContext:
    raise NotImplementedError  # tries are left out


async def ask(program: str, url: str, examples: int) -> int:
    """How schemathesis ends on this database."""
    settings = {
        "database": {"url": url},
        "web": {"requests_per_second": 0, "public_url": FOLLOWED},
    }
    config = Config.model_validate(settings).settled(())
    async with (
        open_database(config.database) as database,
        open_for_readers(config.database, 60) as reading,
        Sandbox(DocumentsConfig(workers=1)) as sandbox,
    ):
        async with database.writing() as session:
            rows = await add_one_of_each(session)
            rows[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
            owner = rows[tables.User].id
            rows[tables.ContentUpdate].owner_id = owner
            there = {
                "sites": rows[tables.MonitoredSite].id,
                "changes": rows[tables.ContentUpdate].id,
                "products": rows[tables.Product].product_id,
                "notifications": rows[tables.Notice].id,
            }
        now, both = datetime.now(UTC), [Scope.READ, Scope.WRITE]
        token = await tokens.make(database, Actor(Viewer(owner)), "schemathesis", both, None, now)
        known = Context(
            config=lambda: config,
            reading=reading,
            database=database,
            health=Health(),
            metrics=Metrics("0"),
            clock=lambda: datetime.now(UTC),
            comparer=Comparer(lambda: sandbox),
            tries=Tries(no_tools),
            backtests=Backtests(lambda: sandbox),
        )
        async with serve(known, WebConfig(port=0)) as address:
            asked = f"{address}/api/v1", f"--header=Authorization: Bearer {token}"
            ids = "".join(THERE.format(family=name, id=id_) for name, id_ in there.items())
            ends = []
            for told, options in PASSES.items():
                print(f"\n-- {told}", flush=True)
                settled = CONFIG + (ids if told == "what is there" else "")
                ends.append(
                    await run(program, settled, *asked, *options, f"--max-examples={examples}")
                )
            return max(ends)


async def run(program: str, config: str, address: str, *options: str) -> int:
    """How schemathesis ends, in a folder of its own, in which it keeps what it has found."""
    with folder_with(config) as folder:
        process = await asyncio.create_subprocess_exec(
            program,
            "run",
            f"{address}/openapi.json",
            f"--url={address}",
            *options,
            "--exclude-path-regex=/try$",
            "--continue-on-failure",
            "--no-color",
            cwd=folder,
        )
        return await process.wait()


@contextmanager
def folder_with(config: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(config)
        yield folder


@contextmanager
def databases(kinds: Sequence[str]) -> Iterator[Iterator[tuple[str, str]]]:
    """Empty databases, by kind."""

    def each(stack: ExitStack) -> Iterator[tuple[str, str]]:
        if "sqlite" in kinds:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            yield "SQLite", f"sqlite+aiosqlite:///{folder}/changelogger.db"
        if "postgresql" in kinds:
            server = stack.enter_context(postgres.running())
            yield "PostgreSQL", postgres.database_url(server, "postgres")

    with ExitStack() as stack:
        yield each(stack)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="schemathesis")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--examples", type=int, default=100)
    given = parser.parse_args()
    ends = []
    with databases([given.only] if given.only else ["sqlite", "postgresql"]) as found:
        for name, url in found:
            print(f"\n== {name}", flush=True)
            upgrade(url)
            ends.append(asyncio.run(ask(str(given.program.resolve()), url, given.examples)))
    sys.exit(int(any(ends)))


if __name__ == "__main__":
    main()
