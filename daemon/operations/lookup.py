"""Finds the sites or products that words name, or suggests similar names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from daemon.model.errors import NotFoundError, UrlError
from daemon.model.viewer import Viewer
from daemon.store.catalogue.owned import KINDS, live_names, live_tags, unused_tags
from daemon.store.catalogue.owned import Kind as Kind
from daemon.store.core.database import Database
from daemon.store.views.products import ProductView as ProductView
from daemon.store.views.products import find_products
from daemon.store.views.sites import SiteView as SiteView
from daemon.url import parse_url

View = TypeVar("View", SiteView, ProductView)
Query = Callable[[Any, Viewer, Sequence[str]], Awaitable[list[View]]]

_NAMES_COMPARED = 20_000


@dataclass(frozen=True, slots=True)
class LookedUp(Generic[View]):
    """What words name: each object once, the objects of each word, and the unmatched words."""

    views: tuple[View, ...]
    by_word: dict[str, list[View]]
    missing: tuple[str, ...]


async def look_up(
    database: Database, viewer: Viewer, query: Query[View], words: Sequence[str]
) -> LookedUp[View]:
    """What each word names by name, URL or id, among the viewer's live ones.

    Shape: an id means that one alone, whatever others are called.
    """
    keys = {word: (word, canonical(word)) for word in words}
    wanted = sorted({key for both in keys.values() for key in both})
    async with database.reading() as session:
        views = tuple({one.id: one for one in await query(session, viewer, wanted)}.values())
    named = _by_key(views)
    by_id: dict[str, View] = {form: one for one in views for form in (str(one.id), one.id.hex)}
    found = {
        word: [by_id[word.lower()]] if word.lower() in by_id else _once(named[key] for key in both)
        for word, both in keys.items()
    }
    missing = tuple(word for word, several in found.items() if not several)
    return LookedUp(views, {word: several for word, several in found.items() if several}, missing)


def canonical(word: str) -> str:
    """The word as a canonical URL; unchanged if it is none."""
    try:
        return parse_url(word)
    except UrlError:
        return word


async def names_beginning(
    database: Database, viewer: Viewer, kinds: Sequence[Kind], beginning: str, limit: int
) -> list[str]:
    """The names of the viewer's sites and products that begin so, in their order."""
    async with database.reading() as session:
        return await live_names(session, viewer, kinds, beginning, limit)


async def tags_in_use(database: Database, viewer: Viewer, kinds: Sequence[Kind]) -> list[str]:
    """The tags of the viewer's sites and products, in their order."""
    async with database.reading() as session:
        return await live_tags(session, viewer, kinds)


async def refuse_unused(
    database: Database, viewer: Viewer, kinds: Sequence[Kind], tags: Sequence[str]
) -> None:
    """Raise for a tag that none of the viewer's sites or products has.

    Errors: NotFoundError, with similar tags.
    """
    if not tags:
        return
    async with database.reading() as session:
        unused = await unused_tags(session, viewer, kinds, tags)
    for tag in unused:
        known = await tags_in_use(database, viewer, kinds)
        noun = " or ".join(kinds)
        raise NotFoundError(f"{noun} with the tag", tag, get_close_matches(tag, known, 3, 0.5))


async def nothing_named(database: Database, viewer: Viewer, word: str) -> NotFoundError:
    """The error for a site or product that is not found, with similar names."""
    return NotFoundError("site or product", word, await _near(database, viewer, KINDS, word))


async def no_site(database: Database, viewer: Viewer, word: str) -> NotFoundError:
    """The error for a site that is not found; the word may name a product instead."""
    async with database.reading() as session:
        products = await find_products(session, viewer, [word])
    if any(word == one.name for one in products):
        return NotFoundError("site", word, is_a="product")
    return await nothing_named(database, viewer, word)


async def no_product(database: Database, viewer: Viewer, word: str) -> NotFoundError:
    """The error for a product that is not found."""
    return NotFoundError("product", word, await _near(database, viewer, ["product"], word))


def _by_key(views: Iterable[View]) -> defaultdict[str, list[View]]:
    named: defaultdict[str, list[View]] = defaultdict(list)
    for one in views:
        for key in {one.name, one.url}:
            named[key].append(one)
    return named


def _once(several: Iterable[Iterable[View]]) -> list[View]:
    return list({one.id: one for views in several for one in views}.values())


async def _near(database: Database, viewer: Viewer, kinds: Sequence[Kind], word: str) -> list[str]:
    async with database.reading() as session:
        names = await live_names(session, viewer, kinds, "", _NAMES_COMPARED)
    lower = {name.lower(): name for name in names}
    return [lower[name] for name in get_close_matches(word.lower(), lower, 3, cutoff=0.5)]
