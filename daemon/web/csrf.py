"""Rejects what a foreign page makes a browser send.

Source: Fetch Metadata (Sec-Fetch-Site); RFC 6454 (Origin). Browsers send the first only to https
        and loopback, so the second is read where it is missing; `same-site` is not enough, as
        another port of the same machine is that.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from markupsafe import Markup

_OURS = frozenset({"same-origin", "none"})
_BYTES = 16
FIELD = "csrf"
# Where that field stands in a page until the rest is known; text of others cannot hold it, as its
# brackets are escaped.
PLACE = Markup("<!--csrf-->")


def token(key: bytes, page: str = "") -> str:
    """What the forms of a page carry, which is told by a hash; no foreign page can read it.

    Shape: a mask, and the secret under it. Pages are compressed, and their length tells who can
           see it how much alike parts of them are (BREACH, CVE-2013-3587): whoever can have words
           of their own put beside the secret would guess it letter by letter. The mask is made
           from the page itself, so that every such guess meets another one, and a page that is
           as it was stays the same byte by byte.
    """
    mask = hmac.digest(key, b"mask" + page.encode(), "sha256")[:_BYTES]
    return (mask + _exclusive(mask, _secret(key))).hex()


def with_token(key: bytes, text: str, page: str) -> str:
    """The text of a page with the field that every form of ours begins with."""
    if PLACE not in text:
        return text
    field = Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(key, page))
    return text.replace(PLACE, field)


def is_token(key: bytes, given: str) -> bool:
    """Whether a form is one of ours."""
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        return False
    mask, masked = raw[:_BYTES], raw[_BYTES:]
    return len(raw) == 2 * _BYTES and hmac.compare_digest(_exclusive(mask, masked), _secret(key))


def is_from_us(headers: Mapping[str, str], public_url: str = "") -> bool:
    """Whether a page of ours, or a person directly, makes this request.

    Shape: behind a proxy our Host header may be another than in the `public_url`.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OURS
    if (origin := headers.get("Origin")) is None:
        return True
    known = {headers.get("Host", "").strip().lower(), _authority(public_url)}
    return _authority(origin) in known - {None, ""}


def _secret(key: bytes) -> bytes:
    return hmac.digest(key, b"form", "sha256")[:_BYTES]


def _exclusive(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _authority(origin: str) -> str | None:
    try:
        parts = urlsplit(origin.strip().lower())
    except ValueError:
        return None
    return parts.netloc if parts.scheme in ("http", "https") else None
