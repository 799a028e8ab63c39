"""Generates identifiers that sort by time: UUID version 7 (RFC 9562 §5.7)."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from uuid import UUID

if sys.version_info >= (3, 14):
    from uuid import uuid7 as new_id
else:
    from uuid_utils.compat import uuid7 as new_id

__all__ = ["first_id", "made_at", "new_id"]

_BELOW_TIME = 80  # bits that follow the milliseconds


def first_id(at: datetime) -> UUID:
    """A bound: ids made before this instant sort before it, all others after it."""
    return UUID(int=int(at.timestamp() * 1000) << _BELOW_TIME)


def made_at(one: UUID) -> datetime:
    """The instant at which an id was made, by the clock of its maker."""
    return datetime.fromtimestamp((one.int >> _BELOW_TIME) / 1000, UTC)
