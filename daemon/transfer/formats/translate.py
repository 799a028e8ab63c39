"""Translates selectors, queries and patterns of other programs into ours, where possible."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from cssselect import ExpressionError, GenericTranslator, SelectorSyntaxError, parse

from daemon.extract import check_rules
from daemon.extract.languages.extra import JQ, JSONPATH, XPATH2, Language
from daemon.model.site import Rules

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_JQ_STEP = re.compile(rf'\.?\["([^"\\]+)"\]|\.({_NAME})|\.?\[(-?\d+)\]|\.?(\[\])')
_PATH_STEP = re.compile(
    rf"\.({_NAME})|\[(?:'([^'\\]+)'|\"([^\"\\]+)\")\]|\[(-?\d+)\]|(\[\*\]|\.\*(?=$|[.\[]))"
)
_XPATH = "xpath:"
_CSS = GenericTranslator()
_ONWARD = "descendant-or-self::"
_PLACED = re.compile(r"^//[/@]|\||\[\s*\d|\b(?:position|last)\s*\(")
_FLAGS_AT_HEAD = re.compile(r"\(\?([aimsx]+)\)")
_PERL = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_FLAGS = frozenset("imsx")
# A name with a prefix outside of quotes; not that of a function.
_PREFIXED = re.compile(
    r""""[^"]*"|'[^']*'|(?<![\w.-])(?P<prefix>[A-Za-z_][\w.-]*):(?P<name>\*|[A-Za-z_][\w.-]*)"""
    r"(?![\w.-]*\s*\()"
)
# A parenthesis that opens a group, numbered or named; and what refers to a group.
_GROUP = re.compile(r"(?<!\\)((?:\\\\)*)\((?:(?!\?)|\?P<\w+>)")
_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?(?:P=|\()|\[[^\]]*\(")


def query_from_jq(text: str) -> str | None:
    """A jq path as JMESPath; None for anything but plain paths."""
    text = text.strip()
    if text == ".":
        return "@"
    steps, at = [], 0
    while at < len(text):
        found = _JQ_STEP.match(text, at)
        if found is None or found.end() == at:
            return None
        quoted, name, index, every = found.groups()
        steps.append(_step(quoted or name, index, every))
        at = found.end()
    return "".join(steps).lstrip(".") or None


def query_from_jsonpath(text: str) -> str | None:
    """A JSONPath as JMESPath; None for anything but plain paths."""
    text = text.strip()
    if not text.startswith("$"):
        return None
    if text == "$":
        return "@"
    steps, at = [], 1
    while at < len(text):
        found = _PATH_STEP.match(text, at)
        if found is None:
            return None
        name, single, double, index, every = found.groups()
        steps.append(_step(name or single or double, index, every))
        at = found.end()
    return "".join(steps).lstrip(".") or None


def query_in(language: Language, texts: Sequence[str]) -> str | None:
    """These programs of jq or these JSONPaths as one query; None when they are none.

    Shape: a plain path becomes JMESPath, which needs no library; what is neither stays as it is.
    """
    if len(texts) == 1 and (plain := _PLAIN[language](texts[0])):
        return plain
    together = texts[0].strip() if len(texts) == 1 else _TOGETHER[language](texts)
    rule = language.prefix + together
    return None if any(place == "query" for place, _ in check_rules(Rules(query=rule))) else rule


_PLAIN = {JQ: query_from_jq, JSONPATH: query_from_jsonpath}
_TOGETHER: Mapping[Language, Callable[[Sequence[str]], str]] = {
    JQ: lambda texts: ", ".join(f"({text.strip()})" for text in texts),
    JSONPATH: lambda texts: " | ".join(text.strip() for text in texts),
}


def _step(name: str | None, index: str | None, every: str | None) -> str:
    if name:
        plain = re.fullmatch(_NAME, name)
        return f".{name}" if plain else f".{json.dumps(name, ensure_ascii=False)}"
    return "[]" if every else f"[{index}]"


def selector_by(attribute: str, value: str) -> str:
    """A CSS selector for elements whose attribute has this value: class, id, style or tag."""
    if attribute == "tag":
        return value
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'[{attribute}{"~" if attribute == "class" else ""}="{quoted}"]'


def xpath(text: str) -> str:
    """An XPath with the prefix that ours need."""
    return text if text.startswith(("/", "(")) else f"{_XPATH}{text}"


def without_prefixes(text: str, namespaces: Mapping[str, str]) -> str:
    """An XPath that names elements and attributes by their namespaces, with no prefix declared.

    Shape: what stands in quotes, calls of functions, and prefixes of unknown meaning stay.
    """

    def spelt(found: re.Match[str]) -> str:
        if (namespace := namespaces.get(found["prefix"])) is None:
            return found[0]
        asked = [f"namespace-uri()={_literal(namespace)}"]
        if found["name"] != "*":
            asked.insert(0, f"local-name()={_literal(found['name'])}")
        return f"*[{' and '.join(asked)}]"

    return _PREFIXED.sub(spelt, text)


def _literal(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def newer_xpath(text: str) -> str:
    """An XPath of any version, with the prefix that it needs."""
    rule = xpath(text)
    newer = XPATH2.prefix + text
    return newer if _has_problem(rule) and not _has_problem(newer) else rule


def _has_problem(selector: str) -> bool:
    return bool(check_rules(Rules(include=(selector,))))


def within(outer: str, inner: str) -> str | None:
    """A selector for what `inner` finds in what `outer` finds, or is; None when there is none."""
    path, steps = _path_of(outer), _steps_of(inner)
    if not path or not steps:
        return None
    rule = " | ".join(f"({path})/{step}" for step in steps)
    return None if _has_problem(rule) else rule


def _is_path(selector: str) -> bool:
    return selector.startswith(("/", "(", _XPATH))


def _path_of(selector: str) -> str | None:
    if selector.startswith(XPATH2.prefix):
        return None
    if _is_path(selector):
        return selector.removeprefix(_XPATH)
    try:
        return _CSS.css_to_xpath(selector, prefix="//")
    except (SelectorSyntaxError, ExpressionError):
        return None


def _steps_of(selector: str) -> list[str]:
    """What it finds from an element on; a place among others is not that in the whole page."""
    if _is_path(selector):
        is_plain = selector.startswith("//") and not _PLACED.search(selector)
        return [f"{_ONWARD}{selector[2:]}"] if is_plain else []
    try:
        return [_CSS.selector_to_xpath(one, prefix=_ONWARD) for one in parse(selector)]
    except (SelectorSyntaxError, ExpressionError):
        return []


def both_of(first: str, second: str) -> str | None:
    """A pattern for lines that both of these match; None if they refer to groups."""
    if any(map(_REFERENCE.search, (first, second))):
        return None
    return "^" + "".join(f"(?=.*?{_scoped(one)})" for one in (first, second))


def _scoped(pattern: str) -> str:
    """The pattern as a group, with the flags at its head for itself alone."""
    found = _FLAGS_AT_HEAD.match(pattern)
    return f"(?{found[1]}:{pattern[found.end() :]})" if found else f"(?:{pattern})"


def pattern_of(text: str) -> str:
    """A case-insensitive pattern for this text, or for this /pattern/ in Perl's notation."""
    text = text.strip()
    if found := _PERL.fullmatch(text):
        flags = "".join(flag for flag in found[2] if flag in _FLAGS) or "i"
        return f"(?{flags}){found[1]}"
    return f"(?i){re.escape(text)}"


def target_of(text: str) -> str:
    """The target of a condition for this text, or for this /pattern/ in Perl's notation."""
    is_plain = not _PERL.fullmatch(text.strip()) and ":" not in text
    return text.strip() if is_plain else f"re:{pattern_of(text)}"


def replacement(pattern: str, put: str) -> str:
    """A replacement in our notation, whose first arrow ends the pattern."""
    return f"{pattern.replace(' -> ', '[ ]->[ ]')} -> {put}".removesuffix(" ")


def whole_match(pattern: str) -> str | None:
    """A pattern without groups, so that all of a match is read; None if it refers to one."""
    if _REFERENCE.search(pattern):
        return None
    return _GROUP.sub(r"\1(?:", pattern)


def line_pattern_of(text: str) -> str:
    """A pattern for whole lines that contain it."""
    pattern = pattern_of(text)
    flags, _, rest = pattern.partition(")")
    return f"{flags}).*(?:{rest}).*"
