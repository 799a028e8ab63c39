"""Validates sites, products and databases given outside the file, as if they were in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import SecretStr, ValidationError

from daemon.config.crossing import cross_flaws
from daemon.config.explain import explain
from daemon.config.products import ProductConfig
from daemon.config.sections import DatabaseConfig
from daemon.config.shape import is_secret
from daemon.config.sites import RULE_FIELDS, SiteConfig
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.model.errors import ConfigError, Fault

_OF_TYPES = {*RULE_FIELDS, "check_frequency", "detect_within", "hours", "days", "time_zone"}


def given_site(
    config: Config, given: Mapping[str, Any], name_of: Callable[[KeyPath], str]
) -> SiteConfig:
    """A site by the rules of [[site]], completed with the defaults of its type and groups.

    Shape:  `name_of` says how the caller spells the place of a fault, as ("include", 0).
    Errors: ConfigError with every fault.
    """
    table = dict(given)
    found, flaws = _validated("site", [table])
    flaws += cross_flaws({**_tree(config), "site": [table]})
    if found is None or flaws:
        raise _refusal(flaws, name_of)
    return config.complete_site(found.sites[0])


def given_product(
    config: Config, given: Mapping[str, Any], name_of: Callable[[KeyPath], str]
) -> ProductConfig:
    """A product by the rules of [[product]], completed with the defaults of its groups.

    Errors: ConfigError with every fault.
    """
    table = dict(given)
    found, flaws = _validated("product", [table])
    flaws += cross_flaws({**_tree(config), "product": [table]})
    if found is None or flaws:
        raise _refusal(flaws, name_of)
    return config.complete_product(found.products[0])


def given_sites(
    config: Config, tables: Sequence[dict[str, Any]]
) -> list[SiteConfig | tuple[Flaw, ...]]:
    """Many sites at once, each as by `given_site`; the faults of one instead of a ConfigError.

    Shape: the path of a fault begins in its table; duplicate names are allowed.
    """
    found = _each(config, "site", tables)
    return [config.complete_site(one) if isinstance(one, SiteConfig) else one for one in found]


def given_products(
    config: Config, tables: Sequence[dict[str, Any]]
) -> list[ProductConfig | tuple[Flaw, ...]]:
    """Many products at once, each as by `given_product`; or its faults."""
    return [
        config.complete_product(one) if isinstance(one, ProductConfig) else one
        for one in _each(config, "product", tables)
    ]


def _each(config: Config, kind: str, tables: Sequence[dict[str, Any]]) -> list[Any]:
    """The site or product of each table, or its flaws."""
    flaws = _by_table(_crossing(config, kind, tables))
    found: dict[int, Any] = {}
    left = list(range(len(tables)))
    while left and not found:
        whole, refusals = _validated(kind, [tables[i] for i in left])
        if whole is not None:
            found = dict(zip(left, getattr(whole, f"{kind}s"), strict=True))
        for place, several in _by_table(refusals).items():
            flaws[left[place]] += several
        left = [i for i in left if i not in flaws]
    return [tuple(flaws[i]) if i in flaws else found[i] for i in range(len(tables))]


def _crossing(config: Config, kind: str, tables: Sequence[dict[str, Any]]) -> Iterator[Flaw]:
    """What is wrong between one of the tables and the configuration, not between two of them."""
    for flaw in cross_flaws({**_tree(config), kind: list(tables)}):
        if flaw.path[0] == kind and flaw.other is None:
            yield flaw


def _by_table(flaws: Iterable[Flaw]) -> defaultdict[int, list[Flaw]]:
    """Flaws by the place of their table in its list, with their paths in it."""
    by_table: defaultdict[int, list[Flaw]] = defaultdict(list)
    for flaw in flaws:
        by_table[int(flaw.path[1])].append(replace(flaw, path=flaw.path[2:]))
    return by_table


def given_database(config: Config, url: str, password: str) -> DatabaseConfig:
    """A database other than the configured one, with the same limits.

    Errors: ConfigError, without the URL and the password.
    """
    limits = config.database.model_dump(exclude={"url", "password", "read_url"})
    table = {**limits, "url": SecretStr(url), "password": SecretStr(password)}
    try:
        return DatabaseConfig.model_validate(table)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    flaws = [flaw for error in errors for flaw in explain(error, is_hidden=True)]
    places = {"url": "--to", "password": "--to-password-file"}
    raise ConfigError([Fault(places[str(f.path[0])], "", f.problem, f.hint) for f in flaws])


def _refusal(flaws: list[Flaw], name_of: Callable[[KeyPath], str]) -> ConfigError:
    return ConfigError([Fault(name_of(f.path[2:]), "", f.problem, f.hint) for f in flaws])


def _validated(kind: str, tables: list[dict[str, Any]]) -> tuple[Config | None, list[Flaw]]:
    try:
        return Config.model_validate({kind: tables}), []
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    return None, [flaw for error in errors for flaw in explain(error, is_secret(error["loc"]))]


def _tree(config: Config) -> dict[str, Any]:
    """The part of the file's tree that affects a site in it."""
    types = {
        name: defaults.model_dump(mode="json", include=_OF_TYPES, exclude_unset=True)
        for name, defaults in config.site_types.items()
    }
    groups = [
        group.model_dump(mode="json", include={*_OF_TYPES, "tag"}, exclude_unset=True)
        for group in config.groups
    ]
    owners = [{"id": owner.id} for owner in config.owners]
    proxies = [{"name": proxy.name} for proxy in config.proxies]
    fetch = {"longest_timeout_seconds": config.fetch.longest_timeout_seconds}
    tree = {"owner": owners, "fetch": fetch, "site_types": types}
    return {**tree, "group": groups, "proxy": proxies}
