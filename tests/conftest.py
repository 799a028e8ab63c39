"""What tests share: an empty, migrated database of their own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from daemon.config.sections import DocumentsConfig
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.migrate import upgrade
from daemon.store.core.server.replica import Replica, written_up_to
from daemon.store.sealing.keyring import Keyring
from tests import brisk, compiling, ports, postgres, standby
from tests.spares import Spares

TEMPLATE = "template_changelogger"
KEYRING = Keyring([bytes(32)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Spell out lone surrogates in captured output: a worker could not send them on."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_configure(config: pytest.Config) -> None:
    ports.guard()
    brisk.hurry()
    compiling.share()
    _forget_loggers()
    config.addinivalue_line("markers", "slow: takes most of a minute; left out with -m 'not slow'")


def _forget_loggers() -> None:
    """Keep no logger as it was at its first line: it would write by the settings of that test."""
    configure = structlog.configure

    def without_cache(**settings: Any) -> None:
        configure(**{**settings, "cache_logger_on_first_use": False})

    pytest.MonkeyPatch().setattr(structlog, "configure", without_cache)


def pytest_collection_finish() -> None:
    """Count no test among what may be garbage: there are many thousands, all there to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse parameters that have another order in every process: workers must find the same."""
    for item in items:
        for marker in item.iter_markers("parametrize"):
            if any(isinstance(values, set | frozenset) for values in marker.args[1:]):
                raise pytest.UsageError(f"{item.nodeid}: the parameters are a set; sort them")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "changelogger.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def spares() -> Iterator[Spares]:
    """A running PostgreSQL with a migrated template; one for each worker process."""
    try:
        with postgres.running() as folder, closing(Spares(folder, TEMPLATE)) as spares:
            spares.administer(f"CREATE DATABASE {TEMPLATE}")
            upgrade(postgres.database_url(folder, TEMPLATE))
            yield spares
    except postgres.PostgresUnavailableError as exc:
        if os.environ.get("CI"):
            raise  # half of the store would go untested, and nobody would see it
        pytest.skip(str(exc))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file."""
    path = shutil.copyfile(sqlite_template, tmp_path / "changelogger.db")
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_url(spares: Spares) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database."""
    with spares.one() as name:
        yield postgres.database_url(spares.folder, name)


@pytest.fixture(scope="session")
def standby_folder(spares: Spares) -> Iterator[str]:
    """The folder of a standby of that PostgreSQL."""
    with standby.following(spares.folder) as folder:
        yield folder


@pytest.fixture
async def standby_url(postgres_url: str, standby_folder: str) -> str:
    """The address of such a database on the standby, which has followed so far."""
    url = postgres.database_url(standby_folder, str(make_url(postgres_url).database))
    primary, readers = Database(open_engine(postgres_url)), Database(open_engine(url))
    await standby.caught_up(Replica(primary, readers, 60), await written_up_to(primary))
    await readers.close()
    await primary.close()
    return url


@pytest.fixture(scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A document worker that tests share, as pages do in the daemon: its start is what costs."""
    async with Sandbox(DocumentsConfig(workers=1)) as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; each test runs on both kinds."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on such a database; the test fails if it keeps a connection."""
    engine = open_engine(database_url)
    yield engine
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    kept = pool.checkedout()
    await engine.dispose()
    if kept:
        with warnings.catch_warnings(action="ignore"):  # of what is lost here, told below
            gc.collect()
        pytest.fail(f"{kept} connections were not given back", pytrace=False)


@pytest.fixture
def database(engine: AsyncEngine) -> Database:
    """Such a database as the daemon uses it."""
    return Database(engine, KEYRING)
