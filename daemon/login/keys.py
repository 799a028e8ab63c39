"""A provider's public keys, which it changes whenever it likes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Key: TypeAlias = Mapping[str, Any]
ASKED_EVERY = 10.0  # seconds, at the most, however many tokens name an unknown key
LASTS = 3600.0  # seconds: a key that the provider has withdrawn counts no longer
_KINDS = ("RSA", "EC", "OKP")  # public ones: a shared secret signs nothing here


@dataclass(slots=True)
class Keys:
    """Keys by their ids; asked for anew when a token names one that is not among them."""

    clock: Callable[[], float] = time.monotonic
    _known: list[Key] = field(default_factory=list)
    _asked_at: float | None = None

    async def find(
        self, ask: Callable[[], Awaitable[Any]], kind: str, id_: str | None
    ) -> Key | None:
        """The key with this id, or the only one of its kind for a token that names none.

        Errors: as of `ask`.
        """
        age = self._age()
        found = self._find(kind, id_) if age < LASTS else None
        if found is None and age >= ASKED_EVERY:
            told = await ask()
            self._known, self._asked_at = _usable(told), self.clock()
            found = self._find(kind, id_)
        return found

    def forget(self) -> None:
        """Have them asked for anew: one of them has not verified what it should."""
        self._known = []

    def _age(self) -> float:
        return float("inf") if self._asked_at is None else self.clock() - self._asked_at

    def _find(self, kind: str, id_: str | None) -> Key | None:
        same = [key for key in self._known if key["kty"] == kind]
        if id_ is None:
            return same[0] if len(same) == 1 else None
        return next((key for key in same if key.get("kid") == id_), None)


def _usable(told: Any) -> list[Key]:
    """The keys that may verify a signature; others stand among them.

    Source: RFC 7517 §4 (kty, use), §5 (what is not understood is ignored).
    """
    keys = told.get("keys") if isinstance(told, dict) else None
    return [
        key
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, dict) and key.get("kty") in _KINDS and key.get("use", "sig") == "sig"
    ]
