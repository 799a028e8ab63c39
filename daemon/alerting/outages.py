"""An outage was our own line's: which warnings of hosts were not true, and who never heard them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from daemon.alerting.values import Failing, HeldFacts, Route, TakenBack
from daemon.model.alarm import NO_ALARM, Alarm
from daemon.model.outcome import Outage
from daemon.redaction import redact_text

_Heard = tuple[Any, ...]  # whose, of what, and the target of the route that says so


def taken_back(
    outage: Outage,
    held: Iterable[HeldFacts],
    failing: Iterable[Failing],
    routes: Mapping[str, Sequence[Route]],
) -> TakenBack:
    """What is to be forgotten of hosts that seemed to fail when it was our own line.

    Shape: `held` are warnings that wait, `failing` what is on the outage's hosts. What was told
           already stays told, until it is back; what still waits is not true.
    """
    untrue = [one for one in held if _is_of(one.facts, outage)]
    untold = {place for one in untrue for place in _places(one, routes.get(one.user_id, ()))}
    calmed = [(one, _calmed(one, untold)) for one in failing]
    return TakenBack(
        tuple(one.notice.id for one in untrue),
        tuple(replace(one, alarm=alarm) for one, alarm in calmed if alarm != one.alarm),
    )


def _is_of(facts: Mapping[str, Any], outage: Outage) -> bool:
    """Whether this was told of one of its hosts, and began no sooner than it."""
    is_there = facts.get("host") in outage.hosts
    return is_there and str(facts.get("failing_since", "")) >= outage.since.isoformat()


def _places(warning: HeldFacts, routes: Sequence[Route]) -> Iterator[_Heard]:
    """Where a first warning would have gone; who is reminded has heard it before."""
    facts = warning.facts
    kind = "product" if "product" in facts else "site"
    if not facts.get("is_reminder"):
        for route in routes:
            if route.name == warning.channel:
                yield warning.user_id, kind, facts.get(kind), facts.get("url"), route.target


def _calmed(one: Failing, untold: Collection[_Heard]) -> Alarm:
    """The alarm of what did not fail: over, but for the places that were told of it."""
    kind = "product" if one.is_product else "site"
    named = (one.owner_id, kind, one.name, redact_text(one.url))
    told = {to: at for to, at in one.alarm.alerted.items() if (*named, to) not in untold}
    return replace(one.alarm, alerted=told) if told else NO_ALARM
