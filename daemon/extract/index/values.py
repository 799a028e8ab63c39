"""What an index names, before its owner's patterns choose among it."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

MOST_PAGES = 50_000  # what the protocol of sitemaps allows in one of them


@dataclass(frozen=True, slots=True)
class Named:
    """The pages that a document names, in its order, and the sitemaps that it leads to.

    Shape: `pages` maps each canonical address to the words of its first link; a document that
           `is_index` names them for programs, as a sitemap does.
    """

    pages: dict[str, str] = field(default_factory=dict)
    sitemaps: tuple[str, ...] = ()
    is_index: bool = True


def refuse_too_many(pages: int) -> None:
    """Raise for more pages than can be told apart and kept.

    Errors: ExtractError(too_large).
    """
    if pages > MOST_PAGES:
        detail = f"more than {MOST_PAGES:,} pages are named; take a part of them as the url"
        raise ExtractError(ErrorClass.TOO_LARGE, detail)
