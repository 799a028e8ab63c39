"""How long something has been failing in a row, and who was told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """How long a site or a product has been failing in a row, and when each place was last told so.

    Shape: `alerted` goes by the target of a route.
    """

    failure_streak: int = 0
    failing_since: datetime | None = None
    alerted: Mapping[str, datetime] = field(default_factory=dict)


NO_ALARM = Alarm()
