"""A person's own words: a template and facts in, text out; run only where it can be ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from daemon.bulkhead import contained

if TYPE_CHECKING:  # for annotations alone: it is imported where somebody has a template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 100_000


def check_template(text: str) -> None:
    """Whether a template can be read; it is not run.

    Errors: ValueError with the line and what is wrong there.
    """
    from jinja2 import TemplateError

    try:
        _environment().from_string(text)
    except TemplateError as exc:
        line = getattr(exc, "lineno", None)
        raise ValueError(f"line {line}: {exc.message}" if line else str(exc)) from None


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """The template with these facts in it, in a sandbox that gives it nothing else.

    Errors: ValueError when it fails or says too much. It may run for ever: call it in a process
            with a limit.
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
    """A template can bring out any error there is; all but a lack of memory are its author's."""
    if isinstance(error, MemoryError):
        raise error
    raise ValueError(f"{type(error).__name__}: {error}"[:300]) from error


def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Text, not HTML: whoever sends it escapes the result for the channel.
    return ImmutableSandboxedEnvironment(
        autoescape=False, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )


def _shown(value: Any) -> Any:
    return "" if value is None else value
