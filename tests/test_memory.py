"""Memory that is not in use goes back, and the start of the program wastes no time on garbage."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.system import memory

PIECE_BYTES = 3000  # small enough for the C library's heap, too large for Python's own
PIECES = 20_000
LEAST_BACK_BYTES = 20_000_000
# The first one's end is what makes the C library take the second one from its heap, by itself.
BUFFER_AFTER_BUFFER = """
import ctypes
from daemon.system import memory

class Info(ctypes.Structure):
    _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]

def bytes_apart():
    return tell().field_4

tell = ctypes.CDLL(None).mallinfo2
tell.restype = Info
memory.keep_heap_small()
before = bytes_apart()
first = bytes(9_000_000)
del first
second = bytes(8_000_000)
print(bytes_apart() - before)
"""


@pytest.fixture
def usual_collections() -> Iterator[tuple[int, int, int]]:
    before, usual = gc.get_threshold(), memory._USUAL
    gc.set_threshold(*usual)  # whatever a test before has left
    yield usual
    gc.unfreeze()
    gc.set_threshold(*before)


def test_garbage_is_looked_for_seldom_until_all_is_loaded(
    usual_collections: tuple[int, int, int],
) -> None:
    memory.begin_loading()
    assert gc.get_threshold()[0] > usual_collections[0]
    memory.end_loading()
    assert gc.get_threshold() == usual_collections
    assert gc.get_freeze_count() > 0


def test_nothing_is_looked_through_at_the_end(usual_collections: tuple[int, int, int]) -> None:
    memory.end()
    assert gc.get_freeze_count() > len(gc.get_objects())


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
def test_what_is_free_between_things_in_use_goes_back_to_the_kernel() -> None:
    pieces = [bytes([number % 256]) * PIECE_BYTES for number in range(PIECES)]
    # What is left lies so that hardly two free pages in a row are at the end of the heap.
    kept = [pieces[number] for number in range(0, PIECES, 20)]
    pieces.clear()
    before = resident_bytes()
    memory.give_back()
    assert before - resident_bytes() > LEAST_BACK_BYTES
    assert len(kept) == PIECES // 20


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="another C library")
def test_large_buffers_have_pages_of_their_own() -> None:
    command = [sys.executable, "-c", BUFFER_AFTER_BUFFER]
    said = subprocess.run(command, capture_output=True, check=True, text=True)
    assert int(said.stdout) >= 8_000_000


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
