"""Remembers where the options of sites stand in the files of the configuration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daemon.config import Config
from daemon.config.reading.origins import Origins, origins_of


@dataclass(frozen=True, slots=True)
class Stated:
    """Where the table of a site begins, and where each of its options is stated."""

    table: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class FileLines:
    """Where sites are described, read again once another configuration is in force.

    Shape: `path` gives the file that the daemon follows; without one nothing is known.
    """

    def __init__(self, path: Callable[[], Path | None] = lambda: None) -> None:
        self._path = path
        self._config: Config | None = None
        self._origins: Origins | None = None

    async def of_site(self, config: Config, name: str, owner: str) -> Stated:
        """Where this site of the configuration is described."""
        site = next((one for one in config.sites if (one.name, one.owner) == (name, owner)), None)
        origins = await self._origins_in(config)
        if origins is None or site is None:
            return Stated()
        found = {key: origins.of("site", name, key) for key in type(site).model_fields}
        return Stated(origins.table("site", name), {key: at for key, at in found.items() if at})

    async def of_product(self, config: Config, name: str) -> str:
        """Where the table of this product begins; "" if that is not known."""
        origins = await self._origins_in(config)
        return origins.table("product", name) if origins else ""

    async def _origins_in(self, config: Config) -> Origins | None:
        path = self._path()
        if path is None:
            return None
        if self._origins is None or self._config is not config:
            self._origins = await asyncio.to_thread(origins_of, config, path, os.environ)
            self._config = config
        return self._origins
