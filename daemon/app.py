"""The composition root: everything is database here, in order, and closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from daemon import schedule
from daemon.config import Config
from daemon.errors import SchemaError, StoreError
from daemon.fetch.client import Fetcher
from daemon.fetch.settings import FetchSettings
from daemon.model import Outcome, Owner, Page, Response, SiteSpec, Validators
from daemon.pipeline import Tools
from daemon.sandbox.pool import Sandbox
from daemon.store import pages, runs, schema
from daemon.store.database import Database
from daemon.store.engine import open_engine
from daemon.store.sites import Synced, sync_owners, sync_sites
from daemon.store.writer import Writer
from daemon.url import host_of
from daemon.worker import Listeners, Settings, Worker

log = structlog.get_logger(__name__)

_DRAIN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class App:
    """The database parts that a run or a check works with."""

    config: Config
    database: Database
    fetcher: Fetcher
    sandbox: Sandbox
    writer: Writer
    worker: Worker
    run_id: UUID


def utc_now() -> datetime:
    """This machine's clock; leases are measured by the database's."""
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """The database alone, with its schema as this version needs it.

    Errors: SchemaError when it is not; StoreError when it cannot be reached.
    """
    section = config.database
    database = Database(
        open_engine(
            section.dsn,
            pool_size=section.pool_size,
            busy_timeout_seconds=section.busy_timeout_seconds,
            statement_timeout_seconds=section.statement_timeout_seconds,
        )
    )
    try:
        await require_schema(database)
        yield database
    finally:
        await database.close()


async def require_schema(database: Database) -> None:
    """Refuse a database whose schema is older or newer than this program."""
    found = await schema.revision(database)
    if found != schema.HEAD:
        state = f"at {found}" if found else "empty"
        raise SchemaError(
            f"the database schema is {state}, this version needs {schema.HEAD}: "
            "run `changelogger db upgrade`"
        )


async def sync(config: Config, database: Database, now: datetime) -> Synced:
    """Make the database's owners and sites those of the configuration."""
    async with database.writing() as session:
        await sync_owners(session, owners_of(config))
        synced = await sync_sites(session, specs_of(config), now)
    if synced.added or synced.changed or synced.removed:
        log.info(
            "sites_synchronised",
            added=len(synced.added),
            changed=len(synced.changed),
            removed=len(synced.removed),
        )
    return synced


def owners_of(config: Config) -> list[Owner]:
    """The owners that the configuration names."""
    return [Owner(owner.id, owner.email, owner.username) for owner in config.owners]


def specs_of(config: Config) -> list[SiteSpec]:
    """The sites that the configuration describes."""
    return [
        SiteSpec(
            name=site.name,
            request=site.request(),
            host=host_of(site.url),
            owner_id=site.owner or config.owners[0].id,
            check_frequency=site.check_frequency,
            time_zone=config.schedule.time_zone,
            site_type=site.type,
            rules=site.rules(),
            is_active=not site.paused,
        )
        for site in config.sites
    ]


@contextlib.asynccontextmanager
async def open_app(
    config: Config,
    kind: str,
    told: Callable[[Outcome], None] = lambda outcome: None,
    on_dispatch: Callable[[], None] = lambda: None,
    on_trouble: Callable[[str | None], None] = lambda reason: None,
) -> AsyncIterator[App]:
    """All parts of a run or a check, database; leases are given back at the end.

    Errors: StoreError, SchemaError.
    """
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(config))
        async with database.writing() as session:
            run_id = await runs.begin_run(session, kind, utc_now())
        stack.push_async_callback(_end_run, database, run_id)
        fetcher = await stack.enter_async_context(Fetcher(fetch_settings(config)))
        sandbox = await stack.enter_async_context(_sandbox(config))
        writer = Writer(database, run_id, on_trouble)
        stack.push_async_callback(_drain, writer)
        worker = Worker(
            database,
            writer,
            _tools(config, fetcher, sandbox, database),
            fetcher.manners,
            Settings(config.fetch.concurrency, lease_of(config)),
            Listeners(told, on_dispatch),
        )
        yield App(config, database, fetcher, sandbox, writer, worker, run_id)


@contextlib.asynccontextmanager
async def writing(app: App) -> AsyncIterator[None]:
    """The writer at work for as long as the body runs."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(app.writer.run(), name="writer")
        try:
            yield
        finally:
            task.cancel()


async def _drain(writer: Writer) -> None:
    """Write what is finished but not written yet; what cannot be in time is checked again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while writer.waiting:
                await writer.flush()


async def _end_run(database: Database, run_id: UUID) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS), database.writing() as session:
            await pages.release_all(session, run_id)
            await runs.end_run(session, run_id)
    except (TimeoutError, StoreError) as exc:
        # Nothing is lost by it: leases end by themselves.
        log.warning("leases_not_released", reason=str(exc))


def lease_of(config: Config) -> timedelta:
    """How long a claim holds: longer than a check may take, whatever the operator wrote."""
    longest = timedelta(seconds=2 * config.fetch.total_timeout_seconds + 60)
    return max(config.schedule.lease, longest)


def fetch_settings(config: Config) -> FetchSettings:
    """The fetcher's part of the configuration."""
    return FetchSettings(**config.fetch.model_dump())


def _sandbox(config: Config) -> Sandbox:
    documents = config.documents
    return Sandbox(
        workers=documents.workers or min(os.cpu_count() or 1, 2),
        cpu_seconds=documents.cpu_seconds,
        memory_bytes=documents.memory_bytes,
        jobs_per_worker=documents.tasks_per_worker,
    )


def _tools(config: Config, fetcher: Fetcher, sandbox: Sandbox, database: Database) -> Tools:
    places = asyncio.Semaphore(config.fetch.concurrency)

    async def fetch(page: Page, validators: Validators | None) -> Response:
        # The host's turn first: a wait for one host holds no place that another could use.
        async with fetcher.manners.slot(page.host), places:
            return await fetcher.fetch(page.request, validators)

    limits = schedule.Limits(
        minimum_interval=config.schedule.minimum_interval,
        maximum_interval=config.schedule.maximum_interval,
        failure_backoff_maximum=config.schedule.failure_backoff_maximum,
        jitter=config.schedule.jitter,
    )
    return Tools(fetch, sandbox, database, limits, utc_now, random.random)
