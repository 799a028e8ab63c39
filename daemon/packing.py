"""Bytes at rest: compressed, under the digest of what they unpack to."""

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
    """Compressed bytes; `hash` is of the bytes they unpack to."""

    hash: str
    size_bytes: int
    data: bytes


def digest(data: bytes) -> str:
    """The identity of these bytes: blake2b with 128 bits, as 32 hexadecimal characters."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def pack(data: bytes, known_hash: str | None = None) -> Packed:
    """These bytes, compressed."""
    packed = zstd.compress(data, options=_OPTIONS)
    return Packed(known_hash or digest(data), len(data), packed)


def unpack(data: bytes) -> bytes:
    """The bytes that were packed; a damaged frame raises ValueError."""
    try:
        return zstd.decompress(data)
    except zstd.ZstdError as exc:
        raise ValueError(f"stored content is damaged: {exc}") from exc
