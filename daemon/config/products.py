"""The products of config.toml: what to follow, where, and which alerts to send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from daemon.config.requests import RequestOptions, unknown_to
from daemon.config.sites import Follow, NotifyOn, Url
from daemon.config.values import (
    DaysText,
    DelayText,
    Flaw,
    FrequencyText,
    HoursText,
    Line,
    Lines,
    RefusedError,
    Tags,
    TimeZone,
    check_url,
    refused,
)
from daemon.model.product import ProductRules
from daemon.model.request import Request
from daemon.money.currencies import is_locale, iso_code

_LARGEST = Decimal(10) ** 9
_PLACES = 4  # what the database keeps
RULE_FIELDS = tuple(ProductRules.__dataclass_fields__)


def parse_amount(value: Any) -> Any:
    """An exact amount from a number or text: 79.9 in the file is exactly 79.9."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise refused("must be an amount", 'write for example 79.90 or "79.90"')
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        raise refused("is not an amount", 'write for example 79.90 or "79.90"') from None


def _is_storable(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount <= 0 or amount > _LARGEST:
        raise refused(f"must be above 0 and at most {_LARGEST:,f}")
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _PLACES:
        raise refused(f"has more than {_PLACES} decimal places")
    return amount


def _share(percent: Decimal) -> Decimal:
    if not percent.is_finite() or not 0 < percent <= 100:
        raise refused("must be above 0 and at most 100")
    return percent


def check_currency(text: str) -> str:
    """An ISO 4217 code in capitals."""
    code = iso_code(text.strip().upper())
    if code is None or len(text.strip()) != len(code):
        raise refused("is not a currency", 'write its three letters, for example "EUR"')
    return code


def check_locale(text: str) -> str:
    """A locale that the daemon knows."""
    if not is_locale(text):
        raise refused("is not a locale", 'write language and country, for example "de-DE"')
    return text


Amount = Annotated[Decimal, BeforeValidator(parse_amount), AfterValidator(_is_storable)]
Percent = Annotated[Decimal, BeforeValidator(parse_amount), AfterValidator(_share)]
Currency = Annotated[str, AfterValidator(check_currency)]


def _address(url: object) -> str:
    """A URL in its own form; nothing where it is none, which is told by itself."""
    try:
        return check_url(url) if isinstance(url, str) else ""
    except RefusedError:
        return ""


class ProductDefaults(RequestOptions):
    """The options that both a group and a product can set."""

    currency: Currency | None = None
    check_frequency: FrequencyText = "daily"
    detect_within: DelayText | None = None
    hours: HoursText | None = None
    days: DaysText | None = None
    time_zone: TimeZone | None = None
    selector: Line | None = None
    variant: Line | None = None
    locale: Annotated[Line, AfterValidator(check_locale)] | None = None
    drop_amount: Amount | None = None
    drop_percent: Percent | None = None
    lowest_in_days: int | None = Field(None, ge=1, le=3650)
    any_drop: bool | None = None
    back_in_stock: bool = True
    price_rise: bool = False
    rise_percent: Percent | None = None
    out_of_stock: bool = False
    discontinued: bool = False
    only_when_buyable: bool = False
    notify_on: NotifyOn = "significant"
    follow: Follow = "same-site"


class _Inherited(ProductDefaults):
    """What a group gives a product."""

    paused: bool = False


class ProductConfig(ProductDefaults):
    """One product to follow, at one or more addresses."""

    name: Line
    url: Url | None = None
    urls: Annotated[tuple[Url, ...], Strict(False)] = ()
    category: Line | None = None
    tags: Tags = ()
    target_price: Amount | None = None
    owner: Line | None = None
    paused: bool = False
    not_inherited: Lines = ()

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        yield from super().misfits(given)
        yield from unknown_to(_Inherited, given)
        if given.get("url") is None and not given.get("urls"):
            yield Flaw(("url",), "is missing", 'add url = "https://example.org/"')
        urls = given.get("urls")
        written = [given.get("url"), *(urls if isinstance(urls, list | tuple) else ())]
        addresses = [one for url in written if (one := _address(url))]
        if len(set(addresses)) != len(addresses):
            yield Flaw(("urls",), "names an address twice", "keep one of the two")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is sold: `url` first, then `urls`."""
        return (*filter(None, [self.url]), *self.urls)

    def rules(self) -> ProductRules:
        """How to read it, and which alerts its owner wants."""
        return ProductRules(**{field: getattr(self, field) for field in RULE_FIELDS})

    def requests(self) -> tuple[Request, ...]:
        """The requests to the servers, secrets included."""
        return tuple(map(self.request_to, self.addresses))
