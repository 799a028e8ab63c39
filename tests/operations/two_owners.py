"""Two owners whose sites and products have the same names and addresses, and who each ask."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.model.errors import AmbiguousError, NotFoundError
from daemon.model.request import Request
from daemon.model.site import Owner
from daemon.model.viewer import Role, Viewer
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.catalogue.sites import add_sites
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite, Product
from daemon.url import host_of
from tests.making import PAST, spec

OWNERS = ("ada", "bob")
ADA, BOB = (Viewer(name) for name in OWNERS)
STRANGER = Viewer("carol")
ADMIN = Viewer("root", Role.ADMIN)
SITE, SITE_URL = "Blog", "https://site.example/blog"
TAG = "work"
PRODUCT, PRODUCT_URL = "Lamp", "https://shop.example/lamp"


@dataclass(frozen=True)
class Owned:
    """What one of the two has: a site and a product, named alike, and one that is theirs alone."""

    site_id: UUID
    product_id: UUID


@dataclass(frozen=True)
class TwoOwners:
    """The database of both, and what each of them has."""

    database: Database
    owned: dict[str, Owned]

    def __getitem__(self, viewer: Viewer) -> Owned:
        return self.owned[viewer.user_id]

    async def rows(self, column: Any, where: Any) -> list[Any]:
        """This column of the rows that are so."""
        async with self.database.reading() as session:
            return list(await session.scalars(select(column).where(where)))

    async def whose(self, model: Any, where: Any) -> set[str]:
        """The owners of the rows that are so."""
        return set(await self.rows(model.owner_id, where))

    async def set_all(self, model: Any, **values: Any) -> None:
        """Give all rows such values."""
        async with self.database.writing() as session:
            await session.execute(update(model).values(values))


CONFIG = Config.model_validate({"owner": [{"id": n, "email": f"{n}@example.org"} for n in OWNERS]})
Ask = Callable[[TwoOwners, Viewer], Awaitable[set[str]]]


async def have_two_owners(database: Database) -> TwoOwners:
    """Ada's and Bob's site and product, on the same pages; and "ada's own", and "bob's own"."""
    async with database.writing() as session:
        await sync_owners(session, [Owner(name, f"{name}@example.org") for name in OWNERS])
        sites = [spec(SITE, SITE_URL, owner_id=n, tags=(TAG, f"{n}'s own")) for n in OWNERS]
        sites += [spec(f"{n}'s own", f"https://{n}.example/", owner_id=n) for n in OWNERS]
        await add_sites(session, sites, PAST)
        products = [_product(PRODUCT, PRODUCT_URL, name) for name in OWNERS]
        products += [_product(f"{n}'s own", f"https://{n}.example/lamp", n) for n in OWNERS]
        await add_products(session, products, PAST)
        site_ids = await _ids(session, MonitoredSite.id, SITE)
        product_ids = await _ids(session, Product.product_id, PRODUCT)
    owned = {name: Owned(site_ids[name], product_ids[name]) for name in OWNERS}
    return TwoOwners(database, owned)


async def owners_shown(two: TwoOwners, ask: Ask, viewer: Viewer) -> set[str]:
    """Whose things a viewer gets to see, or to change, when they ask so."""
    try:
        return await ask(two, viewer)
    except NotFoundError:
        return set()
    except AmbiguousError as exc:
        return {one.rpartition("(")[2].rstrip(")") for one in exc.candidates}


def public_functions(*modules: ModuleType) -> Iterator[Callable[..., Any]]:
    """What these modules of operations offer to be awaited, in their order."""
    for module in modules:
        for name, function in vars(module).items():
            own = getattr(function, "__module__", None) == module.__name__
            if own and not name.startswith("_") and inspect.iscoroutinefunction(function):
                yield function


def a_site(url: str, viewer: Viewer, **more: Any) -> SiteConfig:
    """A site as the viewer describes it; an admin does so for Ada."""
    owner = OWNERS[0] if viewer.is_admin else viewer.user_id
    return SiteConfig.model_validate({"url": url, "name": "New", "owner": owner} | more)


def a_product(url: str, viewer: Viewer, **more: Any) -> ProductConfig:
    """A product, likewise."""
    owner = OWNERS[0] if viewer.is_admin else viewer.user_id
    table = {"url": url, "name": "New", "owner": owner, "target_price": "10"}
    return ProductConfig.model_validate(table | more)


def _product(name: str, url: str, owner_id: str) -> ProductSpec:
    tags = (TAG, f"{owner_id}'s own") if name == PRODUCT else ()
    return ProductSpec(name, Request(url), host_of(url), owner_id, "6h", tags=tags)


async def _ids(session: Any, key: Any, name: str) -> dict[str, UUID]:
    rows = await session.execute(select(key.class_.owner_id, key).where(key.class_.name == name))
    return {row.owner_id: row[1] for row in rows}
