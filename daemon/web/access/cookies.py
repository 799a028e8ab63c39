"""The names and the attributes of our cookies: no other place decides on them.

Source: RFC 6265bis §4.1.3 (`__Host-`: from this very host, encrypted, for all of it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from daemon.config import WebConfig

_NAME = "changelogger"


class Kept(TypedDict):
    """The attributes of a cookie."""

    max_age: int | None
    path: str
    secure: bool
    httponly: bool
    samesite: str


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our cookies, over https or on this machine alone."""

    is_encrypted: bool

    @classmethod
    def of(cls, section: WebConfig) -> Cookies:
        """As the configuration says how browsers reach us."""
        return cls(section.is_encrypted)

    @property
    def session(self) -> str:
        """Who is logged in."""
        return self._named(_NAME)

    @property
    def browser(self) -> str:
        """The browser that somebody is about to log in with."""
        return self._named(f"{_NAME}-browser")

    @property
    def flash(self) -> str:
        """What was done last."""
        return self._named(f"{_NAME}-flash")

    @property
    def written(self) -> str:
        """Up to where in the database's log its person has written."""
        return self._named(f"{_NAME}-written")

    @property
    def as_owner(self) -> str:
        """As whom an admin looks at the pages."""
        return self._named(f"{_NAME}-as-owner")

    def kept(self, seconds: float | None = None, *, is_strict: bool = False) -> Kept:
        """How a browser keeps a cookie, which no script can read; for no seconds deletes it.

        Shape: a lax cookie is sent as well when somebody comes by a link from elsewhere.
        """
        return {
            "max_age": None if seconds is None else int(seconds),
            "path": "/",
            "secure": self.is_encrypted,
            "httponly": True,
            "samesite": "Strict" if is_strict else "Lax",
        }

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.is_encrypted else name
