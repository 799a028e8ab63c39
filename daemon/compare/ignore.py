"""Removes what an owner's ignore patterns match from a line."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

BUDGET_SECONDS = 1.0


class Ignore:
    """The patterns of one rule set, with one time budget for a whole comparison."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]
        self._left_seconds = BUDGET_SECONDS

    def __call__(self, line: str) -> str:
        for pattern in self._patterns:
            line = self._sub(pattern, line)
        return line

    def _sub(self, pattern: Any, line: str) -> str:
        started = monotonic()
        try:
            result: str = pattern.sub(" ", line, timeout=max(self._left_seconds, 0.001))
        except TimeoutError as exc:
            detail = f"ignore pattern takes too long: {pattern.pattern}"
            raise ExtractError(ErrorClass.SELECTOR, detail) from exc
        self._left_seconds -= monotonic() - started
        return result


def _compiled(pattern: str) -> Any:
    import regex

    try:
        return regex.compile(pattern)
    except regex.error as exc:
        detail = f"ignore pattern is faulty: {pattern}: {exc}"
        raise ExtractError(ErrorClass.SELECTOR, detail) from exc
