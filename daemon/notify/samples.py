"""Makes sample messages with every fact that a real one has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from daemon.alerting.values import DIGEST
from daemon.notify.render import words_of
from daemon.notify.values import Message

_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
_SITE = {
    "site": "A site of yours",
    "url": "https://example.org/",
    "host": "example.org:443",
    "site_id": "01940000-0000-7000-8000-000000000001",
    "at": _AT.isoformat(),
    "links": {},
}
_CHANGE = {
    "update_id": "01940000-0000-7000-8000-000000000000",
    "title": "A test",
    "summary": "A price went from 24 to 19.",
    "change_type": "major",
    "is_significant": True,
    "confidence_score": 0.97,
    "category": "price",
    "reasons": ["somebody asked for a test"],
    "hunks": [{"removed": ["The price is 24 euros"], "added": ["The price is 19 euros"]}],
    "is_cut": False,
}
_PRICE = {
    "product": "A product of yours",
    "product_id": "01940000-0000-7000-8000-000000000002",
    "title": "A product of yours costs less",
    "summary": "24.00 EUR → 19.00 EUR.",
    "reasons": ["the target price is reached"],
    "url": "https://example.org/",
    "alert_type": "price_drop",
    "price": "19.00",
    "previous_price": "24.00",
    "currency": "EUR",
    "previous_currency": "EUR",
    "availability": "in_stock",
    "links": {},
}
_FAILING = {
    "error_class": "http_5xx",
    "status": 503,
    "detail": "the server answered 503 Service Unavailable",
    "failures": 3,
    "failing_since": _AT.isoformat(),
    "is_reminder": False,
}
_RECOVERED = {"failing_since": _AT.isoformat(), "outage_seconds": 3600}
_CERTIFICATE = {
    "certificate_host": "example.org",
    "certificate_ends_at": _AT.isoformat(),
    "seconds_left": 86400,
}
_MOVED = {"new_url": "https://example.org/new", "text_differs": False}
_FACTS: dict[str, dict[str, Any]] = {
    "change": _SITE | _CHANGE,
    "price": _PRICE,
    "failing": _SITE | _FAILING,
    "recovered": _SITE | _RECOVERED,
    "certificate": _SITE | _CERTIFICATE,
    "moved": _SITE | _MOVED,
}
_FACTS[DIGEST] = {
    "why": "digest",
    "count": len(_FACTS),
    "notices": [{"kind": kind, **facts} for kind, facts in _FACTS.items()],
    "at": _AT.isoformat(),
    "links": {},
}


def sample_of(kind: str, name: str, user_id: str) -> Message:
    """A sample message of a kind that this destination may receive."""
    facts = _FACTS[kind]
    return Message(f"sample {name}", kind, user_id, _AT, facts, words_of(kind, facts))


def sample(name: str, user_id: str, now: datetime, key: str) -> Message:
    """A test message for a channel, labelled as such."""
    facts = _FACTS["change"] | {
        "at": now.isoformat(),
        "summary": f"This is a test of the channel {name}: a price went from 24 to 19.",
        "is_test": True,
    }
    return replace(
        Message(key, "change", user_id, now, facts, words_of("change", facts)), kind="test"
    )
