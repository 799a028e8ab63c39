"""Tunes garbage collection, and returns memory to the kernel."""

from __future__ import annotations

import gc
from collections.abc import Callable

# Modules create lasting objects: collecting among them takes a sixth of the start's CPU. No
# command loads as many.
_OBJECTS_WHILE_LOADING = 250_000
_OBJECTS_OF_A_COMMAND = 50_000
_USUAL = gc.get_threshold()
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # mallopt(3)
_OWN_PAGES_BYTES = 65_536
_ARENAS = 2


def begin_loading() -> None:
    """Collect garbage rarely, as objects created now stay."""
    gc.set_threshold(_OBJECTS_WHILE_LOADING)


def begin_checks() -> None:
    """Collect garbage as a command needs that ends soon, never among the present objects."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_OF_A_COMMAND)


def end_loading() -> None:
    """Collect garbage as usual, but never again among the present objects."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def end() -> None:
    """Skip the final garbage collection, which would take 0.2 s."""
    gc.freeze()


def keep_heap_small() -> None:
    """Allocate bodies and buffers in separate pages, which are freed with them (glibc).

    By default the C library soon takes them from the heap, and small objects fragment it: after
    100,000 checks half of the heap was unused.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES_BYTES)
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return unused heap pages to the kernel (glibc)."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library, if it has it."""
    import ctypes  # not needed for `--help`

    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found
