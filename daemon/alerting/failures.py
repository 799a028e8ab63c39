"""Decides who is notified that something fails, still fails, or has recovered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from daemon.alerting.connectivity import is_out_of_reach
from daemon.alerting.matching import takers
from daemon.alerting.subject import Owned, trouble
from daemon.alerting.values import Cause, CauseKind, Route
from daemon.model.alarm import NO_ALARM, Alarm
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.status import ErrorClass

_DETAIL_CHARACTERS = 500


def alarm_after(
    outcome: Outcome,
    owned: Owned,
    one: SiteOutcome | ProductOutcome | None,
    routes: Sequence[Route],
    *,
    is_muted: bool,
) -> tuple[Alarm, list[Cause]]:
    """The alarm of a site or a product after a check, and the causes of notices.

    Shape: each destination is notified after the number of failures that its route sets, and of a
           recovery only if it was notified of the failure. Errors of our own change nothing.
    """
    fault, detail = fault_of(outcome, one)
    alarm = owned.alarm
    if fault is None:
        return NO_ALARM, [_recovered(outcome, owned)] if alarm.alerted else []
    if fault.is_ours or outcome.is_line_down:
        return alarm, []
    since = alarm.failing_since or outcome.started_at
    after = Alarm(alarm.failure_streak + 1, since, alarm.alerted)
    if is_muted:
        return after, []
    return _sounded(outcome, owned, after, _failing(outcome, owned, after, fault, detail), routes)


def fault_of(
    outcome: Outcome, one: SiteOutcome | ProductOutcome | None
) -> tuple[ErrorClass | None, str]:
    """Why it could not be read, if so: its own error, or that of its page."""
    if one is None:
        return outcome.error_class, outcome.error_detail
    return one.error_class, one.error_detail


def _sounded(
    outcome: Outcome, owned: Owned, alarm: Alarm, cause: Cause, routes: Sequence[Route]
) -> tuple[Alarm, list[Cause]]:
    now = outcome.started_at
    due = {
        target
        for target, route in takers(cause, routes).items()
        if alarm.failure_streak >= route.failures and _is_news(alarm, target, route, now)
    }
    after = replace(alarm, alerted={**alarm.alerted, **dict.fromkeys(due, now)})
    again = frozenset(due & owned.alarm.alerted.keys())
    causes = [
        replace(cause, facts={**cause.facts, "is_reminder": is_reminder}, targets=targets)
        for is_reminder, targets in ((False, frozenset(due - again)), (True, again))
        if targets
    ]
    return after, causes


def _is_news(alarm: Alarm, target: str, route: Route, now: datetime) -> bool:
    """Whether this destination was not notified yet, or long enough ago for a reminder."""
    told_at = alarm.alerted.get(target)
    if told_at is None:
        return True
    return 0 < route.remind_seconds <= (now - told_at).total_seconds()


def _failing(outcome: Outcome, owned: Owned, alarm: Alarm, fault: ErrorClass, detail: str) -> Cause:
    since = alarm.failing_since or outcome.started_at
    facts: dict[str, Any] = {
        "error_class": fault.value,
        "status": outcome.status,
        "detail": detail[:_DETAIL_CHARACTERS],
        "failures": alarm.failure_streak,
        "failing_since": since.isoformat(),
    }
    identity = f"failing:{owned.id}:{since.isoformat()}:{alarm.failure_streak}"
    cause = trouble(CauseKind.FAILING, identity, outcome, owned, facts)
    return replace(cause, may_be_ours=is_out_of_reach(outcome))


def _recovered(outcome: Outcome, owned: Owned) -> Cause:
    since = owned.alarm.failing_since or outcome.started_at
    facts: dict[str, Any] = {
        "failing_since": since.isoformat(),
        "outage_seconds": max(int((outcome.started_at - since).total_seconds()), 0),
        "failures": owned.alarm.failure_streak,
    }
    identity = f"recovered:{owned.id}:{since.isoformat()}"
    cause = trouble(CauseKind.RECOVERED, identity, outcome, owned, facts)
    return replace(cause, targets=frozenset(owned.alarm.alerted))
