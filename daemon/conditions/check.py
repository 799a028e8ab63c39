"""Finds the conditions that could never hold, before any page is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from daemon.conditions.values import COMPARISONS, SELECTORS, Target, selector_of, target_of
from daemon.extract.chain.patterns import problem_with_pattern
from daemon.model.site import Rules

# ".slot", "#status", "li.slot", "button[disabled]", "#a > li": hardly words of a page.
_TAG = (
    "(?:a|article|aside|b|button|dd|div|dl|dt|em|footer|form|h[1-6]|header|i|img|input|label|li"
    "|main|nav|ol|option|p|section|select|span|strong|table|td|th|time|tr|ul)"
)
_STEP = rf"(?:{_TAG}?(?:[.#][A-Za-z_][\w-]*|\[[^\]]+\])+)"
_SELECTOR = re.compile(rf"{_STEP}(?: ?[> ] ?(?:{_STEP}|{_TAG}))*")
_OPTIONS = ("appears", "disappears", "contains", "count")
# What other programs write before a target, and what it is here.
_FOREIGN = {
    "regex": "re:",
    "regexp": "re:",
    "jmespath": "query:",
    "json": "query:",
    "text": "the words alone",
}


def check_conditions(rules: Rules) -> list[tuple[str, str]]:
    """Find every condition that could never hold, or that says nothing.

    Shape: (field path such as "appears[0]", the problem), all of them.
    """
    targets = [
        target_of(written, f"{option}[{index}]")
        for option in _OPTIONS
        for index, written in enumerate(getattr(rules, option))
    ]
    found = [(one.place, problem) for one in targets if (problem := _problem_with(one, rules))]
    return [*found, *_number_problems(rules)]


def bare_selectors(rules: Rules) -> Iterator[tuple[tuple[str, int], str]]:
    """The places of targets that are looked for as words, and look like selectors of CSS."""
    for option in _OPTIONS:
        for index, written in enumerate(getattr(rules, option)):
            target = target_of(written, option)
            if target.language == "words" and _SELECTOR.fullmatch(target.text):
                yield (option, index), target.text


def _problem_with(target: Target, rules: Rules) -> str:
    if not target.text:
        return "names nothing to look for"
    if target.language == "words":
        prefix = target.text.partition(":")[0].casefold()
        meant = _FOREIGN.get(prefix) if ":" in target.text else None
        return f"has no language {prefix!r} before the colon; write {meant}" if meant else ""
    if target.language == "re":
        problem = problem_with_pattern(target.text)
        return f"is not a regular expression: {problem}" if problem else ""
    return _misfit(target, rules) or _unparsable(target)


def _unparsable(target: Target) -> str:
    if target.language == "query":
        from daemon.extract.jsondoc import compile_query

        problem = compile_query(target.text)[1]
        return f"is not a query: {problem}" if problem else ""
    from daemon.extract.markup.select import is_xpath, problem_with

    if target.language == "css" and is_xpath(target.text):
        return f"is not a selector of CSS; write xpath:{target.text.removeprefix('xpath:')}"
    problem = problem_with(selector_of(target))
    return f"is not a selector: {problem}" if problem else ""


def _misfit(target: Target, rules: Rules) -> str:
    """What of the rules has a document in which this target can match nothing."""
    if target.language in SELECTORS:
        if rules.query is not None:
            return f"{target.language} selects from HTML and XML, but there is a query of JSON"
        fits = rules.kind in ("auto", "html", "feed")
        return "" if fits else f"{target.language} selects from HTML and XML, not {rules.kind}"
    if rules.include or rules.links or rules.attributes:
        return "queries read JSON, but other rules read HTML and XML"
    fits = rules.kind in ("auto", "json")
    return "" if fits else f"queries read JSON, and kind is {rules.kind!r}"


def _number_problems(rules: Rules) -> Iterator[tuple[str, str]]:
    compared = [option for option in COMPARISONS if getattr(rules, option) is not None]
    if not rules.is_choice and not rules.count:
        for option in compared:
            yield (
                option,
                (
                    "compares a number that is chosen, and nothing is; "
                    "add include, query, extract, keep_lines or count"
                ),
            )
    if rules.below is None or rules.above is None:
        return
    if Decimal(rules.below) > Decimal(rules.above):
        yield (
            "below",
            (
                f"every number is below {rules.below} or above {rules.above}: none ever crosses; "
                "write a smaller number in below than in above"
            ),
        )
