"""Destinations that people add themselves: the names of their channels, and their addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

MOST_CHARACTERS = 60  # of a name
_CHANNEL = re.compile(r"(?P<name>.*) #(?P<id>[0-9a-f]{32})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a destination is, and the secret that belongs to it, such as a token or a key."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


def channel_of(id_: UUID, name: str) -> str:
    """The channel of a destination, which is no other's, whatever they call theirs."""
    return f"{name} #{id_.hex}"


def id_in(channel: str) -> UUID | None:
    """The id of the destination whose channel this is; None for one of the configuration."""
    found = _CHANNEL.fullmatch(channel)
    return UUID(found["id"]) if found else None


def name_in(channel: str) -> str:
    """What its owner calls a channel."""
    found = _CHANNEL.fullmatch(channel)
    return found["name"] if found else channel
