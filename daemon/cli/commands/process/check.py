"""`check`: checks sites, or any URL, now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from daemon.cli.commands.completed_names import TAGS, WatchedName
from daemon.cli.commands.rules import request_options, rule_options, typed, written
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting


@click.command(cls=Command)
@click.argument("words", type=WatchedName(), nargs=-1, metavar="[NAME|URL]...")
@click.option("--all", "everything", is_flag=True, help="Check every site that is not paused.")
@TAGS
@click.option("--dry-run", "mode", flag_value="dry-run", help="Store nothing of it.")
@click.option(
    "--explain",
    "mode",
    flag_value="explain",
    help="Show how it is read, step by step; store nothing.",
)
@click.option(
    "--patience",
    default="30s",
    metavar="TIME",
    show_default=True,
    help="Skip hosts that are not to be asked for longer than this, such as 30s or 5m.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per site checked.")
@rule_options
@request_options
@click.pass_obj
def check(
    setting: Setting,
    /,
    words: Sequence[str],
    everything: bool,
    mode: str | None,
    patience: str,
    as_json: bool,
    **rules: Any,
) -> int:
    """Check sites now, due or not, and show what came of it.

    A URL that is no site is fetched and read once, and nothing of it is stored: to see what
    changelogger would make of it. So is any URL when options say what to read of it: to try
    them out before `sites add` or the file gets them.

    With --explain each step of the reading is shown, of a site or of any URL: what it was given,
    what it left, and what each rule matched.

    A host that asks to be left alone is waited for as long as --patience says; what was not
    checked is named at the end.

    The exit code is 1 when a check failed, or was not made for its host.
    """
    tags: Sequence[str] = rules.pop("tags")
    given = written(rules)
    if bool(words or tags) is everything:
        raise click.UsageError("name sites or URLs, give --tag, or --all for every site")
    if given and (tags or not all("://" in word for word in words)):
        raise click.UsageError("options that say how to ask and what to read are tried out on URLs")
    from daemon.cli.commands.process.checking import Checking, Task
    from daemon.cli.commands.process.run import until_told
    from daemon.logs import setup as logs
    from daemon.system.memory import begin_checks

    config = setting.load()
    style = "console" if config.logging.format == "auto" else config.logging.format
    logs.configure("warning", style, config.secrets())
    seconds, file = _seconds(patience), setting.path()
    task = Task(words, tags, everything, mode is not None, given, seconds, file)
    task = replace(task, options=typed(check, rules), explain=mode == "explain")
    checking = Checking(config, task, as_json)
    checking.prepare()
    begin_checks()
    is_interrupted = until_told(checking.run)
    checking.sum_up()
    if is_interrupted:
        return exits.INTERRUPTED
    return exits.FAILING if checking.has_failures else exits.FINE


def _seconds(patience: str) -> float:
    from daemon.schedule.next_check import parse_duration

    try:
        return parse_duration(patience).total_seconds()
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(str(exc), param_hint="--patience") from exc
