"""The entry point of the command line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from daemon import __version__
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import (
    COMPLETE_VARIABLE,
    Failure,
    Group,
    ReaderGoneError,
    let_go,
    quiet,
)
from daemon.cli.terminal.setting import Setting
from daemon.system import memory

_HELP = """Watch web pages, feeds and prices: what changed, how much it matters, how sure that is.

\b
  changelogger demo                          see it at work, without a network
  changelogger sites add https://example.org
  changelogger run                           the daemon
  changelogger changes                       what it found
"""

root = Group(
    "changelogger",
    help=_HELP,
    epilog="Every command that shows something takes --json: one JSON object per line.",
    lazy={
        "run": ("daemon.cli.commands.process.run:run", "Run the daemon until it is told to stop."),
        "check": (
            "daemon.cli.commands.process.check:check",
            "Check sites, products or any URL now.",
        ),
        "sites": (
            "daemon.cli.commands.sites.group:sites",
            "List, add, import, pause and remove sites.",
        ),
        "products": (
            "daemon.cli.commands.products.group:products",
            "List, add and follow prices and stock.",
        ),
        "changes": (
            "daemon.cli.commands.changes.group:changes",
            "List the changes that were found.",
        ),
        "catch-up": (
            "daemon.cli.commands.changes.catch_up:catch_up",
            "Show what you missed, and what was not seen.",
        ),
        "diff": ("daemon.cli.commands.changes.diff:diff", "Show what a change changed."),
        "notices": (
            "daemon.cli.commands.notices.group:notices",
            "List what people were told, or retry it.",
        ),
        "notify": (
            "daemon.cli.commands.notices.notify:notify",
            "Send a test to a place where people are told.",
        ),
        "users": (
            "daemon.cli.commands.users.group:users",
            "List, add, log in and remove users.",
        ),
        "history": (
            "daemon.cli.commands.sites.history:history",
            "Show all that happened to a site.",
        ),
        "replay": (
            "daemon.cli.commands.changes.replay:replay",
            "Show what other rules would have made of a site.",
        ),
        "status": (
            "daemon.cli.commands.process.status:status",
            "Ask the running daemon how it is.",
        ),
        "config": (
            "daemon.cli.commands.configuration.group:config",
            "Check, show or compare the configuration.",
        ),
        "db": ("daemon.cli.commands.database.group:db", "Show, upgrade or copy the database."),
        "export": (
            "daemon.cli.commands.database.exports:export",
            "Write all sites and products to a file.",
        ),
        "import": (
            "daemon.cli.commands.database.imports:import_",
            "Watch what a file names, also other programs'.",
        ),
        "backup": (
            "daemon.cli.commands.database.backup:backup",
            "Write all of the database into one file.",
        ),
        "restore": (
            "daemon.cli.commands.database.backup:restore",
            "Put a backup in place of the database.",
        ),
        "browser": (
            "daemon.cli.commands.process.browser:browser",
            "Show pages that need a browser, for the daemon.",
        ),
        "completion": (
            "daemon.cli.commands.completion:completion",
            "Teach a shell to complete our words.",
        ),
        "demo": (
            "daemon.cli.commands.process.demo:demo",
            "Watch a small web that changes, without a network.",
        ),
    },
)
click.version_option(__version__, message="changelogger %(version)s")(root)


def main() -> NoReturn:
    """Run the command that this process was started with, and end with its exit code."""
    memory.begin_loading()
    streams = [s for s in (sys.stdout, sys.stderr) if isinstance(s, io.TextIOWrapper)]
    for stream in streams:  # a page may contain characters that the locale cannot show
        stream.reconfigure(errors="backslashreplace")
    code = run_words(sys.argv[1:])
    for stream in streams:
        let_go(stream)
    memory.end()
    sys.exit(code)


def run_words(words: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    if COMPLETE_VARIABLE in os.environ:
        import_module("daemon.cli.commands.completion")  # adds our completion classes to click
    try:
        code = root.main(
            list(words) or ["--help"],
            prog_name="changelogger",
            standalone_mode=False,
            obj=Setting(),
            # None lets click decide: colours on a terminal only.
            color=False if os.environ.get("NO_COLOR") else None,
        )
        if sys.stdout:  # None if it was closed before the start
            sys.stdout.flush()
    except Failure as exc:
        exc.show()
        return exc.code
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        return exits.INTERRUPTED
    except (BrokenPipeError, ReaderGoneError):
        quiet(1)
        return exits.READER_GONE
    return code if isinstance(code, int) else exits.FINE
