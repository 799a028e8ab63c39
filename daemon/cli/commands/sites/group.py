"""`sites`: lists sites and their state."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import TAGS
from daemon.cli.commands.owned import add_owners, the_owner
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, DefaultGroup
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    WARM,
    Clean,
    Style,
    hint,
    json_line,
    say,
)
from daemon.display.times import ago, stamp, until, utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell, Column
    from daemon.config import Config
    from daemon.operations.sites import SiteView

STATE_STYLE: dict[str, Style] = {
    "ok": GOOD,
    "new": DIM,
    "paused": DIM,
    "failing": BAD,
    "blind": WARM,
    "absent": WARM,
    "undecided": WARM,
}

sites = DefaultGroup(
    "sites",
    default="list",
    help="List the sites that are watched; or add, import, pause, resume or remove some.",
    lazy={
        "list": ("daemon.cli.commands.sites.group:list_", "List the sites and how they are doing."),
        "show": ("daemon.cli.commands.sites.show:show", "Show all about one site."),
        "add": ("daemon.cli.commands.sites.add:add", "Watch a URL."),
        "edit": (
            "daemon.cli.commands.sites.edit:edit",
            "Change the name, the times or the rules of a site.",
        ),
        "import": (
            "daemon.cli.commands.database.imports:import_sites",
            "Watch many URLs from a file.",
        ),
        "pause": (
            "daemon.cli.commands.managed:pause_sites",
            "Stop checking sites; keep their history.",
        ),
        "resume": ("daemon.cli.commands.managed:resume_sites", "Check paused sites again."),
        "tag": ("daemon.cli.commands.managed:tag_site", "Give a site tags, or take some off."),
        "trend": (
            "daemon.cli.commands.sites.trend:trend",
            "Show how the checks of a site went, day by day.",
        ),
        "at": (
            "daemon.cli.commands.sites.at:at",
            "Print what a site showed on a day.",
        ),
        "noise": (
            "daemon.cli.commands.sites.noise:noise",
            "Show what of a site is ignored, and why.",
        ),
        "mute": ("daemon.cli.commands.sites.mute:mute", "Go on checking, but tell nobody."),
        "unmute": ("daemon.cli.commands.sites.mute:unmute", "Tell of muted sites again."),
        "forget-cookies": (
            "daemon.cli.commands.forget_cookies:of_sites",
            "Drop the cookies that sites keep.",
        ),
        "remove": ("daemon.cli.commands.managed:remove_sites", "Watch sites no longer."),
    },
)


@click.command("list", cls=Command)
@click.option(
    "--failing",
    "state",
    flag_value="unhealthy",
    help="Only those that fail, or show a wall; exit code 1.",
)
@click.option("--paused", "state", flag_value="paused", help="Only those that are paused.")
@click.option("--silenced", "state", flag_value="silenced", help="Only those that are muted.")
@click.option(
    "--unseen", "state", flag_value="unseen", help="Only those with a change nobody has seen."
)
@click.option("--search", metavar="TEXT", default="", help="Part of a name, a URL or a host.")
@click.option("--type", "site_type", metavar="TYPE", default="", help="Only those of this type.")
@click.option("--owner", metavar="USER", default="", help="Only those of this owner.")
@TAGS
@click.option(
    "--sort",
    type=click.Choice(["name", "changed", "checked", "next"]),
    default="name",
    help="By name, or by when: changed and checked the latest first, next the soonest.",
)
@click.option("--limit", type=click.IntRange(1), help="Only the first so many.")
@click.option("--urls", is_flag=True, help="Print their URLs alone, one per line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per site.")
@click.pass_obj
def list_(setting: Setting, /, limit: int | None, urls: bool, as_json: bool, **asked: Any) -> int:
    """List the sites and how they are doing.

    On a terminal as a table; in a pipe as lines with tabs between whole values.
    """
    config = setting.load()
    found, clean = _listed(config, limit, **asked), Clean(config.secrets())
    is_failing = asked["state"] == "unhealthy"
    if as_json:
        for view in found:
            json_line(site_json(view, clean))
    elif urls:
        for view in found:
            say(view.url)
    elif not found:
        hint(_nothing(asked))
    elif is_failing:
        _show_failing(found, clean)
    else:
        _show(found, clean)
    return exits.FAILING if is_failing and found else exits.FINE


def _listed(
    config: Config, limit: int | None, *, sort: str, state: str | None, **narrowed: Any
) -> Sequence[SiteView]:
    from daemon.operations.installation.opening import asked
    from daemon.operations.lists.sites import SiteFilter, SiteOrder, SiteState, every_site

    wanted = SiteFilter(
        SiteState(state) if state else None,
        (narrowed["search"],),
        tuple(narrowed["tags"]),
        narrowed["site_type"],
        the_owner(config, narrowed["owner"]),
    )
    return asyncio.run(asked(config, every_site, wanted, SiteOrder(sort), utc_now(), limit))


def _nothing(asked: Mapping[str, Any]) -> str:
    """What is said where no site is listed."""
    if asked["state"] == "unhealthy":
        return "nothing fails"
    is_narrowed = any(asked[key] for key in ("state", "search", "site_type", "owner", "tags"))
    return "no site is so" if is_narrowed else "no sites yet: changelogger sites add URL"


def site_json(view: SiteView, clean: Clean) -> dict[str, Any]:
    """A site as one JSON object; headers may hold secrets and are left out."""
    from daemon.operations.sites import state_of

    shown = asdict(view)
    shown["url"] = clean.url(view.url)
    shown["answer_url"] = clean.url(view.answer_url) if view.answer_url else None
    shown["title"] = clean.line(view.title) if view.title else None
    shown["error_detail"] = clean.line(view.error_detail) if view.error_detail else None
    return {"name": shown.pop("name"), "state": state_of(view), **shown}


def _show(found: Sequence[SiteView], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    now = utc_now()
    columns = [
        Column("NAME", share=1),
        Column("STATE"),
        Column("CHECKED", right=True, plain="CHECKED_AT"),
        Column("NEXT", right=True, plain="NEXT_AT"),
        Column("CHANGED", right=True, plain="CHANGED_AT"),
        Column("URL", share=1),
    ]
    rows = [_row(view, clean, now) for view in found]
    plain = [_tab_row(view, clean) for view in found]
    add_owners(columns, [view.owner_id for view in found], rows, plain)
    table(columns, rows, plain)


def _row(view: SiteView, clean: Clean, now: datetime) -> list[Cell]:
    from daemon.operations.sites import NOTHING_SHOWN, since_of, state_of, why_of

    state = state_of(view)
    since = since_of(view)
    lasting = f" {ago(since, now)}" if since else ""
    told = f"{why_of(view)}{lasting}" if state in NOTHING_SHOWN else state
    changed = ago(view.last_changed_at, now)
    return [
        (clean.line(view.name), DIM if state == "paused" else PLAIN),
        (told, STATE_STYLE[state]),
        ago(view.last_checked_at, now),
        until(view.next_check_at, now) if view.is_active else "–",
        (changed, WARM if view.last_changed_at else DIM),
        (clean.url(view.url).partition("://")[2], DIM),
    ]


def _tab_row(view: SiteView, clean: Clean) -> list[str]:
    from daemon.operations.sites import NOTHING_SHOWN, state_of, why_of

    instants = (view.last_checked_at, view.next_check_at, view.last_changed_at)
    return [
        clean.line(view.name),
        why_of(view) if state_of(view) in NOTHING_SHOWN else state_of(view),
        *(stamp(instant) or "" for instant in instants),
        clean.url(view.url),
    ]


def _show_failing(found: Sequence[SiteView], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table
    from daemon.operations.sites import since_of, state_of, why_of

    now = utc_now()
    columns: list[Column] = [
        Column("NAME", share=2),
        Column("WHY"),
        Column("FOR", right=True, plain="SINCE"),
        Column("TIMES", right=True),
        Column("DETAIL", share=3, wraps=True),
    ]
    rows: list[list[Cell]] = [
        [
            clean.line(view.name),
            (why_of(view), STATE_STYLE[state_of(view)]),
            ago(since_of(view), now),
            str(view.failure_streak),
            (clean.line(view.error_detail), DIM),
        ]
        for view in found
    ]
    plain = [
        [
            clean.line(v.name),
            why_of(v),
            stamp(since_of(v)) or "",
            str(v.failure_streak),
            clean.line(v.error_detail),
        ]
        for v in found
    ]
    table(columns, rows, plain)
