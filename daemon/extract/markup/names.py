"""Lets XPath name elements as a document writes them: with its prefixes, or without any."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

_NAME = r"[^\W\d][\w.-]*"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)|(?P<operand>"[^"]*"|'[^']*'|\.?\d[\d.]*|\$[\w.:-]+|\.\.?|[)\]])"""
    rf"|(?P<name>{_NAME}(?::(?!:)(?:{_NAME}|\*))?)|(?P<star>\*)|(?P<sign>::|.)",
    re.DOTALL,
)
_CALL_OR_AXIS = re.compile(r"\s*(?:\(|::)")
_KNOWN_EVERYWHERE = frozenset({"xml"})


def by_written_names(expression: str, *, is_xml: bool) -> tuple[str, frozenset[str]]:
    """Rewrite an XPath so that names mean what is written in the document.

    Shape:  the expression, and the prefixes in it. `a:b` matches what is written `a:b`, whichever
            namespace that is; in XML, a name alone matches elements of any prefix and none.
    Source: XPath 1.0 §3.7, for what is a name and what an operator.
    """
    parts, prefixes = [], set()
    for text, is_test, is_attribute in _tokens(expression):
        prefix, colon, _ = text.partition(":") if is_test else ("", "", "")
        if colon:
            prefixes.add(prefix)
            parts.append(_written(text))
        elif is_test and is_xml and not is_attribute:
            parts.append(f"*[local-name()='{text}']")
        else:
            parts.append(text)
    return "".join(parts), frozenset(prefixes - _KNOWN_EVERYWHERE)


def prefixes_of(root: _Element) -> frozenset[str]:
    """The prefixes that a document declares, or uses without declaring them."""
    declared = {prefix for _, (prefix, _uri) in etree.iterwalk(root, events=("start-ns",))}
    names = (name for element in root.iter("*") for name in (element.tag, *element.keys()))
    used = {name.partition(":")[0] for name in names if ":" in name and name[0] != "{"}
    return frozenset(declared | used) - {"", "xmlns"}


def _written(name: str) -> str:
    prefix = name.removesuffix("*")
    return f"*[name()='{name}']" if prefix == name else f"*[starts-with(name(),'{prefix}')]"


def _tokens(expression: str) -> Iterator[tuple[str, bool, bool]]:
    """Each token, whether it tests a name, and whether that is of an attribute."""
    is_after_operand, before, axis = False, "", ""
    for match in _TOKEN.finditer(expression):
        text, kind = match[0], match.lastgroup
        if kind == "space":
            yield text, False, False
            continue
        is_name = kind == "name" and not is_after_operand
        is_test = is_name and _CALL_OR_AXIS.match(expression, match.end()) is None
        yield text, is_test and axis != "namespace", before == "@" or axis == "attribute"
        # A name or star behind an operand is an operator.
        is_star = kind == "star" and not is_after_operand
        is_after_operand = kind == "operand" or is_test or is_star
        axis = before if text == "::" else ""
        before = text
