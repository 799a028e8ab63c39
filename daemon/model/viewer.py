"""Who asks: a person with a role, for whom every answer and every deed is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may see and touch."""

    OWNER = "owner"  # what is theirs
    ADMIN = "admin"  # everything


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user who asks something or wants something done.

    Shape: what belongs to somebody else is *not found* for a viewer who is no admin.
    """

    user_id: str
    role: Role = Role.OWNER

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    def may_see(self, owner_id: str | None) -> bool:
        """Whether this is theirs; everything is an admin's."""
        return self.is_admin or owner_id == self.user_id


DAEMON = Viewer("", Role.ADMIN)  # the daemon itself, which works for everybody
