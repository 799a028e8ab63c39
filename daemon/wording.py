"""How long lists are said to people: the first few, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int, separator: str = ", ") -> str:
    """These names as one text, of many the first: "Blog, News and 3 more"."""
    more = len(names) - most
    shown = separator.join(names[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown
