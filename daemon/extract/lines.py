"""Filters clean text by an owner's line rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from daemon.model.errors import ExtractError
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.wording import duration

if TYPE_CHECKING:
    import regex

PATTERN_SECONDS = 1.0
MAX_PATTERN_CHARS = 1000
_LONG_LINE = 65_536
_BLANK_RUN = re.compile(r"\n{3,}")
# No-break, ogham, the quads and spaces of printing, and the ideographic space.
_WIDE = "\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"


def filter_lines(text: str, rules: Rules) -> str:
    """Keep what the rules keep, in the order they ask for.

    Shape:  whitespace first, then `keep_lines`, `drop_lines`, `unique_lines`, `sort_lines`.
            Indentation stays: it carries the nesting of lists and code.
    Errors: ExtractError(selector) when a pattern is too slow or nothing is left.
    """
    if rules.collapse_whitespace:
        text = squeeze(text)
    if not (rules.keep_lines or rules.drop_lines or rules.unique_lines or rules.sort_lines):
        return text
    lines = text.split("\n")
    if rules.keep_lines:
        lines = _matching(lines, "keep_lines", rules.keep_lines, wanted=True)
    if rules.drop_lines:
        lines = _matching(lines, "drop_lines", rules.drop_lines, wanted=False)
    return _rejoin(_arranged(lines, rules), rules)


def squeeze(text: str) -> str:
    """Make one space of every run inside a line and one blank line of every run of them."""
    if not text.isascii():
        # Sixteen searches for one character each are faster than one for any of them.
        for space in _WIDE:
            text = text.replace(space, " ")
    # Most lines have nothing to squeeze; checking costs a third of doing it.
    lines = [
        line
        if not line or (line[0] > " " and line[-1] > " " and "  " not in line and "\t" not in line)
        else _tightened(line)
        for line in text.split("\n")
    ]
    text = "\n".join(lines)
    if "\n\n\n" in text:
        text = _BLANK_RUN.sub("\n\n", text)
    return text.strip("\n")


def _tightened(line: str) -> str:
    body = line.lstrip()
    if not body:
        return ""
    if body[-1] > " " and "  " not in body and "\t" not in body:
        return line
    indent, body = line[: len(line) - len(body)], body.rstrip()
    if len(body) <= _LONG_LINE:
        return indent + " ".join(body.split())
    # Without a list of words: a line of 10 MB would make millions of them.
    body = body.replace("\t", " ")
    while "  " in body:
        body = body.replace("  ", " ")
    return indent + body


def _matching(
    lines: list[str], field: str, patterns: tuple[str, ...], *, wanted: bool
) -> list[str]:
    left = [True] * len(lines)
    for index, pattern in enumerate(patterns):
        hits = _hits(lines, pattern, f"{field}[{index}]")
        left = [still and not hit for still, hit in zip(left, hits, strict=True)]
    chosen = [line for line, missed in zip(lines, left, strict=True) if missed is not wanted]
    if not any(map(str.strip, chosen)):
        what = "matched no line" if wanted else "left no line"
        raise ExtractError(ErrorClass.SELECTOR, f"{field} {what}")
    return chosen


def _hits(lines: Iterable[str], pattern: str, field: str) -> list[bool]:
    search = compile_pattern(pattern, field).search
    # The clock only decides whether a hopeless pattern is given up, never what is read.
    deadline = monotonic() + PATTERN_SECONDS
    try:
        return [
            search(line, timeout=max(deadline - monotonic(), 0.001)) is not None for line in lines
        ]
    except TimeoutError as exc:
        raise ExtractError(
            ErrorClass.SELECTOR,
            f"{field} took longer than {duration(PATTERN_SECONDS)}: {pattern!r}",
        ) from exc


def compile_pattern(pattern: str, field: str = "pattern") -> regex.Pattern[str]:
    """Compile a line pattern.

    Errors: ExtractError(selector) with the compiler's own message.
    """
    compiled, problem = _compiled(pattern)
    if compiled is None:
        raise ExtractError(ErrorClass.SELECTOR, f"{field}: {problem}")
    return compiled


def problem_with_pattern(pattern: str) -> str:
    """What is wrong with a pattern in the words of its compiler, or ""."""
    return _compiled(pattern)[1]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[Any, str]:
    import regex

    if len(pattern) > MAX_PATTERN_CHARS:
        return None, f"longer than {MAX_PATTERN_CHARS} characters"
    try:
        return regex.compile(pattern), ""
    except (regex.error, RecursionError, OverflowError) as exc:
        return None, f"{exc} in {pattern!r}"


def _arranged(lines: list[str], rules: Rules) -> list[str]:
    if rules.unique_lines:
        lines = list(dict.fromkeys(lines))
    if rules.sort_lines:
        lines = sorted(line for line in lines if line.strip())
    return lines


def _rejoin(lines: list[str], rules: Rules) -> str:
    text = "\n".join(lines)
    if rules.collapse_whitespace:
        text = _BLANK_RUN.sub("\n\n", text).strip("\n")
    return text
