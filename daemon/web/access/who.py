"""For whom an address is."""

from __future__ import annotations

from enum import StrEnum

from daemon.model.viewer import Viewer


class Who(StrEnum):
    """For whom an address is, at least."""

    NOBODY = "nobody"  # who has not logged in as well: logins, and what their pages are made of
    PROGRAM = "program"  # who shows a token that may read: never a browser's login
    OWNER = "owner"  # who has logged in, for what is theirs
    ADMIN = "admin"  # who may see and change everything; nobody else learns that it is there

    def lets_in(self, viewer: Viewer | None) -> bool:
        """Whether this is for them."""
        if self is Who.NOBODY:
            return True
        return viewer is not None and (self is not Who.ADMIN or viewer.is_admin)
