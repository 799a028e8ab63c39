"""Compiles an owner's regular expressions, and ends those that run away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass
from daemon.wording import duration, quoted

if TYPE_CHECKING:
    import regex

PATTERN_SECONDS = 1.0
MAX_PATTERN_CHARS = 1000
ARROW = " -> "

_LEAST_SECONDS = 0.001
# A line break, written or escaped, or a dot that matches one.
_REACH = re.compile(r"\n|(?<!\\)(?:\\\\)*(?:\\[nR]|\(\?[a-rt-zA-Z0-9]*s[a-zA-Z0-9]*(?:-\w+)?[:)])")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of a rule.

    Shape: it is applied to each line, or to the whole text when it `reaches_over` lines; `^` and
           `$` stand for the ends of lines in both.
    """

    place: str  # "replace[0]"
    text: str
    compiled: regex.Pattern[str]
    reaches_over: bool
    replacement: str = ""


class Budget:
    """The time that one pattern may take, in one or many calls."""

    def __init__(self, seconds: float = PATTERN_SECONDS) -> None:
        self._seconds = self._left = seconds

    def run(self, pattern: Pattern, call: Callable[..., _T], *given: Any) -> _T:
        """The result of a call of the pattern.

        Errors: ExtractError(selector), which names the pattern, when the time is used up.
        """
        started = monotonic()
        try:
            # The clock only decides whether a hopeless pattern is given up, never what is read.
            return call(*given, timeout=max(self._left, _LEAST_SECONDS))
        except TimeoutError as exc:
            length = duration(self._seconds)
            detail = f"{pattern.place} took longer than {length}: {quoted(pattern.text)}"
            raise ExtractError(ErrorClass.SELECTOR, detail) from exc
        finally:
            self._left -= monotonic() - started


def pattern_of(text: str, place: str) -> Pattern:
    """A pattern, ready for use.

    Errors: ExtractError(selector) with the compiler's own message.
    """
    compiled, problem = _compiled(text)
    if compiled is None:
        raise ExtractError(ErrorClass.SELECTOR, f"{place}: {problem}")
    return Pattern(place, text, compiled, reaches_over_lines(text))


def replacement_of(rule: str, place: str) -> Pattern:
    """The pattern of "pattern -> replacement", with what takes its place.

    Errors: ExtractError(selector) when either is faulty.
    """
    if problem := problem_with_replacement(rule):
        raise ExtractError(ErrorClass.SELECTOR, f"{place}: {problem}")
    text, replacement = _parted(rule)
    found = pattern_of(text, place)
    return Pattern(place, text, found.compiled, found.reaches_over, replacement)


def problem_with_pattern(pattern: str) -> str:
    """What is wrong with a pattern in the words of its compiler, or ""."""
    return _compiled(pattern)[1]


@lru_cache(maxsize=256)
def problem_with_replacement(rule: str) -> str:
    """What is wrong with "pattern -> replacement", or ""."""
    if ARROW not in rule and not rule.endswith(ARROW.rstrip()):
        way_out = "write 'pattern -> replacement', or 'pattern ->' to delete"
        return f"{quoted(rule)} has no arrow; {way_out}"
    text, replacement = _parted(rule)
    if not text:
        return f"{quoted(rule)} has no pattern before the arrow"
    compiled, problem = _compiled(text)
    if compiled is None:
        return problem
    if len(replacement) > MAX_PATTERN_CHARS:
        return f"replacement longer than {MAX_PATTERN_CHARS} characters"
    return _problem_with_template(compiled, replacement)


def reaches_over_lines(pattern: str) -> bool:
    """Whether a pattern can match a line break: it says `(?s)`, or holds one."""
    return _REACH.search(pattern) is not None


def _parted(rule: str) -> tuple[str, str]:
    text, arrow, replacement = rule.partition(ARROW)
    return (text, replacement) if arrow else (rule.removesuffix(ARROW.rstrip()), "")


def _problem_with_template(compiled: regex.Pattern[str], replacement: str) -> str:
    import regex

    # A pattern with the same groups that surely matches: without a match no template is read.
    names = {index: name for name, index in compiled.groupindex.items()}
    numbers = range(1, compiled.groups + 1)
    groups = (f"(?P<{names[number]}>)" if number in names else "()" for number in numbers)
    try:
        regex.sub("".join(groups), replacement, "")
    except (regex.error, IndexError) as exc:
        count = compiled.groups
        have = f"{count} group{'' if count == 1 else 's'}" if count else "no groups"
        return f"{exc} in the replacement {quoted(replacement)}; the pattern has {have}"
    return ""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[Any, str]:
    import regex

    if len(pattern) > MAX_PATTERN_CHARS:
        return None, f"longer than {MAX_PATTERN_CHARS} characters"
    flags = regex.MULTILINE if reaches_over_lines(pattern) else 0
    try:
        return regex.compile(pattern, flags), ""
    except (regex.error, RecursionError, OverflowError) as exc:
        return None, f"{exc} in {quoted(pattern)}"
