"""Reschedules a held notice after a change of its route, or news on its cause."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from daemon.alerting.matching import is_urgent, release_of
from daemon.alerting.timing import after_quiet, next_digest
from daemon.alerting.values import GATHERED, Event, EventKind, HeldFacts, HeldNotice, Route
from daemon.model.change import ChangeType


def retimed(one: HeldFacts, route: Route, now: datetime) -> HeldNotice:
    """The notice rescheduled for its changed route.

    Shape: with a digest, an overdue notice waits for the next one; otherwise the overdue notices
           go now, together.
    """
    key, at = _release_of(one, route, now)
    return replace(one.notice, bundle_key=key, release_at=at)


def _release_of(one: HeldFacts, route: Route, now: datetime) -> tuple[str, datetime]:
    event, before = _event_of(one), one.notice.bundle_key
    key, at = release_of(event, route)
    if at > now:
        return key, at
    if route.digest and not is_urgent(event, route):
        at = after_quiet(route, next_digest(route, now))
        return f"digest:{at.isoformat()}", at
    if before.startswith(GATHERED):
        return key, at
    at = after_quiet(route, now)
    return f"{before.partition(':')[0]}:{at.isoformat()}", at


def _event_of(one: HeldFacts) -> Event:
    """The cause of a stored notice, as far as timing depends on it, without garbled facts."""
    severity = None
    if one.kind == EventKind.CHANGE:
        with suppress(ValueError):
            severity = ChangeType(str(one.facts.get("change_type")))
    return Event(
        kind=EventKind.CHANGE,
        id="",
        owner_id="",
        name="",
        host=_host(one.notice.bundle_key, one.facts),
        at=one.notice.created_at,
        facts={},
        severity=severity,
        awaits_analysis=one.awaits_analysis,
        may_be_ours=one.kind == EventKind.FAILING,
    )


def _host(bundle_key: str, facts: Mapping[str, Any]) -> str:
    if bundle_key.startswith(GATHERED):
        return bundle_key.removeprefix(GATHERED)
    if "host" in facts:
        return str(facts["host"])
    with suppress(ValueError):
        return urlsplit(str(facts.get("url", ""))).netloc
    return ""


def analysed(one: HeldFacts, facts: Mapping[str, Any]) -> HeldFacts:
    """The notice of a change whose analysis is done, with the result.

    Shape: its grouping depends on its age: this only ends the wait for the analysis.
    """
    notice = one.notice
    if notice.bundle_key.startswith(GATHERED):
        notice = replace(notice, release_at=notice.created_at)
    return replace(one, notice=notice, facts={**one.facts, **facts})
