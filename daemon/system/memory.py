"""When this process looks for garbage, and what it gives back to the kernel."""

from __future__ import annotations

import gc
from collections.abc import Callable

# Modules make objects that stay: looking among them for garbage is a sixth of the start's CPU.
_OBJECTS_WHILE_LOADING = 50_000
_USUAL = gc.get_threshold()
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # mallopt(3)
_OWN_PAGES_BYTES = 65_536
_ARENAS = 2


def begin_loading() -> None:
    """Look for garbage seldom: what is made now stays."""
    gc.set_threshold(_OBJECTS_WHILE_LOADING)


def end_loading() -> None:
    """Look for garbage as usual, but never again among what is there now."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def end() -> None:
    """Leave what is there to the kernel: looking through all of it at the exit takes 0.2 s."""
    gc.freeze()


def keep_heap_small() -> None:
    """Let bodies and buffers have pages of their own, which go when they go (glibc).

    By itself the C library soon takes them from the heap, and what is small settles between them:
    after 100,000 checks half of the heap was such room.
    """
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES_BYTES)
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return the pages of the heap that nothing is in to the kernel (glibc)."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library, where it is one that has it."""
    import ctypes  # `--help` does without

    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found
