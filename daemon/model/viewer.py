"""A viewer: a person with a role, which limits every query and operation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may see and change."""

    OWNER = "owner"  # what is theirs
    ADMIN = "admin"  # everything


class Scope(StrEnum):
    """What a token lets a program do in its user's name."""

    READ = "read"
    WRITE = "write"
    FEED = "feed"  # read feeds alone


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user who makes a request.

    Shape: other people's objects are *not found* for a viewer who is no admin.
    """

    user_id: str
    role: Role = Role.OWNER

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    def may_see(self, owner_id: str | None) -> bool:
        """Whether this is theirs; everything is an admin's."""
        return self.is_admin or owner_id == self.user_id


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to users, logins or tokens, how they came in, and from where."""

    viewer: Viewer
    how: str = "cli"
    address: str = ""

    @property
    def user_id(self) -> str:
        return self.viewer.user_id


DAEMON = Viewer("", Role.ADMIN)  # the daemon itself, which may see everything
