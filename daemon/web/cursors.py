"""Signed places in a list, so that nobody builds one: `sort value, id` and eight bytes of HMAC."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

_MAC_BYTES = 8
_MOST_CHARACTERS = 1024


def write_cursor(key: bytes, value: datetime | str | None, id_: UUID) -> str:
    """The place after the row with this sort value and id, for an address."""
    told = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    kind = "at" if isinstance(value, datetime) else "text"
    body = json.dumps([kind, told, id_.hex], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(key, body) + body).rstrip(b"=").decode()


def read_cursor(key: bytes, text: str) -> tuple[datetime | str | None, UUID]:
    """The sort value and the id of such a place.

    Errors: ValueError for one that this daemon has not signed since it was started.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = base64.urlsafe_b64decode(padded) if len(text) <= _MOST_CHARACTERS else b""
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(key, body)):
            raise ValueError
        kind, told, id_ = json.loads(body)
    except ValueError:
        raise ValueError("is a place in a list that is not known any more") from None
    return datetime.fromisoformat(told) if kind == "at" else told, UUID(id_)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"cursor" + body, "sha256")[:_MAC_BYTES]
