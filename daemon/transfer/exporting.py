"""Exports what is watched as tables of config.toml, with notes on what was changed or hidden."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from daemon.config import Config
from daemon.model.product import AMOUNTS, ProductRules
from daemon.model.request import (
    HTTP,
    RENDER,
    RENDERING_OPTIONS,
    Rendering,
    Request,
    Tls,
    screenshot_of,
)
from daemon.model.site import Rules, SiteSpec
from daemon.money.numbers import amount_text
from daemon.redaction import is_open_header, redact_text
from daemon.schedule.next_check import frequency_of
from daemon.store.catalogue.owned import TakenNames
from daemon.store.catalogue.products import ProductSpec
from daemon.transfer.defaults import Defaults, Says, Table
from daemon.transfer.formats.ours import escaped

_NO_VARIABLE = re.compile(r"[^A-Z0-9]+")
_LIMITS = ("detect_within", "hours", "days")
_BODIES = {"body": "body", "json_body": "json", "form": "form"}
_AS_HEADERS = {"auth": "authorization", "cookies": "cookie", "user_agent": "user-agent"}
_HEADERS = frozenset({"headers", *_AS_HEADERS})


@dataclass(slots=True)
class Exported:
    """The tables of each kind, and notes for the person who asked for them."""

    tables: dict[str, list[Table]] = field(default_factory=lambda: {"site": [], "product": []})
    hidden: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export, and how.

    Shape: with tags, only what has one of them; `only_added` is what config.toml does not have.
    """

    with_secrets: bool = False
    with_groups: bool = False
    only_added: bool = False
    tags: tuple[str, ...] = ()


EVERYTHING = ExportOptions()


def export(
    config: Config,
    sites: Iterable[SiteSpec],
    products: Iterable[ProductSpec],
    *,
    with_secrets: bool,
    with_groups: bool = False,
) -> Exported:
    """Everything needed to watch the same elsewhere, without its history.

    Shape: names are unique, as in config.toml; a header or a query key that may be secret is a
           placeholder `${NAME}` unless `with_secrets`. `with_groups` leaves out what the types and
           groups of the configuration give, and has their tables beside the sites; else each table
           says all of it.
    """
    return _Exporter(config, with_secrets, with_groups).export(sites, products)


class _Exporter:
    def __init__(self, config: Config, with_secrets: bool, with_groups: bool) -> None:
        self._config = config
        self._defaults = Defaults(config)
        self._with_secrets = with_secrets
        self._with_groups = with_groups
        self._done = Exported()
        self._variables = TakenNames()

    def export(self, sites: Iterable[SiteSpec], products: Iterable[ProductSpec]) -> Exported:
        names = TakenNames()
        for site in sites:
            self._add("site", self._site(site), names)
        names = TakenNames()
        for same in _by_product(products):
            self._add("product", self._product(same), names)
        if self._with_groups:
            self._done.tables |= self._defaults.tables_of(self._done.tables, self._secret_in)
        return self._done

    def _add(self, kind: str, table: Table, names: TakenNames) -> None:
        free = names.free(table["name"])
        if free != table["name"]:
            self._done.renamed.append(f"{table['name']!r} of {table['owner']} is {free!r}")
            table["name"] = free
        self._done.tables[kind].append(table)

    def _site(self, site: SiteSpec) -> Table:
        says = Says(self._defaults.of_site(site), self._with_groups)
        self._common(says, site)
        says.table |= {"type": site.site_type} if site.site_type else {}
        _say_rules(says, site.rules)
        self._request(says, site.name, site.request)
        return self._whole(says, site, {"url": self._url(site.name, site.request.url)})

    def _product(self, same: Sequence[ProductSpec]) -> Table:
        first = same[0]
        urls = [self._url(first.name, one.request.url) for one in same]
        says = Says(self._defaults.of_product(first), self._with_groups)
        self._common(says, first)
        own = {"category": first.category, "target_price": first.target_price}
        says.table |= {key: value for key, value in own.items() if value is not None}
        says.option("currency", first.currency)
        _say_rules(says, first.rules)
        says.table = {k: _toml_value(k, v, first.currency) for k, v in says.table.items()}
        self._request(says, first.name, first.request)
        return self._whole(says, first, {"url": urls[0]} if len(urls) == 1 else {"urls": urls})

    def _whole(self, says: Says, one: SiteSpec | ProductSpec, address: Table) -> Table:
        says.option("paused", not one.is_active)
        table = {"name": escaped(one.name), **address, **says.table}
        return table | ({"not_inherited": says.kept_out} if says.kept_out else {})

    def _common(self, says: Says, one: SiteSpec | ProductSpec) -> None:
        if "check_frequency" in says.defaults.given:
            says.option("check_frequency", one.check_frequency)
        else:
            says.table["check_frequency"] = one.check_frequency
        for key in _LIMITS:
            says.option(key, getattr(one, key))
        if "time_zone" in says.defaults.given:
            says.option("time_zone", one.time_zone)
        elif (zone := self._time_zone(one)) is not None:
            says.table["time_zone"] = escaped(zone)
        if one.owner_id != self._config.owners[0].id:
            says.table["owner"] = escaped(one.owner_id)
        if one.tags:
            says.table["tags"] = escaped(one.tags)

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

    def _request(self, says: Says, name: str, request: Request) -> None:
        """How it is asked for: cookies and authentication are headers here."""
        if request.sealed:
            self._done.hidden.append(f"{name}: all that is secret; {request.sealed}")
        self._sent(says, name, request)
        tls, seconds = request.tls or Tls(), request.timeout_seconds
        for file in ("client_certificate", "client_key", "ca_file"):
            says.option(file, getattr(tls, file) or None)
        says.option("verify_tls", tls.verify)
        says.option("timeout", timedelta(seconds=seconds) if seconds else None)
        for option in ("charset", "proxy"):
            says.option(option, getattr(request, option) or None)
        logs_in = any(step.is_login for step in request.steps)
        says.option("keep_cookies", request.keep_cookies and not logs_in)
        says.option("render", None if request.renderer == HTTP else RENDER[request.renderer])
        given = (request.rendering or Rendering()).options()
        for option in RENDERING_OPTIONS:
            says.option(option, given.get(option))
        says.option("step", self._steps(name, request) or None)
        says.option("screenshot", screenshot_of(request) or None)

    def _steps(self, name: str, request: Request) -> list[Table]:
        tables = [escaped(step.options()) for step in request.steps]
        for table, step in zip(tables, request.steps, strict=True):
            if step.action == "type":
                shown = escaped(step.value) if self._with_secrets else None
                table["type"] = shown or self._placeholder(name, step.target)
        return tables

    def _sent(self, says: Says, name: str, request: Request) -> None:
        """The method, the headers and the body, which are one: all of them, or none."""
        usual, given = says.defaults.request, says.defaults.given
        sent, by_default = (
            (one.method, one.body, {k.lower(): v for k, v in one.headers.items()})
            for one in (request, usual)
        )
        if sent == by_default and (
            self._with_groups or not given & {*_BODIES, *_HEADERS, "method"}
        ):
            return
        is_by_itself = "POST" if request.body else "GET"
        if request.method != is_by_itself or given & {*_BODIES, "method"}:
            says.table["method"] = request.method
        if request.headers or "headers" in given:
            says.table["headers"] = self._headers(name, request)
        if request.body:
            is_shown = self._with_secrets
            shown = escaped(request.body) if is_shown else self._placeholder(name, "body")
            says.table["body"] = shown
        else:
            says.kept_out += [_BODIES[option] for option in _BODIES if option in given]
        says.kept_out += [
            option
            for option, header in _AS_HEADERS.items()
            if option in given and header not in sent[2]
        ]

    def _secret_in(self, holder: str, field: str, value: str) -> str:
        """The value of a secret of a group or a type, or what stands for it."""
        if self._with_secrets or (field.startswith("headers ") and is_open_header(field[8:])):
            return str(escaped(value))
        return self._placeholder(holder, field.partition(" ")[2] or field)

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


def _say_rules(says: Says, rules: Rules | ProductRules) -> None:
    for name in type(rules).__dataclass_fields__:
        says.option(name, getattr(rules, name))


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
