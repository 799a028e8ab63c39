"""Selects from markup with XPath 2 and 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml.etree import _Element

from daemon.extract.languages.evaluating import evaluating
from daemon.extract.languages.extra import XPATH2, Missing

if TYPE_CHECKING:
    from elementpath.xpath31 import XPath31Parser

# What reads files, addresses or the environment, parses documents, or finds such functions.
_UNAVAILABLE = tuple(
    "doc doc-available collection uri-collection unparsed-text unparsed-text-lines"
    " unparsed-text-available json-doc environment-variable available-environment-variables"
    " parse-xml parse-xml-fragment json-to-xml load-xquery-module transform function-lookup".split()
)
_PREFIX = re.compile(r"([^\W\d][\w.-]*):(?=[^\W\d]|\*)")
_BUILT_IN = frozenset({"xml", "xs", "fn", "math", "map", "array", "err"})
_CODE = re.compile(r"\[err:\w+\] ")
# Of these are the errors of the library, and what it lets through of others.
_MISFITS = (
    ArithmeticError, AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError
)  # fmt: skip


def compile_xpath2(text: str) -> tuple[Expression | Missing | None, str]:
    """What evaluates an expression, or None and what is wrong with it."""
    if not XPATH2.is_installed:
        return Missing(XPATH2), ""
    any_prefixes = {prefix: f"urn:{prefix}" for prefix in _PREFIX.findall(text)}
    try:
        _parsed(text, {p: uri for p, uri in any_prefixes.items() if p not in _BUILT_IN})
    except _MISFITS as exc:
        return None, _shown(exc)
    return Expression(text), ""


class Expression:
    """An XPath of a newer version, which is parsed with the prefixes of each document."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, root: _Element) -> list[_Element | str]:
        """The elements and strings that it selects; prefixes are those of the document.

        Shape:  names without a prefix are of the document's default namespace.
        Errors: XPathError when it does not fit the document.
        """
        from elementpath import XPathContext

        with evaluating(XPATH2.prefix + self._text):
            try:
                found = _parsed(self._text, _namespaces_of(root)).get_results(XPathContext(root))
                items = found if isinstance(found, list) else [found]
                return [piece for item in items if (piece := _piece(item)) not in (None, "")]
            except _MISFITS as exc:
                raise etree.XPathEvalError(_shown(exc)) from exc


def _parsed(text: str, namespaces: Mapping[str, str]) -> Any:
    """The tree of an expression.

    Shape: nothing is computed yet. The parser's own `parse` would: `count(1 to 1000000000)` has
           no need of a document.
    """
    from elementpath.tdop import Parser

    parser = _parser_class()(namespaces=dict(namespaces))
    if parser.tokenizer is None:
        type(parser).tokenizer = parser.create_tokenizer(parser.symbol_table)
    return Parser.parse(parser, text.strip())


@lru_cache(maxsize=1)
def _parser_class() -> type[XPath31Parser]:
    from elementpath.xpath31 import XPath31Parser

    class Confined(XPath31Parser):
        """XPath 3.1 without functions that reach beyond the document."""

    for name in _UNAVAILABLE:
        Confined.unregister(name)
    return Confined


def _namespaces_of(root: _Element) -> dict[str, str]:
    """The prefixes that a document declares; the default namespace is that of ""."""
    found: dict[str, str] = {}
    for _, (prefix, uri) in _declared(root):
        found.setdefault(prefix or "", uri)
    return found


def _declared(root: _Element) -> Iterator[Any]:
    return iter(etree.iterwalk(root, events=("start-ns",)))


def _piece(item: Any) -> _Element | str | None:
    """One item of a result, as an element or as text; None for a number that is none."""
    if isinstance(item, _Element | str):
        return item
    if isinstance(item, etree._ElementTree):
        return item.getroot()
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, float):
        return None if item != item else f"{item:.15g}"
    if isinstance(item, Decimal):
        return f"{item.normalize():f}"
    if callable(item):
        raise ValueError("it gives a function, a map or an array, which are no text")
    return str(item)


def _shown(exc: Exception) -> str:
    return _CODE.sub("", " ".join(str(exc).split())) or "not an XPath"
