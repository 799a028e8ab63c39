"""Runs jq programs over JSON."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from daemon.extract.jsonnumbers import number_of
from daemon.extract.languages.evaluating import evaluating
from daemon.extract.languages.extra import JQ, Missing
from daemon.extract.languages.results import as_value

# Programs see one document and nothing else. Behind definitions, `import` is no valid jq either.
_HEAD = (
    'def env: error("`env` is not available");'
    ' def input: error("`input` is not available: there is one document"); def inputs: input;\n'
)
# As text, for numbers keep all their digits there.
_TAIL = "\n| tojson"
_DIRECTIVE = re.compile(r"(?:\s|#[^\n]*(?:\n|\Z))*(import|include|module)\b")
_PLACE = re.compile(r"line (\d+)")
_STDERR = 2


def compile_jq(program: str) -> tuple[Program | Missing | None, str]:
    """What runs a jq program, or None and what is wrong with it."""
    if directive := _DIRECTIVE.match(program):
        return None, f"`{directive[1]}` is not available: programs read no files"
    if "$ENV" in program:
        return None, "`$ENV` is not available"
    if not JQ.is_installed:
        return Missing(JQ), ""
    # Constants are computed while it compiles: `"x" * 1e9` takes all memory there is. Only the
    # worker that runs such a program compiles it.
    if "*" not in program or '"' not in program:
        import jq

        try:
            jq.compile(_HEAD + program)
        except ValueError as exc:
            return None, _in_owners_words(exc)
    return Program(program), ""


class Program:
    """A jq program, which is compiled where it is first run."""

    def __init__(self, text: str) -> None:
        self._text = text

    def search(self, value: Any) -> Any:
        """What the program makes of a value.

        Errors: ValueError, with jq's own message.
        """
        with evaluating(JQ.prefix + self._text), _stderr_unheard():
            return as_value(self._results(json.dumps(value)))

    def _results(self, document: str) -> Iterator[Any]:
        try:
            for text in self._compiled.input_text(document):
                yield json.loads(text, parse_float=number_of)
        except ValueError as exc:
            raise ValueError(_in_owners_words(exc)) from exc

    @cached_property
    def _compiled(self) -> Any:
        import jq

        jq.compile(_HEAD + self._text)  # faults are told in the words that the owner wrote
        return jq.compile(_HEAD + self._text + _TAIL)


@contextmanager
def _stderr_unheard() -> Iterator[None]:
    """Drop what jq writes to stderr, past all Python: its `debug`, and a last line of its end.

    Where it takes all memory it ends the worker, and the error of the check names the program.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)


def _in_owners_words(exc: ValueError) -> str:
    """The first sentence of a message of jq, with the line of the owner's program."""
    message = str(exc).removeprefix("jq: error: ").partition(":\n")[0]
    message = message.partition("\njq: ")[0]
    message = message.replace(" at <top-level>,", " at")
    return " ".join(_PLACE.sub(lambda found: f"line {int(found[1]) - 1}", message).split())
