"""The facts that every cause has: whose site or product it is, and where."""

from __future__ import annotations

from typing import Any, TypeAlias

from daemon.alerting.values import Event, EventKind
from daemon.model.outcome import Outcome
from daemon.model.product import Product
from daemon.model.site import Site
from daemon.redaction import redact_text

Owned: TypeAlias = Site | Product


def about(outcome: Outcome, owned: Owned) -> dict[str, Any]:
    """The facts in every message about a site or a product."""
    named = (
        {"product": owned.name, "product_id": str(owned.id)}
        if isinstance(owned, Product)
        else {"site": owned.name, "site_id": str(owned.id)}
    )
    return {
        **named,
        "url": redact_text(owned.url or outcome.page.request.url),
        "host": outcome.page.host,
        "at": outcome.started_at.isoformat(),
    }


def trouble(
    kind: EventKind, identity: str, outcome: Outcome, owned: Owned, facts: dict[str, Any]
) -> Event:
    """A cause about reaching a page, not about its content."""
    return Event(
        kind=kind,
        id=identity,
        owner_id=owned.owner_id or "",
        name=owned.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts=about(outcome, owned) | facts,
        site_type=owned.site_type if isinstance(owned, Site) else None,
        tags=owned.tags,
    )
