"""Says where each value of a configuration comes from: a file and line, a site type, a variable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from daemon.config.products import ProductConfig
from daemon.config.reading.loading import places_in
from daemon.config.reading.places import Places
from daemon.config.shape import FILE_SUFFIX
from daemon.config.sites import BUILT_IN_TYPES, SiteConfig
from daemon.config.tree import Config
from daemon.config.values import KeyPath


class Origins:
    """Where the options of the sections, sites, products and destinations are stated.

    Shape: "config.d/work.toml:3", "group work, config.toml:41", "type blog, config.toml:9", a
           variable's name, or "" for a default.
    """

    def __init__(self, config: Config, places: Places | None) -> None:
        self._config = config
        self._places = places
        self._tables: Mapping[str, Mapping[str, int]] = {
            "owner": {one.id: index for index, one in enumerate(config.owners)},
            "site": {one.name: index for index, one in enumerate(config.sites)},
            "product": {one.name: index for index, one in enumerate(config.products)},
            "notify": {one.name: index for index, one in enumerate(config.notify)},
            "proxy": {one.name: index for index, one in enumerate(config.proxies)},
        }

    def table(self, kind: str, name: str) -> str:
        """Where the table of this name begins; nothing when no file has it."""
        index = self._tables[kind].get(name)
        return "" if index is None else self._stated((kind, index))

    def of(self, kind: str, name: str, option: str) -> str:
        """Where the value comes from that this site, product or destination has."""
        index = self._tables[kind].get(name)
        if index is None:
            return ""
        if own := self.at((kind, index, option)):
            return own
        if (kind, option) == ("notify", "tags"):
            return self._of_naming(name)
        if kind == "product":
            return self._of_groups(self._config.products[index], option)
        if kind == "site":
            site = self._config.sites[index]
            return self._of_groups(site, option) or self._of_type(site, option)
        return ""

    def of_destination(self, name: str, tags: Collection[str]) -> str:
        """Why a destination hears of what has these tags: the group that names it, or its table."""
        return self._of_naming(name, tags) or self.table("notify", name)

    def of_group(self, tag: str, option: str) -> str:
        """Where the last group of this tag states an option."""
        groups = [index for index, one in enumerate(self._config.groups) if one.tag == tag]
        found = (self.at(("group", index, option)) for index in reversed(groups))
        return next(filter(None, found), "")

    def at(self, path: KeyPath) -> str:
        """Where the option at this path is stated, be it by the file of a secret."""
        return self._stated(path) or self._stated((*path[:-1], f"{path[-1]}{FILE_SUFFIX}"))

    def _of_groups(self, one: SiteConfig | ProductConfig, option: str) -> str:
        """The strongest group that gives it this option."""
        if option not in names_taken(one):
            return ""
        tags = [group.tag for group in self._config.groups]
        found = (
            f"group {tag}, {stated}"
            for index, tag in reversed([*enumerate(tags)])
            if tag in one.tags and (stated := self.at(("group", index, option)))
        )
        return next(found, "")

    def _of_naming(self, name: str, tags: Collection[str] | None = None) -> str:
        """The last group, or the last with one of these tags, that names a destination."""
        for index, group in reversed([*enumerate(self._config.groups)]):
            if name in group.notify and (tags is None or group.tag in tags):
                return f"group {group.tag}, {self.at(('group', index, 'notify'))}"
        return ""

    def _of_type(self, site: SiteConfig, option: str) -> str:
        name = site.type or ""
        if stated := self.at(("site_types", name, option)):
            return f"type {name}, {stated}"
        return f"type {name}, built in" if option in BUILT_IN_TYPES.get(name, {}) else ""

    def _stated(self, path: KeyPath) -> str:
        return self._places.stated(path) if self._places else ""


def names_taken(one: SiteConfig | ProductConfig) -> set[str]:
    """The options that its groups or its type give it, as the file spells them."""
    fields = type(one).model_fields
    return {fields[name].alias or name for name in one.model_fields_set - one.own}


def origins_of(
    config: Config,
    path: Path | None,
    environ: Mapping[str, str],
    data: bytes | None = None,
    beside: Path | None = None,
) -> Origins:
    """Where the values of this configuration come from, by its files as they are now."""
    return Origins(config, places_in(path, environ, data, beside))
