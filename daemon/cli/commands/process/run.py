"""`run`: runs the daemon, from its configuration to its last signal."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.process.last_words import Logged
from daemon.cli.terminal import exits
from daemon.cli.terminal.setting import Setting
from daemon.logs.logger import get_logger
from daemon.system.early_signals import beginning

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.model.errors import ConfigError
    from daemon.runtime.live_config.watcher import Edits

log = get_logger(__name__)

_REMEMBERED = 8  # configurations whose secrets stay masked: keeping all would grow without limit


@click.command(cls=Logged)
@click.pass_obj
def run(setting: Setting) -> int:
    """Run the daemon until it is told to stop.

    It makes or upgrades its database, checks every site on its own schedule, and answers on
    loopback about itself (see `status`). SIGTERM or Ctrl-C finishes what was begun and ends it;
    a second one ends it at once.
    """
    from daemon.cli.commands.configuration.group import try_places
    from daemon.model.errors import ConfigError
    from daemon.monitoring.address_note import asked_for
    from daemon.operations.installation.opening import prepare
    from daemon.runtime import service
    from daemon.system.memory import end_loading, keep_heap_small
    from daemon.system.process import on_hangup, raise_open_files

    edits = _edits(setting)
    on_hangup(edits.ask)
    config = _loaded(setting)
    clean = edits.settle(config)  # first, so that faults are logged in the configured format
    beginning.tell_with(lambda name: log.info("ended_before_it_began", signal=name))
    try_places(config, setting.path())
    raise_open_files()
    prepare(config, upgrades=True)
    end_loading()
    keep_heap_small()
    try:
        asked = asked_for(setting.named, os.environ)
        until_told(lambda: service.run(config, os.environ, clean, edits=edits, asked=asked))
    except ConfigError as exc:  # faults that only the machine and the database reveal
        raise edits.placed(exc) from exc
    return exits.FINE


def _loaded(setting: Setting) -> Config:
    """The configuration; if it is faulty, logging at least is set up by it."""
    from daemon.config import load_logging
    from daemon.logs import setup as logs
    from daemon.model.errors import ConfigError

    try:
        return setting.load()
    except ConfigError:
        section = load_logging(setting.path(), os.environ)
        logs.configure(section.level, section.format)
        raise


def _edits(setting: Setting) -> Edits:
    """The watcher of the configuration file, which stays the one that was found first."""
    from daemon.config import load, placed
    from daemon.logs import setup as logs
    from daemon.runtime.live_config.watcher import Edits

    kept: deque[tuple[str, ...]] = deque(maxlen=_REMEMBERED)

    def settle(config: Config) -> Callable[[str], str]:
        # Running work may still log secrets of an older configuration.
        if config.secrets() in kept:
            kept.remove(config.secrets())
        kept.append(config.secrets())
        secrets = {secret for secrets in kept for secret in secrets}
        return logs.configure(config.logging.level, config.logging.format, secrets).text

    def place(error: ConfigError, path: Path | None) -> ConfigError:
        return placed(error, path, os.environ)

    return Edits(setting.path, lambda path: load(path, os.environ), settle, place)


def until_told(work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run this work on a fast event loop; returns whether a signal ended it."""
    from daemon.system.process import install_signals

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        signals = None

        async def main() -> None:
            nonlocal signals
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("no task to be cancelled")
            signals = install_signals(asyncio.get_running_loop(), task)
            beginning.over()
            await work()

        try:
            runner.run(main())
        except asyncio.CancelledError:
            if signals is None or signals.received is None:
                raise
        finally:
            if signals is not None:
                signals.restore()
        return signals is not None and signals.received is not None


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The factory of uvloop, if it is installed."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop
