"""Finds what to take back after an outage of our own uplink: wrong warnings and alarms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from daemon.alerting.values import Failing, HeldFacts, Route, TakenBack
from daemon.model.failure_history import NO_FAILURES, FailureHistory
from daemon.model.outcome import Outage
from daemon.redaction import redact_text

_Heard = tuple[Any, ...]  # the owner, the site or product, and the target of the route


def taken_back(
    outage: Outage,
    held: Iterable[HeldFacts],
    failing: Iterable[Failing],
    routes: Mapping[str, Sequence[Route]],
) -> TakenBack:
    """What to take back of hosts that seemed to fail while our own uplink was down.

    Shape: `held` are held warnings, `failing` what is on the outage's hosts. Warnings that were
           sent count until the recovery; those still held are false.
    """
    untrue = [one for one in held if _is_of(one.facts, outage)]
    untold = {place for one in untrue for place in _places(one, routes.get(one.user_id, ()))}
    calmed = [(one, _calmed(one, untold)) for one in failing]
    return TakenBack(
        tuple(one.notice.id for one in untrue),
        tuple(
            replace(one, failure_history=failure_history)
            for one, failure_history in calmed
            if failure_history != one.failure_history
        ),
    )


def _is_of(facts: Mapping[str, Any], outage: Outage) -> bool:
    """Whether this is about one of the outage's hosts, and began no earlier than it."""
    is_there = facts.get("host") in outage.hosts
    return is_there and str(facts.get("failing_since", "")) >= outage.since.isoformat()


def _places(warning: HeldFacts, routes: Sequence[Route]) -> Iterator[_Heard]:
    """The targets of a first warning; a reminder means that an earlier one was sent."""
    facts = warning.facts
    kind = "product" if "product" in facts else "site"
    if not facts.get("is_reminder"):
        for route in routes:
            if route.name == warning.channel:
                yield warning.user_id, kind, facts.get(kind), facts.get("url"), route.target


def _calmed(one: Failing, untold: Collection[_Heard]) -> FailureHistory:
    """The alarm of what did not fail: over, except for destinations notified of it."""
    kind = "product" if one.is_product else "site"
    named = (one.owner_id, kind, one.name, redact_text(one.url))
    told = {to: at for to, at in one.failure_history.alerted.items() if (*named, to) not in untold}
    return replace(one.failure_history, alerted=told) if told else NO_FAILURES
