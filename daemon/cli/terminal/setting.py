"""Locates and loads the configuration for a command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for the annotation only: pydantic costs more than a whole `--help`
    from daemon.config import Config


@dataclass
class Setting:
    """The values of the options before and after a command."""

    named: Path | None = None

    def path(self) -> Path | None:
        """The file to read: the one named, or the first that exists in the usual places."""
        from daemon.config import find_config

        return self.named or find_config(os.environ, Path.cwd())

    def load(self, *only: str) -> Config:
        """The configuration; with `only`, of these sections, and the defaults of all others.

        Errors: ConfigError with all its faults.
        """
        from daemon.config import load

        return load(self.path(), os.environ, only=only)
