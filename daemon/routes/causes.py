"""What is there to tell of an attempt? An outcome comes in; causes and alarms go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from daemon.model import (
    Alarm,
    Change,
    ErrorClass,
    Hunk,
    Outcome,
    Site,
    SiteOutcome,
    UpdateDraft,
)
from daemon.routes.values import Alarms, Cause, CauseKind

# A message is no archive: the change itself is stored whole.
_HUNKS = 20
_LINES = 10
_LINE_CHARACTERS = 500
_TOLD_CHARACTERS = 6000
_REASONS = 6
_DETAIL_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What an attempt leaves to tell, and the alarms that it moved."""

    causes: tuple[Cause, ...]
    alarms: tuple[tuple[UUID, Alarm], ...]


def causes_of(outcome: Outcome, alarms: Alarms) -> Told:
    """The causes of an attempt for all its sites: changes, failures, recoveries.

    Shape:  a muted site has no causes; what is our own trouble moves no alarm.
    Errors: none.
    """
    by_site = {one.site.id: one for one in outcome.sites}
    causes: list[Cause] = []
    moved: list[tuple[UUID, Alarm]] = []
    for site in outcome.page.sites:
        one = by_site.get(site.id)
        is_muted = site.muted_until is not None and site.muted_until > outcome.started_at
        alarm, told = _alarm(outcome, site, one, alarms, is_muted=is_muted)
        if alarm != site.alarm:
            moved.append((site.id, alarm))
        if not is_muted:
            causes += told
            if one is not None and one.update is not None:
                causes.append(_change(outcome, site, one.update))
    return Told(tuple(causes), tuple(moved))


def _alarm(
    outcome: Outcome, site: Site, one: SiteOutcome | None, alarms: Alarms, *, is_muted: bool
) -> tuple[Alarm, list[Cause]]:
    """The alarm after this attempt, and what is to be told of it."""
    fault, detail = (
        (one.error_class, one.error_detail) if one else (outcome.error_class, outcome.error_detail)
    )
    now, alarm = outcome.started_at, site.alarm
    if fault is None:
        told = [_recovered(outcome, site)] if alarm.alerted_at and alarm.failing_since else []
        return Alarm(), told
    if fault.is_ours or outcome.is_line_down:
        return alarm, []
    since, streak = alarm.failing_since or now, alarm.failure_streak + 1
    if is_muted or streak < alarms.failures or not _is_news(alarm, alarms, now):
        return Alarm(streak, since, alarm.alerted_at), []
    after = Alarm(streak, since, now)
    return after, [_failing(outcome, site, after, fault, detail)]


def _is_news(alarm: Alarm, alarms: Alarms, now: datetime) -> bool:
    """Whether the owner has not heard of it yet, or long enough ago to be reminded."""
    if alarm.alerted_at is None:
        return True
    return bool(alarms.remind_every) and now - alarm.alerted_at >= alarms.remind_every


def _change(outcome: Outcome, site: Site, update: UpdateDraft) -> Cause:
    finding = update.finding
    hunks = tuple(_kept(finding.change))
    facts = _about(outcome, site) | {
        "update_id": str(update.id),
        "title": update.title,
        "summary": finding.summary,
        "change_type": finding.change_type.value if finding.change_type else None,
        "is_significant": finding.is_significant,
        "confidence_score": round(finding.confidence_score, 3),
        "category": finding.category,
        "reasons": [r.text for r in sorted(finding.reasons, key=lambda r: -abs(r.weight))][
            :_REASONS
        ],
        "hunks": [{"removed": list(h.removed), "added": list(h.added)} for h in hunks],
        "is_cut": finding.change is not None and hunks != finding.change.hunks,
    }
    lines = (line for h in _hunks(finding.change) for line in (*h.removed, *h.added))
    return Cause(
        kind=CauseKind.CHANGE,
        id=f"update:{update.id}",
        owner_id=site.owner_id,
        name=site.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts=facts,
        site_type=site.site_type,
        severity=finding.change_type,
        is_significant=finding.is_significant,
        text="\n".join((update.title, finding.summary, *lines)),
        content_update_id=update.id,
    )


def _failing(outcome: Outcome, site: Site, alarm: Alarm, fault: ErrorClass, detail: str) -> Cause:
    since = alarm.failing_since or outcome.started_at
    facts = _about(outcome, site) | {
        "error_class": fault.value,
        "detail": detail[:_DETAIL_CHARACTERS],
        "failures": alarm.failure_streak,
        "failing_since": since.isoformat(),
        "is_reminder": site.alarm.alerted_at is not None,
    }
    identity = f"failing:{site.id}:{since.isoformat()}:{alarm.failure_streak}"
    return _trouble(CauseKind.FAILING, identity, outcome, site, facts)


def _recovered(outcome: Outcome, site: Site) -> Cause:
    since = site.alarm.failing_since or outcome.started_at
    facts = _about(outcome, site) | {
        "failing_since": since.isoformat(),
        "outage_seconds": max(int((outcome.started_at - since).total_seconds()), 0),
        "failures": site.alarm.failure_streak,
    }
    identity = f"recovered:{site.id}:{since.isoformat()}"
    return _trouble(CauseKind.RECOVERED, identity, outcome, site, facts)


def _trouble(
    kind: CauseKind, identity: str, outcome: Outcome, site: Site, facts: dict[str, Any]
) -> Cause:
    return Cause(
        kind=kind,
        id=identity,
        owner_id=site.owner_id,
        name=site.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts=facts,
        site_type=site.site_type,
    )


def _about(outcome: Outcome, site: Site) -> dict[str, Any]:
    return {
        "site": site.name,
        "url": site.url or outcome.page.request.url,
        "host": outcome.page.host,
        "at": outcome.started_at.isoformat(),
    }


def _hunks(change: Change | None) -> Iterable[Hunk]:
    return change.hunks if change is not None else ()


def _kept(change: Change | None) -> Iterator[Hunk]:
    """The first hunks, as many and as much of each as a message can hold."""
    room = _TOLD_CHARACTERS
    for hunk in list(_hunks(change))[:_HUNKS]:
        removed, added = _short(hunk.removed), _short(hunk.added)
        room -= sum(map(len, (*removed, *added)))
        if room < 0:
            return
        yield Hunk(hunk.before_line, hunk.after_line, removed, added)


def _short(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line[:_LINE_CHARACTERS] for line in lines[:_LINES])
