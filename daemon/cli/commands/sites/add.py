"""`sites add`: adds a site, under the same rules as those of the file."""

from __future__ import annotations

from typing import Any

import click

from daemon.cli.commands.adding import (
    added,
    tell_first_check,
    tell_not_installed,
    tell_shared,
    tell_unkept,
)
from daemon.cli.commands.owned import among_people
from daemon.cli.commands.rules import (
    NOT_INHERITED,
    hours_options,
    judging_options,
    request_options,
    rule_options,
    site_from,
    written,
)
from daemon.cli.commands.sites.first_look import tell_what_is_missing
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import json_line, say
from daemon.redaction import redact_text


@click.command(cls=Command)
@click.argument("url")
@click.option("--name", help="What to call it; else host and path.")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, daily, '0 9 * * mon', auto.")
@hours_options
@rule_options
@judging_options
@request_options
@NOT_INHERITED
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="To find it by; repeatable.")
@click.option("--owner", metavar="USER", help="Whose it is; else the first owner's.")
@click.option("--paused", is_flag=True, default=None, help="Keep it, do not look yet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(setting: Setting, /, as_json: bool, **given: Any) -> None:
    """Watch URL.

    It is checked at once when the daemon runs, and then on its schedule.
    `changelogger check URL`, with the options for reading, shows what would be
    read. Where options choose parts of the page or set conditions, it is looked
    at now, to say what is not there.
    """
    from daemon.operations.managing import add_site

    config, table = among_people(setting.load(), written(given))
    site = site_from(config, table)
    done = added(config, add_site, site, is_named=given["name"] is not None)
    tell_not_installed(site.rules())
    url, every = redact_text(site.url), site.check_frequency
    how = f"{every}, within {site.detect_within}" if every == "auto" else every
    if as_json:
        facts = {"name": done.name, "url": url, "check_frequency": every}
        json_line(facts | {"same_page_as": done.same_page_as})
        return
    say(f"watching {done.name}: {url} ({how})")
    tell_shared(done.same_page_as)
    tell_unkept(config, site)
    tell_first_check(config, site)
    tell_what_is_missing(config, site)
