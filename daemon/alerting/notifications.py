"""Derives the notices of a group of checks, and what to record of them on sites and products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from daemon.alerting.events import events_of, together
from daemon.alerting.matching import drafts
from daemon.alerting.price_alerts import price_event
from daemon.alerting.values import Event, Notifications, Route
from daemon.model.outcome import Outcome


def notifications_of(
    outcomes: Sequence[Outcome],
    alert_ids: Mapping[tuple[UUID, str], UUID],
    routes: Mapping[str, Sequence[Route]],
) -> Notifications:
    """The notices of these outcomes, and what to record of them on sites and products.

    Shape: `alert_ids` are those of the price alerts, by product and key; `routes` are those of the
           owners that `owners_concerned` names.
    """
    told = together([events_of(outcome, routes) for outcome in outcomes])
    of_prices = [event for outcome in outcomes for event in _of_prices(outcome, alert_ids)]
    notices = tuple(drafts([*told.events, *of_prices], routes))
    return Notifications(notices, told.sites, told.products, told.withdrawn)


def _of_prices(outcome: Outcome, alert_ids: Mapping[tuple[UUID, str], UUID]) -> Iterator[Event]:
    for one in outcome.products:
        for alert in one.alerts:
            event = price_event(outcome, one, alert, alert_ids[one.product.id, alert.key])
            if event is not None:
                yield event
