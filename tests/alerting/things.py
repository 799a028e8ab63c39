"""What tests of routes begin with: a cause, a route, a held notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.alerting.values import Event, EventKind, HeldNotice, Route
from daemon.model.change import ChangeType
from daemon.store.tables.ids import new_id

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def event(**more: Any) -> Event:
    fields: dict[str, Any] = {
        "kind": EventKind.CHANGE,
        "id": "update:1",
        "owner_id": "ada",
        "name": "Shop lamps",
        "host": "shop.example:443",
        "at": NOON,
        "facts": {"site": "Shop lamps"},
        "site_type": "news",
        "tags": ("shops", "work"),
        "severity": ChangeType.MAJOR,
        "text": "The price fell to 19",
    }
    return Event(**(fields | more))


def route(**more: Any) -> Route:
    return Route(**({"name": "mail", "target": "t1"} | more))


def held(number: int = 1, **more: Any) -> HeldNotice:
    fields: dict[str, Any] = {
        "id": new_id(),
        "idempotency_key": f"key {number}",
        "bundle_key": "host:a.example",
        "release_at": NOON,
        "created_at": NOON - timedelta(minutes=1),
    }
    return HeldNotice(**(fields | more))
