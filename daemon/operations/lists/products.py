"""Lists of products, page by page, with what each costs and has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.characters import storable
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Counted, Page, Turn
from daemon.operations.products import Followed, followed
from daemon.store.core.database import Database
from daemon.store.views.lists.products import ProductOrder as ProductOrder
from daemon.store.views.lists.products import ProductState as ProductState
from daemon.store.views.lists.products import ProductsWanted as ProductsWanted
from daemon.store.views.lists.products import count_products, turn_products
from daemon.store.views.products import moves_since

FIGURES_DAYS = 90
_PERIODS_BEFORE = 3  # a price that held when the period began may be older


@dataclass(frozen=True, slots=True)
class ProductsPage:
    """A page of products, and how many there are in each state.

    Shape: `counts` are of all of the viewer's products, under None of the whole; `matching` are
           those that the list shows on all its pages.
    """

    page: Page[Followed]
    counts: Mapping[ProductState | None, Counted]
    matching: Counted


async def page_of_products(
    database: Database,
    viewer: Viewer,
    wanted: ProductsWanted,
    order: ProductOrder,
    now: datetime,
    turn: Turn = FIRST,
) -> ProductsPage:
    """A page of the viewer's live products with their prices of the last 90 days."""
    wanted = ProductsWanted(wanted.state, storable(wanted.search).strip(), wanted.tags)
    states: list[ProductState | None] = [None, *ProductState]
    filters = [ProductsWanted(state) for state in states]
    since = now - timedelta(days=FIGURES_DAYS * (1 + _PERIODS_BEFORE))
    async with database.reading() as session:
        *counts, matching = await count_products(session, viewer, [*filters, wanted])
        page = await turn_products(session, viewer, wanted, order, turn)
        moves = await moves_since(session, viewer, [one.id for one in page.items], since)
    items = tuple(followed(view, moves[view.id], FIGURES_DAYS, now) for view in page.items)
    return ProductsPage(
        Page(items, page.next, page.previous), dict(zip(states, counts, strict=True)), matching
    )
