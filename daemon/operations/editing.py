"""Changes what a site or a product is called, when it is checked, and how it is read and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from daemon.config import Config
from daemon.config.reading.given import given_product, given_site
from daemon.config.values import KeyPath
from daemon.model.errors import NameTakenError
from daemon.model.product import ProductRules
from daemon.model.request import Timing, timing_in
from daemon.model.site import Rules
from daemon.model.viewer import Viewer
from daemon.operations.lookup import ProductView, SiteView
from daemon.operations.managing import refuse_discovered, refuse_managed
from daemon.operations.people.quotas import refuse_too_often
from daemon.operations.products import find_products, the_products
from daemon.operations.sites import the_site
from daemon.store.catalogue.discovery.pages import follow_parents
from daemon.store.catalogue.owned import (
    Described,
    Kind,
    addresses_by_name,
    rename,
    set_described,
    set_tags,
    set_target,
)
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.core.json_columns import rules_from_json

_TIMING = tuple(one.name for one in fields(Timing))
SITE_OPTIONS = ("name", *_TIMING, "tags", *(one.name for one in fields(Rules)))
PRODUCT_OPTIONS = (
    "name",
    *_TIMING,
    "tags",
    "target_price",
    "currency",
    *(one.name for one in fields(ProductRules)),
)
_NO_RULES, _NO_PRODUCT_RULES = Rules(), ProductRules()


@dataclass(frozen=True, slots=True)
class SiteEdit:
    """What its owner can change of a site: all but its address and how that is asked for."""

    name: str
    timing: Timing
    tags: tuple[str, ...]
    rules: Rules


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """What its owner can change of a product at one address; its name is that of all of them."""

    name: str
    timing: Timing
    tags: tuple[str, ...]
    target_price: Decimal | None
    currency: str | None
    rules: ProductRules


def edited_site(
    config: Config,
    given: Mapping[str, Any],
    name_of: Callable[[KeyPath], str],
    view: SiteView,
) -> SiteEdit:
    """A site with other options, by the rules of [[site]]; those that are not given stay.

    Shape:  None makes an option as it is without one, whatever a type or a group says. `name_of`
            says how the caller spells the place of a fault.
    Errors: ConfigError with every fault.
    """
    present = {"url": view.url, **options_of_site(view)}
    site = given_site(_alone(config), _merged(present, given), name_of)
    return SiteEdit(site.name, _timing(site, config), site.tags, site.rules())


def edited_product(
    config: Config,
    given: Mapping[str, Any],
    name_of: Callable[[KeyPath], str],
    view: ProductView,
) -> ProductEdit:
    """A product with other options, as by `edited_site`.

    Errors: ConfigError with every fault.
    """
    present = {"url": view.url, **options_of_product(view)}
    one = given_product(_alone(config), _merged(present, given), name_of)
    timing, rules = _timing(one, config), one.rules()
    return ProductEdit(one.name, timing, one.tags, one.target_price, one.currency, rules)


def options_of_site(view: SiteView) -> dict[str, Any]:
    """The options of a site that are not as usual, as its table in the file would give them."""
    return _options(view, rules_from_json(view.rules), _NO_RULES)


def options_of_product(view: ProductView) -> dict[str, Any]:
    """The options of a product that are not as usual, likewise."""
    target = {"target_price": view.target_price, "currency": view.target_currency}
    given = {name: value for name, value in target.items() if value is not None}
    return {**_options(view, view.rules, _NO_PRODUCT_RULES), **given}


async def edit_site(
    database: Database, viewer: Viewer, site_id: UUID, edit: SiteEdit, now: datetime
) -> SiteView:
    """Have a site called, checked, read and judged so from its next check on.

    Errors: NotFoundError; ManagedError for what the configuration manages; ConflictError for what
            the page of another site names; NameTakenError, QuotaError.
    """
    view = await the_site(database, viewer, str(site_id))
    refuse_fixed(view)
    if edit.timing != timing_in(view):
        await refuse_too_often(database, view.owner_id, edit.name, edit.timing)
    async with database.writing() as session:
        if edit.name != view.name:
            await _refuse_taken(session, viewer, "site", view.owner_id, edit.name)
            await rename(session, viewer, "site", [site_id], edit.name, now)
        described = Described(edit.timing, edit.rules)
        await set_described(session, viewer, "site", site_id, described, now)
        await set_tags(session, viewer, "site", {site_id: edit.tags}, now)
        await follow_parents(session, [site_id], now)
    return await the_site(database, viewer, str(site_id))


def refuse_fixed(view: SiteView) -> None:
    """Raise for a site that a file, or the page of another site, describes.

    Errors: ManagedError, ConflictError.
    """
    refuse_managed("site", [view])
    refuse_discovered([view], "it is read and checked as that one")


async def change_rules(
    database: Database, viewer: Viewer, word: str, rules: Rules, now: datetime
) -> SiteView:
    """Have a site read and judged by other rules from its next check on.

    Errors: as of `edit_site`.
    """
    view = await the_site(database, viewer, word)
    edit = SiteEdit(view.name, timing_in(view), tuple(view.tags), rules)
    return await edit_site(database, viewer, view.id, edit, now)


async def edit_product(
    database: Database, viewer: Viewer, product_id: UUID, edit: ProductEdit, now: datetime
) -> ProductView:
    """Have a product at one address checked and its prices judged so from its next check on.

    Shape:  it is renamed at all its addresses.
    Errors: as of `edit_site`.
    """
    [view] = await the_products(database, viewer, [str(product_id)])
    refuse_managed("product", [view])
    owner_id = view.owner_id or viewer.user_id
    if edit.timing != timing_in(view):
        await refuse_too_often(database, owner_id, edit.name, edit.timing)
    ids = await _addresses(database, viewer, view) if edit.name != view.name else []
    async with database.writing() as session:
        if ids:
            await _refuse_taken(session, viewer, "product", owner_id, edit.name)
            await rename(session, viewer, "product", ids, edit.name, now)
        described = Described(edit.timing, edit.rules)
        await set_described(session, viewer, "product", product_id, described, now)
        await set_target(session, viewer, product_id, edit.target_price, edit.currency, now)
        await set_tags(session, viewer, "product", {product_id: edit.tags}, now)
    [view] = await the_products(database, viewer, [str(product_id)])
    return view


async def _addresses(database: Database, viewer: Viewer, view: ProductView) -> list[UUID]:
    """The ids of a product at all its addresses.

    Errors: ManagedError if the configuration manages one of them.
    """
    found = (await find_products(database, viewer, [view.name])).views
    theirs = [one for one in found if (one.name, one.owner_id) == (view.name, view.owner_id)]
    refuse_managed("product", theirs)
    return [one.id for one in theirs]


async def _refuse_taken(
    session: DatabaseSession, viewer: Viewer, kind: Kind, owner_id: str, name: str
) -> None:
    taken = await addresses_by_name(session, viewer, kind, owner_id)
    if name in taken:
        raise NameTakenError(kind, name, ", ".join(taken[name]))


def _options(
    view: SiteView | ProductView, rules: Rules | ProductRules, usual: Rules | ProductRules
) -> dict[str, Any]:
    names = (one.name for one in fields(rules))
    given = {
        name: list(value) if isinstance(value, tuple) else value
        for name in names
        if (value := getattr(rules, name)) != getattr(usual, name)
    }
    timing = {name: value for name, value in asdict(timing_in(view)).items() if value is not None}
    return {"name": view.name, "tags": list(view.tags), **timing, **given}


def _merged(present: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Source: RFC 7396."""
    return {key: value for key, value in {**present, **given}.items() if value is not None}


def _alone(config: Config) -> Config:
    """The configuration without groups, from which what is taken away would come back."""
    return config.model_copy(update={"groups": ()})


def _timing(one: Any, config: Config) -> Timing:
    return replace(timing_in(one), time_zone=one.time_zone or config.schedule.time_zone)
