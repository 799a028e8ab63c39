"""Where the configuration comes from, for the command that is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for the annotation alone: pydantic costs more than a whole `--help`
    from daemon.config import Config


@dataclass
class Setting:
    """What the options before and after a command have named."""

    named: Path | None = None

    def path(self) -> Path | None:
        """The file that is read: the one named, or the first of the usual places that is there."""
        from daemon.config import find_config

        return self.named or find_config(os.environ, Path.cwd())

    def load(self) -> Config:
        """The configuration.

        Errors: ConfigError with all its faults.
        """
        from daemon.config import load

        return load(self.path(), os.environ)
