"""`db copy`: copies the whole database to another one, while the daemon goes on working."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.files import to_be_written
from daemon.cli.terminal.progress import lost_contents, progress
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import BAD, GOOD, hint, json_line, say
from daemon.display.times import seconds
from daemon.display.words import count

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, DatabaseConfig
    from daemon.transfer.copying import Copy

_PASSWORD = "CHANGELOGGER_TO_PASSWORD"  # noqa: S105 - the name of a variable


@click.command(cls=Command)
@click.option(
    "--to",
    required=True,
    metavar="URL",
    envvar="CHANGELOGGER_TO",
    help="postgresql://user@host/name or sqlite:///file.",
)
@click.option(
    "--to-password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Its password; else ${_PASSWORD}.",
)
@click.option("--verify", "is_verify", is_flag=True, help="Write nothing, only compare.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.pass_obj
def copy(
    setting: Setting, to: str, to_password_file: Path | None, is_verify: bool, as_json: bool
) -> int:
    """Copy all to another database, and verify it: from SQLite to PostgreSQL, or back.

    The daemon may go on working: the copy is of one moment. Run the same command again to bring in
    what came meanwhile; a copy that was cut short goes on where it stands. For the last pass stop
    the daemon, so that nothing comes any more. The exit code is 1 when the two differ.
    """
    from daemon.operations.installation.opening import quiet_migrations
    from daemon.system.process import keep_files_private
    from daemon.transfer.copying import copy_database, take_key

    config = setting.load()
    target = _target(config, to, to_password_file)
    keep_files_private()
    quiet_migrations()
    began = time.monotonic()
    with progress(is_quiet=as_json) as told:
        done = copy_database(config.database, target, told, writes=not is_verify)
    if not is_verify and (key := take_key(config.database, target)):
        hint(f"its secrets are encrypted: their key is in {key} too")
    if done.damaged:
        hint(lost_contents(len(done.damaged)))
    if as_json:
        _as_json(done, time.monotonic() - began)
    else:
        _as_text(config, target, done, is_verify)
        hint(f"took {seconds(time.monotonic() - began)}")
    return exits.FAILING if done.differing else exits.FINE


def _target(config: Config, url: str, password_file: Path | None) -> DatabaseConfig:
    from daemon.config.reading.given import given_database
    from daemon.config.values import RefusedError, read_secret
    from daemon.operations.installation.opening import path_of

    password = os.environ.get(_PASSWORD, "")
    if password_file is not None:
        try:
            password = read_secret(str(password_file))
        except RefusedError as exc:
            raise Failure(f"--to-password-file: {exc}", exits.USAGE) from exc
    target = given_database(config, url, password)
    if file := path_of(target):
        to_be_written(str(file))
    return target


def _as_json(done: Copy, took_seconds: float) -> None:
    tables: list[dict[str, Any]] = [
        {"table": one.table, "rows": one.rows, "added": one.added, "changed": one.changed}
        | {"removed": one.removed, "checksum": one.checksum, "is_equal": one.is_equal}
        for one in done.tables
    ]
    json_line(
        {"rows": done.rows, "is_equal": not done.differing, "tables": tables}
        | {
            "damaged_contents": len(done.damaged),
            "cleaned": dict(done.cleaned),
            "seconds": round(took_seconds, 3),
        }
    )


def _as_text(config: Config, target: DatabaseConfig, done: Copy, is_verify: bool) -> None:
    from daemon.operations.installation.opening import shown, shown_database

    for one in done.tables:
        if one.added or one.changed or one.removed:
            say(f"{one.table}: {one.added:,} added, {one.changed:,} changed, {one.removed:,} gone")
    for column, number in sorted(done.cleaned.items()):
        say(f"{column}: {count(number, 'value')} lost what PostgreSQL cannot keep")
    if done.differing:
        say(f"{shown(target)} differs in {', '.join(done.differing)}", BAD)
        if not is_verify:
            say("run the same command again; nothing was switched over")
        return
    say(f"{shown(target)} equals {shown_database(config)}: {done.rows:,} rows, by checksum", GOOD)
    if not is_verify:
        for line in _next(target.shown):
            say(line)


def _next(target: str) -> list[str]:
    return [
        "",
        "What a running daemon writes from now on is not in it. To move for good:",
        "  1. stop the daemon",
        "  2. run the same command once more: it brings in what came meanwhile",
        "  3. in config.toml:",
        "       [database]",
        f'       url = "{target}"',
        *(['       password_file = "…"   # if it has one'] if "postgres" in target else []),
        "  4. start the daemon",
    ]
