"""How long something has been failing, and who was notified of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FailureHistory:
    """How long a site or a product has been failing, and the last notification per destination.

    Shape: `alerted` goes by the target of a route.
    """

    failure_streak: int = 0
    failing_since: datetime | None = None
    alerted: Mapping[str, datetime] = field(default_factory=dict)


NO_FAILURES = FailureHistory()
