"""Fills an owner's template with facts; run only in a process that can be killed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from daemon.bulkhead import contained

if TYPE_CHECKING:  # for annotations only: imported where there is a template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 100_000


def check_template(text: str) -> None:
    """Check the syntax of a template, without running it.

    Errors: ValueError with the line and what is wrong there.
    """
    from jinja2 import TemplateError

    try:
        _environment().from_string(text)
    except TemplateError as exc:
        line = getattr(exc, "lineno", None)
        raise ValueError(f"line {line}: {exc.message}" if line else str(exc)) from None


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """Fill the template with these facts, in a sandbox without access to anything else.

    Errors: ValueError when it fails or its output is too long. It may never end: call it in a
            process with a time limit.
    """
    return contained(lambda: _filled(text, facts), _refuse)


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    pieces, size = [], 0
    for piece in _environment().from_string(text).generate(facts):
        size += len(piece)
        if size > MOST_CHARACTERS:
            raise ValueError(f"more than {MOST_CHARACTERS} characters")
        pieces.append(piece)
    return "".join(pieces)


def _refuse(error: Exception) -> NoReturn:
    """A template can raise any exception; all except lack of memory are its author's errors."""
    if isinstance(error, MemoryError):
        raise error
    raise ValueError(f"{type(error).__name__}: {error}"[:300]) from error


def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Text, not HTML: the result is escaped later for the channel.
    return ImmutableSandboxedEnvironment(
        autoescape=False, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )


def _shown(value: Any) -> Any:
    return "" if value is None else value
