"""Says what a try found, for programs."""

from __future__ import annotations

from typing import Any

from daemon.display.prices import plain_amount
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.operations.trying import Tried
from daemon.web.pages.adding import beginning_of
from daemon.web.pages.api import models
from daemon.web.pages.api.made import Maker


def tried(maker: Maker, one: Tried) -> models.Tried:
    """What a check of an address would find."""
    outcome = one.outcome
    site = next(iter(outcome.sites), None) if outcome else None
    product = next(iter(outcome.products), None) if outcome else None
    error = one.not_asked or _error(outcome, site or product)
    return models.Tried(
        url=maker.line(one.url),
        is_failed=bool(error),
        status=outcome.answer_status if outcome else None,
        error=maker.text(error) or None,
        **_read(maker, site),
        **_offered(product),
    )


def _error(outcome: Outcome | None, part: SiteOutcome | ProductOutcome | None) -> str:
    """What went wrong, or what is served instead of the page; "" if nothing did."""
    for failed in (outcome, part):
        if failed is not None and failed.error_class is not None:
            return f"{failed.error_class}: {failed.error_detail}"
    if isinstance(part, SiteOutcome) and part.blind_spot is not None:
        return part.blind_spot.words
    return ""


def _read(maker: Maker, site: SiteOutcome | None) -> dict[str, Any]:
    """What was read for a site."""
    state = site.state if site else None
    text, is_cut = beginning_of(site) if site else ("", False)
    return {
        "kind": state.kind if state else None,
        "title": maker.line(state.title) if state else None,
        "text": maker.text(text) if state else None,
        "is_cut": is_cut,
        "missing": tuple(site.site.rules.unmatched(part) for part in site.missing) if site else (),
        "conditions": {
            key: standing.words for key, standing in (site.conditions if site else {}).items()
        },
        "pages": tuple(map(maker.line, site.pages)) if site and site.pages is not None else None,
    }


def _offered(product: ProductOutcome | None) -> dict[str, Any]:
    """What a shop asks for."""
    offer = product.check.offer if product and product.check else None
    return {
        "price": plain_amount(offer.price, offer.currency) or None if offer else None,
        "currency": offer.currency if offer else None,
        "availability": offer.availability.value if offer else None,
        "confidence": offer.confidence if offer else None,
    }
