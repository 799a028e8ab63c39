"""Selects elements and strings from markup with an owner's CSS and XPath selectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from cssselect import ExpressionError, SelectorSyntaxError
from lxml import etree
from lxml.etree import _Element
from lxml.html import HTMLParser as ArticleParser
from parsel.csstranslator import GenericTranslator, HTMLTranslator

from daemon.extract.languages.extra import XPATH2
from daemon.extract.markup.names import by_written_names, prefixes_of
from daemon.model.errors import ExtractError
from daemon.model.reading import MISSING
from daemon.model.status import ErrorClass
from daemon.wording import listed

HTML = "html"
XML = "xml"
MAX_SELECTOR_CHARS = 2_000
_SHOWN_CHARS = 160

_TRANSLATORS = {HTML: HTMLTranslator(), XML: GenericTranslator()}
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_CALL = re.compile(r"([^\W\d][\w.-]*(?:\s*:\s*[\w.-]+)?)\s*\(")
# Plain XPath 1.0, without library extensions: some of those open files.
_ALLOWED_CALLS = frozenset(
    "last position count id local-name namespace-uri name string concat starts-with contains"
    " substring-before substring-after substring string-length normalize-space translate boolean"
    " not true false lang number sum floor ceiling round has-class"
    " text node comment processing-instruction and or div mod".split()
)


def parse_html(html: str) -> tuple[_Element, tuple[str, ...]]:
    """Build the tree that selectors work on.

    Shape:  the root, and "truncated:depth" when the parser gave up on deep nesting.
    Errors: ExtractError(empty) when there is no element at all.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    root = _parsed(html, parser)
    too_deep = any(fault.type_name == "ERR_RESOURCE_LIMIT" for fault in parser.error_log)
    return root, ("truncated:depth",) if too_deep else ()


def parse_article(html: str) -> _Element:
    """Build the kind of tree that main-content extraction wants."""
    return _parsed(html, ArticleParser(encoding="utf-8", huge_tree=True, remove_pis=True))


def _parsed(html: str, parser: Any) -> _Element:
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise ExtractError(ErrorClass.EMPTY, f"no element in {len(html)} characters of HTML")
    return root


def is_xpath(selector: str) -> bool:
    """CSS is the rule; XPath starts with `/`, `(`, `xpath:` or `xpath2:`."""
    return selector.lstrip().startswith(("/", "(", "xpath:", XPATH2.prefix))


@lru_cache(maxsize=512)
def _compiled(selector: str, markup: str) -> tuple[Any, str, frozenset[str]]:
    """What evaluates a selector, or None and what is wrong with it; and the prefixes in it."""
    if (text := XPATH2.text_of(selector)) is not None and len(text) <= MAX_SELECTOR_CHARS:
        from daemon.extract.languages.xpath2 import compile_xpath2

        return (*compile_xpath2(text), frozenset())
    try:
        expression = _expression(selector.strip(), markup)
        # Faults are told in the words that the owner wrote.
        etree.XPath(expression, regexp=False)
        expression, prefixes = by_written_names(expression, is_xml=markup == XML)
        return etree.XPath(expression, regexp=False, smart_strings=False), "", prefixes
    except (SelectorSyntaxError, ExpressionError, etree.XPathError, ValueError) as exc:
        return None, str(exc) or "not a selector", frozenset()
    except RecursionError:
        return None, "nested too deeply", frozenset()


def _expression(selector: str, markup: str) -> str:
    if not selector or len(selector) > MAX_SELECTOR_CHARS:
        raise ValueError(f"a selector has 1 to {MAX_SELECTOR_CHARS} characters")
    if not is_xpath(selector):
        return str(_TRANSLATORS[markup].css_to_xpath(selector))
    expression = selector.removeprefix("xpath:")
    for call in _CALL.findall(_LITERAL.sub("''", expression)):
        if call not in _ALLOWED_CALLS:
            raise ValueError(f"the XPath function {call}() is not available")
    return expression


def problem_with(selector: str) -> str:
    """What is wrong with a selector in the words of its parser, or ""."""
    return _compiled(selector, HTML)[1]


def count(root: _Element, selector: str, field: str, markup: str) -> tuple[int, str]:
    """How much a selector matches, and the words of the first match.

    Shape:  an XPath that gives a number counts as such, and one that is true as one.
    Errors: ExtractError(selector) when it cannot be used.
    """
    found = _result(root, selector, field, markup)
    if isinstance(found, bool | float):
        return (int(found) if found == found else 0), ""
    pieces = found if isinstance(found, list) else [found] if found else []
    first = pieces[0] if pieces else ""
    words = first if isinstance(first, str) else inner_text(first)
    return len(pieces), " ".join(words.split())[:_SHOWN_CHARS]


def matches_of(root: _Element, selector: str, field: str, markup: str) -> list[Any]:
    """The elements and strings that one selector matches.

    Errors: ExtractError(selector), which names the field, when it cannot be used.
    """
    result = _result(root, selector, field, markup)
    return result if isinstance(result, list) else _scalar(result)


def _result(root: _Element, selector: str, field: str, markup: str) -> Any:
    path, problem, prefixes = _compiled(selector, markup)
    problem = problem or _unknown_prefix(root, prefixes)
    if problem:
        raise ExtractError(ErrorClass.SELECTOR, f"{field}: {selector!r}: {problem}")
    try:
        return path(root)
    except etree.XPathError as exc:
        raise ExtractError(ErrorClass.SELECTOR, f"{field}: {selector!r}: {exc}") from exc


def _unknown_prefix(root: _Element, prefixes: frozenset[str]) -> str:
    """What is wrong with the prefixes of a selector in this document, or ""."""
    known = prefixes_of(root) if prefixes else frozenset()
    unknown = sorted(prefixes - known)
    if not unknown:
        return ""
    theirs = f"its prefixes are {listed(sorted(known), 10)}" if known else "it has none"
    return f"the document has no prefix {unknown[0]!r}: {theirs}; a name alone matches with any"


def _scalar(value: bool | float | str) -> list[Any]:
    """The result of an XPath that gives a boolean, a number or a string instead of nodes."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, float):
        return [] if value != value else [f"{value:.15g}"]
    return [value] if value else []


def remove(root: _Element, selectors: Iterable[str], markup: str) -> None:
    """Cut what the selectors match out of the tree; what follows each element stays.

    Errors: ExtractError(selector) when one does not select elements, or selects everything.
    """
    for index, selector in enumerate(selectors):
        field = f"exclude[{index}]"
        for element in matches_of(root, selector, field, markup):
            if not isinstance(element, _Element):
                detail = f"{field}: {selector!r} must select elements"
                raise ExtractError(ErrorClass.SELECTOR, detail)
            _cut(element, f"{field}: {selector!r} selects the whole page")


def _cut(element: _Element, problem: str) -> None:
    parent = element.getparent()
    if parent is None:
        raise ExtractError(ErrorClass.SELECTOR, problem)
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def find(
    root: _Element, selectors: Sequence[str], markup: str
) -> tuple[list[_Element | str], tuple[str, ...]]:
    """Collect what the selectors match, selector by selector, nothing twice.

    Shape:  the pieces, and "missing:include[1]" for each selector that matches nothing;
            elements inside other matches are left out, as those contain their text.
    Errors: ExtractError(selector) when one cannot be used.
    """
    matches = [
        matches_of(root, selector, f"include[{index}]", markup)
        for index, selector in enumerate(selectors)
    ]
    found = list(chain.from_iterable(matches))
    elements = {piece for piece in found if not isinstance(piece, str)}
    pieces = [piece for piece in _once(found) if not _is_inside(piece, elements)]
    missing = (f"{MISSING}include[{index}]" for index, some in enumerate(matches) if not some)
    return pieces, tuple(missing)


def _once(pieces: list[_Element | str]) -> Iterable[_Element | str]:
    """Each element once; equal strings may come from different places and stay."""
    seen = set()
    for piece in pieces:
        if isinstance(piece, str) or piece not in seen:
            yield piece
            seen.add(piece)


def _is_inside(piece: _Element | str, others: set[_Element]) -> bool:
    return not isinstance(piece, str) and any(up in others for up in piece.iterancestors())


def markup_of(element: _Element) -> str:
    """An element with all that is in it, as HTML."""
    return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))


def inner_text(element: _Element) -> str:
    """All text inside an element, one line for each piece of it."""
    return "\n".join(text for part in element.itertext() if (text := str(part).strip()))
