"""Runs the daemon: open, announce, work until stopped, close in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from daemon import __version__
from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.monitoring.address_note import AddressNote, noted
from daemon.monitoring.health import Health
from daemon.monitoring.lag import watch_loop_lag
from daemon.monitoring.metrics import Metrics
from daemon.monitoring.server import serve
from daemon.runtime.app import App, Components, open_app, writing
from daemon.runtime.chores.agenda import LOOK_EVERY_SECONDS, Waking
from daemon.runtime.live_config.reload import Following
from daemon.runtime.live_config.watcher import Edits
from daemon.runtime.maintenance import Daemon
from daemon.runtime.observer import UNOBSERVED, Observer
from daemon.runtime.scheduler import Chore, Every, ticking
from daemon.store.core.database import file_of
from daemon.store.core.opening import open_for_readers
from daemon.store.queue import overdue, pages, runs, shards
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
            endpoint = serve(daemon.health, daemon.metrics, config.health)
            address = await stack.enter_async_context(endpoint)
            log.info("endpoint_open", address=address)
            if asked is not None:
                _note(stack, address, asked)
        app = await stack.enter_async_context(open_app(config, "run", daemon.observer))
        daemon.observer.on_trouble(None)
        if app.database.has_pooler:
            log.info("database_pooler_found")
        daemon.show_channels(config)
        await _prepare(daemon, app)
        stack.callback(manager.stopping)
        keep = daemon.supervisor.keep
        async with writing(app, keep), asyncio.TaskGroup() as group:
            begin = partial(_serve, group, daemon)
            followed = Following(edits, daemon, app, manager, begin) if edits else None
            for name, work in _loops(daemon, app, manager, environ, edits):
                group.create_task(keep(name, work), name=name)
            begin(app, app.components)
            chores = await _chores(stack, daemon, app)
            if followed is not None:
                chores.append(Chore("configuration", partial(followed.step, app), Every(1)))
            async with ticking(chores, partial(daemon.tick, app), keep):
                manager.ready()
                await _announce(app)
                await asyncio.Event().wait()


def _note(stack: contextlib.AsyncExitStack, address: str, asked: str) -> None:
    components = urlsplit(address)
    note = AddressNote(str(components.hostname), int(components.port or 0), os.getpid(), asked)
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


def _serve(group: asyncio.TaskGroup, daemon: Daemon, app: App, components: Components) -> None:
    """Run these parts until others replace them, and close them when they are done."""

    def is_over() -> bool:
        return app.components is not components

    async def serve() -> None:
        keep = daemon.supervisor.keep
        async with asyncio.TaskGroup() as loops:
            loops.create_task(keep("sender", components.sender.serve, is_over), name="sender")
            if components.llm_worker is not None:
                loops.create_task(
                    keep("analyst", components.llm_worker.serve, is_over), name="analyst"
                )
        await app.worker.left(components.context)
        await app.close(components)

    group.create_task(serve(), name="parts")


async def _chores(stack: contextlib.AsyncExitStack, daemon: Daemon, app: App) -> list[Chore]:
    waking = Waking(app)
    stack.callback(waking.close)
    # Trouble with the database is told by the next look; this one only comes at once.
    with contextlib.suppress(StoreError):
        await waking.step()
    return [Chore("waking", waking.step, Every(LOOK_EVERY_SECONDS)), *daemon.chores(app)]


def _loops(
    daemon: Daemon,
    app: App,
    manager: ServiceManager,
    environ: Mapping[str, str],
    edits: Edits | None,
) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """The daemon's permanent loops, by name."""
    yield "worker", app.worker.serve
    yield "leases", app.worker.keep_leases
    if app.config.web.enabled:
        yield "pages", partial(_show_pages, daemon, app, edits)
    yield "loop lag", partial(watch_loop_lag, daemon.metrics.lag, daemon.health.lag)
    if every := ping_seconds(environ, os.getpid()):
        yield "watchdog", partial(keep_watchdog, manager, every, daemon.makes_progress)


async def _show_pages(daemon: Daemon, app: App, edits: Edits | None) -> None:
    """Serve the pages; what they need is loaded only if there are any."""
    await asyncio.to_thread(_load_pages)  # it takes a tenth of a second, and checks go on
    from daemon.fetch.posting import Poster
    from daemon.login.providers import providers_of
    from daemon.operations.backtest import Backtests
    from daemon.operations.comparing import Comparer
    from daemon.operations.trying import Tries
    from daemon.web.context import Context
    from daemon.web.memory.file_lines import FileLines
    from daemon.web.server import keep_open

    section = app.config.web
    # Whatever pages of others are asked without, a login is not.
    verified = app.config.fetch.model_copy(update={"verify_tls": True})
    database = app.config.database
    async with (
        open_for_readers(database) as reading,
        daemon.replica.opened(database, reading) as replica,
        Poster(verified) as poster,
    ):
        context = Context(
            config=lambda: app.config,
            reading=reading,
            replica=replica,
            database=app.database,
            health=daemon.health,
            metrics=daemon.metrics,
            clock=app.clock,
            comparer=Comparer(lambda: app.components.context.sandbox),
            tries=Tries(lambda: app.components.context),
            backtests=Backtests(lambda: app.components.context.sandbox),
            key=app.base.signing_key,
            providers=providers_of(section.login, poster.exchange),
            lines=FileLines(lambda: edits.path if edits else None),
        )
        await keep_open(context, section, daemon.observer.on_pages_open)


def _load_pages() -> None:
    from daemon.web.server import load

    load()


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
            spread = await overdue.spread_overdue(
                session, now, app.config.schedule.catch_up, app.config.fetch.concurrency
            )
    if spread:
        log.info("overdue_spread", pages=spread, over=str(app.config.schedule.catch_up))
    await app.share.begin(was_orderly=was_orderly)


async def _count(app: App) -> int:
    return await app.database.insist(pages.count_active)
