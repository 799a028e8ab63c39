"""What programs change: what is watched, by the same operations as the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from daemon.config import Config
from daemon.config.reading.given import given_product, given_site
from daemon.model.errors import BodyError, ConflictError, DuplicateError, NameTakenError
from daemon.operations import editing, managing
from daemon.operations.editing import PRODUCT_OPTIONS, SITE_OPTIONS, edited_product, edited_site
from daemon.operations.installation.described import as_owner
from daemon.operations.lookup import Kind, ProductView, SiteView
from daemon.operations.managing import Added
from daemon.operations.people.owners import with_people
from daemon.operations.products import find_products, the_products
from daemon.operations.sites import FOR_EVER, find_sites, mute, the_site
from daemon.operations.trying import Tried
from daemon.schedule.next_check import parse_duration
from daemon.url import name_from
from daemon.web.access.refusal import RefusedError
from daemon.web.answers import Document
from daemon.web.pages.api import models, reading
from daemon.web.pages.api.bodies import body_of, described, table_of
from daemon.web.pages.api.made import Maker
from daemon.web.pages.api.tried import tried
from daemon.web.request import Request

NEW_SITE = ("url", *SITE_OPTIONS, "type", "paused", "owner")
NEW_PRODUCT = ("url", "urls", *PRODUCT_OPTIONS, "category", "paused", "owner")
_NAMELESS = "new"  # where there is no address to name it by, which is told by itself


async def add_site(request: Request) -> Document:
    """Watch a site; one that is watched already is named instead."""
    table = _new(request, NEW_SITE)
    config = await _config(request, table)
    site = described(given_site, config, table)
    given = request.database, request.viewer, config, site, request.now
    is_named = table_of(request, NEW_SITE).get("name") is not None
    added = await _added(request, "site", managing.add_site(*given, is_named=is_named))
    whole = reading.whole_site(request, await _site(request, added.id))
    return reading.json_of(whole, 201, _path("site", added.id))


async def edit_site(request: Request) -> Document:
    """Change options of a site; null makes one as usual, and those that are not named stay."""
    table = table_of(request, SITE_OPTIONS)
    view = await _site(request, _id(request, "site"))
    edit = described(edited_site, request.config, table, view=view)
    view = await editing.edit_site(request.database, request.viewer, view.id, edit, request.now)
    return reading.json_of(reading.whole_site(request, view))


async def remove_site(request: Request) -> Document:
    """Watch a site no longer; what was found is kept for a while."""
    return await _remove(request, "site")


async def check_site(request: Request) -> Document:
    """Make a site due now; the daemon checks it next."""
    return await _check(request, "site")


async def pause_site(request: Request) -> Document:
    """Stop checking a site."""
    return await _switch(request, "site", managing.pause)


async def resume_site(request: Request) -> Document:
    """Check a paused site again."""
    return await _switch(request, "site", managing.resume)


async def silence_site(request: Request) -> Document:
    """Go on checking a site, but notify nobody."""
    return await _mute(request, _until(request, body_of(request, models.Silence)))


async def unsilence_site(request: Request) -> Document:
    """Notify of a site again."""
    return await _mute(request, None)


async def try_site(request: Request) -> Document:
    """What a check of such a site would find now; nothing is stored."""
    table = _new(request, NEW_SITE)
    config = await _config(request, table)
    site = described(given_site, config, table)
    found = await request.context.tries.site(request.viewer, config, site, request.now)
    return _tries(request, found)


async def add_product(request: Request) -> Document:
    """Follow a product; one that is followed already is named instead."""
    table = _new(request, NEW_PRODUCT)
    config = await _config(request, table)
    product = described(given_product, config, table)
    given = request.database, request.viewer, config, product, request.now
    added = await _added(request, "product", managing.add_product(*given))
    view = await _product(request, added.id)
    whole = reading.whole_product(request, view)
    return reading.json_of(whole, 201, _path("product", added.id))


async def edit_product(request: Request) -> Document:
    """Change options of a product at one address; its name is that of all its addresses."""
    table = table_of(request, PRODUCT_OPTIONS)
    view = await _product(request, _id(request, "product"))
    edit = described(edited_product, request.config, table, view=view)
    view = await editing.edit_product(request.database, request.viewer, view.id, edit, request.now)
    return reading.json_of(reading.whole_product(request, view))


async def remove_product(request: Request) -> Document:
    """Follow a product at this address no longer."""
    return await _remove(request, "product")


async def check_product(request: Request) -> Document:
    """Make a product due now; the daemon checks it next."""
    return await _check(request, "product")


async def pause_product(request: Request) -> Document:
    """Stop checking a product."""
    return await _switch(request, "product", managing.pause)


async def resume_product(request: Request) -> Document:
    """Check a paused product again."""
    return await _switch(request, "product", managing.resume)


async def try_product(request: Request) -> Document:
    """What a check of such a product would find now, at each address; nothing is stored."""
    table = _new(request, NEW_PRODUCT)
    config = await _config(request, table)
    product = described(given_product, config, table)
    found = await request.context.tries.product(request.viewer, config, product, request.now)
    return _tries(request, found)


def _tries(request: Request, found: Sequence[Tried]) -> Document:
    told = partial(tried, Maker.of(request))
    return reading.json_of(models.Tries(tries=tuple(map(told, found))))


async def _config(request: Request, table: Mapping[str, Any]) -> Config:
    """The configuration in which what names no owner is the viewer's, and an admin may name any."""
    config = as_owner(request.viewer, request.config)
    if table.get("owner") in (None, *(owner.id for owner in config.owners)):
        return config
    return await with_people(request.database, request.viewer, config)


def _new(request: Request, known: tuple[str, ...]) -> Mapping[str, Any]:
    """The table that was sent, with a name."""
    given = {key: value for key, value in table_of(request, known).items() if value is not None}
    urls = [given.get("url"), *(urls if isinstance(urls := given.get("urls"), list) else ())]
    first = next((url for url in urls if isinstance(url, str)), "")
    return {"name": name_from(first) or _NAMELESS, **given}


async def _added(request: Request, kind: Kind, adding: Awaitable[Added]) -> Added:
    """What was added; where it is, if it is there already.

    Errors: RefusedError.
    """
    try:
        return await adding
    except (DuplicateError, NameTakenError) as exc:
        refused = RefusedError.of(exc)
        if (there := await _named(request, kind, exc.name)) is not None:
            refused.headers = {**refused.headers, "Location": _path(kind, there)}
        raise refused from exc


async def _named(request: Request, kind: Kind, name: str) -> UUID | None:
    find = find_sites if kind == "site" else find_products
    views = (await find(request.database, request.viewer, [name])).views
    return next((one.id for one in views if one.name == name), None)


def _path(kind: Kind, id_: UUID) -> str:
    return f"{reading.PREFIX}/{kind}s/{id_}"


async def _remove(request: Request, kind: Kind) -> Document:
    word = str(_id(request, kind))
    await managing.remove(request.database, request.viewer, kind, [word], request.now)
    return reading.NOTHING


async def _check(request: Request, kind: Kind) -> Document:
    view = await _view(request, kind)
    if not view.is_active:
        raise ConflictError(kind, view.name, f"{view.name!r} is paused: resume it first")
    await managing.check_now(request.database, request.viewer, [str(view.id)], request.now)
    return await _whole(request, kind, 202)


async def _switch(request: Request, kind: Kind, switch: Callable[..., Awaitable[Any]]) -> Document:
    word = str(_id(request, kind))
    await switch(request.database, request.viewer, kind, [word], request.now)
    return await _whole(request, kind)


async def _mute(request: Request, until: datetime | None) -> Document:
    await mute(request.database, request.viewer, [str(_id(request, "site"))], until)
    return await _whole(request, "site")


async def _whole(request: Request, kind: Kind, status: int = 200) -> Document:
    view = await _view(request, kind)
    if isinstance(view, SiteView):
        return reading.json_of(reading.whole_site(request, view), status)
    return reading.json_of(reading.whole_product(request, view), status)


async def _view(request: Request, kind: Kind) -> SiteView | ProductView:
    id_ = _id(request, kind)
    return await (_site(request, id_) if kind == "site" else _product(request, id_))


async def _site(request: Request, id_: UUID) -> SiteView:
    return await the_site(request.database, request.viewer, str(id_))


async def _product(request: Request, id_: UUID) -> ProductView:
    [view] = await the_products(request.database, request.viewer, [str(id_)])
    return view


def _until(request: Request, silence: models.Silence) -> datetime:
    if silence.for_ and silence.until:
        raise BodyError([("/until", "cannot be given together with `for`: give one")])
    if silence.until is not None and silence.until <= request.now:
        raise BodyError([("/until", "has passed")])
    if not silence.for_:
        return silence.until or FOR_EVER
    try:
        return request.now + parse_duration(silence.for_)
    except (ValueError, OverflowError) as exc:
        raise BodyError([("/for", f"is no length of time: {exc}")]) from exc


def _id(request: Request, kind: Kind) -> UUID:
    return request.id("id", kind)
