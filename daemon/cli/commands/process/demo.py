"""`demo`: runs the daemon on a small web that changes, as a quick introduction."""

from __future__ import annotations

import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.files import folder_made
from daemon.cli.terminal.setting import Setting

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.commands.process.stage import Stage
    from daemon.demo.site import DemoSite


@click.command(cls=Command)
@click.option("--seconds", type=click.FloatRange(min=1), help="End after this time.")
@click.option("--web", is_flag=True, help="Show it in the browser, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per change.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the database there.",
)
@click.pass_obj
def demo(
    _setting: Setting, seconds: float | None, web: bool, as_json: bool, keep: Path | None
) -> int:
    """Watch a small web that changes, without a network.

    A site on this machine replays what happens to real pages: releases, news, prices, outages,
    with all the noise that real pages have. The real daemon watches it, with a database of its
    own that is thrown away at the end.
    """
    from daemon.cli.commands.process.stage import Stage
    from daemon.demo.play import demo_config
    from daemon.logs import setup as logs
    from daemon.operations.installation.opening import prepare

    logs.configure("error", "console")
    with _folder(keep) as folder:
        prepare(demo_config(Path(folder)))
        stage = Stage(as_json=as_json, began=time.monotonic())
        _play(Path(folder), stage, seconds, has_pages=web)
        stage.close(Path(folder) if keep else None)
    return exits.FINE


def _folder(keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="changelogger-demo-")
    if (folder_made(keep) / "changelogger.db").exists():
        raise Failure(f"{keep} holds a database already: name another folder", exits.USAGE)
    return nullcontext(str(keep.resolve()))


def _play(folder: Path, stage: Stage, seconds: float | None, *, has_pages: bool) -> None:
    from daemon.cli.commands.process.run import until_told
    from daemon.demo.play import play, play_for

    def opened(site: DemoSite) -> None:
        stage.open(site, seconds)

    if seconds is None:
        until_told(lambda: play(folder, stage, opened, has_pages=has_pages))
    else:
        until_told(lambda: play_for(seconds, folder, stage, opened, has_pages=has_pages))
