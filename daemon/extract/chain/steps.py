"""Applies an owner's rules for text, step by step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from daemon.extract.chain.patterns import Budget, Pattern, pattern_of, replacement_of
from daemon.extract.chain.whitespace import squeeze
from daemon.extract.clean import clean_text
from daemon.model.errors import ExtractError
from daemon.model.reading import MISSING
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.wording import quoted

if TYPE_CHECKING:
    import regex


def apply_steps(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """What the rules leave of a clean text, and "missing:extract[1]" for what is not in it.

    Shape:  white space is tidied first, and after each step. The text is empty when a step leaves
            nothing of what the owner chose, which a flag names.
    Errors: ExtractError(selector) when a pattern is faulty or too slow, or nothing is left of a
            whole page.
    """
    flags: tuple[str, ...] = ()
    text = tidied(text, rules)
    for name, step in STEPS.items():
        if getattr(rules, name):
            text, more = step(text, rules)
            text, flags = tidied(text, rules), (*flags, *more)
            if not text.strip():
                return "", (*flags, *_nothing_left(name, rules))
    return text, flags


def _nothing_left(step: str, rules: Rules) -> tuple[str, ...]:
    """The flag of a step that left nothing of what was chosen."""
    if not rules.is_choice:
        raise ExtractError(ErrorClass.SELECTOR, f"{step} left no line")
    return () if step == "extract" else (f"{MISSING}{step}",)


def matches_in(text: str, pattern: Pattern) -> list[regex.Match[str]]:
    """All matches of a pattern, in each line or over the lines of the whole text.

    Errors: ExtractError(selector) when it takes too long.
    """
    budget = Budget()

    def found(part: str, timeout: float) -> list[regex.Match[str]]:
        return list(pattern.compiled.finditer(part, timeout=timeout))

    parts = [text] if pattern.reaches_over else text.split("\n")
    return [match for part in parts for match in budget.run(pattern, found, part)]


def lines_with(text: str, pattern: Pattern) -> list[bool]:
    """For each line, whether the pattern matches in it, or a match over lines touches it.

    Errors: ExtractError(selector) when it takes too long.
    """
    lines = text.split("\n")
    if not pattern.reaches_over:
        budget, search = Budget(), pattern.compiled.search
        return [budget.run(pattern, search, line) is not None for line in lines]
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    touched = [False] * len(lines)
    for match in matches_in(text, pattern):
        for number in _lines_of(match, starts):
            touched[number] = True
    return touched


def _lines_of(match: regex.Match[str], starts: Sequence[int]) -> range:
    """The numbers of the lines that hold any of a match beside line breaks."""
    said = match[0].strip("\n")
    if not said:
        return range(0)
    start = match.start() + len(match[0]) - len(match[0].lstrip("\n"))
    return range(bisect_right(starts, start) - 1, bisect_right(starts, start + len(said) - 1))


def extracted(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """A line for each match of each pattern: its groups, or all of it where it has none."""
    found = {
        f"extract[{index}]": list(map(_given, matches_in(text, pattern)))
        for index, pattern in enumerate(_patterns(rules, "extract"))
    }
    lines = [line for given in found.values() for line in given if line]
    missing = tuple(f"{MISSING}{place}" for place, given in found.items() if not any(given))
    return "\n".join(lines), missing


def _given(match: regex.Match[str]) -> str:
    given = match.groups() or (match[0],)
    return " ".join(" ".join(filter(None, given)).split())


def replaced(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """The text with each replacement made, one after the other."""
    for pattern in _replacements(rules):
        text = replaced_by(text, pattern)
        if not text.strip():
            detail = f"{pattern.place} left no text: {quoted(pattern.text)} replaces all of it"
            raise ExtractError(ErrorClass.SELECTOR, detail)
    return text, ()


def left_of(text: str, rules: Rules) -> str:
    """What the rules leave of a part of a text, such as a feed's entry, be it nothing."""
    for pattern in _replacements(rules):
        text = replaced_by(text, pattern)
    if rules.keep_lines:
        text, _ = kept(text, rules)
    if rules.drop_lines:
        text, _ = dropped(text, rules)
    return text.strip()


def _replacements(rules: Rules) -> Iterator[Pattern]:
    for index, rule in enumerate(rules.replace):
        yield replacement_of(rule, f"replace[{index}]")


def replaced_by(text: str, pattern: Pattern) -> str:
    """The text with one replacement made; it is clean again, whatever was put in."""
    return clean_text(_replaced(text, pattern))[0]


def _replaced(text: str, pattern: Pattern) -> str:
    budget = Budget()
    parts = [text] if pattern.reaches_over else text.split("\n")
    put, replacement = pattern.compiled.sub, pattern.replacement
    return "\n".join([budget.run(pattern, put, replacement, part) for part in parts])


def kept(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """The lines that any of `keep_lines` matches."""
    return _chosen(text, _patterns(rules, "keep_lines"), wanted=True), ()


def dropped(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """The lines that none of `drop_lines` matches."""
    return _chosen(text, _patterns(rules, "drop_lines"), wanted=False), ()


def _chosen(text: str, patterns: Iterator[Pattern], *, wanted: bool) -> str:
    lines = text.split("\n")
    found = [lines_with(text, pattern) for pattern in patterns]
    hits = [any(several) for several in zip(*found, strict=True)]
    return "\n".join(line for line, hit in zip(lines, hits, strict=True) if hit is wanted)


def in_order(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """The lines in the order of their characters, without blank ones."""
    return "\n".join(sorted(line for line in text.split("\n") if line.strip())), ()


def without_repetition(text: str, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """Each line where it comes first."""
    return "\n".join(dict.fromkeys(text.split("\n"))), ()


# By the rule that asks for each, in the order in which they are taken.
STEPS: Mapping[str, Callable[[str, Rules], tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "extract": extracted,
        "replace": replaced,
        "keep_lines": kept,
        "drop_lines": dropped,
        "sort_lines": in_order,
        "unique_lines": without_repetition,
    }
)


def _patterns(rules: Rules, field: str) -> Iterator[Pattern]:
    for index, text in enumerate(getattr(rules, field)):
        yield pattern_of(text, f"{field}[{index}]")


def tidied(text: str, rules: Rules) -> str:
    """The text with its white space tidied, unless the rules keep it."""
    return squeeze(text) if rules.collapse_whitespace and not rules.raw else text
