"""Keeps the line that says what was done until the next page shows it, once."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

_MOST = 256  # forms sent by programs, which ask for no page afterwards


@dataclass(frozen=True, slots=True)
class Flash:
    """What was done, and the word by which `POST /undo` takes it back, if it can be."""

    text: str
    undo: str = ""


class Flashes:
    """The flashes that no page has shown yet, each under a random name for its browser's cookie."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Flash] = OrderedDict()

    def keep(self, flash: Flash) -> str:
        """Keep it, and return its name."""
        name = secrets.token_urlsafe(16)
        self._waiting[name] = flash
        while len(self._waiting) > _MOST:
            self._waiting.popitem(last=False)
        return name

    def take(self, name: str) -> Flash | None:
        """The flash of this name, which is shown once."""
        return self._waiting.pop(name, None)
