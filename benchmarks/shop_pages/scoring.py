"""How far a reading agrees with the answers, in all and by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from benchmarks.shop_pages.pages import Page


@dataclass(frozen=True, slots=True)
class Row:
    """One page as it was read."""

    page: Page
    price: Decimal | None
    currency: str | None
    state: str
    source: str
    cpu_multiple: float  # of parsing the page with lxml

    @property
    def is_price_right(self) -> bool:
        wanted = self.page.expected["price"]
        return self.price == (None if wanted is None else Decimal(wanted))

    @property
    def is_currency_right(self) -> bool:
        return (
            self.page.expected["price"] is None or self.currency == self.page.expected["currency"]
        )

    @property
    def is_state_right(self) -> bool:
        return self.state == self.page.expected["availability"]

    @property
    def is_right(self) -> bool:
        return self.is_price_right and self.is_currency_right and self.is_state_right

    @property
    def kinds(self) -> list[str]:
        """What went wrong, as kinds that can be counted."""
        said, kinds = self.page.expected, []
        if not self.is_price_right:
            kinds.append(f"price: {self._misread()}")
        if not self.is_currency_right:
            kinds.append(f"currency: {self.currency}")
        if not self.is_state_right:
            kinds.append(f"state: {said['availability']} read as {self.state}")
        return kinds

    def _misread(self) -> str:
        """What the amount is that was read for the price."""
        if self.price is None:
            return "none read"
        found = [role for role, amount in self.page.roles if amount == self.price]
        role = found[0] if found else "no amount that the page shows"
        return f"read {role}" + ("" if has_price(self) else ", where there is none")

    @property
    def failure(self) -> str:
        """What went wrong with the page, in a line."""
        said = self.page.expected
        wanted = f"{said['price']} {said['currency']} {said['availability']}"
        read = f"{self.price} {self.currency} {self.state}"
        words = f" ({said['state_words']})" if not self.is_state_right else ""
        kinds = "; ".join(self.kinds)
        return f"{self.page.name} [{self.source}]: {wanted}{words}, read {read}: {kinds}"


def f1(rows: Iterable[Row], has: Callable[[Row], bool], says: Callable[[Row], bool]) -> float:
    """The harmonic mean of precision and recall; a wrong amount counts against both."""
    right = wanted = said = 0
    for row in rows:
        wanted += has(row)
        said += says(row)
        right += has(row) and says(row) and (row.is_price_right if has is has_price else True)
    return 2 * right / (wanted + said) if wanted + said else 1.0


def has_price(row: Row) -> bool:
    return row.page.expected["price"] is not None


def says_price(row: Row) -> bool:
    return row.price is not None


def _share(rows: Sequence[Row], holds: Callable[[Row], bool]) -> float:
    return sum(map(holds, rows)) / len(rows) if rows else 1.0


def _out(row: Row) -> bool:
    return row.page.expected["availability"] == "out_of_stock"


def _says_out(row: Row) -> bool:
    return row.state == "out_of_stock"


def totals(rows: Sequence[Row]) -> dict[str, str]:
    """The measures of all pages together."""
    priced = [row for row in rows if has_price(row)]
    without = [row for row in rows if not has_price(row)]
    return {
        "pages": str(len(rows)),
        "price F1": f"{f1(rows, has_price, says_price):.3f}",
        "currency": f"{_share(priced, lambda row: row.is_currency_right):.3f}",
        "state": f"{_share(rows, lambda row: row.is_state_right):.3f}",
        "out-of-stock F1": f"{f1(rows, _out, _says_out):.3f}",
        "all three right": f"{_share(rows, lambda row: row.is_right):.3f}",
        "prices where there is none": f"{sum(map(says_price, without))} of {len(without)}",
        "CPU, × lxml (median)": f"{median(row.cpu_multiple for row in rows):.1f}" if rows else "–",
    }


def kinds(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """The kinds of failures, the commonest first."""
    counts = Counter(kind for row in rows for kind in row.kinds)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def by_style(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each shop system."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.page.style].append(row)
    return sorted(groups.items())


def worst(rows: Iterable[Row], most: int) -> list[tuple[str, list[Row]]]:
    """The groups by style, language and feature that lose most, at least ten pages each."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[f"style:{row.page.style}"].append(row)
        groups[f"language:{row.page.name.split('-')[-2]}"].append(row)
        for feature in row.page.features:
            groups[feature].append(row)
    large = [(name, group) for name, group in groups.items() if len(group) >= 10]
    large.sort(key=lambda pair: (_share(pair[1], lambda row: row.is_right), pair[0]))
    return large[:most]


def table(groups: Iterable[tuple[str, Sequence[Row]]]) -> str:
    """A line for each group."""
    lines = [f"{'group':<28} {'pages':>5} {'price':>6} {'curr.':>6} {'state':>6} {'all':>6}"]
    for name, rows in groups:
        shares = [
            _share(rows, lambda row: row.is_price_right),
            _share(rows, lambda row: row.is_currency_right),
            _share(rows, lambda row: row.is_state_right),
            _share(rows, lambda row: row.is_right),
        ]
        lines.append(f"{name:<28} {len(rows):>5} " + " ".join(f"{one:>6.3f}" for one in shares))
    return "\n".join(lines)
