"""Chooses among addresses by an owner's patterns: with `*`, or regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from urllib.parse import urlsplit

from daemon.extract.chain.patterns import (
    MAX_PATTERN_CHARS,
    Budget,
    pattern_of,
    problem_with_pattern,
)

_EXPRESSION = "re:"

Matches = Callable[[str], bool]


def matches_any(patterns: Sequence[str], field: str) -> Matches:
    """Whether one of these patterns matches an address; without any, all match.

    Shape:  a pattern that begins with "/" is for path and query, one with "://" for the whole
            address, any other for what follows that.
    Errors: ExtractError(selector) for one that is faulty; its result raises it for one that takes
            too long.
    """
    if not patterns:
        return lambda url: True
    tests = [_test(written, f"{field}[{i}]") for i, written in enumerate(patterns)]
    return lambda url: any(test(url) for test in tests)


def problem_with_address_pattern(written: str) -> str:
    """What is wrong with a pattern, or ""."""
    if written.startswith(_EXPRESSION):
        return problem_with_pattern(written.removeprefix(_EXPRESSION))
    if not written.strip():
        return "is empty"
    too_long = len(written) > MAX_PATTERN_CHARS
    return f"longer than {MAX_PATTERN_CHARS} characters" if too_long else ""


def _test(written: str, place: str) -> Matches:
    if written.startswith(_EXPRESSION):
        pattern, budget = pattern_of(written.removeprefix(_EXPRESSION), place), Budget()
        return lambda url: budget.run(pattern, pattern.compiled.search, url) is not None
    whole = re.compile(translate(written)).match
    if written.startswith("/"):
        return lambda url: whole(_path(url)) is not None
    if "://" in written:
        return lambda url: whole(url) is not None
    return lambda url: whole(url.partition("://")[2]) is not None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
