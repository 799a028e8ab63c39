"""Bytes at rest come back as they were, or not at all."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.packing import content_hash, pack, unpack


@given(st.binary(max_size=5000))
def test_what_was_packed_comes_back(data: bytes) -> None:
    packed = pack(data)
    assert unpack(packed.data) == data
    assert (packed.hash, packed.size_bytes) == (content_hash(data), len(data))


def test_a_hash_that_is_known_is_not_computed_again() -> None:
    assert pack(b"x", "known").hash == "known"


def test_text_becomes_smaller() -> None:
    assert len(pack(b"the same line again\n" * 1000).data) < 200


def test_a_digest_is_short_and_the_same_for_ever() -> None:
    assert content_hash(b"") == hashlib.blake2b(b"", digest_size=16).hexdigest()
    assert content_hash(b"changelogger") == "0ef841125512ece9daa9961d9acb9767"


@given(st.binary(min_size=1, max_size=300), st.data())
def test_damage_is_noticed(data: bytes, chance: st.DataObject) -> None:
    packed = bytearray(pack(data).data)
    place = chance.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= chance.draw(st.integers(1, 255))
    with suppress(ValueError):
        assert unpack(bytes(packed)) == data  # a bit that means nothing


@pytest.mark.parametrize("data", [b"not a frame", pack(b"x" * 100).data[:-1]])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(data)


def test_nothing_is_no_frame_but_a_content_that_is_missing() -> None:
    with pytest.raises(ValueError, match="missing"):
        unpack(b"")
