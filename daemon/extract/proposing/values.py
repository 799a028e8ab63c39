"""A part of a page that somebody may point at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """An element: its number in the picture, how it begins, and what would choose it.

    Shape: `like` chooses all of its kind; "" when it is the only one.
    """

    number: int
    tag: str
    text: str
    selector: str
    like: str = ""
