"""`backup` and `restore`: the whole database in one file, and back."""

from __future__ import annotations

import time
from pathlib import Path

import click

from daemon.cli.terminal.command import Command
from daemon.cli.terminal.files import there, to_be_written
from daemon.cli.terminal.progress import lost_contents, progress
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import GOOD, hint, json_line, say
from daemon.display.times import seconds
from daemon.wording import byte_size


@click.command(cls=Command)
@click.argument("file", type=click.Path())
@click.option("--replace", "replaces", is_flag=True, help="Overwrite FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def backup(setting: Setting, file: str, replaces: bool, as_json: bool) -> None:
    """Write all of the database into FILE, while the daemon goes on working.

    It is an SQLite file, also of PostgreSQL, and can be restored to both. FILE may be a folder, as
    a name that ends in a slash always is; one that ends in .zst makes it compressed.
    """
    from daemon.operations.installation.opening import quiet_migrations
    from daemon.system.process import keep_files_private
    from daemon.transfer.backup import back_up

    config = setting.load()
    path = to_be_written(file)
    keep_files_private()
    quiet_migrations()
    began = time.monotonic()
    with progress(is_quiet=as_json) as told:
        made = back_up(config.database, path, told, replaces=replaces)
    took = time.monotonic() - began
    if made.damaged:
        hint(lost_contents(made.damaged))
    if as_json:
        shown = {"file": made.path, "size_bytes": made.size_bytes, "revision": made.revision}
        shown |= {"damaged_contents": made.damaged}
        json_line(shown | {"seconds": round(took, 3)})
    else:
        say(f"{made.path}: {byte_size(made.size_bytes)}, whole and checked", GOOD)
        hint(f"took {seconds(took)}")


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", "replaces", is_flag=True, help="Also of a database that is not empty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def restore(setting: Setting, file: Path, replaces: bool, as_json: bool) -> None:
    """Put a backup in place of the database. Stop the daemon first.

    The backup is checked before anything is touched. What was in the database is kept aside.
    """
    from daemon.operations.installation.opening import quiet_migrations, shown_database
    from daemon.system.process import keep_files_private
    from daemon.transfer.backup import restore as put_back

    config = setting.load()
    there(file, folder_too=False)
    keep_files_private()
    quiet_migrations()
    with progress(is_quiet=as_json) as told:
        done = put_back(file, config.database, told, replaces=replaces)
    if as_json:
        json_line({"revision": done.revision, "kept": done.kept})
        return
    say(f"{shown_database(config)} is what {file} was", GOOD)
    if done.kept is not None:
        say(f"what was there before is in {done.kept}")
