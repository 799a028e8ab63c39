"""`sites noise`: shows what is ignored on a site, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import Names
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import Clean, hint, json_line
from daemon.cli.terminal.times import local

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.model.reading import State
    from daemon.model.site import Rules
    from daemon.store.views.sites import SiteView


@dataclass(frozen=True, slots=True)
class Ignored:
    """One thing that is ignored."""

    why: str  # learned, moving, mask, or the option
    what: str
    lines: int | None = None  # of the last state
    detail: str = ""


@click.command(cls=Command)
@click.argument("name", type=Names(), metavar="NAME|URL")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per thing ignored.")
@click.pass_obj
def noise(setting: Setting, name: str, as_json: bool) -> None:
    """Show what of a site is ignored, and why.

    Lines that were learned to come and go or to move by themselves, what is masked on every page
    (ages, counters, tokens), what the site's own options leave out, and what ratings have done.
    """
    config = setting.load()
    clean = Clean(config.secrets())
    found = asyncio.run(_found(config, name))
    if as_json:
        for one in found:
            json_line(asdict(one) | {"what": clean.line(one.what)})
    elif not found:
        hint("nothing is ignored yet; what comes and goes is learned from three states on")
    else:
        _show(found, clean)


async def _found(config: Config, name: str) -> list[Ignored]:
    from daemon.cli.commands.finding import the_site_named
    from daemon.operations.opening import stored
    from daemon.store.core.json_columns import rules_from_json
    from daemon.store.views.states import latest_states

    async with stored(config) as database:
        site = await the_site_named(database, name)
        async with database.reading() as session:
            states = await latest_states(session, site.id, 10)
    rules = rules_from_json(site.rules)
    history = [s for state in reversed(states) if (s := _state(state)) is not None]
    text = history[-1].reading.text if history else ""
    return [
        *_learned(history),
        *_moving(site),
        *_masked(text),
        *_by_option(rules, text),
        *_rated(site, rules),
    ]


def _state(stored: Any) -> State | None:
    from daemon.model.reading import Reading, State
    from daemon.packing import unpack

    try:
        text = unpack(stored.text, stored.text_hash).decode()
    except ValueError as exc:
        hint(f"the state of {local(stored.seen_at)} is left out: {exc}")
        return None
    reading = Reading(stored.kind, stored.title, text, stored.text_hash, stored.extractor)
    return State(reading, None, stored.seen_at, stored.visits)


def _learned(history: Sequence[State]) -> Iterator[Ignored]:
    from daemon.analyse import learned

    for one in learned(history):
        detail = f"at {one.present:,} of the last {one.visits:,} visits"
        yield Ignored("learned", one.template, None, f"it comes and goes: {detail}")


def _moving(site: SiteView) -> Iterator[Ignored]:
    from daemon.store.core.json_columns import volatile_of

    for one in volatile_of(site.volatile).lines:
        yield Ignored("moving", one.example, None, "it moves by itself: other words are told")


def _masked(text: str) -> Iterator[Ignored]:
    from daemon.compare.masked import masked

    for one in masked(text):
        yield Ignored("mask", one.example, one.lines, one.kind)


def _by_option(rules: Rules, text: str) -> Iterator[Ignored]:
    import regex

    for pattern in rules.ignore:
        found = regex.compile(pattern)
        hits = sum(1 for line in text.split("\n") if found.search(line, timeout=1))
        yield Ignored("ignore", pattern, hits, "shown, but not compared")
    for option in ("exclude", "drop_lines"):
        for pattern in getattr(rules, option):
            yield Ignored(option, pattern, None, "not read")
    if rules.additions_only:
        yield Ignored("additions_only", "what goes", None, "unless nearly all goes")


def _rated(site: SiteView, rules: Rules) -> Iterator[Ignored]:
    from daemon.analyse.confidence import leaning
    from daemon.model.site import Ratings

    ratings = Ratings(site.rated_useful, site.rated_noise)
    moved = leaning(ratings, rules.sensitivity)
    if moved or ratings.useful or ratings.noise:
        told = f"{ratings.useful} useful, {ratings.noise} noise"
        detail = f"the odds that a change matters move by {moved:+.2f}"
        yield Ignored("ratings", told, None, detail)


def _show(found: Sequence[Ignored], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    columns = [
        Column("WHY"),
        Column("LINES", right=True),
        Column("WHAT", share=2, wraps=True),
        Column("DETAIL", share=1, wraps=True),
    ]
    rows = [
        [one.why, "–" if one.lines is None else str(one.lines), clean.line(one.what), one.detail]
        for one in found
    ]
    table(columns, rows, rows)
