"""Finds the faults in an owner's rules before any page is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.extract.chain.addresses import problem_with_address_pattern
from daemon.extract.chain.patterns import problem_with_pattern, problem_with_replacement
from daemon.extract.sniff import KINDS
from daemon.model.site import CHAIN, CHOOSING, FILE, PICTURE, Rules

_OF_TEXT = tuple(name for name in CHAIN if name not in ("kind", "collapse_whitespace"))
_NOT_READ = {
    FILE: 'does not go with kind = "file", whose text is a hash',
    PICTURE: 'does not go with kind = "picture", which has no text',
}
_NOT_WITH_RAW = (
    "does not go with raw, of whose source `extract` can choose; take out one of the two"
)
_ATTRIBUTE = re.compile(r"[^\s\"'<>/=\[\]@]+")


def check_rules(rules: Rules) -> list[tuple[str, str]]:
    """Find every rule that could never work.

    Shape: (field path such as "include[0]", the problem in its parser's words), all of them.
    """
    if rules.kind in _NOT_READ:
        return [*_file_problems(rules), *_discover_problems(rules)]
    return [
        *_raw_problems(rules),
        *_kind_problems(rules),
        *_selector_problems(rules),
        *_attribute_problems(rules),
        *_pattern_problems(rules),
        *_discover_problems(rules),
    ]


def _file_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    for field in _OF_TEXT:
        if getattr(rules, field):
            yield field, f"{_NOT_READ[rules.kind]}; take out one of the two"
    if rules.watch == "region":
        yield "watch", f"{_NOT_READ[rules.kind]}; take out one of the two"


def _raw_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    if not rules.raw:
        return
    if rules.kind not in ("auto", "text"):
        yield "raw", f"raw reads the source as it is, and kind is {rules.kind!r}"
    for field in CHOOSING:
        if getattr(rules, field):
            yield field, _NOT_WITH_RAW


def _kind_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    if rules.kind not in KINDS:
        yield "kind", f"{rules.kind!r} is none of {', '.join(KINDS)}"
    if rules.query is not None and rules.kind not in ("auto", "json"):
        yield "query", f"queries read JSON, and kind is {rules.kind!r}"
    if rules.include and rules.kind not in ("auto", "html"):
        yield "include", f"selectors read HTML and XML, and kind is {rules.kind!r}"
    for field, reads in (("links", "HTML"), ("attributes", "HTML and XML")):
        if getattr(rules, field) and rules.kind not in ("auto", "html"):
            yield field, f"{field} are read from {reads}, and kind is {rules.kind!r}"
        if getattr(rules, field) and rules.query is not None:
            yield field, f"{field} are read from {reads}, but there is a query, which reads JSON"
    if rules.include and rules.query is not None:
        yield "include", "selectors read HTML and XML, but there is a query, which reads JSON"


def _selector_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    if rules.include or rules.exclude:
        from daemon.extract.markup.select import problem_with

        for field in ("include", "exclude"):
            for index, selector in enumerate(getattr(rules, field)):
                if problem := problem_with(selector):
                    yield f"{field}[{index}]", problem
    if rules.query is not None:
        from daemon.extract.jsondoc import compile_query

        if problem := compile_query(rules.query)[1]:
            yield "query", problem


def _attribute_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(rules.attributes):
        if not _ATTRIBUTE.fullmatch(name):
            yield f"attributes[{index}]", f"{name!r}; write names such as 'title' or 'data-price'"


def _pattern_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    for field in ("extract", "keep_lines", "drop_lines", "ignore"):
        for index, pattern in enumerate(getattr(rules, field)):
            if problem := problem_with_pattern(pattern):
                yield f"{field}[{index}]", problem
    for index, rule in enumerate(rules.replace):
        if problem := problem_with_replacement(rule):
            yield f"replace[{index}]", problem


def _discover_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    for index, written in enumerate(rules.discover_match):
        if problem := problem_with_address_pattern(written):
            yield f"discover_match[{index}]", problem
    if rules.discover_within:
        from daemon.extract.markup.select import problem_with

        for index, selector in enumerate(rules.discover_within):
            if problem := problem_with(selector):
                yield f"discover_within[{index}]", problem
