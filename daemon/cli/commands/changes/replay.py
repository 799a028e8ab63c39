"""`replay`: what other rules would have made of a site's stored states."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.completed_names import Names
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.files import there
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    WARM,
    Clean,
    Style,
    count,
    hint,
    json_line,
    say,
    short_id,
)
from daemon.cli.terminal.since import SINCE
from daemon.cli.terminal.times import stamp

if TYPE_CHECKING:  # for annotations alone
    from daemon.cli.terminal.table import Cell
    from daemon.config import Config, SiteConfig
    from daemon.model.change import Finding
    from daemon.model.reading import StoredState
    from daemon.sandbox.pool import Sandbox
    from daemon.store.core.database import Database
    from daemon.store.views.replay_steps import Step
    from daemon.store.views.sites import SiteView

_LEVELS = (None, "minor", "moderate", "major", "critical")
_FLAP_SECONDS = timedelta(days=1).total_seconds()
_STYLES: dict[str, Style] = {
    "appears": WARM,
    "vanishes": GOOD,
    "more": WARM,
    "less": GOOD,
    "fails": BAD,
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One step, as it was judged then and as other rules judge it."""

    step: Step
    effect: str  # appears, vanishes, more, less, same or fails
    change_type: str | None
    is_significant: bool
    confidence_score: float | None
    summary: str
    read_from: str  # source, or text when the source is no longer kept


@click.command(cls=Command)
@click.argument("name", type=Names(), metavar="NAME|URL")
@click.option(
    "--rules",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML with the options of one site, or a configuration with this site in it.",
)
@SINCE
@click.option("--all", "everything", is_flag=True, help="Also what stays as it was.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per step.")
@click.pass_obj
def replay(
    setting: Setting, name: str, file: Path, since: datetime | None, everything: bool, as_json: bool
) -> None:
    """Show what other rules would have made of a site's past.

    The stored states are read again by the rules of FILE and judged again, in their order; printed
    is which changes would appear, vanish or be graded otherwise. Nothing is stored.
    """
    config = setting.load()
    there(file, folder_too=False)
    found = asyncio.run(_replayed(config, name, file, since))
    clean = Clean(config.secrets())
    shown = [one for one in found if everything or one.effect != "same"]
    if as_json:
        for one in shown:
            json_line(_json(one, clean))
        return
    if shown:
        _show(shown, clean)
    _sum_up(found)


async def _replayed(
    config: Config, name: str, file: Path, since: datetime | None
) -> list[Replayed]:
    from daemon.cli.commands.finding import the_site_named
    from daemon.operations.opening import stored
    from daemon.sandbox.pool import Sandbox
    from daemon.store.views.replay_steps import steps_of

    async with stored(config) as database, Sandbox(config.documents) as sandbox:
        site = await the_site_named(database, name)
        wanted = rules_from(config, site, file)
        async with database.reading() as session:
            steps = await steps_of(session, site.id, since)
        return [one async for one in _each(database, sandbox, steps, (site, wanted))]


def rules_from(config: Config, site: SiteView, file: Path) -> SiteConfig:
    """The options of a site that a file gives: a bare table, or a whole configuration.

    Errors: ConfigError for a file that is neither; Failure when it does not name the site.
    """
    import os

    from daemon.config import load
    from daemon.config.reading.given import given_site
    from daemon.config.reading.loading import show_path
    from daemon.config.reading.source import parse, read_text

    table = parse(read_text(file), file)
    if "site" in table or "site_types" in table:
        for one in load(file, os.environ).sites:
            if one.name == site.name:
                return one
        raise Failure(f"{file} describes no site {site.name!r}", exits.NOT_FOUND)
    given = {"name": site.name, "url": site.url, "type": site.site_type, **table}
    known = {key: value for key, value in given.items() if value is not None}
    return given_site(config, known, lambda path: f"{file}: {show_path(path)}")


async def _each(
    database: Database, sandbox: Sandbox, steps: Sequence[Step], of: tuple[SiteView, SiteConfig]
) -> AsyncIterator[Replayed]:
    from daemon.model.errors import CheckError
    from daemon.model.site import Ratings
    from daemon.sandbox.messages import JudgeJob
    from daemon.store.core.json_columns import volatile_of
    from daemon.store.views.replay_steps import states_of

    site, wanted = of
    for step in steps:
        async with database.reading() as session:
            states = await states_of(session, step)
        if states is None:
            continue
        before, after, history = states
        job = JudgeJob(
            before=before,
            after=after,
            history=history,
            rules=wanted.rules(),
            site_type=wanted.type,
            flap_seconds=_FLAP_SECONDS,
            ratings=Ratings(site.rated_useful, site.rated_noise),
            volatile=volatile_of(site.volatile).lines,
            is_replay=True,
        )
        try:
            finding = (await sandbox.judge(job)).finding
        except CheckError as exc:
            yield Replayed(step, "fails", None, False, None, str(exc), _read_from(before, after))
        else:
            yield _judged(step, finding, _read_from(before, after))


def _read_from(before: StoredState, after: StoredState) -> str:
    return "text" if before.source is None or after.source is None else "source"


def _judged(step: Step, finding: Finding, read_from: str) -> Replayed:
    now = finding.change_type.value if finding.change_type else None
    return Replayed(
        step,
        "fails" if finding.failure else _effect(step.change_type, now),
        now,
        finding.is_significant,
        finding.confidence_score,
        finding.summary,
        read_from,
    )


def _effect(then: str | None, now: str | None) -> str:
    if then == now:
        return "same"
    if then is None:
        return "appears"
    if now is None:
        return "vanishes"
    return "more" if _LEVELS.index(now) > _LEVELS.index(then) else "less"


def _json(one: Replayed, clean: Clean) -> dict[str, Any]:
    step = one.step
    return {
        "at": stamp(step.at),
        "effect": one.effect,
        "id": str(step.update_id) if step.update_id else None,
        "then": {
            "change_type": step.change_type,
            "is_significant": step.is_significant,
            "summary": clean.line(step.summary),
        },
        "now": {
            "change_type": one.change_type,
            "is_significant": one.is_significant,
            "confidence_score": one.confidence_score,
            "summary": clean.line(one.summary),
        },
        "read_from": one.read_from,
    }


def _show(shown: Sequence[Replayed], clean: Clean) -> None:
    from daemon.cli.terminal.table import Column, table

    columns = [
        Column("ID"),
        Column("AGO", right=True, plain="AT"),
        Column("EFFECT"),
        Column("THEN"),
        Column("NOW"),
        Column("SUMMARY", share=1, wraps=True),
    ]
    table(columns, [_row(one, clean) for one in shown])


def _row(one: Replayed, clean: Clean) -> list[Cell]:
    from daemon.cli.terminal.table import Since

    step = one.step
    told = one.summary if one.change_type or one.effect == "fails" else step.summary
    return [
        (short_id(step.update_id) if step.update_id else "–", DIM),
        Since(step.at),
        (one.effect, _STYLES.get(one.effect, PLAIN)),
        step.change_type or "–",
        one.change_type or "–",
        clean.line(told),
    ]


def _sum_up(found: Sequence[Replayed]) -> None:
    counts = Counter(one.effect for one in found)
    told = [f"{counts[effect]} {effect}" for effect in (*_STYLES, "same") if counts[effect]]
    then = sum(one.step.is_significant for one in found)
    now = sum(one.is_significant for one in found)
    say(
        f"{count(len(found), 'step')} replayed: {', '.join(told) or 'nothing to judge'}; "
        f"{then} mattered then, {now} would now"
    )
    if any(one.read_from == "text" for one in found):
        hint("where the source is no longer kept, the text that was read then was judged")
