"""Derives the causes of notices from the outcome of a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from daemon.alerting.certificates import expiry_of, is_ending
from daemon.alerting.failures import failures_after, fault_of
from daemon.alerting.subject import Owned, about, trouble
from daemon.alerting.values import Event, EventKind, Route
from daemon.model.change import Change, Hunk
from daemon.model.failure_history import FailureHistory
from daemon.model.outcome import Move, Outcome, ProductOutcome, SiteOutcome, UpdateDraft
from daemon.model.product import Product
from daemon.model.site import Rules, Site
from daemon.redaction import redact_text

# A message is no archive: the whole change is stored.
_HUNKS = 20
_LINES = 10
_LINE_CHARACTERS = 500
_TOLD_CHARACTERS = 6000
_REASONS = 6


@dataclass(frozen=True, slots=True)
class EventsOfCheck:
    """The causes of notices from a check.

    Shape: `sites` and `products` are those whose record of notifications changed; `withdrawn` are
           the keys of notices that no longer hold, if they are still held.
    """

    events: tuple[Event, ...] = ()
    sites: tuple[Site, ...] = ()
    products: tuple[Product, ...] = ()
    withdrawn: frozenset[str] = frozenset()


def owners_concerned(outcome: Outcome) -> Iterator[str]:
    """The owners whose routes are needed to derive the causes, if there are any."""
    by_site, by_product = _by_site(outcome), _by_product(outcome)
    for site in outcome.page.sites:
        one = by_site.get(site.id)
        if _has_news(outcome, site, one) or _may_warn(outcome, site):
            yield site.owner_id
    for product in outcome.page.products:
        found = by_product.get(product.id)
        if product.owner_id and _has_news(outcome, product, found):
            yield product.owner_id


def _has_news(outcome: Outcome, owned: Owned, one: SiteOutcome | ProductOutcome | None) -> bool:
    """Whether it changed, moved or fails, or has recovered after its owner was notified."""
    if one and (one.update or one.move if isinstance(one, SiteOutcome) else one.alerts):
        return True
    return bool(owned.failure_history.alerted) or fault_of(outcome, one)[0] is not None


def _may_warn(outcome: Outcome, site: Site) -> bool:
    response = outcome.response
    if response is None or response.certificate is None:
        return bool(site.certificate_told)
    is_late = is_ending(response.certificate.validity, outcome.started_at)
    return is_late or bool(site.certificate_told)


def events_of(outcome: Outcome, routes: Mapping[str, Sequence[Route]]) -> EventsOfCheck:
    """The causes from a check: changes, moves and warnings of sites, errors and recoveries of all.

    Shape:  `routes` by owner, of those that `owners_concerned` names. A muted site has no causes,
            and its changes are among them as far as its `notify_on` says.
    Errors: none.
    """
    by_site = _by_site(outcome)
    told = [
        _told(outcome, site, by_site.get(site.id), routes.get(site.owner_id, ()))
        for site in outcome.page.sites
    ]
    by_product = _by_product(outcome)
    told += [
        _told_of_product(outcome, product, by_product.get(product.id), routes)
        for product in outcome.page.products
        if product.owner_id is not None
    ]
    return together(told)


def together(told: Sequence[EventsOfCheck]) -> EventsOfCheck:
    """The causes of several checks, merged."""
    return EventsOfCheck(
        tuple(chain.from_iterable(one.events for one in told)),
        tuple(chain.from_iterable(one.sites for one in told)),
        tuple(chain.from_iterable(one.products for one in told)),
        frozenset(chain.from_iterable(one.withdrawn for one in told)),
    )


def _by_site(outcome: Outcome) -> dict[object, SiteOutcome]:
    return {one.site.id: one for one in outcome.sites}


def _by_product(outcome: Outcome) -> dict[object, ProductOutcome]:
    return {one.product.id: one for one in outcome.products}


def _told_of_product(
    outcome: Outcome,
    product: Product,
    one: ProductOutcome | None,
    routes: Mapping[str, Sequence[Route]],
) -> EventsOfCheck:
    mine = routes.get(product.owner_id or "", ())
    failure_history, events = failures_after(outcome, product, one, mine, is_muted=False)
    moved = (
        (replace(product, failure_history=failure_history),)
        if failure_history != product.failure_history
        else ()
    )
    return EventsOfCheck(tuple(events), products=moved)


def _told(
    outcome: Outcome, site: Site, one: SiteOutcome | None, routes: Sequence[Route]
) -> EventsOfCheck:
    is_muted = site.muted_until is not None and site.muted_until > outcome.started_at
    failure_history, events = failures_after(outcome, site, one, routes, is_muted=is_muted)
    if is_muted:
        return EventsOfCheck(sites=_moved_on(site, failure_history, site.certificate_told))
    expiry = expiry_of(outcome, site, routes)
    events += expiry.events
    if one is not None and one.update is not None and _is_wanted(site.rules, one.update):
        events.append(_change(outcome, site, one.update))
    if one is not None and one.move is not None:
        events.append(_moved(outcome, site, one.move))
    moved = _moved_on(site, failure_history, expiry.told)
    return EventsOfCheck(tuple(events), moved, withdrawn=expiry.withdrawn)


def _moved_on(
    site: Site, failures: FailureHistory, certificate_told: Mapping[str, str]
) -> tuple[Site, ...]:
    """The site as it is to be stored; none when nothing of it moved, as at most checks."""
    if failures == site.failure_history and certificate_told == site.certificate_told:
        return ()
    return (replace(site, failure_history=failures, certificate_told=certificate_told),)


def _moved(outcome: Outcome, site: Site, move: Move) -> Event:
    facts = {"new_url": redact_text(move.url), "text_differs": move.text_differs}
    identity = f"moved:{site.id}:{outcome.started_at.isoformat()}"
    return trouble(EventKind.MOVED, identity, outcome, site, facts)


def _is_wanted(rules: Rules, update: UpdateDraft) -> bool:
    return rules.wants(of_condition=bool(update.finding.conditions))


def _change(outcome: Outcome, site: Site, update: UpdateDraft) -> Event:
    finding = update.finding
    hunks = tuple(_kept(finding.change))
    facts = about(outcome, site) | {
        "update_id": str(update.id),
        "title": update.title,
        "summary": finding.summary,
        "change_type": finding.change_type.value if finding.change_type else None,
        "is_significant": finding.is_significant,
        "confidence_score": round(finding.confidence_score, 3),
        "category": finding.category,
        "conditions": list(finding.conditions),
        "reasons": [r.text for r in sorted(finding.reasons, key=lambda r: -abs(r.weight))][
            :_REASONS
        ],
        "hunks": [{"removed": list(h.removed), "added": list(h.added)} for h in hunks],
        "is_cut": finding.change is not None and hunks != finding.change.hunks,
    }
    lines = (line for h in _hunks(finding.change) for line in (*h.removed, *h.added))
    return Event(
        kind=EventKind.CHANGE,
        id=f"update:{update.id}",
        owner_id=site.owner_id,
        name=site.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts=facts,
        site_type=site.site_type,
        tags=site.tags,
        severity=finding.change_type,
        is_significant=finding.is_significant,
        is_asked_for=site.rules.notify_on == "every",
        text="\n".join((update.title, finding.summary, *lines)),
        content_update_id=update.id,
        awaits_analysis=update.awaits_analysis,
    )


def _hunks(change: Change | None) -> Iterable[Hunk]:
    return change.hunks if change is not None else ()


def _kept(change: Change | None) -> Iterator[Hunk]:
    """The first hunks, as many and as much of each as fit into a message."""
    room = _TOLD_CHARACTERS
    for hunk in list(_hunks(change))[:_HUNKS]:
        removed, added = _short(hunk.removed), _short(hunk.added)
        room -= sum(map(len, (*removed, *added)))
        if room < 0:
            return
        yield Hunk(hunk.before_line, hunk.after_line, removed, added)


def _short(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line[:_LINE_CHARACTERS] for line in lines[:_LINES])
