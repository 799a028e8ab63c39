"""Our style sheet, script and icons, read once: no path of a request ever reaches the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("assets")
_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes under its address, which holds its hash."""

    path: str
    body: bytes
    content_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """All of them, by the names that templates use: "app.css"."""
    files = sorted(path for path in _FOLDER.iterdir() if path.suffix in _TYPES)
    return {path.name: _read(path) for path in files}


@cache
def assets_by_path() -> Mapping[str, Asset]:
    """All of them, by their addresses: "/assets/app.0123456789ab.css"."""
    return {asset.path: asset for asset in assets().values()}


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    mark = hashlib.blake2b(body, digest_size=6).hexdigest()
    return Asset(f"/assets/{path.stem}.{mark}{path.suffix}", body, _TYPES[path.suffix])
