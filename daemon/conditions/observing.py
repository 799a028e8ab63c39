"""Observes in a document and its reading what an owner's conditions ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from daemon.characters import storable
from daemon.conditions.values import (
    SELECTORS,
    Condition,
    Observed,
    Target,
    conditions_of,
    selector_of,
)
from daemon.extract.chain.patterns import pattern_of
from daemon.extract.chain.steps import matches_in
from daemon.extract.charset import decode
from daemon.extract.sniff import kind_of
from daemon.lexicon.api_errors import error_in
from daemon.model.errors import ExtractError
from daemon.model.reading import Reading
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.money.figures import figure_in
from daemon.wording import listed

if TYPE_CHECKING:
    from lxml.etree import _Element

_EVIDENCE_CHARS = 160
_MACHINE_MADE = ("json/", "xml/")  # extractors whose numbers have a point and no groups


def observe(document: Document | None, reading: Reading, rules: Rules) -> tuple[Observed, ...]:
    """What a reading and its document say of each condition.

    Shape:  without the document, of those on text alone.
    Errors: ExtractError(selector) for a target that does not fit the document or runs away.
    """
    page = _Page(document, reading, rules)
    conditions = conditions_of(rules)
    if document is None:
        conditions = tuple(one for one in conditions if all(map(_is_of_text, one.targets)))
    seen = (_observed(one, page) for one in conditions)
    # Words of a document may hold what no database takes.
    return tuple(
        replace(one, shown=storable(one.shown), problem=storable(one.problem)) for one in seen
    )


def _is_of_text(target: Target) -> bool:
    return target.language in ("words", "re")


def _observed(condition: Condition, page: _Page) -> Observed:
    if problem := page.problem_with(condition.targets):
        return Observed(condition.key, problem=problem)
    if condition.is_counted:
        [target] = condition.targets
        count = page.count(target)[0]
        return _compared(condition, Decimal(count), f"{count} of {target.text}")
    if condition.bound is not None:
        return _of_figure(condition, page)
    found = {target: page.count(target) for target in condition.targets}
    missing = [target.text for target, (count, _) in found.items() if not count]
    shown = next((words for _, words in found.values() if words), "")
    if condition.option == "contains":
        shown = f"without {listed([repr(text) for text in missing], 3)}" if missing else ""
    is_there = not missing
    return Observed(condition.key, is_there is not (condition.option == "disappears"), shown=shown)


def _of_figure(condition: Condition, page: _Page) -> Observed:
    figure = page.figure()
    if figure is None:
        said = " ".join(page.reading.text.split())[:_EVIDENCE_CHARS]
        problem = f"no number in {said!r}" if said else "nothing is chosen"
        return Observed(condition.key, problem=problem)
    return _compared(condition, *figure)


def _compared(condition: Condition, number: Decimal, shown: str) -> Observed:
    holds = None
    if condition.bound is not None and condition.option != "changes_by":
        is_below = condition.option == "below"
        holds = number < condition.bound if is_below else number > condition.bound
    return Observed(condition.key, holds, f"{number.normalize():f}", shown)


class _Page:
    """A document and its reading, parsed at most once, and only for the targets that need it."""

    def __init__(self, document: Document | None, reading: Reading, rules: Rules) -> None:
        self.reading = reading
        self._document = document
        self._rules = rules
        self._tree: tuple[_Element, str] | None = None
        self._value: tuple[Any, tuple[str, ...]] | None = None

    def figure(self) -> tuple[Decimal, str] | None:
        """The number that is chosen, and how it is written."""
        is_machine_made = self.reading.extractor.startswith(_MACHINE_MADE)
        locale = None if is_machine_made else self._language()
        return figure_in(self.reading.text, locale, is_machine_made=is_machine_made)

    def problem_with(self, targets: Sequence[Target]) -> str:
        """Why it cannot be told whether these are there; "" when it can."""
        queries = [target for target in targets if target.language == "query"]
        error = error_in(self._json(queries[0])) if queries else ""
        if not error or all(self.count(target)[0] for target in queries):
            return ""
        return f"the API answers with an error: {error[:_EVIDENCE_CHARS]!r}"

    def count(self, target: Target) -> tuple[int, str]:
        """How often a target is there, and the words of the first."""
        if target.language == "query":
            return self._count_queried(target)
        if target.language in SELECTORS:
            return self._count_selected(target)
        text = target.text if target.language == "re" else _pattern_of_words(target.text)
        matches = matches_in(self.reading.text, pattern_of(text, target.place))
        if not matches:
            return 0, ""
        return len(matches), _line_around(self.reading.text, matches[0][0])

    def _count_selected(self, target: Target) -> tuple[int, str]:
        from daemon.extract.markup import select

        root, markup = self._parsed(target)
        return select.count(root, selector_of(target), target.place, markup)

    def _parsed(self, target: Target) -> tuple[_Element, str]:
        if self._tree is None:
            self._tree = self._parse(target)
        return self._tree

    def _parse(self, target: Target) -> tuple[_Element, str]:
        from daemon.extract.markup import select
        from daemon.extract.markup.guard import tame
        from daemon.extract.xmldoc import parse_xml

        document = self._needed()
        kind = kind_of(document)
        if kind not in ("html", "xml", "feed"):
            what = (
                f"{target.place}: {target.language} selects from HTML and XML, and this is {kind}"
            )
            raise ExtractError(ErrorClass.SELECTOR, what)
        text = decode(document).text
        if kind != "html":
            root, markup = parse_xml(text)[0], select.XML
        else:
            root, markup = select.parse_html(tame(text)[0])[0], select.HTML
        select.remove(root, self._rules.exclude, markup)
        return root, markup

    def _count_queried(self, target: Target) -> tuple[int, str]:
        from daemon.extract.jsondoc import queried

        found = queried(self._json(target), target.text, target.place)
        return _size_of(found), _words_of(found)

    def _json(self, target: Target) -> Any:
        from daemon.extract.jsondoc import load_document

        document = self._needed()
        if self._value is None:
            if self.reading.kind != "json" and kind_of(document) != "json":
                what = f"{target.place}: query reads JSON, and this is {kind_of(document)}"
                raise ExtractError(ErrorClass.SELECTOR, what)
            self._value = load_document(document)
        return self._value[0]

    def _needed(self) -> Document:
        if self._document is None:
            raise ValueError("a target outside the text needs its document")
        return self._document

    def _language(self) -> str | None:
        if self._document is None or self.reading.kind != "html":
            return None
        from daemon.extract.markup.html import language_of

        return language_of(decode(self._document).text)


def _pattern_of_words(text: str) -> str:
    """A pattern for whole words, in any case and over any white space.

    Shape: words of scripts that put no space between them are found within others.
    """
    import regex

    words = r"\s+".join(regex.escape(word, literal_spaces=True) for word in text.split())
    before = r"(?<!\w)" if _is_spaced(text[0]) else ""
    after = r"(?!\w)" if _is_spaced(text[-1]) else ""
    return f"(?is){before}{words}{after}"


def _is_spaced(edge: str) -> bool:
    """Whether a word ends at this character: in Latin, Greek, Cyrillic, Hebrew, Arabic, Indic."""
    return edge.isalnum() and edge < "\u0e00"


def _line_around(text: str, found: str) -> str:
    """The line in which a match begins, cut around it when it is long."""
    at = text.find(found)
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[start : len(text) if end < 0 else end]
    if len(line) > _EVIDENCE_CHARS:
        line = line[max(0, at - start - _EVIDENCE_CHARS // 2) :]
    return " ".join(line.split())[:_EVIDENCE_CHARS]


def _size_of(found: Any) -> int:
    """How much a query found: the items of a list, a number as it is, anything else once."""
    if isinstance(found, list):
        return len(found)
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return int(found not in (None, False))
    return int(found)


def _words_of(found: Any) -> str:
    from daemon.extract.jsonlines import as_lines

    first = found[0] if isinstance(found, list) and found else found
    return "" if first in (None, False) else " ".join(as_lines(first).split())[:_EVIDENCE_CHARS]
