"""Runs the daemon: open, announce, work until stopped, close in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from daemon import __version__
from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.monitoring.address_note import Note, noted
from daemon.monitoring.health import Health
from daemon.monitoring.lag import watch_loop_lag
from daemon.monitoring.metrics import Metrics
from daemon.monitoring.server import serve
from daemon.runtime.app import App, Parts, open_app, writing
from daemon.runtime.live_config.reload import Following
from daemon.runtime.live_config.watcher import Edits
from daemon.runtime.loop import Loop
from daemon.runtime.maintenance import Daemon
from daemon.runtime.observer import UNOBSERVED, Observer
from daemon.runtime.pinging import PING_EVERY_SECONDS
from daemon.runtime.scheduler import Every, keep_in_time, make_clock
from daemon.store.core.database import file_of
from daemon.store.queue import pages, runs, shards
from daemon.system.process import ServiceManager, hold_lock, keep_watchdog, ping_seconds

log = get_logger(__name__)

_FIRST_SITE = "add one: `changelogger sites add URL`, or a [[site]] table in config.toml"


async def run(
    config: Config,
    environ: Mapping[str, str],
    clean: Callable[[str], str],
    observer: Observer = UNOBSERVED,
    edits: Edits | None = None,
    asked: str | None = None,
) -> None:
    """Run until cancelled; `clean` masks secrets in what the endpoint shows.

    Shape:  `observer` receives events besides the daemon's own; `edits` of the configuration are
            applied; `asked` is the configuration's location as the command line gave it, by which
            other commands find this daemon: None hides it from them.
    Errors: ConfigError, StoreError, SchemaError, LockedError: before anything is announced.
    """
    manager = ServiceManager.of(environ)
    daemon = Daemon(Health(clean=clean), Metrics(__version__), manager.status, observer)
    async with contextlib.AsyncExitStack() as stack:
        stack.push(_say_stopped)
        path = file_of(config.database.dsn)
        if path is not None:
            stack.enter_context(hold_lock(path))
        if config.health.enabled:
            address = await stack.enter_async_context(_endpoint(config, daemon))
            log.info("endpoint_open", address=address)
            if asked is not None:
                _note(stack, address, asked)
        app = await stack.enter_async_context(open_app(config, "run", daemon.observer))
        daemon.observer.on_trouble(None)
        daemon.show_channels(config)
        await _prepare(daemon, app)
        stack.callback(manager.stopping)
        keep = daemon.supervisor.keep
        async with writing(app, keep), asyncio.TaskGroup() as group:
            begin = partial(_serve, group, daemon)
            followed = Following(edits, daemon, app, manager, begin) if edits else None
            for name, work in _loops(daemon, app, manager, environ):
                group.create_task(keep(name, work), name=name)
            begin(app, app.parts)
            async with _ticking(daemon, app, followed):
                manager.ready()
                await _announce(app)
                await asyncio.Event().wait()


def _note(stack: contextlib.AsyncExitStack, address: str, asked: str) -> None:
    parts = urlsplit(address)
    note = Note(str(parts.hostname), int(parts.port or 0), os.getpid(), asked)
    if not stack.enter_context(noted(note, Path.cwd())):
        log.info("endpoint_not_noted", folder=str(Path.cwd()))


def _say_stopped(
    _kind: type[BaseException] | None, exc: BaseException | None, _tb: TracebackType | None
) -> None:
    """Log the end, once all is closed, unless an error ended the run."""
    if isinstance(exc, asyncio.CancelledError):
        log.info("stopped")


async def _announce(app: App) -> None:
    log.info("started", version=__version__, sites=(count := await _count(app)))
    if not count:
        log.info("nothing_to_watch", hint=_FIRST_SITE)


def _serve(group: asyncio.TaskGroup, daemon: Daemon, app: App, parts: Parts) -> None:
    """Run these parts until others replace them, and close them when they are done."""

    def is_over() -> bool:
        return app.parts is not parts

    async def serve() -> None:
        keep = daemon.supervisor.keep
        async with asyncio.TaskGroup() as loops:
            loops.create_task(keep("sender", parts.sender.serve, is_over), name="sender")
            if parts.analyst is not None:
                loops.create_task(keep("analyst", parts.analyst.serve, is_over), name="analyst")
        await app.worker.left(parts.tools)
        await app.close(parts)

    group.create_task(serve(), name="parts")


def _loops(
    daemon: Daemon, app: App, manager: ServiceManager, environ: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """The daemon's permanent loops, by name."""
    yield "worker", app.worker.serve
    yield "leases", app.worker.keep_leases
    yield "loop lag", partial(watch_loop_lag, daemon.metrics.lag, daemon.health.lag)
    if every := ping_seconds(environ, os.getpid()):
        yield "watchdog", partial(keep_watchdog, manager, every, daemon.makes_progress)


def _endpoint(config: Config, daemon: Daemon) -> contextlib.AbstractAsyncContextManager[str]:
    section = config.health
    return serve(
        daemon.health,
        daemon.metrics,
        host=section.host,
        port=section.port,
        allowed_hosts=section.allowed_hosts,
    )


async def _prepare(daemon: Daemon, app: App) -> None:
    """Apply the configuration, restore hosts, and spread the pages overdue since the last run."""
    await daemon.removals.begin(app)
    was_orderly = True
    async with app.database.writing() as session:
        now = app.clock()
        if not app.database.is_shared:
            # We hold the file's lock: any earlier run is dead, however it ended.
            was_orderly = not await runs.bury_dead(session, app.run_id)
        spread = 0
        if await shards.count_daemons(session) <= 1:
            spread = await pages.spread_overdue(
                session, now, app.config.schedule.catch_up, app.config.fetch.concurrency
            )
    if spread:
        log.info("overdue_spread", pages=spread, over=str(app.config.schedule.catch_up))
    await app.share.begin(was_orderly=was_orderly)


async def _count(app: App) -> int:
    return await app.database.insist(pages.count_active)


class _Chore:
    """Work triggered by a tick and done in a task of its own, as ticks must end in milliseconds."""

    def __init__(self, name: str, work: Callable[[App], Awaitable[None]], trigger: Every) -> None:
        self.name = name
        self.trigger = trigger
        self._work = work
        self._loop = Loop(self._failed)

    def ring(self) -> None:
        self._loop.wake()

    async def serve(self, app: App) -> None:
        await self._loop.serve(partial(self._work, app))

    def _failed(self, error: StoreError) -> None:
        log.warning("chore_failed", chore=self.name, reason=str(error))


@contextlib.asynccontextmanager
async def _ticking(daemon: Daemon, app: App, followed: Following | None) -> AsyncIterator[None]:
    """Run APScheduler as the daemon's clock while the body runs."""

    def tick() -> None:
        daemon.tick(app)

    # On a shared database other daemons rely on this one's heartbeats.
    beat = 2 if app.database.is_shared else 10
    chores = [
        _Chore("measure", daemon.measure, Every(10, first=0)),
        _Chore("heartbeat", daemon.heartbeat, Every(beat)),
        _Chore("clock", daemon.read_clock, Every(10, first=0)),
        _Chore("survey", daemon.survey, Every(60, first=0)),
        _Chore("memory", daemon.give_memory_back, Every(600)),
        _Chore("removals", daemon.removals.step, Every(5)),
        _Chore("ping", daemon.pinger.step, Every(PING_EVERY_SECONDS, first=2)),
        _Chore("tidy", daemon.tidy, Every(3600, first=random.uniform(60, 600))),
    ]
    if followed is not None:
        chores.append(_Chore("configuration", followed.step, Every(1)))
    scheduler = make_clock()
    scheduler.add_job(tick, Every(1, first=0))
    for chore in chores:
        scheduler.add_job(chore.ring, chore.trigger)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                daemon.supervisor.keep(chore.name, partial(chore.serve, app)), name=chore.name
            )
            for chore in chores
        ]
        scheduler.start()
        in_time = partial(keep_in_time, scheduler)
        tasks.append(group.create_task(daemon.supervisor.keep("ticks", in_time), name="ticks"))
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in tasks:
                task.cancel()
