"""Matches causes to routes and drafts the notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from daemon.alerting.timing import after_quiet, next_digest
from daemon.alerting.values import GATHERED, SEVERITIES, Cause, CauseKind, NoticeDraft, Route
from daemon.packing import digest

_DOUBT = timedelta(minutes=1)  # in which other hosts show whether our own uplink is down
_ABOUT_THE_WAY = frozenset({CauseKind.FAILING, CauseKind.RECOVERED, CauseKind.CERTIFICATE})


def drafts(causes: Iterable[Cause], routes: Mapping[str, Sequence[Route]]) -> Iterator[NoticeDraft]:
    """A notice for every cause and every destination whose routes want it.

    Shape: `routes` by owner; of several to one destination, the first match counts.
    """
    for cause in causes:
        for target, route in takers(cause, routes.get(cause.owner_id, ())).items():
            if cause.targets is None or target in cause.targets:
                yield _draft(cause, route)


def takers(cause: Cause, routes: Sequence[Route]) -> dict[str, Route]:
    """The routes for a cause, by destination: for each the first that wants it."""
    found: dict[str, Route] = {}
    for route in routes:
        if route.target not in found and wants(route, cause):
            found[route.target] = route
    return found


def wants(route: Route, cause: Cause) -> bool:
    """Whether a route wants this cause."""
    return (
        (not route.kinds or cause.kind in route.kinds)
        and _matters(route, cause)
        and (not route.names or is_named(route.names, cause.name))
        and (not route.site_types or cause.site_type in route.site_types)
        and _says(route, cause)
    )


def _matters(route: Route, cause: Cause) -> bool:
    if cause.kind is not CauseKind.CHANGE:
        return True
    if route.only_significant and not cause.is_significant:
        return False
    return cause.severity is None or not _is_less(cause.severity, route.least_severity)


def _is_less(one: str, other: str) -> bool:
    ranks = [severity.value for severity in SEVERITIES]
    return ranks.index(one) < ranks.index(other)


def is_named(patterns: Sequence[str], name: str) -> bool:
    """Whether one of these patterns matches the name of a site or product."""
    plain = name.casefold()
    return any(fnmatchcase(plain, pattern.casefold()) for pattern in patterns)


def _says(route: Route, cause: Cause) -> bool:
    """Whether the route's words match; they apply to page content only, not to errors."""
    if cause.kind in _ABOUT_THE_WAY:
        return True
    if not route.include and not route.exclude:
        return True
    text = cause.text.casefold()
    wanted = not route.include or any(word.casefold() in text for word in route.include)
    return wanted and not any(word.casefold() in text for word in route.exclude)


def _draft(cause: Cause, route: Route) -> NoticeDraft:
    bundle_key, release_at = release_of(cause, route)
    return NoticeDraft(
        idempotency_key=notice_key(cause.id, cause.owner_id, route.target),
        kind=cause.kind,
        user_id=cause.owner_id,
        channel=route.name,
        at=cause.at,
        bundle_key=bundle_key,
        release_at=release_at,
        facts=cause.facts,
        content_update_id=cause.content_update_id,
        price_alert_id=cause.price_alert_id,
    )


def release_of(cause: Cause, route: Route) -> tuple[str, datetime]:
    """The key by which the notice may be grouped, and until when it is held."""
    known_at = cause.at + _DOUBT * cause.may_be_ours
    if route.digest and not is_urgent(cause, route):
        at = after_quiet(route, next_digest(route, known_at))
        return f"digest:{at.isoformat()}", at
    at = after_quiet(route, known_at)
    if at > known_at:
        return f"quiet:{at.isoformat()}", at
    patience = max(route.gather_seconds, route.analysis_seconds * cause.awaits_analysis)
    return GATHERED + cause.host, max(known_at, cause.at + timedelta(seconds=patience))


def is_urgent(cause: Cause, route: Route) -> bool:
    """Whether it is sent without waiting for a digest."""
    if cause.severity is None or route.at_once_from is None:
        return False
    return not _is_less(cause.severity, route.at_once_from)


def notice_key(cause_id: str, user_id: str, target: str) -> str:
    """The key of one cause for one recipient and destination: the same for every delivery."""
    return digest("\0".join((cause_id, user_id, target)).encode())
