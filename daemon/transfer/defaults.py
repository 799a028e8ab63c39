"""What types and groups give what is exported, and the tables of these beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.config.requests import AuthConfig, RequestOptions
from daemon.config.sites import BUILT_IN_TYPES
from daemon.config.values import show_duration
from daemon.model.request import Request
from daemon.model.site import SiteSpec
from daemon.store.catalogue.products import ProductSpec
from daemon.transfer.formats.ours import escaped

Table = dict[str, Any]
Secret = Callable[[str, str, str], str]  # of a holder, a field and its value
_URL = "https://example.org/"


@dataclass(frozen=True, slots=True)
class Given:
    """What a site or a product has by its type and its groups alone."""

    options: SiteConfig | ProductConfig
    given: frozenset[str]  # the names of those that are given, as fields
    request: Request


@dataclass(slots=True)
class Says:
    """The table of a site or a product while it is written.

    Shape: `is_short` leaves out what is given; `kept_out` names what is given, is not so here, and
           has no value that would say so.
    """

    defaults: Given
    is_short: bool
    table: Table = field(default_factory=dict)
    kept_out: list[str] = field(default_factory=list)

    def option(self, name: str, value: Any) -> None:
        """State an option, unless it is what it would be without a word."""
        is_given = name in self.defaults.given
        if value == getattr(self.defaults.options, name) and (self.is_short or not is_given):
            return
        if value is not None:
            # An amount is written in the places of its currency, by those who know that.
            self.table[name] = value if isinstance(value, Decimal) else shown(value)
        elif is_given:
            self.kept_out.append(name)


class Defaults:
    """The types and groups of a configuration, as those have them who are exported."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[tuple[object, ...], Given] = {}

    def of_site(self, site: SiteSpec) -> Given:
        """What a site of this type and with these tags has by itself."""
        type_ = site.site_type if site.site_type in self._config.site_types else None
        key = ("site", type_, site.tags)
        if key not in self._known:
            plain = SiteConfig(name="-", url=_URL, type=type_, tags=site.tags)
            self._known[key] = _given(self._config.complete_site(plain))
        return self._known[key]

    def of_product(self, product: ProductSpec) -> Given:
        """What a product with these tags has by itself."""
        key = ("product", product.tags)
        if key not in self._known:
            plain = ProductConfig(name="-", url=_URL, tags=product.tags)
            self._known[key] = _given(self._config.complete_product(plain))
        return self._known[key]

    def tables_of(
        self, exported: Mapping[str, Sequence[Table]], secret: Secret
    ) -> dict[str, list[Table]]:
        """The tables of the types and the groups of what is exported, a type under its name."""
        used = [one for tables in exported.values() for one in tables]
        tags = {tag for one in used for tag in one.get("tags", ())}
        types = {one["type"] for one in used if "type" in one} & self._config.site_types.keys()
        return {
            "site_types": [
                {"type": name, **table}
                for name in sorted(types)
                if (table := self._type_table(name, secret))
            ],
            "group": [
                {"tag": escaped(group.tag), **_table(group, f"group {group.tag}", secret)}
                for group in self._config.groups
                if escaped(group.tag) in tags
            ],
        }

    def _type_table(self, name: str, secret: Secret) -> Table:
        """The options of a type that are not built in."""
        table = _table(self._config.site_types[name], f"type {name}", secret)
        built_in = BUILT_IN_TYPES.get(name, {})
        return {key: value for key, value in table.items() if built_in.get(key) != value}


def _given(one: SiteConfig | ProductConfig) -> Given:
    return Given(one, frozenset(one.model_fields_set - one.own - {"owner"}), one.request_to(_URL))


def _table(options: RequestOptions, holder: str, secret: Secret) -> Table:
    """The options that a type or a group states, in the order in which a table has them."""
    fields = type(options).model_fields
    stated = [name for name in fields if name in options.model_fields_set and name != "tag"]
    return {
        fields[name].alias or name: _in_table(holder, name, getattr(options, name), secret)
        for name in stated
    }


def _in_table(holder: str, name: str, value: Any, secret: Secret) -> Any:
    if isinstance(value, SecretStr):
        return secret(holder, name, value.get_secret_value())
    if isinstance(value, AuthConfig):
        value = {key: getattr(value, key) for key in ("username", "password", "token")}
        value = {key: one for key, one in value.items() if one is not None}
    if isinstance(value, dict):
        return {key: _in_table(holder, f"{name} {key}", one, secret) for key, one in value.items()}
    return shown(value)


def shown(value: Any) -> Any:
    """A value as the file has it, so that none of it is read as a reference."""
    if isinstance(value, timedelta):
        return show_duration(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return escaped(value)
