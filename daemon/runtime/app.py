"""The composition root: everything is opened here, in order, and closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from daemon.config import Config
from daemon.config.sections import AnalysisConfig, FetchConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.politeness.throttle import Manners
from daemon.fetch.posting import Poster
from daemon.llm import Masks, Wording
from daemon.logs.logger import get_logger
from daemon.model.change import ChangeType, Finding
from daemon.model.errors import StoreError
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Response
from daemon.notify.channels import channels_of
from daemon.operations.described import route_of
from daemon.pipeline.context import Tools
from daemon.pipeline.recording import record
from daemon.runtime.llm_worker import Analyst, AnalystSettings, Budget
from daemon.runtime.observer import UNOBSERVED, Observer, Observers
from daemon.runtime.sender import Place, Sender, SenderSettings
from daemon.runtime.worker import Settings, Worker
from daemon.sandbox.messages import FillJob
from daemon.sandbox.pool import Sandbox, SandboxObserver
from daemon.schedule import next_check as schedule
from daemon.store.core.clock import StoreClock
from daemon.store.core.database import Database
from daemon.store.core.opening import open_database
from daemon.store.core.troubles import Troubles
from daemon.store.queue import notices, pages, runs, shards
from daemon.store.queue.share import Share
from daemon.store.record.hosts import save_hosts
from daemon.store.record.writer import Writer
from daemon.system.process import affordable_fetches, open_files_limit

log = get_logger(__name__)

Clock = Callable[[], datetime]
Keep = Callable[[str, Callable[[], Awaitable[None]]], Coroutine[Any, Any, None]]

PATIENCE_SECONDS = 5.0  # in the queue of a host; a page that must wait longer is deferred
_DRAIN_SECONDS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The parts rebuilt when settings change: all that fetch, read documents and notify."""

    config: Config
    tools: Tools
    sandbox: Sandbox
    poster: Poster
    sender: Sender
    analyst: Analyst | None
    closing: contextlib.AsyncExitStack

    def tick(self) -> None:
        """Wake the parts, as work may be waiting."""
        self.sender.tick()
        if self.analyst is not None:
            self.analyst.tick()

    def stop(self) -> None:
        """Start nothing new; finish what was started."""
        self.sender.stop()
        if self.analyst is not None:
            self.analyst.stop()


@dataclass(slots=True)
class App:
    """The opened parts that a run or a check works with.

    Shape: `parts` are replaced when their settings change, all else stays as long as the run.
    """

    config: Config
    database: Database
    troubles: Troubles
    manners: Manners
    writer: Writer
    worker: Worker
    run_id: UUID
    clock: StoreClock
    share: Share
    observer: Observer
    parts: Parts
    _opened: list[Parts] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def replacing(self, config: Config) -> AsyncIterator[Parts]:
        """New parts, which take over once the block ends well; the caller closes the old ones.

        Errors: StoreError, and what the block raises: nothing has changed then.
        """
        parts = await _open_parts(
            config, self.database, self.clock, self.manners, self.run_id, self.observer
        )
        self._opened.append(parts)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self.close, parts)
            yield parts
            undo.pop_all()
        self.manners.adopt(config.fetch.per_host, config.fetch.delay_seconds)
        self.worker.adopt(parts.tools, fetches_of(config), lease_of(config))
        self.parts, self.config = parts, config

    def count_workers(self) -> int:
        """How many document workers are alive, including those of parts being replaced."""
        return sum(parts.sandbox.processes for parts in self._opened)

    async def close(self, parts: Parts) -> None:
        """Close these parts, even in the middle of work."""
        if parts in self._opened:
            self._opened.remove(parts)
            await parts.closing.aclose()

    async def close_all(self) -> None:
        """Close all parts that are open, the newest first."""
        for parts in reversed(list(self._opened)):
            await self.close(parts)


class _ClockByTheWay(Observer):
    """Takes the database's time from every claim."""

    def __init__(self, clock: StoreClock) -> None:
        self._clock = clock

    def on_claimed(self, at: datetime) -> None:
        self._clock.hear(at)


@contextlib.asynccontextmanager
async def open_app(
    config: Config,
    kind: str,
    observer: Observer = UNOBSERVED,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[App]:
    """Open all parts of a run or a check; give leases back at the end.

    Shape:  `patience_seconds` is how long a check queues for its host.
    Errors: StoreError, SchemaError; GoneError or DamagedError at the end, when the database can
            no longer keep the results.
    """
    if (fetches := fetches_of(config)) < config.fetch.concurrency:
        log.warning("fewer_fetches_at_once", allowed=fetches, open_files=open_files_limit())
    async with contextlib.AsyncExitStack() as stack:
        troubles = Troubles(observer.on_trouble)
        database = await stack.enter_async_context(
            open_database(config.database, troubles.met, waits_for_file=kind == "run")
        )
        stack.callback(_refuse_unfit, database, troubles)
        clock = StoreClock()
        await clock.read(database)
        async with database.writing() as session:
            run_id = await runs.begin_run(session, kind)
        manners = manners_of(config, patience_seconds, observer)
        stack.push_async_callback(_end_run, database, run_id, manners)
        writer = Writer(database, run_id, record, troubles.wrote, observer.on_committed)
        parts = await _open_parts(config, database, clock, manners, run_id, observer)
        hears = Observers(_ClockByTheWay(clock), observer)
        in_share = kind == "run" and database.is_shared
        settings = Settings(fetches, lease_of(config), in_share=in_share)
        worker = Worker(database, writer, parts.tools, manners, settings, hears)
        share = Share(database, run_id, manners, worker)
        kept = (config, database, troubles, manners, writer, worker, run_id, clock, share)
        app = App(*kept, observer, parts, [parts])
        stack.push_async_callback(app.close_all)
        stack.push_async_callback(_drain, writer)
        yield app


async def _open_parts(
    config: Config,
    database: Database,
    clock: Clock,
    manners: Manners,
    run_id: UUID,
    observer: Observer,
) -> Parts:
    async with contextlib.AsyncExitStack() as stack:
        tools = await stack.enter_async_context(
            open_tools(config, database, clock, manners, observer)
        )
        poster = await stack.enter_async_context(Poster(fetch_settings(config)))
        places = _places(config, tools.sandbox, poster)
        sender = Sender(database, run_id, places, _sender_settings(config), clock, observer)
        analyst = _analyst(config, database, run_id, poster, clock, observer)
        return Parts(config, tools, tools.sandbox, poster, sender, analyst, stack.pop_all())
    raise AssertionError("no part refuses to be opened in silence")


def fetches_of(config: Config) -> int:
    """How many fetches run at once: the configured number, as far as open files allow."""
    return affordable_fetches(config.fetch.concurrency, open_files_limit())


@contextlib.asynccontextmanager
async def open_tools(
    config: Config,
    database: Database,
    clock: Clock,
    manners: Manners | None = None,
    observer: SandboxObserver = UNOBSERVED,
) -> AsyncIterator[Tools]:
    """Open what a check needs of the outside world; nothing is written."""
    async with (
        Fetcher(fetch_settings(config), manners) as fetcher,
        Sandbox(config.documents, observer) as sandbox,
    ):
        yield _tools(config, fetcher, sandbox, database, clock)


def _places(config: Config, sandbox: Sandbox, poster: Poster) -> dict[str, Place]:
    """The destinations by the names of their tables."""
    seconds = config.notices.timeout_seconds

    async def fill(template: str, facts: dict[str, Any]) -> str:
        return (await sandbox.fill(FillJob(template, facts))).text

    channels = channels_of(config, partial(poster.post, seconds=seconds))
    return {
        one.name: Place(channels[one.name], route_of(one, config), one.template or "", fill)
        for one in config.notify
    }


def _sender_settings(config: Config) -> SenderSettings:
    seconds = config.notices.timeout_seconds
    return SenderSettings(seconds, config.notices.max_tries, timedelta(seconds=2 * seconds + 30))


@contextlib.asynccontextmanager
async def writing(app: App, keep: Keep | None = None) -> AsyncIterator[None]:
    """Run the writer while the body runs; `keep` restarts it when it breaks."""
    work = app.writer.run() if keep is None else keep("writer", app.writer.run)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work, name="writer")
        try:
            yield
        finally:
            task.cancel()


async def _drain(writer: Writer) -> None:
    """Write the finished outcomes; pages of any that miss the time limit are checked again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while writer.waiting:
                await writer.flush()
    if writer.waiting:
        log.error("results_not_stored", results=writer.waiting)


def _refuse_unfit(database: Database, troubles: Troubles) -> None:
    """Raise when the database is unusable at the end, as results were then lost."""
    database.verify_file()
    if troubles.to_be_mended is not None:
        raise troubles.to_be_mended


async def _end_run(database: Database, run_id: UUID, manners: Manners) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS), database.writing() as session:
            await save_hosts(session, manners.snapshot())
            await shards.release_all(session, run_id)
            await pages.release_all(session, run_id)
            await notices.release_leases(session, run_id)
            await runs.end_run(session, run_id)
    except (TimeoutError, StoreError) as exc:
        # Nothing is lost: leases expire.
        log.warning("leases_not_released", reason=str(exc))


def _analyst(
    config: Config,
    database: Database,
    run_id: UUID,
    poster: Poster,
    clock: Clock,
    observer: Observer,
) -> Analyst | None:
    """The analyst that asks the model, if one is configured."""
    wanted = config.analysis
    if not wanted.is_on:
        return None
    key = wanted.api_key.get_secret_value()
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"

    async def ask(body: bytes) -> bytes:
        address = f"{wanted.url}/chat/completions"
        return await poster.ask(address, body, headers, wanted.timeout_seconds)

    return Analyst(database, run_id, ask, analyst_settings(wanted), clock, observer)


def analyst_settings(wanted: AnalysisConfig) -> AnalystSettings:
    """The settings of the analyst."""
    wording = Wording(
        model=wanted.model,
        max_input_characters=wanted.max_input_characters,
        max_output_tokens=wanted.max_output_tokens,
        response_format=wanted.response_format,
        intent=wanted.intent,
        masks=Masks(wanted.mask_emails, wanted.mask_phones, wanted.mask_tokens),
    )
    budget = Budget(
        wanted.monthly_tokens, wanted.monthly_cost, wanted.input_price, wanted.output_price
    )
    lease = timedelta(seconds=2 * wanted.timeout_seconds + 60)
    return AnalystSettings(wording, budget, wanted.tries, wanted.concurrency, lease)


def _is_for_a_model(wanted: AnalysisConfig) -> Callable[[Finding], bool]:
    levels = list(ChangeType)
    least = levels.index(ChangeType(wanted.minimum_severity))

    def asks(finding: Finding) -> bool:
        grade = finding.change_type
        return wanted.is_on and grade is not None and levels.index(grade) >= least

    return asks


def lease_of(config: Config) -> timedelta:
    """How long a claim lasts and a check may take: always longer than any configured fetch."""
    longest = timedelta(seconds=2 * config.fetch.total_timeout_seconds + 60)
    return max(config.schedule.lease, longest)


def fetch_settings(config: Config) -> FetchConfig:
    """The settings of the fetcher."""
    return config.fetch.model_copy(update={"concurrency": fetches_of(config)})


def manners_of(config: Config, patience_seconds: float, observer: Observer) -> Manners:
    """The configured throttle for all hosts."""
    fetch = config.fetch
    return Manners(
        fetch.per_host,
        fetch.delay_seconds,
        patience_seconds=patience_seconds,
        waits=observer.on_waiting,
    )


def _tools(
    config: Config, fetcher: Fetcher, sandbox: Sandbox, database: Database, clock: Clock
) -> Tools:
    places = asyncio.Semaphore(fetches_of(config))

    @contextlib.asynccontextmanager
    async def turn(host: str) -> AsyncIterator[None]:
        # The host's turn first: waiting for one host takes no slot that another could use.
        async with fetcher.manners.slot(host), places:
            yield

    async def fetch(
        page: Page, validators: Validators | None, held: contextlib.AsyncExitStack
    ) -> Response:
        return await fetcher.fetch(page.request, validators, held)

    limits = schedule.Limits(
        minimum_interval=config.schedule.minimum_interval,
        maximum_interval=config.schedule.maximum_interval,
        failure_backoff_maximum=config.schedule.failure_backoff_maximum,
        jitter=config.schedule.jitter,
    )
    is_for_a_model = _is_for_a_model(config.analysis)
    parts = (turn, fetch, sandbox, database, limits, clock, random.random, is_for_a_model)
    return Tools(*parts, deadline=lease_of(config))
