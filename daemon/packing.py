"""Compresses stored bytes, identified by the hash of their content."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODEC = "zstd"
_LEVEL = 3
_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: _LEVEL,
    zstd.CompressionParameter.checksum_flag: 1,
}


@dataclass(frozen=True, slots=True)
class Packed:
    """Compressed bytes; `hash` is of the uncompressed bytes."""

    hash: str
    size_bytes: int
    data: bytes


def content_hash(data: bytes) -> str:
    """The identity of these bytes: blake2b with 128 bits, as 32 hexadecimal characters."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def pack(data: bytes, known_hash: str | None = None) -> Packed:
    """These bytes, compressed."""
    packed = zstd.compress(data, options=_OPTIONS)
    return Packed(known_hash or content_hash(data), len(data), packed)


def unpack(data: bytes, known_hash: str | None = None) -> bytes:
    """Decompress bytes, and verify their hash if it is known.

    Errors: ValueError for a damaged frame, and for one with other content.
    """
    if not data:
        raise ValueError("stored content is missing")
    try:
        found = zstd.decompress(data)
    except zstd.ZstdError as exc:
        raise ValueError(f"stored content is damaged: {exc}") from exc
    if known_hash not in (None, content_hash(found)):
        raise ValueError("stored content is damaged: it is not what its digest says")
    return found
