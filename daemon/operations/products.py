"""Operations on products: find them by name or URL."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.model.viewer import Viewer
from daemon.operations.lookup import Found, look_up, no_product
from daemon.store.core.database import Database
from daemon.store.views import products as views
from daemon.store.views.products import ProductView as ProductView


async def find_products(
    database: Database, viewer: Viewer, words: Sequence[str]
) -> Found[ProductView]:
    """The live products that these words name, by name or URL."""
    return await look_up(database, viewer, views.find_products, words)


async def the_products(
    database: Database, viewer: Viewer, words: Sequence[str]
) -> Sequence[ProductView]:
    """The products that these words name, at all the addresses meant.

    Errors: NotFoundError for a word that names none.
    """
    found = await find_products(database, viewer, words)
    if found.missing:
        raise await no_product(database, viewer, found.missing[0])
    return found.views
