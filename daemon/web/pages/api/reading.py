"""What programs can read: the same operations as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from daemon.display.prices import plain_amount
from daemon.model.errors import InputError
from daemon.monitoring.health import worst
from daemon.operations.changes import whole_change
from daemon.operations.editing import options_of_product, options_of_site
from daemon.operations.lists.attention import attention
from daemon.operations.lists.changes import SEVERITIES, ChangesWanted, page_of_changes
from daemon.operations.lists.checks import list_checks
from daemon.operations.lists.new_changes import follow
from daemon.operations.lists.notifications import STATUSES, page_of_notifications
from daemon.operations.lists.paging import Cursor, Page, Turn
from daemon.operations.lists.products import ProductOrder, ProductsWanted, page_of_products
from daemon.operations.lists.sites import SiteFilter, SiteOrder, SiteState, list_sites
from daemon.operations.lists.states import list_states
from daemon.operations.lookup import ProductView, SiteView
from daemon.operations.notifications import the_notification
from daemon.operations.people.users import the_user
from daemon.operations.products import price_page, the_products
from daemon.operations.sites import the_site
from daemon.web.answers import Document
from daemon.web.cursors import write_cursor
from daemon.web.pages.api import models
from daemon.web.pages.api.made import Maker
from daemon.web.pages.api.positions import read_position, write_position
from daemon.web.request import Request

PREFIX = "/api/v1"
CONTENT_TYPE = "application/json"
LIMIT, MOST = 50, 200
MOST_CURSOR = 6_000
NOTHING = Document(b"", CONTENT_TYPE, HTTPStatus.NO_CONTENT)
_LONGEST_WORD = 255
_BOOLEANS = ("true", "false")
_MOST_DAYS = 3650


async def sites(request: Request) -> Document:
    """The sites by name, narrowed down."""
    query = request.query
    state = query.choice("state", [*SiteState])
    wanted = SiteFilter(
        state=SiteState(state) if state else None,
        search=tuple(filter(None, [query.text("q", most=_LONGEST_WORD)])),
        tags=tuple(query.several("tag")),
    )
    asked = request.database, request.viewer, wanted, SiteOrder.NAME, _turn(request, str)
    found = await list_sites(*asked, request.now)
    return _listed(request, models.ListOf[models.Site], found.page, Maker.of(request).site)


async def site(request: Request) -> Document:
    """One site with its options."""
    view = await the_site(request.database, request.viewer, str(request.id("id", "site")))
    return json_of(whole_site(request, view))


def whole_site(request: Request, view: SiteView) -> models.WholeSite:
    """A site as it is told alone."""
    told = Maker.of(request).site(view).model_dump()
    return models.WholeSite(**told, options=options_of_site(view))


async def changes(request: Request) -> Document:
    """The changes of all sites, newest first, narrowed down."""
    return await _changes(request, ChangesWanted(tags=tuple(request.query.several("tag"))))


async def new_changes(request: Request) -> Document:
    """The changes of one's own sites since a cursor, each once; without one, a cursor of now."""
    key, given = request.asking.cursor_key, request.query.text("cursor", most=MOST_CURSOR)
    try:
        place = read_position(key, given) if given else None
    except ValueError as exc:
        raise InputError("cursor", given[:20], str(exc), "begin without one") from exc
    limit = request.query.number("limit", LIMIT, 1, MOST)
    found = await follow(request.database, request.viewer, place, request.now, limit)
    items = tuple(map(Maker.of(request).change, found.changes))
    following = write_position(key, found.place)
    return json_of(models.NewChanges(items=items, next=following, is_more=found.is_more))


async def changes_of_site(request: Request) -> Document:
    """The changes of one site, newest first."""
    view = await the_site(request.database, request.viewer, str(request.id("id", "site")))
    return await _changes(request, ChangesWanted(site_id=view.id))


async def _changes(request: Request, among: ChangesWanted) -> Document:
    """A page of those of these changes that the query lets through."""
    query, turn = request.query, _turn(request, datetime)
    wanted = replace(
        among,
        change_types=tuple(query.choices("severity", SEVERITIES)),
        since=query.since("since", request.now),
        only_significant=query.choice("significant", _BOOLEANS) == "true",
        only_unseen=query.choice("unseen", _BOOLEANS) == "true",
    )
    found = await page_of_changes(request.database, request.viewer, wanted, turn)
    make = Maker.of(request).change
    return _listed(request, models.ListOf[models.ListedChange], found.page, make)


async def change(request: Request) -> Document:
    """One change in full."""
    id_ = str(request.id("id", "change"))
    whole = await whole_change(request.database, request.viewer, id_)
    detail, maker = whole.detail, Maker.of(request)
    told = [one for one in detail.view.reasons if isinstance(one, Mapping)]
    owner = detail.view.owner_id  # a rating without a name is theirs
    verdicts = [one.verdict for one in whole.ratings if one.user_id == owner]
    rating: Any = verdicts[0] if verdicts else None
    return json_of(
        models.WholeChange(
            **maker.change_values(detail.view),
            reasons=tuple(map(maker.reason, told)),
            rating=rating,
            before_id=detail.before_snapshot_id,
            after_id=detail.after_snapshot_id,
        )
    )


async def checks(request: Request) -> Document:
    """The checks of a site that are still kept one by one, the latest first."""
    view = await the_site(request.database, request.viewer, str(request.id("id", "site")))
    turn = _turn(request, datetime)
    found = await list_checks(request.database, request.viewer, view, turn, request.now)
    return _listed(request, models.ListOf[models.Check], found.page, Maker.of(request).check)


async def states(request: Request) -> Document:
    """The states of a site that are kept, those that it entered last first."""
    id_, turn = request.id("id", "site"), _turn(request, datetime)
    found = await list_states(request.database, request.viewer, id_, turn)
    return _listed(request, models.ListOf[models.State], found.page, Maker.of(request).state)


async def products(request: Request) -> Document:
    """The products by name, narrowed down."""
    query = request.query
    wanted = ProductsWanted(None, query.text("q", most=_LONGEST_WORD), tuple(query.several("tag")))
    asked = request.database, request.viewer, wanted, ProductOrder.NAME, request.now
    found = await page_of_products(*asked, _turn(request, str))
    maker = Maker.of(request)
    return _listed(
        request, models.ListOf[models.Product], found.page, lambda one: maker.product(one.view)
    )


async def product(request: Request) -> Document:
    """One product at one address, with its options."""
    word = str(request.id("id", "product"))
    [view] = await the_products(request.database, request.viewer, [word])
    return json_of(whole_product(request, view))


def whole_product(request: Request, view: ProductView) -> models.WholeProduct:
    """A product as it is told alone."""
    told = Maker.of(request).product(view).model_dump()
    return models.WholeProduct(**told, options=options_of_product(view))


async def prices(request: Request) -> Document:
    """What a product cost in the last days, oldest first."""
    since = request.now - timedelta(days=request.query.number("days", 90, 1, _MOST_DAYS))
    id_ = request.id("id", "product")
    found = await price_page(request.database, request.viewer, id_, since, request.now)
    told = tuple(
        models.Price(
            checked_at=one.checked_at,
            price=plain_amount(one.price, one.currency) or None,
            currency=one.currency,
            availability=one.availability.value,
        )
        for one in found.points
    )
    product = Maker.of(request).product(found.view)
    return json_of(models.Prices(product=product, prices=told, is_cut=found.is_cut))


async def list_of_notifications(request: Request) -> Document:
    """The notifications, newest first, by what became of them."""
    query = request.query
    status, channel = query.choice("status", STATUSES), query.text("channel", most=_LONGEST_WORD)
    asked = request.database, request.viewer, status, channel, _turn(request, datetime)
    found = await page_of_notifications(*asked)
    make = Maker.of(request).notification
    return _listed(request, models.ListOf[models.Notification], found.page, make)


async def notification(request: Request) -> Document:
    """One notification."""
    word = str(request.id("id", "notification"))
    one = await the_notification(request.database, request.viewer, word)
    return json_of(Maker.of(request).notification(one))


async def me(request: Request) -> Document:
    """For whom the program speaks."""
    user = await the_user(request.database, request.viewer, request.viewer.user_id)
    return json_of(
        models.Me(
            id=user.id,
            username=user.username,
            role=user.role,
            sites=user.sites,
            products=user.products,
            max_sites=user.max_sites,
        )
    )


async def status(request: Request) -> Document:
    """How the daemon is, and what asks for attention."""
    found = await attention(request.database, request.viewer, request.now)
    return json_of(
        models.Status(
            at=request.now,
            state=worst(request.context.health.components()),
            unseen=found.unseen.total.number,
            failing=found.failing.number,
        )
    )


def _turn(request: Request, kind: type[datetime] | type[str]) -> Turn:
    limit = request.query.number("limit", LIMIT, 1, MOST)
    place = request.query.cursor("cursor")
    if place is None:
        return Turn(limit=limit)
    value, row_id = place
    if not isinstance(value, kind):
        raise InputError("cursor", "", "is of another list", "begin without one")
    return Turn(Cursor(value, row_id), limit=limit)


def _listed(request: Request, model: Any, page: Page[Any], make: Any) -> Document:
    place = page.next
    following = place and write_cursor(request.asking.cursor_key, place.value, place.id)
    return json_of(model(items=tuple(map(make, page.items)), next=following or None))


def json_of(answer: BaseModel, status: int = 200, location: str = "") -> Document:
    """An answer as a document."""
    return Document(answer.model_dump_json().encode(), CONTENT_TYPE, status, location)
