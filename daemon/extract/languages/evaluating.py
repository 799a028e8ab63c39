"""Says which rule is being evaluated, to whoever may have to end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

Listener = Callable[[str], None]


def _nobody(_rule: str) -> None:
    """Hear nothing."""


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=_nobody)


@contextmanager
def evaluating(rule: str) -> Iterator[None]:
    """Name the rule while it is evaluated: a program may run without end, also in C.

    Errors: ExtractError(selector) when it needs more memory than there is.
    """
    listener = _LISTENER.get()
    listener(rule)
    try:
        yield
    except MemoryError as exc:
        detail = f"{rule!r} needs more memory than it may have"
        raise ExtractError(ErrorClass.SELECTOR, detail) from exc
    finally:
        listener("")


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell this listener of every rule, and with "" of its end, while the block lasts."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
