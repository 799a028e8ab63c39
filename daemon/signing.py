"""Signs bytes for addresses, so that nobody else makes them."""

from __future__ import annotations

import base64
import hmac

SHORT = 8  # bytes of what only leads to a place in a list
LONG = 16  # of what lets its bearer do something


def write_signed(key: bytes, kind: bytes, body: bytes, mac_bytes: int = SHORT) -> str:
    """Bytes of a kind, for an address.

    Shape: no kind may begin with another one.
    """
    whole = _mac(key, kind, body, mac_bytes) + body
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def read_signed(key: bytes, kind: bytes, text: str, most: int, mac_bytes: int = SHORT) -> bytes:
    """The bytes of such an address, of at most so many characters.

    Errors: ValueError for one that this key has not signed.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = base64.urlsafe_b64decode(padded) if len(text) <= most else b""
    except ValueError:
        raw = b""
    mac, body = raw[:mac_bytes], raw[mac_bytes:]
    if not hmac.compare_digest(mac, _mac(key, kind, body, mac_bytes)):
        raise ValueError("is not signed by us")
    return body


def _mac(key: bytes, kind: bytes, body: bytes, mac_bytes: int) -> bytes:
    return hmac.digest(key, kind + body, "sha256")[:mac_bytes]
