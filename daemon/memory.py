"""When this process looks for garbage, and what it gives back to the kernel."""

from __future__ import annotations

import gc

# Modules make objects that stay: looking among them for garbage is a sixth of the start's CPU.
_OBJECTS_WHILE_LOADING = 50_000
_USUAL = gc.get_threshold()


def begin_loading() -> None:
    """Look for garbage seldom: what is made now stays."""
    gc.set_threshold(_OBJECTS_WHILE_LOADING)


def end_loading() -> None:
    """Look for garbage as usual, but never again among what is there now."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


def give_back() -> None:
    """Return to the kernel what the C library keeps for later, where it is one that can (glibc).

    Of what was free between things in use it would give nothing back by itself, and months of
    requests of all sizes leave more and more of that.
    """
    import ctypes  # `--help` does without

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
