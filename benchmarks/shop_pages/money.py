"""Money as the shops of a country write it: a form is given by one example."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

_EXAMPLE = re.compile(
    r"(?P<before>\D*)(?P<units>1.*567)(?:(?P<point>\D)(?P<cents>890?))?(?P<after>.*)"
)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write amounts of a currency.

    Shape: `point` is what stands between units and cents, a currency's mark in "19€90".
    """

    before: str
    after: str
    group: str
    point: str
    decimals: int
    is_lakh: bool

    @classmethod
    def of(cls, example: str) -> Form:
        """The form of which 1234567.89 is the example."""
        found = _EXAMPLE.fullmatch(example)
        if found is None:
            raise ValueError(f"no example of 1234567.89: {example!r}")
        units = found["units"]
        return cls(
            found["before"],
            found["after"],
            group=re.sub(r"\d", "", units)[:1],
            point=found["point"] or "",
            decimals=len(found["cents"] or ""),
            is_lakh=bool(re.fullmatch(r"12\D34\D567", units)),
        )

    def grouped(self, units: str) -> str:
        """The digits of the whole part with the marks of their groups."""
        head, tail = units[:-3], units[-3:]
        pattern = r"(?<=\d)(?=(?:\d{2})+$)" if self.is_lakh else r"(?<=\d)(?=(?:\d{3})+$)"
        return re.sub(pattern, self.group, head) + self.group + tail if head else tail


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency and form of its shop."""

    amount: Decimal
    currency: str
    form: Form

    @property
    def units(self) -> str:
        return self.form.grouped(str(int(self.amount)))

    @property
    def cents(self) -> str:
        return f"{self.amount:.{self.form.decimals}f}".partition(".")[2]

    @property
    def number(self) -> str:
        """The amount without its currency."""
        return self.units + self.form.point + self.cents

    @property
    def text(self) -> str:
        """The amount as the shop writes it."""
        return self.form.before + self.number + self.form.after

    @property
    def mark(self) -> str:
        """The sign or code, without the dash for missing cents."""
        around = self.form.before or self.form.after.lstrip(",.-–") or self.form.point
        return around.strip()

    @property
    def is_mark_first(self) -> bool:
        return bool(self.form.before)

    @property
    def is_splittable(self) -> bool:
        """Whether its sign and number can stand in elements of their own."""
        form = self.form
        return (
            not (form.before and form.after)
            and form.after[:1] not in {",", "."}
            and form.point != "€"
        )

    @property
    def plain(self) -> str:
        """For machines: 1234.50."""
        return f"{self.amount:.{self.form.decimals}f}"

    @property
    def minor(self) -> int:
        """In the smallest unit that machines count in."""
        return int(self.amount * (1000 if self.currency in {"KWD", "BHD"} else 100))

    def times(self, factor: float) -> Money:
        """Another amount of the same shop."""
        return Money(
            rounded(self.amount * Decimal(str(factor)), self.form), self.currency, self.form
        )

    def less(self, other: Money) -> Money:
        """The difference."""
        return Money(self.amount - other.amount, self.currency, self.form)


@dataclass(frozen=True, slots=True)
class Locale:
    """A country's language, currency and habits."""

    name: str
    currency: str
    tld: str
    scale: Decimal
    forms: tuple[Form, ...]

    @property
    def language(self) -> str:
        return self.name.partition("-")[0]


def rounded(amount: Decimal, form: Form) -> Decimal:
    """The amount with as many decimals as the form shows, at least one smallest unit."""
    step = Decimal(1).scaleb(-form.decimals)
    return max(amount.quantize(step), step)


@cache
def locales() -> dict[str, Locale]:
    """All countries by name."""
    text = Path(__file__).with_name("locales.toml").read_text(encoding="utf8")
    return {
        name: Locale(
            name,
            entry["currency"],
            entry["tld"],
            Decimal(str(entry["scale"])),
            tuple(Form.of(one) for one in entry["forms"]),
        )
        for name, entry in tomllib.loads(text).items()
    }
