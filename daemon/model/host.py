"""What is remembered of a host from one process to the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostMemory:
    """What must not be forgotten about a host when another process asks it next."""

    host: str
    pause_seconds: float = 0.0  # that it wants to be left alone from now on
    crawl_delay_seconds: float = 0.0
    wait_seconds: float = 0.0  # from now on until its next turn
