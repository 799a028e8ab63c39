"""A site or a product given outside of the file in; what the file would make of it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr, ValidationError

from daemon.config.crossing import cross_flaws
from daemon.config.explain import explain
from daemon.config.products import ProductConfig
from daemon.config.sections import DatabaseConfig
from daemon.config.sites import RULE_FIELDS, SiteConfig
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.errors import ConfigError, Fault


def given_site(
    config: Config, given: Mapping[str, Any], name_of: Callable[[KeyPath], str]
) -> SiteConfig:
    """A site by the rules of [[site]], completed with its type's defaults and an owner.

    Shape:  `name_of` says how the caller spells the place of a fault, as ("include", 0).
    Errors: ConfigError with every fault.
    """
    table = dict(given)
    found, flaws = _validated("site", table)
    flaws += cross_flaws(_tree(config, table))
    if found is None or flaws:
        raise _refusal(flaws, name_of)
    site = found.sites[0]
    return site.with_defaults(config.site_types.get(site.type or ""), config.owners[0].id)


def given_product(
    config: Config, given: Mapping[str, Any], name_of: Callable[[KeyPath], str]
) -> ProductConfig:
    """A product by the rules of [[product]], with an owner.

    Errors: ConfigError with every fault.
    """
    table = dict(given)
    found, flaws = _validated("product", table)
    owners = [{"id": owner.id} for owner in config.owners]
    flaws += cross_flaws({"owner": owners, "product": [table]})
    if found is None or flaws:
        raise _refusal(flaws, name_of)
    product = found.products[0]
    return product if product.owner else product.model_copy(update={"owner": config.owners[0].id})


def given_database(config: Config, url: str, password: str) -> DatabaseConfig:
    """Another database than the configured one, with the same limits.

    Errors: ConfigError, without the URL and the password.
    """
    limits = config.database.model_dump(exclude={"url", "password"})
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


def _validated(kind: str, table: dict[str, Any]) -> tuple[Config | None, list[Flaw]]:
    try:
        return Config.model_validate({kind: [table]}), []
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    return None, [flaw for error in errors for flaw in explain(error, is_hidden=False)]


def _tree(config: Config, table: dict[str, Any]) -> dict[str, Any]:
    """The file that this site would stand in, as far as it has a say in the site."""
    types = {
        name: defaults.model_dump(mode="json", include=set(RULE_FIELDS), exclude_unset=True)
        for name, defaults in config.site_types.items()
    }
    owners = [{"id": owner.id} for owner in config.owners]
    return {"owner": owners, "site_types": types, "site": [table]}
