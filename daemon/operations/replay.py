"""Replays a site's stored states under other rules, without storing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daemon.config import Config, SiteConfig, load
from daemon.config.reading.given import given_site
from daemon.config.reading.places import show_path
from daemon.config.reading.source import parse, read_text
from daemon.model.change import Departure, Finding
from daemon.model.errors import CheckError, RequestError
from daemon.model.reading import StoredState
from daemon.model.site import Ratings
from daemon.model.viewer import Viewer
from daemon.operations.sites import SiteView, the_site
from daemon.sandbox.messages import JudgeJob
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.json_columns import volatile_of
from daemon.store.views.departures import departures_of
from daemon.store.views.replay_steps import Step as Step
from daemon.store.views.replay_steps import states_of, steps_of

_LEVELS = (None, "minor", "moderate", "major", "critical")

States = tuple[StoredState, StoredState, tuple[StoredState, ...]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One step, as judged originally and by other rules."""

    step: Step
    effect: str  # appears, vanishes, more, less, same or fails
    change_type: str | None
    is_significant: bool
    confidence_score: float | None
    summary: str
    read_from: str  # source, or text when the source was dropped


def rules_from(config: Config, file: Path, site: SiteView) -> SiteConfig:
    """The options of a site that a file gives: a bare table, or a whole configuration.

    Errors: ConfigError for a file that is neither; RequestError when it does not name the site.
    """
    table = parse(read_text(file), file)
    if "site" in table or "site_types" in table:
        for one in load(file, os.environ).sites:
            if one.name == site.name:
                return one
        raise RequestError("site", site.name, f"{file} describes no site {site.name!r}")
    given = {"name": site.name, "url": site.url, "type": site.site_type, "tags": site.tags, **table}
    known = {key: value for key, value in given.items() if value is not None}
    return given_site(config, known, lambda path: f"{file}: {show_path(path)}")


async def replay(
    database: Database,
    viewer: Viewer,
    sandbox: Sandbox,
    name: str,
    rules_of: Callable[[SiteView], SiteConfig],
    since: datetime | None = None,
) -> list[Replayed]:
    """The steps of a site whose states are still kept, oldest first, as other rules judge them.

    Errors: NotFoundError, AmbiguousError for the name of a site.
    """
    site = await the_site(database, viewer, name)
    rules = rules_of(site)
    async with database.reading() as session:
        steps = await steps_of(session, viewer, site.id, since)
        departures = await departures_of(session, site.id)
    found: list[Replayed] = []
    for step in steps:
        async with database.reading() as session:
            states = await states_of(session, viewer, step)
        if states is not None:
            found.append(await _replayed(sandbox, step, _job(site, rules, states, departures)))
    return found


def _job(
    site: SiteView, rules: SiteConfig, states: States, departures: Sequence[Departure]
) -> JudgeJob:
    before, after, history = states
    return JudgeJob(
        before=before,
        after=after,
        history=history,
        rules=rules.rules(),
        site_type=rules.type,
        departures=tuple(one for one in departures if one.left_at < after.seen_at),
        ratings=Ratings(site.rated_useful, site.rated_noise),
        volatile=volatile_of(site.volatile).lines,
        is_replay=True,
    )


async def _replayed(sandbox: Sandbox, step: Step, job: JudgeJob) -> Replayed:
    is_kept = job.before.source is not None and job.after.source is not None
    read_from = "source" if is_kept else "text"
    try:
        finding = (await sandbox.judge(job)).finding
    except CheckError as exc:
        return Replayed(step, "fails", None, False, None, str(exc), read_from)
    return _judged(step, finding, read_from)


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
