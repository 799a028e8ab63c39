"""The composition root: everything is opened here, in order, and closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from daemon.config import Config
from daemon.fetch.politeness.throttle import HostThrottle
from daemon.fetch.posting import Poster
from daemon.logs.logger import get_logger
from daemon.model.errors import SealedError, StoreError
from daemon.operations.people.delivering import places_of
from daemon.pipeline.context import CheckContext, fetches_of, open_context
from daemon.pipeline.recording import record
from daemon.runtime.llm_worker import LlmWorker, LlmWorkerSettings, asking
from daemon.runtime.loop import Keep
from daemon.runtime.observer import UNOBSERVED, Observer, Observers
from daemon.runtime.sender import Sender, SenderSettings
from daemon.runtime.worker import Worker, WorkerSettings
from daemon.store.core.clock import StoreClock
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.core.opening import open_database
from daemon.store.core.troubles import Troubles
from daemon.store.queue import notices, pages, runs, shards
from daemon.store.queue.share import Share
from daemon.store.record.hosts import save_hosts
from daemon.store.record.signing_key import make_signing_key, signing_key
from daemon.store.record.writer import Writer
from daemon.system.process import open_files_limit

log = get_logger(__name__)

Clock = Callable[[], datetime]

PATIENCE_SECONDS = 5.0  # in the queue of a host; a page that must wait longer is deferred
_DRAIN_SECONDS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The parts rebuilt when settings change: all that fetch, read documents and notify."""

    config: Config
    context: CheckContext
    poster: Poster
    sender: Sender
    llm_worker: LlmWorker | None
    closing: contextlib.AsyncExitStack

    def tick(self) -> None:
        """Wake the parts, as work may be waiting."""
        self.sender.tick()
        if self.llm_worker is not None:
            self.llm_worker.tick()

    def stop(self) -> None:
        """Start nothing new; finish what was started."""
        self.sender.stop()
        if self.llm_worker is not None:
            self.llm_worker.stop()


@dataclass(frozen=True, slots=True, eq=False)
class Foundation:
    """What lasts as long as the run, whatever settings change.

    Shape: with `in_share` other daemons work on the same database, each with hosts of its own;
           `signing_key` is one that they have in common.
    """

    database: Database
    run_id: UUID
    clock: StoreClock
    throttle: HostThrottle
    observer: Observer
    in_share: bool
    signing_key: bytes = field(repr=False)


@dataclass(slots=True)
class App:
    """The opened parts that a run or a check works with.

    Shape: `components` are replaced when their settings change, all else stays as long as the run.
    """

    config: Config
    base: Foundation
    troubles: Troubles
    writer: Writer
    worker: Worker
    share: Share
    components: Components
    _opened: list[Components] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.base.database

    @property
    def run_id(self) -> UUID:
        return self.base.run_id

    @property
    def clock(self) -> StoreClock:
        return self.base.clock

    @property
    def throttle(self) -> HostThrottle:
        return self.base.throttle

    @contextlib.asynccontextmanager
    async def replacing(self, config: Config) -> AsyncIterator[Components]:
        """New parts, which take over once the block ends well; the caller closes the old ones.

        Errors: StoreError, and what the block raises: nothing has changed then.
        """
        components = await _open_parts(config, self.base)
        self._opened.append(components)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self.close, components)
            yield components
            undo.pop_all()
        self.throttle.adopt(config.fetch)
        self.worker.adopt(
            components.context, WorkerSettings.from_config(config, in_share=self.base.in_share)
        )
        self.components, self.config = components, config

    def count_workers(self) -> int:
        """How many document workers are alive, including those of parts being replaced."""
        return sum(components.context.sandbox.processes for components in self._opened)

    async def close(self, components: Components) -> None:
        """Close these parts, even in the middle of work."""
        if components in self._opened:
            self._opened.remove(components)
            await components.closing.aclose()

    async def close_all(self) -> None:
        """Close all parts that are open, the newest first."""
        for components in reversed(list(self._opened)):
            await self.close(components)


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
    if (fetches := fetches_of(config.fetch)) < config.fetch.concurrency:
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
            key = await _signing_key(session)
        throttle = HostThrottle.from_config(config.fetch, patience_seconds, observer.on_waiting)
        stack.push_async_callback(_end_run, database, run_id, throttle)
        in_share = kind == "run" and database.is_shared
        base = Foundation(database, run_id, clock, throttle, observer, in_share, key)
        writer = Writer(database, run_id, record, troubles.wrote, observer.on_committed)
        components = await _open_parts(config, base)
        settings = WorkerSettings.from_config(config, in_share=in_share)
        hears = Observers(_ClockByTheWay(clock), observer)
        worker = Worker(database, writer, components.context, throttle, settings, hears)
        share = Share(database, run_id, throttle, worker)
        app = App(config, base, troubles, writer, worker, share, components, [components])
        stack.push_async_callback(app.close_all)
        stack.push_async_callback(_drain, writer)
        yield app


async def _signing_key(session: DatabaseSession) -> bytes:
    """The key that all daemons of the database sign with; where it cannot be read, one of ours."""
    try:
        await make_signing_key(session)
        if (found := await signing_key(session)) is not None:
            return found
        reason = "it cannot be read"
    except SealedError as exc:
        reason = str(exc)
    log.warning("signing_key_not_decrypted", reason=reason)
    return secrets.token_bytes(32)


async def _open_parts(config: Config, base: Foundation) -> Components:
    section = config.analysis
    database, run_id, clock, observer = base.database, base.run_id, base.clock, base.observer
    async with contextlib.AsyncExitStack() as stack:
        context = await stack.enter_async_context(
            open_context(config, database, clock, base.throttle, observer, observer.on_rendered)
        )
        poster = await stack.enter_async_context(Poster(config.fetch))
        places = places_of(config, database, context.sandbox, poster)
        settings = SenderSettings.from_config(config, base.signing_key)
        sender = Sender(database, run_id, places, settings, clock, observer)
        llm_worker = None
        if section.is_on:
            asked = LlmWorkerSettings.from_config(section)
            ask = asking(section, poster)
            llm_worker = LlmWorker(database, run_id, ask, asked, clock, observer)
        return Components(config, context, poster, sender, llm_worker, stack.pop_all())
    raise AssertionError("no part refuses to be opened in silence")


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


async def _end_run(database: Database, run_id: UUID, throttle: HostThrottle) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS), database.writing() as session:
            await save_hosts(session, throttle.snapshot())
            await shards.release_all(session, run_id)
            await pages.release_all(session, run_id)
            await notices.release_leases(session, run_id)
            await runs.end_run(session, run_id)
    except (TimeoutError, StoreError) as exc:
        # Nothing is lost: leases expire.
        log.warning("leases_not_released", reason=str(exc))
