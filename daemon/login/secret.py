"""Makes the secrets that browsers and programs show, and the hashes that are stored of them."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """A random secret for a cookie, a link or a token."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> str:
    """What is stored of a secret: nobody who reads it can show the secret itself.

    Shape: no salt and no work, as a random secret of 32 bytes cannot be guessed.
    """
    return hashlib.blake2b(secret.encode(), digest_size=_BYTES).hexdigest()
