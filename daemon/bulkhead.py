"""Contains the exceptions of untrusted code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def contained(work: Callable[[], _T], instead: Callable[[Exception], _T]) -> _T:
    """The result of the work, or of `instead` if the work raises any Exception.

    Shape:  for foreign code and input, whose exceptions cannot be listed; our own loops have their
            bulkheads in the loop.
    Errors: those of `instead`; anything but an Exception, such as cancellation, passes through.
    """
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 - the bulkhead: `instead` says what becomes of it
        return instead(exc)
