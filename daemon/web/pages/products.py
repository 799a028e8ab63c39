"""The list of products, and a product with its chart, its prices, and why one was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from daemon.display.candidates import shown_candidates, source_words
from daemon.display.price_chart import ChartScope, PriceChart, price_chart
from daemon.display.prices import amount_of, money, told_alert
from daemon.display.times import local
from daemon.lexicon.availability import Availability
from daemon.operations import managing
from daemon.operations.lists.products import (
    FIGURES_DAYS,
    ProductOrder,
    ProductState,
    ProductsWanted,
    page_of_products,
)
from daemon.operations.products import (
    Followed,
    LeanCheck,
    PricePage,
    PricePoint,
    ProductView,
    price_page,
    state_of,
)
from daemon.url import host_of
from daemon.web.answers import Answer, page, see_other
from daemon.web.request import Request
from daemon.web.turning import TAKES as TURNING
from daemon.web.turning import address, neighbours, turn_of

SPANS = {"30d": "30 days", "90d": "90 days", "365d": "A year", "all": "All"}
TAKES = ("state", "q", "tag", "sort", *TURNING)
_STATES = {
    None: "All",
    ProductState.AT_TARGET: "At target",
    ProductState.SOLD_OUT: "Sold out",
    ProductState.FAILING: "Failing",
    ProductState.PAUSED: "Paused",
}
_MOST_MOVES = 200
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as a row of the list, in words."""

    view: ProductView
    host: str
    state: str
    price: str
    target: str
    lowest: str
    move: str
    is_cheaper: bool
    stock: str
    spark: PriceChart | None


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table of prices."""

    at: datetime
    when: str
    price: str
    change: str
    is_cheaper: bool
    stock: str
    note: str


async def show_products(request: Request) -> Answer:
    """The products, filtered and sorted, with what each costs."""
    query = request.query
    state = query.choice("state", [one.value for one in ProductState])
    wanted = ProductsWanted(
        state=ProductState(state) if state else None,
        search=query.text("q", most=200),
        tags=tuple(query.several("tag")),
    )
    order = ProductOrder(query.choice("sort", [one.value for one in ProductOrder], "name"))
    turn = turn_of(request, str if order is ProductOrder.NAME else datetime)
    asked = request.database, request.viewer, wanted, order, request.now, turn
    found = await request.recent(
        ("products", wanted, order, turn), partial(page_of_products, *asked)
    )
    return page(
        "products.html",
        rows=[_listed(one, request.now) for one in found.page.items],
        filters=[
            (
                name,
                address(request, state=one),
                str(found.counts[one]),
                one is wanted.state,
            )
            for one, name in _STATES.items()
        ],
        matching=found.matching,
        wanted=wanted,
        orders={one.value: one is order for one in ProductOrder},
        days=FIGURES_DAYS,
        around=neighbours(request, found.page),
    )


async def show_product(request: Request) -> Answer:
    """A product with what it cost in a span of time."""
    span = request.query.choice("span", SPANS, "90d")
    product_id = request.id("id", "product")
    since = _EVER if span == "all" else request.now - timedelta(days=int(span[:-1]))
    found = await price_page(request.database, request.viewer, product_id, since, request.now)
    moves = list(_moves(found))
    evidence = found.evidence
    return page(
        "product.html",
        found=found,
        view=found.view,
        state=state_of(found.view),
        host=host_of(found.view.url),
        price=money(found.view.price, found.view.currency),
        target=money(found.view.target_price, found.view.target_currency or found.view.currency),
        figures=_figures(found),
        deal=_deal(found),
        spans=[
            (name, f"/products/{product_id}?span={one}", None, one == span)
            for one, name in SPANS.items()
        ],
        span=SPANS[span].lower(),
        chart=_chart(found, request.now),
        moves=moves[:_MOST_MOVES],
        left_out=max(len(moves) - _MOST_MOVES, 0),
        candidates=[]
        if evidence is None
        else shown_candidates(evidence.candidates, evidence.price, evidence.source, evidence.path),
        why=money(evidence.price, evidence.currency) if evidence else "",
        source=source_words(evidence.source) if evidence else "",
        shops=_shops(found),
        alerts=[(one, told_alert(one.details)) for one in found.alerts],
    )


async def check_product(request: Request) -> Answer:
    """Check the page of a product as soon as its host allows."""
    word = str(request.id("id", "product"))
    found = await managing.check_now(request.database, request.viewer, [word], request.now)
    told = "It is checked as soon as its host allows" if found.due else "It is paused: resume it"
    return see_other(f"/products/{word}", told)


async def pause_product(request: Request) -> Answer:
    """Stop checking a product for now; its history stays."""
    word = str(request.id("id", "product"))
    await managing.pause(request.database, request.viewer, "product", [word], request.now)
    return see_other(f"/products/{word}", "It is paused")


async def resume_product(request: Request) -> Answer:
    """Check a product again that was paused."""
    word = str(request.id("id", "product"))
    await managing.resume(request.database, request.viewer, "product", [word], request.now)
    return see_other(f"/products/{word}", "It is checked again")


def _listed(one: Followed, now: datetime) -> ListedProduct:
    view, figures = one.view, one.figures
    change, is_cheaper = _change(*_last_two(one.points))
    # A short past fills the room of a long one, or it would be a stroke at its end.
    known_from = min((point.checked_at for point in one.points), default=now)
    start = max(now - timedelta(days=FIGURES_DAYS), known_from)
    scope = ChartScope(start, now, finds_unread=False)
    return ListedProduct(
        view=view,
        host=host_of(view.url),
        state=state_of(view),
        price=money(view.price, view.currency),
        target=amount_of(view.target_price, view.target_currency or view.currency),
        lowest=amount_of(figures.lowest if figures else None, view.currency),
        move=change,
        is_cheaper=is_cheaper,
        stock=_stock(view.availability),
        spark=price_chart(one.points, scope),
    )


def _last_two(points: Sequence[PricePoint]) -> tuple[PricePoint | None, PricePoint | None]:
    """The last price and another one before it."""
    last = points[-1] if points else None
    before = next((one for one in reversed(points) if last and one.price != last.price), None)
    return before, last


def _change(before: PricePoint | None, after: PricePoint | None) -> tuple[str, bool]:
    """How much a price moved in percent, and whether it fell."""
    if before is None or after is None or before.currency != after.currency:
        return "", False
    old, new = before.price, after.price
    if not old or new is None or old == new:
        return "", False
    percent = (new - old) / old * 100
    return f"{percent:+.1f} %".replace("-", "−"), new < old


def _stock(availability: Availability) -> str:
    return "–" if availability is Availability.UNKNOWN else availability.words


def _figures(found: PricePage) -> list[tuple[str, str]]:
    one = found.figures
    if one is None:
        return []
    return [
        ("Lowest", amount_of(one.lowest, one.currency)),
        ("Average", amount_of(one.average, one.currency)),
        ("Highest", amount_of(one.highest, one.currency)),
    ]


def _deal(found: PricePage) -> list[tuple[str, str]]:
    """How good the present price is, once the history is long enough to say."""
    one = found.figures
    if one is None or not one.is_sure:
        return []
    return [
        ("Score", f"{one.deal_score} of 10"),
        ("Cheaper than", f"{one.percentile} % of the time"),
    ]


def _chart(found: PricePage, now: datetime) -> PriceChart | None:
    view = found.view
    last = next((one for one in reversed(found.points) if one.price is not None), None)
    is_same_money = last is not None and view.target_currency in (None, last.currency)
    target = view.target_price if is_same_money else None
    interval = timedelta(0)
    if view.last_checked_at is not None and view.next_check_at is not None:
        interval = view.next_check_at - view.last_checked_at
    return price_chart(found.points, ChartScope(found.since, now, target, found.read_at, interval))


def _moves(found: PricePage) -> Iterator[Move]:
    """Every price that is known, the newest first, also those of checks that were dropped."""
    believed = [one for one in found.points if one.price is not None]
    doubted = [one for one in found.moves if not one.is_believed]
    rows = [*_believed(believed), *map(_doubted, doubted)]
    yield from sorted(rows, key=lambda one: one.at, reverse=True)


def _believed(points: Sequence[PricePoint]) -> Iterator[Move]:
    before: PricePoint | None = None
    for one in points:
        told = (one.price, one.currency, one.availability, one.variant)
        if before is None or told != (
            before.price,
            before.currency,
            before.availability,
            before.variant,
        ):
            change, is_cheaper = _change(before, one)
            price = money(one.price, one.currency)
            yield Move(
                one.checked_at,
                local(one.checked_at),
                price,
                change,
                is_cheaper,
                _stock(one.availability),
                one.variant or "",
            )
        before = one


def _doubted(check: LeanCheck) -> Move:
    reason = str((check.details or {}).get("reason", "")).replace("_", " ")
    note = f"not believed: {reason}" if reason else "not believed"
    return Move(
        check.scraped_at,
        local(check.scraped_at),
        money(check.price, check.currency),
        "",
        is_cheaper=False,
        stock=_stock(Availability(check.availability)),
        note="" if check.price is None else note,
    )


def _shops(found: PricePage) -> list[tuple[ProductView, str, str, str, bool]]:
    """The shops of a product, the cheapest first, if there are several."""
    if len(found.shops) < 2:
        return []
    shops = sorted(found.shops, key=lambda one: (one.price is None, one.price or Decimal(0)))
    currencies = {one.currency for one in shops if one.price is not None}
    best = shops[0].price if len(currencies) == 1 else None
    return [
        (
            one,
            host_of(one.url),
            money(one.price, one.currency),
            _stock(one.availability),
            best is not None and one.price == best,
        )
        for one in shops
    ]
