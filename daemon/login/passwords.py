"""Hashes passwords, one at a time and off the event loop, as each takes a while by design.

Source: RFC 7914 (scrypt); OWASP Password Storage Cheat Sheet (its parameters).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

_KIND = "scrypt"
_SALT_BYTES = 16
_HASH_BYTES = 32
LEAST_CHARACTERS, MOST_CHARACTERS = 12, 1024


@dataclass(frozen=True, slots=True)
class Work:
    """What one hash costs.

    Units: 128 · n · r bytes of memory, p times over: 32 MiB, and a third of a second.
    """

    n: int = 2**15
    r: int = 8
    p: int = 3


@dataclass(slots=True)
class Passwords:
    """Hashes and verifies passwords."""

    work: Work = Work()
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def hash(self, password: str) -> str:
        """What is stored of a password, with its salt and its cost."""
        work, salt = self.work, secrets.token_bytes(_SALT_BYTES)
        made = await self._scrypt(password, salt, work)
        return f"{_KIND}${work.n}${work.r}${work.p}${salt.hex()}${made.hex()}"

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Whether this is the password; it takes as long where there is none."""
        work, salt, wanted = self._parts(stored) if stored else (self.work, b"\0", b"")
        made = await self._scrypt(password, salt, work)
        return hmac.compare_digest(made, wanted)

    def _parts(self, stored: str) -> tuple[Work, bytes, bytes]:
        _, n, r, p, salt, made = stored.split("$")
        return Work(int(n), int(r), int(p)), bytes.fromhex(salt), bytes.fromhex(made)

    async def _scrypt(self, password: str, salt: bytes, work: Work) -> bytes:
        needed = 256 * work.n * work.r * work.p + 2**20
        async with self._turn:
            return await asyncio.to_thread(
                hashlib.scrypt,
                password[:MOST_CHARACTERS].encode(),
                salt=salt,
                n=work.n,
                r=work.r,
                p=work.p,
                maxmem=needed,
                dklen=_HASH_BYTES,
            )


def why_unfit(password: str) -> str:
    """Why this cannot be a password; "" when it can."""
    if len(password) < LEAST_CHARACTERS:
        return f"is too short: at least {LEAST_CHARACTERS} characters"
    if len(password) > MOST_CHARACTERS:
        return f"is too long: at most {MOST_CHARACTERS:,} characters"
    return "" if len(set(password)) > 3 else "has hardly any different characters"
