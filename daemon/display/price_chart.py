"""Lays out a chart of prices: a step line with its gaps, for a template to draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from daemon.display.prices import money
from daemon.display.words import count
from daemon.model.product import PricePoint

SIDE = 1_000  # of the square in which the line is drawn, whatever the shape of the chart
_TOP, _BOTTOM = 80, 920  # where the highest and the lowest price are
_MOST_STEPS = 400
_COLUMNS = 250  # for more steps than that
_STILL_HOLDS = timedelta(days=1)
_LEAST_UNREAD = timedelta(days=2, hours=12)  # an unchanged price is stored once a day
_DATES = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a price to pay.

    Units: `left` and `width` in thousandths of the chart's width.
    """

    left: int
    width: int
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside the chart, at a share of its height or width."""

    percent: float
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """An instant below the chart; `show` is how exact it is: time or date."""

    at: datetime
    show: str
    text: str


@dataclass(frozen=True, slots=True)
class PriceChart:
    """A chart, in thousandths of its width and height.

    Shape: `line`, `grid` and `target` are data of SVG paths; `last_y` is that of the last price,
           unless it cannot be bought now. `summary` says in words what is drawn.
    """

    line: str
    grid: str
    target: str
    gaps: tuple[Gap, ...]
    levels: tuple[Label, ...]
    target_label: Label | None
    dates: tuple[Tick, ...]
    last_y: float | None
    summary: str


@dataclass(frozen=True, slots=True)
class ChartScope:
    """What a chart shows.

    Shape: `read_at` are instants at which the price was read, besides those of the points, and
           `interval` is the time from one check to the next, as far as known: after a much longer
           one without any, the price is not known, if it `finds_unread` times at all.
    """

    start: datetime
    end: datetime
    target: Decimal | None = None
    read_at: Sequence[datetime] = ()
    interval: timedelta = timedelta(0)
    finds_unread: bool = True


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time with one price, or without one and why."""

    begin: datetime
    end: datetime
    price: Decimal | None
    why: str = ""


def price_chart(points: Sequence[PricePoint], scope: ChartScope) -> PriceChart | None:
    """The chart of these points, oldest first; None without a price in that time.

    Shape: the prices in the currency and of the variant of the last one. A point without a price,
           and one that is out of stock, begins a gap. A target far from all prices is left out.
    """
    same = _comparable([one for one in points if one.checked_at <= scope.end])
    if not same:
        return None
    stretches = [one for one in _stretches(same, scope) if one.end > scope.start]
    priced = [one.price for one in stretches if one.price is not None]
    if not priced:
        return None
    currency = next(one.currency for one in reversed(same) if one.price is not None)
    target = scope.target if _is_near(scope.target, priced) else None
    scale = _Scale.of(priced, target, scope)
    gaps = tuple(_gaps(stretches, scale))
    last = stretches[-1].price
    return PriceChart(
        line=_path(stretches, scale),
        grid=f"M0 {_TOP}H{SIDE}M0 {_BOTTOM}H{SIDE}",
        target="" if target is None else f"M0 {scale.y(target)}H{SIDE}",
        gaps=gaps,
        levels=tuple(
            Label(scale.y(price) / 10, money(price, currency))
            for price in dict.fromkeys((max(priced), min(priced)))
        ),
        target_label=(
            None
            if target is None
            else Label(scale.y(target) / 10, f"target {money(target, currency)}")
        ),
        dates=tuple(_dates(scope)),
        last_y=None if last is None else scale.y(last) / 10,
        summary=_summary(priced, gaps, currency),
    )


def _comparable(points: Sequence[PricePoint]) -> list[PricePoint]:
    """The points of the last one's currency and variant, and those without a price."""
    last = next((one for one in reversed(points) if one.price is not None), None)
    return [
        one
        for one in points
        if last is not None
        and (one.price is None or (one.currency, one.variant) == (last.currency, last.variant))
    ]


def _is_near(target: Decimal | None, prices: Sequence[Decimal]) -> bool:
    """Whether a target is so near that the prices still fill most of the chart with it."""
    if target is None:
        return False
    low, high = min(prices), max(prices)
    room = max(high - low, high / 4)
    return low - room <= target <= high + room


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    seconds: float
    low: Decimal
    span: Decimal

    @classmethod
    def of(cls, prices: Sequence[Decimal], target: Decimal | None, scope: ChartScope) -> _Scale:
        shown = [*prices, *([] if target is None else [target])]
        low, high = min(shown), max(shown)
        seconds = max((scope.end - scope.start).total_seconds(), 1.0)
        return cls(scope.start, seconds, low, high - low)

    def x(self, at: datetime) -> int:
        share = (at - self.start).total_seconds() / self.seconds
        return round(min(max(share, 0.0), 1.0) * SIDE)

    def y(self, price: Decimal) -> int:
        if not self.span:
            return SIDE // 2
        return round(_BOTTOM - float((price - self.low) / self.span) * (_BOTTOM - _TOP))


def _stretches(points: Sequence[PricePoint], scope: ChartScope) -> Iterator[_Stretch]:
    holes = list(_holes(points, scope)) if scope.finds_unread else []
    ends = [one.checked_at for one in points[1:]] + [scope.end]
    for point, end in zip(points, ends, strict=True):
        price, why = point.price, "no price"
        if price is not None and point.availability.is_out:
            price, why = None, point.availability.words
        begin = point.checked_at
        while holes and holes[0][0] < end:
            hole = holes.pop(0)
            yield _Stretch(begin, hole[0], price, why)
            yield _Stretch(*hole, None, "not read")
            begin = hole[1]
        if begin < end:
            yield _Stretch(begin, end, price, why)


def _holes(points: Sequence[PricePoint], scope: ChartScope) -> Iterator[tuple[datetime, datetime]]:
    """The times in which the price was not read, though it should have been."""
    longest = max(_LEAST_UNREAD, scope.interval * 2.5)
    # What held at the start is taken as read then: earlier instants are not all given.
    read_at = {max(at, scope.start) for at in (*(one.checked_at for one in points), *scope.read_at)}
    for before, after in pairwise(sorted({*read_at, scope.end})):
        if after - before > longest:
            yield before + max(_STILL_HOLDS, scope.interval), after


def _path(stretches: Sequence[_Stretch], scale: _Scale) -> str:
    """The line: a level for each price, broken at the gaps."""
    parts: list[str] = []
    last_y: int | None = None
    for one in _thinned(stretches, scale):
        if one.price is None:
            last_y = None
            continue
        y = scale.y(one.price)
        if last_y is None:
            parts.append(f"M{scale.x(one.begin)} {y}")
        elif y != last_y:
            parts.append(f"V{y}")
        last_y = y
        level = f"H{scale.x(one.end)}"
        if parts[-1].startswith("H"):
            parts[-1] = level
        else:
            parts.append(level)
    return "".join(parts)


def _thinned(stretches: Sequence[_Stretch], scale: _Scale) -> Sequence[_Stretch]:
    """No more steps than a chart can show: of each column the lowest, the highest and the last."""
    if len(stretches) <= _MOST_STEPS:
        return stretches
    columns: dict[int, list[_Stretch]] = {}
    for one in stretches:
        columns.setdefault(scale.x(one.begin) * _COLUMNS // SIDE, []).append(one)
    kept: list[_Stretch] = []
    for some in columns.values():
        priced = sorted((one for one in some if one.price is not None), key=_price_of)
        telling = {id(one) for one in (*priced[:1], *priced[-1:], some[-1])}
        kept += [one for one in some if id(one) in telling or one.price is None]
    ends = [one.begin for one in kept[1:]] + [kept[-1].end]
    return [_Stretch(one.begin, end, one.price) for one, end in zip(kept, ends, strict=True)]


def _price_of(one: _Stretch) -> Decimal:
    return one.price or Decimal(0)


def _gaps(stretches: Sequence[_Stretch], scale: _Scale) -> Iterator[Gap]:
    for one in _joined(stretches):
        left, right = scale.x(one.begin), scale.x(one.end)
        begin = max(one.begin, scale.start).astimezone()
        end = one.end.astimezone()
        told = f"{begin.day} {begin:%b} to {end.day} {end:%b %Y}"
        if end - begin < timedelta(days=2):
            told = f"{begin:%a %H:%M} to {end:%a %H:%M %Z}"
        words = f"{one.why}, {told}"
        yield Gap(left, max(right - left, 1), words)


def _joined(stretches: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """The times without a price, each as one whatever checks it had."""
    held: _Stretch | None = None
    for one in stretches:
        if held is not None and one.price is None and one.why == held.why:
            held = _Stretch(held.begin, one.end, None, held.why)
            continue
        if held is not None:
            yield held
        held = one if one.price is None else None
    if held is not None:
        yield held


def _dates(scope: ChartScope) -> Iterator[Tick]:
    """The instants at equal distances, the last of which is now; what reads twice is empty."""
    length = scope.end - scope.start
    show = "time" if length < timedelta(days=3) else "date"
    last = ""
    for place in range(_DATES - 1):
        at = scope.start + place * length / (_DATES - 1)
        here = at.astimezone()
        told = f"{here:%H:%M}" if show == "time" else f"{here.day} {here:%b %Y}"
        yield Tick(at, show, told) if told != last else Tick(at, "", "")
        last = told
    yield Tick(scope.end, "", "now")


def _summary(prices: Sequence[Decimal], gaps: Sequence[Gap], currency: str | None) -> str:
    moves = sum(a != b for a, b in pairwise(prices))
    told = (
        f"From {money(prices[0], currency)} to {money(prices[-1], currency)} in "
        f"{count(moves, 'move')}; lowest {money(min(prices), currency)}, "
        f"highest {money(max(prices), currency)}"
    )
    return f"{told}; without a price {count(len(gaps), 'time')}." if gaps else f"{told}."
