"""Formats ids, shares and counts for people."""

from __future__ import annotations

from uuid import UUID


def short_id(one: UUID) -> str:
    """The end of an id: in UUIDv7 the part that differs."""
    return one.hex[-8:]


def percent(share: float | None) -> str:
    """A confidence for people; a dash when there is none."""
    return "–" if share is None else f"{share:.0%}"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 site, 2 sites."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
