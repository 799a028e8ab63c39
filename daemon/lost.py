"""What of a stored state cannot be read any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HISTORY_LOST = "history_lost"  # flag of a state that begins anew, for the last one is unreadable


@dataclass(frozen=True, slots=True)
class Lost:
    """A part of a stored state: its text, and so the state, or its source alone."""

    text_hash: str
    what: str  # text or source
    reason: str
    seen_at: datetime | None = None
