"""Words in; the sites meant by them out, or who it may have been that was meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.model.errors import UrlError
from daemon.store.views.products import find_products, list_products
from daemon.store.views.sites import find_sites, list_sites
from daemon.url import parse_url

if TYPE_CHECKING:  # for annotations alone
    from daemon.store.core.database import Database
    from daemon.store.views.products import ProductView
    from daemon.store.views.sites import SiteView

_NAMES_COMPARED = 20_000


async def sites_named(
    database: Database, words: Sequence[str]
) -> tuple[dict[str, list[SiteView]], list[str]]:
    """The live sites that each word names, by name or URL; and the words that name none."""
    keys = {word: {word, canonical(word)} for word in words}
    async with database.reading() as session:
        found = await find_sites(session, sorted({k for several in keys.values() for k in several}))
    by_word = {
        word: [site for site in found if site.name in several or site.url in several]
        for word, several in keys.items()
    }
    named = {word: sites for word, sites in by_word.items() if sites}
    return named, [word for word in by_word if word not in named]


async def the_site_named(database: Database, word: str) -> SiteView:
    """The one site that a word names.

    Errors: Failure when there is none, or more than one.
    """
    named, missing = await sites_named(database, [word])
    if missing:
        raise await no_site(database, word)
    [found] = named.values()
    if len(found) > 1:
        names = ", ".join(f"{site.name} ({site.owner_id})" for site in found)
        raise Failure(f"{word} may be any of {names}: name one", exits.NOT_FOUND)
    return found[0]


async def the_sites_named(database: Database, words: Sequence[str]) -> list[SiteView]:
    """The sites that these words name: all, or none, for a wrong word must not do half of it.

    Errors: Failure for a word that names no site, or more than one.
    """
    found = {site.id: site for site in [await the_site_named(database, word) for word in words]}
    return list(found.values())


async def no_site(database: Database, word: str) -> Failure:
    """The failure to find a site, with the names that are near."""
    async with database.reading() as session:
        names = [site.name for site in (await list_sites(session))[:_NAMES_COMPARED]]
        products = [product.name for product in await list_products(session)]
    if word in products:
        return Failure(
            f"{word!r} is a product, and no site: `changelogger products` knows it", exits.NOT_FOUND
        )
    names += products[:_NAMES_COMPARED]
    return Failure(f"there is no site or product {word!r}{_near(word, names)}", exits.NOT_FOUND)


def canonical(word: str) -> str:
    """The word as a URL is stored; itself when it is none."""
    try:
        return parse_url(word)
    except UrlError:
        return word


async def products_named(
    database: Database, words: Sequence[str]
) -> tuple[list[ProductView], list[str]]:
    """The live products that these words name, by name or URL; and the words that name none."""
    keys = {word: {word, canonical(word)} for word in words}
    async with database.reading() as session:
        found = await find_products(
            session, sorted({k for several in keys.values() for k in several})
        )
    known = {key for product in found for key in (product.name, product.url)}
    unique = {product.id: product for product in found}
    return list(unique.values()), [word for word in words if not keys[word] & known]


async def the_products_named(database: Database, words: Sequence[str]) -> list[ProductView]:
    """The products that these words name, at all the addresses meant.

    Errors: Failure when a word names none.
    """
    found, missing = await products_named(database, words)
    if missing:
        async with database.reading() as session:
            names = [product.name for product in await list_products(session)]
        help_ = _near(missing[0], names)
        raise Failure(f"there is no product {missing[0]!r}{help_}", exits.NOT_FOUND)
    return found


def _near(word: str, names: Sequence[str]) -> str:
    lower = {name.lower(): name for name in names}
    near = get_close_matches(word.lower(), lower, 3, cutoff=0.5)
    return f"; did you mean {', '.join(lower[name] for name in near)}?" if near else ""
