"""What is read of a feed of any form: its title and its items, before they are entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

MAX_ENTRIES = 10_000

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Item:
    """An item as words, with everything that may identify it."""

    guid: str
    link: str
    title: str
    published_at: str
    text: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's title, its items in its own order, and what was cut off or cleaned."""

    title: str
    items: Sequence[Item]
    flags: tuple[str, ...] = ()


def newest(
    entries: Sequence[_One], date_of: Callable[[_One], str]
) -> tuple[Sequence[_One], tuple[str, ...]]:
    """At most MAX_ENTRIES entries, from the end at which new ones come, and a flag if it is cut.

    Shape: most feeds list the newest entry first; by their dates some list it last.
    """
    if len(entries) <= MAX_ENTRIES:
        return entries, ()
    first, last = date_of(entries[0]), date_of(entries[-1])
    kept = entries[-MAX_ENTRIES:] if first and first < last else entries[:MAX_ENTRIES]
    return kept, ("truncated:entries",)
