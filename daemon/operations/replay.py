"""Replays a site's stored states under other rules, without storing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from daemon.config import Config, SiteConfig, load
from daemon.config.reading.given import given_site
from daemon.config.reading.places import show_path
from daemon.config.reading.source import parse, read_text
from daemon.model.change import Departure, Finding
from daemon.model.errors import CheckError, RequestError
from daemon.model.site import Ratings, Rules
from daemon.model.viewer import Viewer
from daemon.operations.sites import SiteView, the_site
from daemon.sandbox.messages import JudgeJob
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.json_columns import rules_from_json, volatile_of
from daemon.store.views.departures import departures_of
from daemon.store.views.replay_steps import Step as Step
from daemon.store.views.replay_steps import states_of, steps_of

_LEVELS = (None, "minor", "moderate", "major", "critical")


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
    # Whether the rules ask for a notification, of which a channel may want fewer.
    is_notified: bool = False
    was_notified: bool = False  # by the present rules


@dataclass(frozen=True, slots=True)
class KeptSteps:
    """A site with its steps, oldest first, and the changes by which it left its states."""

    site: SiteView
    steps: Sequence[Step]
    departures: Sequence[Departure]


class Replayer:
    """Judges what a viewer's sites have shown, as far as it is kept, by other rules."""

    def __init__(self, database: Database, viewer: Viewer, sandbox: Sandbox) -> None:
        self._database = database
        self._viewer = viewer
        self._sandbox = sandbox

    async def steps(self, name: str, since: datetime | None = None) -> KeptSteps:
        """The steps of a site whose states are still kept.

        Errors: NotFoundError, AmbiguousError.
        """
        site = await the_site(self._database, self._viewer, name)
        async with self._database.reading() as session:
            steps = await steps_of(session, self._viewer, site.id, since)
            return KeptSteps(site, steps, await departures_of(session, site.id))

    async def judge(
        self, kept: KeptSteps, step: Step, rules: Rules, site_type: str | None
    ) -> Replayed | None:
        """A step as these rules judge it; None when its states were dropped meanwhile."""
        async with self._database.reading() as session:
            states = await states_of(session, self._viewer, step)
        if states is None:
            return None
        before, after, history = states
        job = JudgeJob(
            before=before,
            after=after,
            history=history,
            rules=rules,
            site_type=site_type,
            departures=tuple(one for one in kept.departures if one.left_at < after.seen_at),
            ratings=Ratings(kept.site.rated_useful, kept.site.rated_noise),
            volatile=volatile_of(kept.site.volatile).lines,
            is_replay=True,
        )
        found = await _replayed(self._sandbox, step, job)
        return replace(found, was_notified=_was_notified(rules_from_json(kept.site.rules), step))


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
    replayer = Replayer(database, viewer, sandbox)
    kept = await replayer.steps(name, since)
    other = rules_of(kept.site)
    rules = other.rules()
    found = [await replayer.judge(kept, step, rules, other.type) for step in kept.steps]
    return [one for one in found if one is not None]


def _was_notified(rules: Rules, step: Step) -> bool:
    is_change = step.change_type is not None
    return is_change and _asks(
        rules, is_significant=step.is_significant, of_condition=step.is_of_condition
    )


def _asks(rules: Rules, *, is_significant: bool, of_condition: bool) -> bool:
    return rules.wants(of_condition=of_condition) and (is_significant or rules.notify_on == "every")


async def _replayed(sandbox: Sandbox, step: Step, job: JudgeJob) -> Replayed:
    is_kept = job.before.source is not None and job.after.source is not None
    read_from = "source" if is_kept else "text"
    try:
        finding = (await sandbox.judge(job)).finding
    except CheckError as exc:
        return Replayed(step, "fails", None, False, None, str(exc), read_from)
    return _judged(step, finding, read_from, job.rules)


def _judged(step: Step, finding: Finding, read_from: str, rules: Rules) -> Replayed:
    now = finding.change_type.value if finding.change_type else None
    return Replayed(
        step,
        "fails" if finding.failure else _effect(step.change_type, now),
        now,
        finding.is_significant,
        finding.confidence_score,
        finding.summary,
        read_from,
        is_notified=_is_notified(rules, finding),
    )


def _is_notified(rules: Rules, finding: Finding) -> bool:
    is_change = finding.change_type is not None and finding.failure is None
    return is_change and _asks(
        rules, is_significant=finding.is_significant, of_condition=bool(finding.conditions)
    )


def _effect(then: str | None, now: str | None) -> str:
    if then == now:
        return "same"
    if then is None:
        return "appears"
    if now is None:
        return "vanishes"
    return "more" if _LEVELS.index(now) > _LEVELS.index(then) else "less"
