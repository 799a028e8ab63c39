"""As whom an admin looks at the pages, kept by the browser for as long as its login lasts."""

from __future__ import annotations

import hmac

from daemon.signing import LONG, read_signed, write_signed

_KIND = b"as owner"
_MOST_CHARACTERS = 2_000


def write_as_owner(key: bytes, secret: bytes, user_id: str) -> str:
    """The value of a cookie that says so, for the login with this secret alone."""
    return write_signed(_of_login(key, secret), _KIND, user_id.encode(), LONG)


def read_as_owner(key: bytes, secret: bytes, value: str) -> str:
    """The user in such a cookie; "" for one that was not made for this login."""
    try:
        return read_signed(_of_login(key, secret), _KIND, value, _MOST_CHARACTERS, LONG).decode()
    except ValueError:
        return ""


def _of_login(key: bytes, secret: bytes) -> bytes:
    return hmac.digest(key, _KIND + secret, "sha256")
