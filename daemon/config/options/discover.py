"""The options that find many pages from one, and the faults between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from daemon.config.values import Flaw, KeyPath

Discover = Literal["sitemap", "links"]
MOST_PAGES = 1000
DiscoverLimit = Annotated[int, Field(ge=1, le=MOST_PAGES)]
_ONLY_WITH = ("discover_within", "discover_match", "discover_limit")


def discover_flaws(path: KeyPath, table: Mapping[str, Any]) -> Iterator[Flaw]:
    """The options of a site that say nothing without another, or beside it."""
    way = table.get("discover")
    if way is None:
        for name in _ONLY_WITH:
            if name in table:
                problem = "does nothing without discover, which finds the pages"
                yield Flaw((*path, name), problem, 'add discover = "sitemap", or "links"')
    elif way == "sitemap" and table.get("discover_within"):
        problem = 'selects links, and discover = "sitemap" reads none'
        hint = 'write discover = "links", or choose by discover_match'
        yield Flaw((*path, "discover_within"), problem, hint)
