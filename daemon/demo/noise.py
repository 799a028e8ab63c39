"""Makes the noise that differs on real pages at each visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

_START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_BANNERS = (
    "Winter sale: up to 20 % off until Sunday!",
    "We are hiring: see our open positions.",
    "New: read us on your phone.",
    "This site uses cookies to remember your choices.",
)
_AGES = ("just now", "1 minute ago", "3 minutes ago", "12 minutes ago", "an hour ago", "yesterday")
_PRODUCTS = (
    "<li>Fell teapot – 38,00 €</li>",
    "<li>Brook mug, set of four – 44,00 €</li>",
    "<li>Moor tray – 29,50 €</li>",
    "<li>Heath milk jug – 21,00 €</li>",
)


def noise(path: str, count: int, elapsed_seconds: float) -> dict[str, str]:
    """The values for a template; the same for the same arguments.

    Shape: `count` numbers the responses of this path; no two are alike.
    """
    digest = blake2b(f"{path} {count}".encode(), digest_size=40).digest()
    instant = _START + timedelta(seconds=int(elapsed_seconds))
    first = digest[36] % len(_PRODUCTS)
    return {
        "nonce": digest[:8].hex(),
        "session": digest[8:24].hex(),
        "request_id": f"{digest[24:28].hex()}-{digest[28:30].hex()}",
        "token": digest[16:34].hex(),
        "build": digest[30:33].hex(),
        "unix": str(int(instant.timestamp())),
        "instant": instant.isoformat().replace("+00:00", "Z"),
        "banner": _BANNERS[count % len(_BANNERS)],
        "ago": _AGES[count % len(_AGES)],
        "views": str(12_000 + 7 * count + digest[33] % 7),
        "online": str(3 + digest[34] % 90),
        "server": str(1 + digest[35] % 8),
        "took": str(4 + digest[36] % 60),
        "products": "".join((_PRODUCTS[first:] + _PRODUCTS[:first])[:3]),
    }
