"""Identifies who is at the command line."""

from __future__ import annotations

from daemon.config import Config
from daemon.model.errors import NotAllowedError
from daemon.model.viewer import Role, Viewer


def local_owner(config: Config) -> Viewer:
    """The first owner of the configuration, as anyone who can run commands may see everything."""
    return Viewer(config.owners[0].id, Role.ADMIN)


def refuse_all_but_admins(viewer: Viewer, kind: str) -> None:
    """Raise unless the viewer is an admin, as this concerns everybody.

    Errors: NotAllowedError.
    """
    if not viewer.is_admin:
        raise NotAllowedError(kind)
