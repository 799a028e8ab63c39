"""Matches causes to routes and drafts the notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Protocol

from daemon.alerting.timing import after_quiet, next_digest
from daemon.alerting.values import GATHERED, SEVERITIES, Event, EventKind, NoticeDraft, Route
from daemon.packing import content_hash

_DOUBT = timedelta(minutes=1)  # in which other hosts show whether our own uplink is down
_ABOUT_THE_WAY = frozenset(
    {EventKind.FAILING, EventKind.RECOVERED, EventKind.CERTIFICATE, EventKind.MOVED}
)


class Subjects(Protocol):
    """What a route says of the sites and products that it is for."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def site_types(self) -> Sequence[str]: ...
    @property
    def tags(self) -> Sequence[str]: ...


def drafts(events: Iterable[Event], routes: Mapping[str, Sequence[Route]]) -> Iterator[NoticeDraft]:
    """A notice for every cause and every destination whose routes want it.

    Shape: `routes` by owner; of several to one destination, the first match counts.
    """
    for event in events:
        for target, route in takers(event, routes.get(event.owner_id, ())).items():
            if event.targets is None or target in event.targets:
                yield _draft(event, route)


def takers(event: Event, routes: Sequence[Route]) -> dict[str, Route]:
    """The routes for a cause, by destination: for each the first that wants it."""
    found: dict[str, Route] = {}
    for route in routes:
        if route.target not in found and wants(route, event):
            found[route.target] = route
    return found


def wants(route: Route, event: Event) -> bool:
    """Whether a route wants this cause."""
    return (
        (not route.kinds or event.kind in route.kinds)
        and _matters(route, event)
        and is_about(route, event.name, event.site_type, event.tags)
        and _says(route, event)
    )


def is_about(wanted: Subjects, name: str, site_type: str | None, tags: Collection[str]) -> bool:
    """Whether a route is for this site or product, whatever happens to it."""
    return (
        (not wanted.names or is_named(wanted.names, name))
        and (not wanted.site_types or site_type in wanted.site_types)
        and (not wanted.tags or not set(wanted.tags).isdisjoint(tags))
    )


def _matters(route: Route, event: Event) -> bool:
    if event.kind is not EventKind.CHANGE:
        return True
    if route.only_significant and not (event.is_significant or event.is_asked_for):
        return False
    return event.severity is None or not _is_less(event.severity, route.least_severity)


def _is_less(one: str, other: str) -> bool:
    ranks = [severity.value for severity in SEVERITIES]
    return ranks.index(one) < ranks.index(other)


def is_named(patterns: Sequence[str], name: str) -> bool:
    """Whether one of these patterns matches the name of a site or product."""
    plain = name.casefold()
    return any(fnmatchcase(plain, pattern.casefold()) for pattern in patterns)


def _says(route: Route, event: Event) -> bool:
    """Whether the route's words match; they apply to page content only, not to errors."""
    if event.kind in _ABOUT_THE_WAY:
        return True
    if not route.include and not route.exclude:
        return True
    text = event.text.casefold()
    wanted = not route.include or any(word.casefold() in text for word in route.include)
    return wanted and not any(word.casefold() in text for word in route.exclude)


def _draft(event: Event, route: Route) -> NoticeDraft:
    bundle_key, release_at = release_of(event, route)
    return NoticeDraft(
        idempotency_key=notice_key(event.id, event.owner_id, route.target),
        kind=event.kind,
        user_id=event.owner_id,
        channel=route.name,
        at=event.at,
        bundle_key=bundle_key,
        release_at=release_at,
        facts=event.facts,
        content_update_id=event.content_update_id,
        price_alert_id=event.price_alert_id,
    )


def release_of(event: Event, route: Route) -> tuple[str, datetime]:
    """The key by which the notice may be grouped, and until when it is held."""
    known_at = event.at + _DOUBT * event.may_be_ours
    if route.digest and not is_urgent(event, route):
        at = after_quiet(route, next_digest(route, known_at))
        return f"digest:{at.isoformat()}", at
    at = after_quiet(route, known_at)
    if at > known_at:
        return f"quiet:{at.isoformat()}", at
    patience = max(route.gather_seconds, route.analysis_seconds * event.awaits_analysis)
    return GATHERED + event.host, max(known_at, event.at + timedelta(seconds=patience))


def is_urgent(event: Event, route: Route) -> bool:
    """Whether it is sent without waiting for a digest."""
    if event.severity is None or route.at_once_from is None:
        return False
    return not _is_less(event.severity, route.at_once_from)


def notice_key(cause_id: str, user_id: str, target: str) -> str:
    """The key of one cause for one recipient and destination: the same for every delivery."""
    return content_hash("\0".join((cause_id, user_id, target)).encode())
