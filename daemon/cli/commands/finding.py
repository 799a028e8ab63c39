"""Finds the sites and products that words name, or suggests similar names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Role, Viewer
from daemon.operations import lookup, products, sites
from daemon.operations.lookup import canonical

if TYPE_CHECKING:  # for annotations alone
    from daemon.store.core.database import Database
    from daemon.store.views.products import ProductView
    from daemon.store.views.sites import SiteView

__all__ = ["canonical"]

ALL = Viewer("", Role.ADMIN)  # anyone who can run commands may see everything


async def sites_named(
    database: Database, words: Sequence[str]
) -> tuple[dict[str, list[SiteView]], list[str]]:
    """The live sites that each word names, by name or URL; and the words that name none."""
    found = await sites.find_sites(database, ALL, words)
    return found.by_word, list(found.missing)


async def the_site_named(database: Database, word: str) -> SiteView:
    """The one site that a word names."""
    return await sites.the_site(database, ALL, word)


async def the_sites_named(database: Database, words: Sequence[str]) -> list[SiteView]:
    """The sites that these words name: all or none, as a wrong word must not do half of it."""
    return await sites.the_sites(database, ALL, words)


async def no_site(database: Database, word: str) -> NotFoundError:
    """The error for a site that is not found, with similar names."""
    return await lookup.no_site(database, ALL, word)


async def products_named(
    database: Database, words: Sequence[str]
) -> tuple[list[ProductView], list[str]]:
    """The live products that these words name, by name or URL; and the words that name none."""
    found = await products.find_products(database, ALL, words)
    return list(found.views), list(found.missing)


async def the_products_named(database: Database, words: Sequence[str]) -> list[ProductView]:
    """The products that these words name, at all the addresses meant."""
    return list(await products.the_products(database, ALL, words))
