"""`notices send`: sends due notices once, for use without a daemon."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import BAD, GOOD, WARM, Clean, Style, hint, json_line, say
from daemon.display.times import local, stamp
from daemon.display.words import count, short_id

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.notifications import Settled

_STYLE: dict[str, Style] = {"sent": GOOD, "pending": WARM, "dead": BAD}


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per try.")
@click.pass_obj
def send(setting: Setting, as_json: bool) -> int:
    """Send what is due now, once, and say what became of it.

    For a `check` that runs by cron: the daemon does this by itself. Quiet hours, digests and daily
    caps hold as ever; only nothing is gathered any longer. The exit code is 1 when something was
    not taken.
    """
    from daemon.logs import setup as logs
    from daemon.operations.installation.opening import prepare

    config = setting.load()
    style = "console" if config.logging.format == "auto" else config.logging.format
    logs.configure("error", style, config.secrets())
    prepare(config)
    tried, waiting = asyncio.run(_sent(config))
    clean = Clean(config.secrets())
    for done in tried:
        _show(done, clean, as_json=as_json)
    if waiting and not as_json:
        hint(f"{count(waiting, 'notice')} held or to be tried again later")
    return exits.FINE if all(done.status == "sent" for done in tried) else exits.FAILING


async def _sent(config: Config) -> tuple[list[Settled], int]:
    """The results of the tries, and how many notices are still to be sent."""
    from daemon.operations.notifications import count_waiting
    from daemon.operations.viewers import local_owner
    from daemon.runtime.app import open_app
    from daemon.runtime.observer import Observer

    tried: list[Settled] = []

    class Tries(Observer):
        def on_sent(self, done: Settled) -> None:
            tried.append(done)

    async with open_app(config, "check", Tries()) as app:
        await app.components.sender.drain(gathers=False)
        return tried, await count_waiting(app.database, local_owner(config))


def _show(done: Settled, clean: Clean, *, as_json: bool) -> None:
    from daemon.notify.phrases import title_of

    claimed = done.claimed
    title = clean.line(title_of(claimed.kind, claimed.payload))
    reason = clean.line(done.error_detail)
    if as_json:
        shown = {"id": str(claimed.id), "channel": claimed.channel, "status": done.status}
        times = {"tries": claimed.tries, "at": stamp(done.at)}
        json_line({**shown, **times, "error_detail": reason or None, "title": title})
        return
    again = f", again from {local(done.at)}" if done.status == "pending" else ""
    why = f": {reason}{again}" if reason else ""
    status = click.style(done.status, **_STYLE[done.status])
    say(f"{short_id(claimed.id)}  {status}  {clean.line(claimed.channel)}  {title}{why}")
