"""The state of a host that is kept from one process to the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostMemory:
    """The throttle state of a host, for the next process that asks it."""

    host: str
    pause_seconds: float = 0.0  # remaining pause that it asked for
    crawl_delay_seconds: float = 0.0
    wait_seconds: float = 0.0  # remaining wait for its next turn
