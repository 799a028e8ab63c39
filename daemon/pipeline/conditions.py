"""Adds to the outcome of a site what crossed of its conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from daemon.conditions.crossings import Crossing, crossings, told
from daemon.conditions.values import conditions_of
from daemon.model.outcome import SiteOutcome, StateDraft, UpdateDraft
from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.site import Site, Standing
from daemon.model.status import Verdict
from daemon.sandbox.messages import ReadOne
from daemon.store.tables.ids import new_id


def with_conditions(
    outcome: SiteOutcome, one: ReadOne, draft: StateDraft, now: datetime
) -> SiteOutcome:
    """The outcome with what crossed; a failure leaves all conditions as they stood.

    Shape: what crosses while the history begins anew is told at the next check.
    """
    site = outcome.site
    if outcome.verdict is Verdict.FAILED:
        return outcome
    crossed, standings = _crossed(site, one, now)
    if crossed and outcome.verdict is Verdict.INITIAL:
        return outcome
    if standings != site.conditions:
        outcome = replace(outcome, standings=standings)
    return _told(outcome, draft, crossed) if crossed else outcome


def is_going(outcome: SiteOutcome, one: ReadOne, now: datetime) -> bool:
    """Whether it tells that something is no longer on the page."""
    if outcome.update is None:
        return False
    is_any_gone = any(crossing.is_going for crossing in _crossed(outcome.site, one, now)[0])
    return one.text_hash == NOTHING_CHOSEN or is_any_gone


def knows_its_conditions(site: Site) -> bool:
    """Whether every condition was looked at since it was set."""
    return site.conditions.keys() == {one.key for one in conditions_of(site.rules)}


def _crossed(
    site: Site, one: ReadOne, now: datetime
) -> tuple[tuple[Crossing, ...], dict[str, Standing]]:
    return crossings(conditions_of(site.rules), site.conditions, one.observed, now)


def _told(outcome: SiteOutcome, draft: StateDraft, crossed: tuple[Crossing, ...]) -> SiteOutcome:
    state = outcome.state or draft
    update = outcome.update
    if update is not None:
        update = replace(update, finding=told(update.finding, crossed))
    else:
        update = UpdateDraft(
            id=new_id(),
            title=state.title or outcome.site.name,
            finding=told(None, crossed),
            diff="",
            before_text_hash=outcome.site.text_hash or state.text_hash,
            after_text_hash=state.text_hash,
        )
    return replace(outcome, verdict=Verdict.CHANGED, state=state, update=update)
