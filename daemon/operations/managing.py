"""Manages sites and products: add, pause, resume, remove, or check them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.config.values import RefusedError, check_tags
from daemon.model.errors import (
    ConflictError,
    DuplicateError,
    ManagedError,
    NameTakenError,
    NotFoundError,
    RequestError,
)
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.operations.installation.described import as_owner, owners_of, product_specs, spec_of
from daemon.operations.lookup import Kind, LookedUp, ProductView, SiteView, nothing_named
from daemon.operations.people.quotas import refuse_beyond_quota
from daemon.operations.products import find_products, the_products
from daemon.operations.sites import find_sites, the_sites
from daemon.store.catalogue.discovery.pages import follow_parents
from daemon.store.catalogue.owned import (
    TakenNames,
    addresses_by_name,
    make_due,
    retire,
    set_active,
    set_tags,
)
from daemon.store.catalogue.owned import forget_cookies as drop_cookies
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.catalogue.sites import add_sites
from daemon.store.catalogue.specs import asked_of_pages, reading_of
from daemon.store.core.database import Database

Owned: TypeAlias = SiteView | ProductView
_Specs: TypeAlias = Sequence[SiteSpec | ProductSpec]


@dataclass(frozen=True, slots=True)
class Added:
    """What was added, its id, and what else of the viewer's reads the same pages.

    Shape: the id of a product is that of its first address.
    """

    id: UUID
    name: str
    same_page_as: tuple[str, ...]


async def add_site(
    database: Database,
    viewer: Viewer,
    config: Config,
    site: SiteConfig,
    now: datetime,
    *,
    is_named: bool,
) -> Added:
    """Add a site; a default name is changed if it is taken.

    Errors: NameTakenError, DuplicateError; NotFoundError for an owner who is not the viewer.
    """
    theirs = as_owner(viewer, config)
    spec = spec_of(site, theirs)
    _refuse_owner(theirs, spec.owner_id)
    await _sync_owners(database, viewer, config)
    await refuse_beyond_quota(database, [spec])
    async with database.writing() as session:
        taken = await addresses_by_name(session, viewer, "site", spec.owner_id)
        others = _others([spec], await asked_of_pages(session, viewer, [spec.request]))
        if is_named and site.name in taken:
            raise NameTakenError("site", site.name, ", ".join(taken[site.name]))
        name = TakenNames(taken).free(site.name)
        await add_sites(session, [spec_of(site.model_copy(update={"name": name}), theirs)], now)
    found = await find_sites(database, viewer, [name])
    return Added(_id_of(found, spec.owner_id), name, others)


async def add_product(
    database: Database, viewer: Viewer, config: Config, product: ProductConfig, now: datetime
) -> Added:
    """Follow a product at all its addresses.

    Errors: as of `add_site`.
    """
    theirs = as_owner(viewer, config)
    specs = product_specs(product, theirs)
    _refuse_owner(theirs, specs[0].owner_id)
    await _sync_owners(database, viewer, config)
    await refuse_beyond_quota(database, specs)
    async with database.writing() as session:
        taken = await addresses_by_name(session, viewer, "product", specs[0].owner_id)
        if product.name in taken:
            raise NameTakenError("product", product.name, ", ".join(taken[product.name]))
        asked = await asked_of_pages(session, viewer, [spec.request for spec in specs])
        others = _others(specs, asked)
        await add_products(session, specs, now)
    found = await find_products(database, viewer, [product.name])
    return Added(_id_of(found, specs[0].owner_id), product.name, others)


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to add, and tags to take off."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()

    def of(self, tags: Iterable[str]) -> tuple[str, ...]:
        """The tags after the change; the added ones come last.

        Errors: RequestError for too many.
        """
        kept = tuple(tag for tag in tags if tag not in self.removed)
        wanted = tuple(dict.fromkeys((*kept, *self.added)))
        try:
            return check_tags(wanted)
        except RefusedError as exc:
            raise RequestError("tag", ", ".join(self.added), f"there {exc}") from exc


@dataclass(frozen=True, slots=True)
class Due:
    """What is due now, and what is paused and is not."""

    due: tuple[Owned, ...]
    paused: tuple[Owned, ...]


async def pause(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    now: datetime,
    tags: Sequence[str] = (),
) -> Sequence[Owned]:
    """Pause the checks of what these words name or has such a tag; its history stays.

    Errors: as of `remove`.
    """
    found = await _manageable(database, viewer, kind, words, tags)
    await _set_active(database, viewer, kind, found, now, active=False)
    return found


async def resume(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    now: datetime,
    tags: Sequence[str] = (),
) -> Sequence[Owned]:
    """Resume the checks of what these words name or has such a tag.

    Errors: as of `remove`.
    """
    found = await _manageable(database, viewer, kind, words, tags)
    await _set_active(database, viewer, kind, found, now, active=True)
    return found


async def remove(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str], now: datetime
) -> Sequence[Owned]:
    """Stop watching what these words name, all or nothing; its history stays.

    Errors: NotFoundError, AmbiguousError; ManagedError for what the configuration manages;
            ConflictError for what the page of another site names.
    """
    found = await _manageable(database, viewer, kind, words)
    refuse_discovered(found, "remove that one, pause this one, or narrow its discover_match")
    async with database.writing() as session:
        await retire(session, viewer, kind, [one.id for one in found], now)
    return found


async def check_now(database: Database, viewer: Viewer, words: Sequence[str], now: datetime) -> Due:
    """Make the sites and products that these words name due now.

    Errors: NotFoundError for a word that names neither; nothing is due then.
    """
    sites = await find_sites(database, viewer, words)
    products = await find_products(database, viewer, words)
    for word in words:
        if word in sites.missing and word in products.missing:
            raise await nothing_named(database, viewer, word)
    async with database.writing() as session:
        await make_due(session, viewer, "site", [one.id for one in sites.views], now)
        await make_due(session, viewer, "product", [one.id for one in products.views], now)
    found: list[Owned] = [*sites.views, *products.views]
    due = tuple(one for one in found if one.is_active)
    return Due(due, tuple(one for one in found if not one.is_active))


async def tag(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    change: TagChange,
    now: datetime,
) -> dict[str, tuple[str, ...]]:
    """Add tags to what these words name, and take others off; returns the tags by name.

    Errors: as of `remove`; RequestError for too many tags.
    """
    found = await _manageable(database, viewer, kind, words)
    refuse_discovered(found, "it has the tags of that one")
    tags = {one.id: change.of(one.tags) for one in found}
    async with database.writing() as session:
        await set_tags(session, viewer, kind, tags, now)
        if kind == "site":
            await follow_parents(session, list(tags), now)
    return {one.name: tags[one.id] for one in found}


async def forget_cookies(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    tags: Sequence[str] = (),
) -> list[str]:
    """Drop the cookies of what these words name or has such a tag; the names of those with any.

    Errors: NotFoundError, AmbiguousError.
    """
    found = await _named(database, viewer, kind, words, tags)
    async with database.writing() as session:
        kept = await drop_cookies(session, viewer, kind, [one.id for one in found])
    return list(dict.fromkeys(one.name for one in found if one.id in kept))


def _id_of(found: LookedUp[SiteView] | LookedUp[ProductView], owner_id: str) -> UUID:
    """The id of this owner's, among all who gave something the same name."""
    return next(one.id for one in found.views if one.owner_id == owner_id)


async def _set_active(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    found: Sequence[Owned],
    now: datetime,
    *,
    active: bool,
) -> None:
    async with database.writing() as session:
        await set_active(session, viewer, kind, [one.id for one in found], now, active=active)


async def _manageable(
    database: Database,
    viewer: Viewer,
    kind: Kind,
    words: Sequence[str],
    tags: Sequence[str] = (),
) -> Sequence[Owned]:
    found = await _named(database, viewer, kind, words, tags)
    refuse_managed(kind, found)
    return found


def refuse_managed(kind: Kind, found: Sequence[Owned]) -> None:
    """Raise for what the configuration manages.

    Errors: ManagedError.
    """
    if managed := [one.name for one in found if one.managed_by == "config"]:
        raise ManagedError(kind, list(dict.fromkeys(managed)))


def refuse_discovered(found: Sequence[Owned], way_out: str) -> None:
    """Raise for what only the page of another site names.

    Errors: ConflictError.
    """
    for one in found:
        if isinstance(one, SiteView) and one.parent is not None:
            problem = f"{one.name!r} is a page that {one.parent!r} discovers: {way_out}"
            raise ConflictError("site", one.name, problem)


async def _named(
    database: Database, viewer: Viewer, kind: Kind, words: Sequence[str], tags: Sequence[str]
) -> Sequence[Owned]:
    find = the_sites if kind == "site" else the_products
    found: Sequence[Owned] = await find(database, viewer, words, tags)
    return found


async def _sync_owners(database: Database, viewer: Viewer, config: Config) -> None:
    """Make sure that those of the configuration exist whom the viewer may see."""
    owners = [one for one in owners_of(config) if viewer.may_see(one.id)]
    async with database.writing() as session:
        await sync_owners(session, owners)


def _refuse_owner(theirs: Config, owner_id: str) -> None:
    if owner_id not in {owner.id for owner in theirs.owners}:
        raise NotFoundError("owner", owner_id)


def _others(specs: _Specs, asked: _Specs) -> tuple[str, ...]:
    """The names of those that already use a page of these.

    Errors: DuplicateError when one of them differs only in its name.
    """
    readings = {reading_of(spec) for spec in specs}
    for one in asked:
        if reading_of(one) in readings:
            kind = "product" if isinstance(one, ProductSpec) else "site"
            raise DuplicateError(kind, one.request.url, one.name, is_active=one.is_active)
    return tuple(dict.fromkeys(one.name for one in asked))
