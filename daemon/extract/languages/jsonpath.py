"""Runs JSONPath over JSON."""

from __future__ import annotations

import warnings
from typing import Any

from daemon.extract.languages.evaluating import evaluating
from daemon.extract.languages.extra import JSONPATH, Missing
from daemon.extract.languages.results import as_value

# What the library lets through when a path does not fit a document.
_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def compile_jsonpath(text: str) -> tuple[Path | Missing | None, str]:
    """What follows a JSONPath, or None and what is wrong with it."""
    if not JSONPATH.is_installed:
        return Missing(JSONPATH), ""
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    try:
        with warnings.catch_warnings(action="ignore"):  # of spellings that other programs allow
            return Path(text, parse(text)), ""
    except (JSONPathError, *_MISFITS) as exc:
        return None, " ".join(str(exc).split()) or "not a JSONPath"


class Path:
    """A JSONPath."""

    def __init__(self, text: str, parsed: Any) -> None:
        self._text = text
        self._parsed = parsed

    def search(self, value: Any) -> Any:
        """What the path leads to in a value.

        Errors: ValueError when it does not fit.
        """
        from jsonpath_ng.exceptions import JSONPathError

        with evaluating(JSONPATH.prefix + self._text):
            try:
                return as_value(match.value for match in self._parsed.find(value))
            except (JSONPathError, *_MISFITS) as exc:
                raise ValueError(str(exc) or type(exc).__name__) from exc
