"""Exports what is watched as tables of config.toml, with notes on what was changed or hidden."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from daemon.config import Config
from daemon.config.groups import groups_of
from daemon.config.values import show_duration
from daemon.model.product import AMOUNTS, ProductRules
from daemon.model.request import Request, Tls
from daemon.model.site import Rules, SiteSpec
from daemon.money.numbers import amount_text
from daemon.redaction import is_open_header, redact_text
from daemon.schedule.next_check import frequency_of
from daemon.store.catalogue.owned import TakenNames
from daemon.store.catalogue.products import ProductSpec
from daemon.transfer.formats.ours import escaped

_NO_VARIABLE = re.compile(r"[^A-Z0-9]+")
_LIMITS = ("detect_within", "hours", "days")
_NO_LIMIT = {"hours": "00:00-24:00", "days": "mon-sun"}  # where a type has one
_SITE_DEFAULTS, _PRODUCT_DEFAULTS = Rules(), ProductRules()

Table = dict[str, Any]


@dataclass(slots=True)
class Exported:
    """The tables of each kind, and notes for the person who asked for them."""

    tables: dict[str, list[Table]] = field(default_factory=lambda: {"site": [], "product": []})
    hidden: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)


def export(
    config: Config,
    sites: Iterable[SiteSpec],
    products: Iterable[ProductSpec],
    *,
    with_secrets: bool,
) -> Exported:
    """Everything needed to watch the same elsewhere, without its history.

    Shape: names are unique, as in config.toml; a header or a query key that may be secret is a
           placeholder `${NAME}` unless `with_secrets`.
    """
    return _Exporter(config, with_secrets).export(sites, products)


class _Exporter:
    def __init__(self, config: Config, with_secrets: bool) -> None:
        self._config = config
        self._with_secrets = with_secrets
        self._done = Exported()
        self._variables = TakenNames()

    def export(self, sites: Iterable[SiteSpec], products: Iterable[ProductSpec]) -> Exported:
        names = TakenNames()
        for site in sites:
            self._add("site", self._site(site), names)
        names = TakenNames()
        for same in _by_product(products):
            self._add("product", self._product(same), names)
        return self._done

    def _add(self, kind: str, table: Table, names: TakenNames) -> None:
        free = names.free(table["name"])
        if free != table["name"]:
            self._done.renamed.append(f"{table['name']!r} of {table['owner']} is {free!r}")
            table["name"] = free
        self._done.tables[kind].append(table)

    def _site(self, site: SiteSpec) -> Table:
        defaults = self._config.site_types.get(site.site_type or "")
        said = self._said(site) | (defaults.model_fields_set if defaults else frozenset())
        table = self._common(site, {"url": self._url(site.name, site.request.url)}, said)
        table |= {"type": site.site_type} if site.site_type else {}
        table |= _rules(site.rules, _SITE_DEFAULTS, said)
        return table | self._request(site.name, site.request, said)

    def _product(self, same: Sequence[ProductSpec]) -> Table:
        first = same[0]
        urls = [self._url(first.name, one.request.url) for one in same]
        said = self._said(first)
        table = self._common(first, {"url": urls[0]} if len(urls) == 1 else {"urls": urls}, said)
        own = {"category": first.category, "target_price": first.target_price}
        own["currency"] = first.currency
        table |= {key: value for key, value in own.items() if value is not None}
        table |= _rules(first.rules, _PRODUCT_DEFAULTS, said)
        table = {key: _toml_value(key, value, first.currency) for key, value in table.items()}
        return table | self._request(first.name, first.request, said)

    def _said(self, one: SiteSpec | ProductSpec) -> set[str]:
        """The options that a group would give it where it is imported."""
        groups = groups_of(self._config.groups, one.tags)
        return set().union(*(group.model_fields_set for group in groups))

    def _common(self, one: SiteSpec | ProductSpec, address: Table, given: Collection[str]) -> Table:
        table: Table = {"name": one.name, "check_frequency": one.check_frequency}
        table |= {key: value for key in _LIMITS if (value := getattr(one, key)) is not None}
        if (zone := self._time_zone(one)) is not None:
            table["time_zone"] = zone
        table |= {key: _NO_LIMIT[key] for key in _NO_LIMIT if key in given and key not in table}
        if one.owner_id != self._config.owners[0].id:
            table["owner"] = one.owner_id
        if one.tags:
            table["tags"] = list(one.tags)
        said: Table = escaped(table)
        shown = {"name": said.pop("name"), **address, **said}
        is_said = not one.is_active or "paused" in given
        return shown | ({"paused": not one.is_active} if is_said else {})

    def _time_zone(self, one: SiteSpec | ProductSpec) -> str | None:
        """The time zone of its hours, days or cron line, which elsewhere may be another's."""
        is_local = frequency_of(one.timing).zone is not None
        usual = self._config.schedule.time_zone
        return one.time_zone if is_local or one.time_zone != usual else None

    def _url(self, name: str, url: str) -> str:
        """The URL as a value of the file, with placeholders for the keys in it."""
        if self._with_secrets:
            return str(escaped(url))
        return redact_text(str(escaped(url)), lambda key: self._placeholder(name, key))

    def _request(self, name: str, request: Request, said: Iterable[str]) -> Table:
        """How it is asked for: cookies and authentication are headers here."""
        table: Table = {}
        if request.sealed:
            self._done.hidden.append(f"{name}: all that is secret; {request.sealed}")
        usual = "POST" if request.body else "GET"
        if request.method != usual or {"method", "body", "json_body", "form"}.intersection(said):
            table["method"] = request.method
        if request.headers or {"headers", "cookies", "auth"}.intersection(said):
            table["headers"] = self._headers(name, request)
        table |= _tls(request.tls or Tls())
        if request.timeout_seconds:
            table["timeout"] = show_duration(timedelta(seconds=request.timeout_seconds))
        if request.charset:
            table["charset"] = request.charset
        if request.body:
            is_shown = self._with_secrets
            table["body"] = escaped(request.body) if is_shown else self._placeholder(name, "body")
        if request.proxy:
            table["proxy"] = escaped(request.proxy)
        if request.keep_cookies or "keep_cookies" in said:
            table["keep_cookies"] = request.keep_cookies
        return table

    def _headers(self, name: str, request: Request) -> dict[str, str]:
        return {
            header: escaped(value) if self._may_show(header) else self._placeholder(name, header)
            for header, value in request.headers.items()
        }

    def _may_show(self, header: str) -> bool:
        return self._with_secrets or is_open_header(header)

    def _placeholder(self, name: str, field: str) -> str:
        """A reference in place of the value of a header or a query key."""
        self._done.hidden.append(f"{name}: {field}")
        wanted = _NO_VARIABLE.sub("_", f"{name}_{field}".upper().encode("ascii", "ignore").decode())
        free = _NO_VARIABLE.sub(
            "_", self._variables.free(f"X{wanted}" if wanted[:1].isdigit() else wanted)
        )
        return "${" + free.strip("_") + "}"


def _tls(tls: Tls) -> Table:
    files = {name: getattr(tls, name) for name in ("client_certificate", "client_key", "ca_file")}
    table: Table = {name: escaped(file) for name, file in files.items() if file}
    return table if tls.verify is None else {**table, "verify_tls": tls.verify}


def _rules(rules: Rules | ProductRules, defaults: object, said: Iterable[str]) -> Table:
    """The rules that differ from the defaults, or that a type would otherwise set."""
    names = type(rules).__dataclass_fields__
    given = {name: getattr(rules, name) for name in names}
    return {
        name: escaped(value)
        for name, value in given.items()
        if value != getattr(defaults, name) or (name in said and value is not None)
    }


def _toml_value(name: str, value: Any, currency: str | None) -> Any:
    if not isinstance(value, Decimal):
        return value
    return amount_text(value, currency) if name in AMOUNTS else f"{value.normalize():f}"


def _by_product(products: Iterable[ProductSpec]) -> list[list[ProductSpec]]:
    """Group the rows of one product at several addresses, if all else is equal."""
    found: defaultdict[Any, list[ProductSpec]] = defaultdict(list)
    for one in products:
        request = replace(one.request, url="").identity
        same = (one.owner_id, one.name, one.timing, one.category, one.target_price)
        found[(*same, one.tags, one.currency, one.rules, one.is_active, request)].append(one)
    return list(found.values())


def lost(tables: Mapping[str, Sequence[Mapping[str, Any]]], format_: str) -> dict[str, int]:
    """How many sites and products use each option that this format cannot express."""
    from daemon.transfer.formats.opml import lost_in_opml

    found: defaultdict[str, int] = defaultdict(int)
    if format_ == "csv":
        for table in (*tables["site"], *tables["product"]):
            found["headers"] += "headers" in table
    elif format_ == "opml":
        found["products"] = len(tables["product"])
        for table in tables["site"]:
            for option in lost_in_opml(table):
                found[option] += 1
    return {option: count for option, count in sorted(found.items()) if count}
