"""The keys under which secrets lie in the database: the newest encrypts, all of them decrypt."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.model.errors import SealedError
from daemon.store.sealing.key_file import KeyFile

_NONCE_BYTES = 12  # of AES-GCM, and random: good for 2^32 texts under one key
_WAY_OUT = "give it in [database] encryption_key, or see `changelogger db reencrypt --help`"


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted text, and the id of the key under which it is."""

    key_id: str
    text: str


class Keyring:
    """The keys of one database, the newest first; where none is given, that of its key file.

    Source: NIST SP 800-38D (AES-GCM), RFC 5869 §2.3 (a key of its own for each use).
    """

    def __init__(self, keys: Sequence[bytes] = (), file: KeyFile | None = None) -> None:
        self._given = tuple(map(_Key, keys))
        self._file = file

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, the newest first; an id says nothing about its key."""
        return tuple(key.id for key in self._keys())

    @property
    def path(self) -> Path | None:
        """The key file, where no key is given."""
        return self._file.path if self._file is not None and not self._given else None

    def make(self) -> None:
        """Make a key in the key file, as none was given; one that is there stays.

        Errors: SealedError when the file cannot be written.
        """
        if self._file is not None and not self._given:
            self._file.make()

    def seal(self, text: str, about: str) -> Sealed:
        """The text, encrypted under the newest key; it opens only for what it is `about`.

        Errors: SealedError when there is no key.
        """
        key, nonce = self._newest(), os.urandom(_NONCE_BYTES)
        whole = nonce + key.cipher().encrypt(nonce, text.encode(), about.encode())
        return Sealed(key.id, base64.b64encode(whole).decode())

    def unseal(self, sealed: Sealed, about: str) -> str:
        """The text that was sealed for this.

        Errors: SealedError when its key is not here, or somebody has changed it.
        """
        from cryptography.exceptions import InvalidTag

        key = next((key for key in self._keys() if key.id == sealed.key_id), None)
        if key is None:
            raise SealedError(f"the key {sealed.key_id} is not here: {_WAY_OUT}")
        try:
            whole = base64.b64decode(sealed.text, validate=True)
            nonce, rest = whole[:_NONCE_BYTES], whole[_NONCE_BYTES:]
            return str(key.cipher().decrypt(nonce, rest, about.encode()).decode())
        except (InvalidTag, ValueError) as exc:
            raise SealedError(f"what the key {sealed.key_id} encrypted was changed") from exc

    def keyed_hash(self, data: bytes) -> str:
        """A hash from which nobody without the newest key can guess what it was made of.

        Shape:  32 hexadecimal digits.
        Errors: SealedError when there is no key.
        """
        return hmac.digest(self._newest().hashing, data, "sha256").hex()[:32]

    def _newest(self) -> _Key:
        keys = self._keys()
        if not keys:
            raise SealedError(f"there is no key to encrypt secrets with: {_WAY_OUT}")
        return keys[0]

    def _keys(self) -> tuple[_Key, ...]:
        if self._given or self._file is None:
            return self._given
        found = self._file.read()
        return (_Key(found),) if found else ()


class _Key:
    """One key, and those derived from it."""

    def __init__(self, key: bytes) -> None:
        self.id = _derived(key, "id").hex()[:12]
        self.hashing = _derived(key, "hash")
        self._sealing = _derived(key, "seal")

    def cipher(self) -> Any:
        """The cipher of this key; its library is loaded at first use."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._sealing)


def _derived(key: bytes, use: str) -> bytes:
    return hmac.digest(key, f"changelogger {use}\x01".encode(), "sha256")


NO_KEYS = Keyring()
