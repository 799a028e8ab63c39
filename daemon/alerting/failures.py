"""Decides who is notified that something fails, still fails, or has recovered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from daemon.alerting.connectivity import is_out_of_reach
from daemon.alerting.matching import takers
from daemon.alerting.subject import Owned, trouble
from daemon.alerting.values import Event, EventKind, Route
from daemon.model.failure_history import NO_FAILURES, FailureHistory
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.status import ErrorClass

_DETAIL_CHARACTERS = 500


def failures_after(
    outcome: Outcome,
    owned: Owned,
    one: SiteOutcome | ProductOutcome | None,
    routes: Sequence[Route],
    *,
    is_muted: bool,
) -> tuple[FailureHistory, list[Event]]:
    """The alarm of a site or a product after a check, and the causes of notices.

    Shape: each destination is notified after the number of failures that its route sets, and of a
           recovery only if it was notified of the failure. Unreported errors change nothing.
    """
    fault, detail = fault_of(outcome, one)
    failure_history = owned.failure_history
    if fault is None:
        return NO_FAILURES, [_recovered(outcome, owned)] if failure_history.alerted else []
    if fault.is_unreported or outcome.is_line_down:
        return failure_history, []
    since = failure_history.failing_since or outcome.started_at
    after = FailureHistory(failure_history.failure_streak + 1, since, failure_history.alerted)
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
    outcome: Outcome,
    owned: Owned,
    failure_history: FailureHistory,
    event: Event,
    routes: Sequence[Route],
) -> tuple[FailureHistory, list[Event]]:
    now = outcome.started_at
    due = {
        target
        for target, route in takers(event, routes).items()
        if failure_history.failure_streak >= route.failures
        and _is_news(failure_history, target, route, now)
    }
    after = replace(failure_history, alerted={**failure_history.alerted, **dict.fromkeys(due, now)})
    again = frozenset(due & owned.failure_history.alerted.keys())
    events = [
        replace(event, facts={**event.facts, "is_reminder": is_reminder}, targets=targets)
        for is_reminder, targets in ((False, frozenset(due - again)), (True, again))
        if targets
    ]
    return after, events


def _is_news(failure_history: FailureHistory, target: str, route: Route, now: datetime) -> bool:
    """Whether this destination was not notified yet, or long enough ago for a reminder."""
    told_at = failure_history.alerted.get(target)
    if told_at is None:
        return True
    return 0 < route.remind_seconds <= (now - told_at).total_seconds()


def _failing(
    outcome: Outcome, owned: Owned, failure_history: FailureHistory, fault: ErrorClass, detail: str
) -> Event:
    since = failure_history.failing_since or outcome.started_at
    facts: dict[str, Any] = {
        "error_class": fault.value,
        "status": outcome.status,
        "detail": detail[:_DETAIL_CHARACTERS],
        "failures": failure_history.failure_streak,
        "failing_since": since.isoformat(),
    }
    identity = f"failing:{owned.id}:{since.isoformat()}:{failure_history.failure_streak}"
    event = trouble(EventKind.FAILING, identity, outcome, owned, facts)
    return replace(event, may_be_ours=is_out_of_reach(outcome))


def _recovered(outcome: Outcome, owned: Owned) -> Event:
    since = owned.failure_history.failing_since or outcome.started_at
    facts: dict[str, Any] = {
        "failing_since": since.isoformat(),
        "outage_seconds": max(int((outcome.started_at - since).total_seconds()), 0),
        "failures": owned.failure_history.failure_streak,
    }
    identity = f"recovered:{owned.id}:{since.isoformat()}"
    event = trouble(EventKind.RECOVERED, identity, outcome, owned, facts)
    return replace(event, targets=frozenset(owned.failure_history.alerted))
