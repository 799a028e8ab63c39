"""Signed places in a list, so that nobody builds one: `sort value, id` and eight bytes of HMAC."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

_KIND = b"cursor"
_MAC_BYTES = 8
_MOST_CHARACTERS = 1024


def write_cursor(key: bytes, value: datetime | str | None, id_: UUID) -> str:
    """The place after the row with this sort value and id, for an address."""
    told = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    kind = "at" if isinstance(value, datetime) else "text"
    body = json.dumps([kind, told, id_.hex], separators=(",", ":")).encode()
    return write_signed(key, _KIND, body)


def read_cursor(key: bytes, text: str) -> tuple[datetime | str | None, UUID]:
    """The sort value and the id of such a place.

    Errors: ValueError for one that no daemon of the database has signed.
    """
    kind, told, id_ = json.loads(read_signed(key, _KIND, text, _MOST_CHARACTERS))
    return datetime.fromisoformat(told) if kind == "at" else told, UUID(id_)


def write_signed(key: bytes, kind: bytes, body: bytes) -> str:
    """Bytes of a kind, for an address, that nobody else can make."""
    return base64.urlsafe_b64encode(_mac(key, kind, body) + body).rstrip(b"=").decode()


def read_signed(key: bytes, kind: bytes, text: str, most: int) -> bytes:
    """The bytes of such an address, of at most so many characters.

    Errors: ValueError for one that this key has not signed.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = base64.urlsafe_b64decode(padded) if len(text) <= most else b""
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(key, kind, body)):
            raise ValueError
    except ValueError:
        raise ValueError("is a place in a list that is not known any more") from None
    return body


def _mac(key: bytes, kind: bytes, body: bytes) -> bytes:
    return hmac.digest(key, kind + body, "sha256")[:_MAC_BYTES]
