"""`browser`: shows pages for the daemon, in a process that has no network."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon.cli.commands.process.last_words import Logged
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.cli.terminal.setting import Setting
from daemon.logs.logger import get_logger

if TYPE_CHECKING:  # for the annotation alone
    from daemon.browser.service.serving import ServiceSettings
    from daemon.config.options.rendering import BrowserConfig

log = get_logger(__name__)

_NO_SOCKET = (
    'where to meet the daemon is not said: write [browser] socket = "…/browser.sock", which the '
    "daemon reads as well, or give --socket"
)
_WITH_NETWORK = (
    'a service without a network of its own is one way (docs/rendering.md); isolation = "flags" '
    "in [browser] trusts the browser's own options instead"
)


@click.command(cls=Logged)
@click.option("--socket", metavar="FILE", help="Where to meet the daemon, not as [browser] says.")
@click.option("--with-input", is_flag=True, hidden=True, help="End when standard input does.")
@click.pass_obj
def browser(setting: Setting, socket: str | None, with_input: bool) -> int:
    """Show pages for the daemon until told to stop.

    It has no network: what a page asks for goes through the daemon, which guards it as anything
    else that it fetches. It needs chromium-headless-shell or chromium, is never run as root, and
    cuts itself off from the network where it is started with one.
    """
    from daemon.cli.commands.process.run import until_told
    from daemon.logs import setup as logs

    # The secrets of sites are the daemon's, and need not be there for another user.
    config = setting.load("browser", "logging")
    logs.configure(config.logging.level, config.logging.format, config.secrets())
    section = config.browser
    path = socket or section.socket
    if not path:
        raise Failure(_NO_SOCKET, exits.USAGE)
    settings = _settings(Path(path), section)
    _cut_off(section)
    until_told(lambda: _serve(settings, with_input=with_input))
    return exits.FINE


def _settings(path: Path, section: BrowserConfig) -> ServiceSettings:
    from daemon.browser.service.binaries import (
        NoBrowserError,
        find_browser,
        find_driver,
        refuse_root,
        try_driver,
    )

    try:
        refuse_root()
        find_driver()
        try_driver()
        executable = find_browser(section.executable)
    except NoBrowserError as exc:
        raise Failure(str(exc), exits.USAGE, exc) from exc
    from daemon.browser.service.browsers import BrowserSettings
    from daemon.browser.service.serving import ServiceSettings

    browser = BrowserSettings(
        executable=executable,
        pages_per_browser=section.pages_per_browser,
        memory_bytes=section.memory_bytes,
        has_sandbox=section.sandbox,
    )
    return ServiceSettings(path, browser, section.pages)


def _cut_off(section: BrowserConfig) -> None:
    """Leave every network, unless the operator relies on the browser's own options."""
    from daemon.browser.service.isolation import (
        IsolationError,
        adopt_orphans,
        enter_empty_network,
        networks,
    )

    adopt_orphans()
    if not section.sandbox:
        log.warning("browser_without_sandbox")
    if section.isolation == "flags":
        if networks():
            log.warning("browser_with_network", interfaces=", ".join(networks()))
        return
    try:
        enter_empty_network([sys.executable, *sys.orig_argv[1:]])
    except IsolationError as exc:
        said = f"this process cannot be cut off from the network: {exc}; {_WITH_NETWORK}"
        raise Failure(said, exits.USAGE, exc) from exc


async def _serve(settings: ServiceSettings, *, with_input: bool) -> None:
    from daemon.browser.racing import until_first
    from daemon.browser.service.serving import BrowserService
    from daemon.system.process import ServiceManager, on_hangup

    on_hangup(lambda: None)  # it has no file to read again
    manager = ServiceManager.of(os.environ)
    try:
        async with BrowserService(settings) as service:
            manager.ready()
            log.info("browser_ready", socket=str(settings.socket), pages=settings.pages)
            await until_first(service.serve(), *([_until_input_ends()] if with_input else []))
    except OSError as exc:
        reason = exc.strerror or str(exc)
        said = f"the socket {settings.socket} cannot be opened: {reason}"
        raise Failure(said, exits.USAGE, exc) from exc
    finally:
        manager.stopping()


async def _until_input_ends() -> None:
    """Wait until whoever holds the other end of standard input is gone, in whatever way."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
