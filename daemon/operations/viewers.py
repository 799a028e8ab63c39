"""Who is at the command line."""

from __future__ import annotations

from daemon.config import Config
from daemon.model.viewer import Role, Viewer


def local_owner(config: Config) -> Viewer:
    """The first owner of the configuration: whoever may run the command may see everything."""
    return Viewer(config.owners[0].id, Role.ADMIN)
