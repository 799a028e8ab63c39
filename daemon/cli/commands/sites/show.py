"""`sites show`: shows all about one site, on a few lines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import WatchedName
from daemon.cli.commands.sites.group import STATE_STYLE, site_json
from daemon.cli.commands.sites.learnt import learnt_facts, learnt_json
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.report import conditions_json
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    PLAIN,
    STRONG,
    WARM,
    Clean,
    Fact,
    json_line,
    say,
    say_facts,
)
from daemon.display.times import ago, local, until, utc_now, weekday_time
from daemon.display.watching import (
    FOLLOWED,
    NOTIFIED,
    WATCHED,
    asked_for,
    certificate,
    discovering,
    noise_rules,
    reading_rules,
    schedule,
    way,
)
from daemon.display.words import count
from daemon.model.reading import HISTORY_LOST

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.sites import ShownRequest, ShownSite, SiteView

_NEAR_DAYS = 14
_OWNERS_LIMIT = "their owner may have no more: see `changelogger users limit`"
_SHOWN_RULES = ("notify_on", "follow", "mask", "flap_hold")


@click.command(cls=Command)
@click.argument("name", type=WatchedName(), metavar="NAME|URL")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(setting: Setting, name: str, as_json: bool) -> None:
    """Show all about one site: how it is doing, since when, and whether anybody is told."""
    from daemon.operations.installation.opening import asked
    from daemon.operations.sites import show as show_site

    config = setting.load()
    now = utc_now()
    shown = asyncio.run(asked(config, show_site, name, now))
    view, clean = shown.view, Clean(config.secrets())
    options = _options(setting, config, view)
    destinations = _destinations(setting, config, view)
    destinations += asyncio.run(_own(config, view))
    if as_json:
        rules = {name: getattr(shown.rules, name) for name in _SHOWN_RULES}
        rules |= {"notify_on": shown.rules.notified_of}
        facts: dict[str, Any] = {"watch": shown.watch, **rules, "request": asdict(shown.request)}
        waits = shown.waits.asked_to_wait_until
        facts |= {"waits_until": waits, "hours_begin_at": shown.hours_begin_at}
        facts |= {"learnt": learnt_json(shown.estimate)}
        facts |= {"pages": asdict(shown.pages) if shown.pages else None}
        facts |= {"conditions": conditions_json(shown.standings, clean)}
        stated = {key: place for key, _, place in options}
        facts |= {"destinations": [{"name": name, "where": at} for name, at in destinations]}
        json_line(site_json(view, clean) | facts | {"where": stated})
        return
    say(clean.line(view.name), STRONG)
    say()
    told_on = _told_on(destinations, clean)
    say_facts([*_facts(shown, clean, now), *told_on, *learnt_facts(shown, config)])
    if options:
        say()
    for key, value, where in options:
        say(f"{key} = {clean.line(value)}  {click.style(f'# {where}', **DIM)}")


def _options(setting: Setting, config: Config, view: SiteView) -> list[tuple[str, str, str]]:
    """The options that are stated for a site of the configuration, with the place of each."""
    from daemon.cli.commands.configuration.group import masked
    from daemon.config.reading.origins import origins_of
    from daemon.config.reading.writing import toml_value

    own = (one for one in config.sites if (one.name, one.owner) == (view.name, view.owner_id))
    if view.managed_by != "config" or (site := next(own, None)) is None:
        return []
    origins = origins_of(config, setting.path(), os.environ)
    table = masked(site.model_dump(by_alias=True))
    stated = ((key, origins.of("site", view.name, key)) for key in table)
    return [(key, toml_value(table[key]), where) for key, where in stated if where]


def _destinations(setting: Setting, config: Config, view: SiteView) -> list[tuple[str, str]]:
    """The names of the destinations that are told of a site, and why each is."""
    from daemon.config.reading.origins import origins_of
    from daemon.operations.channels import told_of

    found = told_of(config.notify, view.owner_id, view.name, view.site_type, view.tags)
    if not found:
        return []
    origins = origins_of(config, setting.path(), os.environ)
    return [(one.name, origins.of_destination(one.name, view.tags)) for one in found]


async def _own(config: Config, view: SiteView) -> list[tuple[str, str]]:
    """The destinations of its owner's own, likewise."""
    from daemon.operations.installation.opening import stored
    from daemon.operations.people.routes import own_told_of

    async with stored(config) as database:
        return [(name, "of its owner's own") for name in await own_told_of(database, view)]


def _told_on(destinations: Sequence[tuple[str, str]], clean: Clean) -> Iterator[Fact]:
    for name, where in destinations:
        yield "told on", f"{clean.line(name)} ({where})" if where else clean.line(name), PLAIN
    if not destinations:
        yield "told on", "nothing: no [[notify]] or destination of its owner is for it", WARM


def _facts(shown: ShownSite, clean: Clean, now: datetime) -> Iterator[Fact]:
    view = shown.view
    yield "url", clean.url(view.url), PLAIN
    if view.answer_url and view.answer_url != view.url:
        yield "reached", clean.url(view.answer_url), PLAIN
    if view.title:
        yield "title", clean.line(view.title), PLAIN
    yield from _state(view, clean, now)
    yield from _history(view, clean)
    yield "owner", clean.line(view.owner_id), PLAIN
    if view.tags:
        yield "tags", clean.line(", ".join(view.tags)), PLAIN
    yield from _request(shown.request, clean)
    for name, told in reading_rules(shown.rules):
        yield name, clean.line(told), PLAIN
    yield "watched", WATCHED[shown.watch], PLAIN
    yield from _discovered(shown, clean)
    for name, told in noise_rules(shown.rules, shown.watch):
        yield name, told, PLAIN
    yield "notified", NOTIFIED[shown.rules.notified_of], PLAIN
    yield from _conditions(shown, clean, now)
    yield "follows", FOLLOWED[shown.rules.follow], PLAIN
    yield "schedule", schedule(view), PLAIN
    checked = f"{ago(view.last_checked_at, now)} ago" if view.last_checked_at else "not yet"
    yield "checked", checked, PLAIN
    if view.is_active and view.next_check_at:
        yield from _next_check(shown, view.next_check_at, now)
    if view.last_changed_at:
        yield (
            "changed",
            f"{ago(view.last_changed_at, now)} ago, {local(view.last_changed_at)}",
            WARM,
        )
    if view.muted_until and view.muted_until > now:
        yield "muted", _muted(view.muted_until), WARM
    if view.certificate_ends_at:
        yield _certificate(view.certificate_ends_at, now)
    yield "ratings", f"{view.rated_useful} useful, {view.rated_noise} noise", DIM
    yield "id", str(view.id), DIM


def _discovered(shown: ShownSite, clean: Clean) -> Iterator[Fact]:
    """The site that has discovered this one, or what this one discovers."""
    if shown.view.parent is not None:
        yield "found by", clean.line(shown.view.parent), PLAIN
    rules, pages = shown.rules, shown.pages
    if pages is None:
        return
    for name, told in discovering(rules, pages.listed, pages.watched):
        yield name, clean.line(told), PLAIN
    if pages.left_out:
        is_its_own = pages.watched >= rules.discover_limit
        limit = f"over discover_limit = {rules.discover_limit:,}" if is_its_own else _OWNERS_LIMIT
        yield "left out", f"{count(pages.left_out, 'page')}: {limit}", WARM


def _conditions(shown: ShownSite, clean: Clean, now: datetime) -> Iterator[Fact]:
    for key, standing in shown.standings.items():
        told = f"{key}: {standing.words}, for {ago(standing.since, now)}"
        yield "condition", clean.line(told), WARM if standing.problem else PLAIN


def _next_check(shown: ShownSite, next_check_at: datetime, now: datetime) -> Iterator[Fact]:
    """When it is checked next, and what for it waits longer than its schedule says."""
    waits_until = shown.waits.asked_to_wait_until
    at = max(next_check_at, waits_until) if waits_until else next_check_at
    begins_at = shown.hours_begin_at
    why = f": outside its hours until {weekday_time(begins_at)}" if begins_at else ""
    yield "next", "now" if at <= now else f"in {until(at, now)}{why}", PLAIN
    if waits_until:
        yield "waits", f"the server asked to wait until {local(waits_until)}", WARM


def _request(request: ShownRequest, clean: Clean) -> Iterator[Fact]:
    """How its page is asked for."""
    yield "asked", asked_for(request), PLAIN
    for number, step in enumerate(request.steps, 1):
        yield f"step {number}", step, PLAIN
    if request.keeps_cookies:
        yield "cookies", "kept from check to check", PLAIN
    if request.verify_tls is False:
        yield "unsafe", "its certificate is not checked: anybody on the way can change it", BAD
    if told := way(request):
        yield "proxy", clean.line(told), PLAIN


def _state(view: SiteView, clean: Clean, now: datetime) -> Iterator[Fact]:
    from daemon.operations.sites import NOTHING_SHOWN, missing_rules, since_of, state_of, why_of

    state = state_of(view)
    why = why_of(view) if state in NOTHING_SHOWN else ""
    since = since_of(view)
    lasting = f" for {ago(since, now)}" if since else ""
    told = f"{state}{lasting}: {why}" if why else state
    yield "state", told, STATE_STYLE[state]
    if why and view.error_detail:
        yield "detail", clean.line(view.error_detail), PLAIN
    for rule in missing_rules(view):
        yield "missing", clean.line(rule), WARM


def _history(view: SiteView, clean: Clean) -> Iterator[Fact]:
    """The facts about the state that the next check is compared with."""
    flags = [str(flag) for flag in view.flags or ()]
    if HISTORY_LOST in flags and view.first_seen_at:
        told = f"begun anew at {local(view.first_seen_at)}: the state before could not be read"
        yield "history", told, WARM
    others = ", ".join(flag for flag in flags if flag != HISTORY_LOST)
    if others:
        yield "flags", clean.line(others), DIM


def _muted(until_at: datetime) -> str:
    return "until it is unmuted" if until_at.year > 9000 else f"until {local(until_at)}"


def _certificate(ends_at: datetime, now: datetime) -> Fact:
    left = (ends_at - now).total_seconds()
    style = BAD if left <= 0 else WARM if left < _NEAR_DAYS * 86400 else PLAIN
    return "tls", certificate(ends_at, now), style
