"""Signed places in a list, so that nobody builds one: `sort value, id`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from daemon.signing import read_signed, write_signed

UNKNOWN = "is a place in a list that is not known any more"
_KIND = b"cursor"
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
    try:
        body = read_signed(key, _KIND, text, _MOST_CHARACTERS)
    except ValueError:
        raise ValueError(UNKNOWN) from None
    kind, told, id_ = json.loads(body)
    return datetime.fromisoformat(told) if kind == "at" else told, UUID(id_)
