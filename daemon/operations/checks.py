"""Plans a check requested by people: which pages to check, and what is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeAlias
from uuid import UUID

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.model.errors import NotFoundError, RequestError
from daemon.model.page import Page
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.operations.installation.configuration import Removing, apply
from daemon.operations.installation.described import (
    product_specs,
    product_specs_of,
    spec_of,
    specs_of,
)
from daemon.operations.installation.opening import stored
from daemon.operations.lookup import canonical, nothing_named, refuse_unused
from daemon.operations.products import ProductView, find_products
from daemon.operations.sites import SiteView, find_sites
from daemon.store.catalogue.dry_run import (
    KnownAs,
    active_pages,
    all_known,
    known_as,
    page_of,
    pages_to_look_at,
    product_page_of,
)
from daemon.store.catalogue.owned import KINDS
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.database import Database
from daemon.store.core.opening import is_missing
from daemon.store.views.products import ProductFilter, list_products
from daemon.store.views.sites import list_sites

_Spec: TypeAlias = SiteSpec | ProductSpec
_View: TypeAlias = SiteView | ProductView


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The plan of a requested check.

    Shape: `page_ids` are to be checked and the results stored; None means all pages. `looks` are
           to be read and compared without storing; `urls` name nothing, and can be read once.
           `paused` is left alone. `missing` is what the configuration lacks but stays.
    """

    page_ids: Sequence[UUID] | None = ()
    looks: Sequence[Page] = ()
    urls: Sequence[str] = ()
    paused: Sequence[SiteView | ProductView] = ()
    missing: Sequence[str] = ()


def is_kept(config: Config) -> bool:
    """Whether there is anything whose checks are stored, if need be in a new database."""
    return bool(config.sites or config.products) or not is_missing(config.database)


async def to_check(
    config: Config,
    viewer: Viewer,
    words: Sequence[str] | None,
    now: datetime,
    *,
    tags: Sequence[str] = (),
    takes_up: bool = False,
) -> CheckPlan:
    """What to check: what these words name or has such a tag, or without either everything.

    Shape:  everything of the viewer's, when `words` is None. With `takes_up` the configuration is
            first applied to the database, without removals.
    Errors: NotFoundError for a word that names nothing of the viewer's and is no URL, and for a
            tag that nothing of theirs has; StoreError;
            NotAllowedError, ConfigError when the configuration cannot be applied.
    """
    if not is_kept(config):
        _refuse_tags(tags)
        return CheckPlan(urls=_as_urls(words or ()))
    async with stored(config) as database:
        missing: Sequence[str] = ()
        if takes_up:
            missing = (await apply(database, viewer, config, now, Removing.LATER)).missing
        if words is None:
            return CheckPlan(await _all_pages(database, viewer), missing=missing)
        owned, urls = await _sort(database, viewer, words)
        await _refuse_names(database, viewer, urls)
        await refuse_unused(database, viewer, KINDS, tags)
        owned += await _tagged(database, viewer, tags)
        return CheckPlan(_pages_of(owned), urls=urls, paused=_paused(owned), missing=missing)


async def to_look_at(
    config: Config,
    viewer: Viewer,
    words: Sequence[str] | None,
    now: datetime,
    tags: Sequence[str] = (),
) -> CheckPlan:
    """The plan of a dry run, including what is only in the configuration.

    Errors: as `to_check`.
    """
    if is_missing(config.database):
        specs, urls = _described(config, viewer, words, tags)
        _refuse_tags(tag for tag in tags if not any(tag in spec.tags for spec in specs))
        return CheckPlan(looks=_unstored(specs, now), urls=_as_urls(urls))
    async with stored(config) as database:
        if words is None:
            return CheckPlan(looks=await _all_looks(database, config, viewer, now))
        owned, unknown = await _sort(database, viewer, words)
        known = await _known(database, viewer)
        specs, urls = _described(config, viewer, unknown, tags, known)
        await _refuse_names(database, viewer, urls)
        only_stored = [tag for tag in tags if not any(tag in spec.tags for spec in specs)]
        await refuse_unused(database, viewer, KINDS, only_stored)
        owned += await _tagged(database, viewer, tags)
        async with database.reading() as session:
            pages = await pages_to_look_at(session, viewer, _pages_of(owned))
        return CheckPlan(looks=[*pages, *_unstored(specs, now)], urls=urls, paused=_paused(owned))


def pages_of_urls(config: Config, sites: Iterable[SiteConfig], now: datetime) -> list[Page]:
    """Unwatched pages, as these sites would read them."""
    return _unstored([spec_of(site, config) for site in sites], now)


def pages_of_product(config: Config, product: ProductConfig, now: datetime) -> list[Page]:
    """The pages of a product that is not followed yet."""
    return _unstored(product_specs(product, config), now)


async def _all_pages(database: Database, viewer: Viewer) -> Sequence[UUID] | None:
    if viewer.is_admin:
        return None
    async with database.reading() as session:
        return await active_pages(session, viewer)


async def _all_looks(
    database: Database, config: Config, viewer: Viewer, now: datetime
) -> list[Page]:
    async with database.reading() as session:
        pages = await pages_to_look_at(session, viewer)
    specs, _ = _described(config, viewer, None, known=await _known(database, viewer))
    return pages + _unstored(specs, now)


async def _known(database: Database, viewer: Viewer) -> set[KnownAs]:
    async with database.reading() as session:
        return await all_known(session, viewer)


async def _tagged(database: Database, viewer: Viewer, tags: Sequence[str]) -> list[_View]:
    """The sites and products with one of these tags."""
    if not tags:
        return []
    async with database.reading() as session:
        sites = await list_sites(session, viewer, tags=tags)
        return [*sites, *await list_products(session, viewer, ProductFilter(tags=tags))]


def _refuse_tags(tags: Iterable[str]) -> None:
    for tag in tags:
        raise NotFoundError("site or product with the tag", tag)


async def _sort(
    database: Database, viewer: Viewer, words: Sequence[str]
) -> tuple[list[_View], list[str]]:
    """The sites and products named, and the words that name none."""
    sites = await find_sites(database, viewer, words)
    products = await find_products(database, viewer, words)
    named: Iterable[_View] = chain(*sites.by_word.values(), *products.by_word.values())
    unknown = [word for word in sites.missing if word in products.missing]
    return list({one.id: one for one in named}.values()), unknown


def _described(
    config: Config,
    viewer: Viewer,
    words: Sequence[str] | None,
    tags: Sequence[str] = (),
    known: Collection[KnownAs] = (),
) -> tuple[list[_Spec], list[str]]:
    """What is asked for of the configuration, and the words that name nothing in it.

    Shape: what these words name or has such a tag, or without words all of it; not what is known.
    """
    every: list[_Spec] = [*specs_of(config), *product_specs_of(config)]
    specs = [
        spec for spec in every if viewer.may_see(spec.owner_id) and known_as(spec) not in known
    ]
    if words is None:
        return specs, []
    meant = {key for word in words for key in (word, canonical(word))}
    named = [spec for spec in specs if not meant.isdisjoint((spec.name, spec.request.url))]
    names = {key for spec in named for key in (spec.name, spec.request.url)}
    named += [one for one in specs if one not in named and not set(tags).isdisjoint(one.tags)]
    return named, [word for word in words if names.isdisjoint((word, canonical(word)))]


async def _refuse_names(database: Database, viewer: Viewer, words: Iterable[str]) -> None:
    for word in words:
        if "://" not in word:
            raise await nothing_named(database, viewer, word)


def _as_urls(words: Sequence[str]) -> Sequence[str]:
    """The words as URLs, where nothing is stored that they could name."""
    for word in words:
        if "://" not in word:
            problem = f"there is no site or product {word!r}, and it is no URL"
            raise RequestError("site or product", word, problem)
    return words


def _paused(owned: Iterable[_View]) -> list[_View]:
    return [one for one in owned if not one.is_active]


def _pages_of(owned: Iterable[_View]) -> list[UUID]:
    return list(dict.fromkeys(one.page_id for one in owned if one.is_active and one.page_id))


def _unstored(specs: Iterable[_Spec], now: datetime) -> list[Page]:
    return [
        product_page_of(spec, now) if isinstance(spec, ProductSpec) else page_of(spec, now)
        for spec in specs
        if spec.is_active
    ]
