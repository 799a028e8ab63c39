"""The line that says what was done, kept by the browser until the next page shows it, once."""

from __future__ import annotations

import json

from daemon.signing import read_signed, write_signed
from daemon.web.answers import Flash

_KIND = b"flash"
_MOST_TEXT = 500  # with characters of four bytes each some 2,800 in a cookie, which may have 4,096
_MOST_CHARACTERS = 4_000


def write_flash(key: bytes, flash: Flash) -> str:
    """The value of a cookie that holds this line."""
    text = flash.text if len(flash.text) <= _MOST_TEXT else f"{flash.text[: _MOST_TEXT - 1]}…"
    body = json.dumps([text, flash.undo], separators=(",", ":"), ensure_ascii=False)
    return write_signed(key, _KIND, body.encode())


def read_flash(key: bytes, value: str) -> Flash | None:
    """The line in such a cookie; None for one that was not signed with this key."""
    try:
        text, undo = json.loads(read_signed(key, _KIND, value, _MOST_CHARACTERS))
    except ValueError:
        return None
    return Flash(text, undo)
