"""Removes what an owner's ignore patterns match from what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.extract.chain.patterns import Budget, pattern_of, reaches_over_lines
from daemon.model.reading import Reading
from daemon.model.site import Rules

if TYPE_CHECKING:
    import regex


class Ignore:
    """The patterns of one rule set, with one time budget each for a whole comparison.

    Shape: of each line, by patterns that stay within one; `without_ignored` does the others.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        found = (pattern_of(text, f"ignore[{i}]") for i, text in enumerate(patterns))
        self._patterns = [(one, Budget()) for one in found if not one.reaches_over]

    def __call__(self, line: str) -> str:
        for pattern, budget in self._patterns:
            line = budget.run(pattern, pattern.compiled.sub, " ", line)
        return line


def ignores_over_lines(rules: Rules) -> bool:
    """Whether any ignore pattern can match more than one line."""
    return any(map(reaches_over_lines, rules.ignore))


def without_ignored(reading: Reading, rules: Rules) -> Reading:
    """The reading for comparison: blank where ignore patterns that reach over lines match.

    Shape:  the numbers of lines stay, and so does the hash, which is that of the whole text.
    Errors: ExtractError(selector) for a pattern that is faulty or takes too long.
    """
    text = reading.text
    for index, one in enumerate(rules.ignore):
        pattern = pattern_of(one, f"ignore[{index}]")
        if pattern.reaches_over:
            text = Budget().run(pattern, pattern.compiled.sub, _blank, text)
    return reading if text == reading.text else replace(reading, text=text)


def _blank(match: regex.Match[str]) -> str:
    matched: str = match[0]
    return " " + "\n" * matched.count("\n")
