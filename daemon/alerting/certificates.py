"""Warns of expiring certificates, each destination once for each threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from daemon.alerting.matching import notice_key, takers
from daemon.alerting.subject import trouble
from daemon.alerting.values import Event, EventKind, Route
from daemon.model.outcome import Outcome
from daemon.model.response import Certificate, Validity
from daemon.model.site import Site

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The certificate warnings of one check for one site.

    Shape: `told` is the last warning sent to each destination; `withdrawn` are the keys of
           warnings that no longer hold, if they were not sent yet.
    """

    told: Mapping[str, str]
    events: tuple[Event, ...] = ()
    withdrawn: frozenset[str] = frozenset()


def is_ending(validity: Validity, now: datetime) -> bool:
    """Whether less than a third of its lifetime is left: servers usually renew before that."""
    return validity.until_at - now <= (validity.until_at - validity.from_at) / 3


def threshold(validity: Validity, days: Sequence[int], now: datetime) -> int | None:
    """The warning threshold that a certificate has reached, in days; None before the first.

    Shape: the smallest of `days`. Those longer than a third of the certificate's lifetime are
           ignored: one that is valid for a week is not about to expire on its first day.
    """
    left = validity.until_at - now
    life = validity.until_at - validity.from_at
    passed = [count for count in days if left <= count * _DAY and 3 * count * _DAY <= life]
    return min(passed, default=None)


def expiry_of(outcome: Outcome, site: Site, routes: Sequence[Route]) -> Expiry:
    """The warnings of this site's certificate, to each destination once for each threshold."""
    certificate = outcome.response.certificate if outcome.response else None
    if outcome.response is None:
        return Expiry(site.certificate_told)
    warned = dict(_warned(outcome, site, certificate, routes)) if certificate else {}
    told = {target: mark for target, (mark, _) in warned.items()}
    by_mark: defaultdict[str, set[str]] = defaultdict(set)
    for target, mark in told.items():
        if site.certificate_told.get(target) != mark:
            by_mark[mark].add(target)
    events = dict(warned.values())
    gone = (
        notice_key(_identity(site, mark), site.owner_id, target)
        for target, mark in site.certificate_told.items()
        if told.get(target) != mark
    )
    return Expiry(
        told,
        tuple(replace(events[mark], targets=frozenset(by_mark[mark])) for mark in sorted(by_mark)),
        frozenset(gone),
    )


def _warned(
    outcome: Outcome, site: Site, certificate: Certificate, routes: Sequence[Route]
) -> Iterator[tuple[str, tuple[str, Event]]]:
    """The destinations to warn by now, each with its warning."""
    validity, now = certificate.validity, outcome.started_at
    if not is_ending(validity, now):
        return
    probe = _ending(outcome, site, certificate, "")
    for target, route in takers(probe, routes).items():
        days = threshold(validity, route.certificate_days, now)
        if days is not None:
            mark = f"{validity.until_at.isoformat()}/{days}"
            yield target, (mark, _ending(outcome, site, certificate, mark))


def _identity(site: Site, mark: str) -> str:
    return f"certificate:{site.id}:{mark}"


def _ending(outcome: Outcome, site: Site, certificate: Certificate, mark: str) -> Event:
    ends_at = certificate.validity.until_at
    facts: dict[str, Any] = {
        "certificate_host": certificate.host,
        "certificate_ends_at": ends_at.isoformat(),
        "seconds_left": max(int((ends_at - outcome.started_at).total_seconds()), 0),
    }
    return trouble(EventKind.CERTIFICATE, _identity(site, mark), outcome, site, facts)
