"""Writes the places of those who follow changes into cursors, and reads them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

from daemon.operations.lists.new_changes import Position
from daemon.signing import read_signed, write_signed
from daemon.web.cursors import UNKNOWN

_KIND = b"following"
_HEAD = struct.Struct(">q16s")
_MOST_CHARACTERS = 6_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_position(key: bytes, place: Position) -> str:
    """The cursor of a place."""
    parts = [(place.at, place.id), *((at, id_) for id_, at in place.in_flight.items())]
    body = b"".join(_HEAD.pack((at - _EPOCH) // _MICROSECOND, id_.bytes) for at, id_ in parts)
    return write_signed(key, _KIND, body)


def read_position(key: bytes, text: str) -> Position:
    """The place of a cursor.

    Errors: ValueError for one that was not made for this key.
    """
    try:
        body = read_signed(key, _KIND, text, _MOST_CHARACTERS)
    except ValueError:
        raise ValueError(UNKNOWN) from None
    parts = [(_EPOCH + at * _MICROSECOND, UUID(bytes=id_)) for at, id_ in _HEAD.iter_unpack(body)]
    (at, id_), *others = parts
    return Position(at, id_, {other: since for since, other in others})
