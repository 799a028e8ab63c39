"""Code that may raise whatever it likes, kept from harming whoever calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def contained(work: Callable[[], _T], instead: Callable[[Exception], _T]) -> _T:
    """What the work gives; where it fails, by whatever, what `instead` makes of the error.

    Shape:  for code of others and for what strangers wrote, of which no list of errors is whole;
            for a loop of ours the bulkhead stands in the loop.
    Errors: those of `instead`; what is no Exception, such as cancellation, is let through.
    """
    try:
        return work()
    except Exception as exc:  # noqa: BLE001 - the bulkhead: `instead` says what becomes of it
        return instead(exc)
