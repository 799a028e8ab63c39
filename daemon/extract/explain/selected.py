"""Says what selectors match in a document, and of which elements links and attributes are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from daemon.extract.charset import decode
from daemon.extract.explain.values import EXAMPLES, Effect, example_of
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import Rules

if TYPE_CHECKING:
    from lxml.etree import _Element

_NOT_SHOWN = "(no text)"


class Selected:
    """A document as a tree, from which the rules take one part after the other."""

    def __init__(self, document: Document, rules: Rules, markup: str) -> None:
        from daemon.extract.markup import select
        from daemon.extract.markup.guard import tame
        from daemon.extract.xmldoc import parse_xml

        text = decode(document).text
        is_html = markup == select.HTML
        self._root = select.parse_html(tame(text)[0])[0] if is_html else parse_xml(text)[0]
        self._rules, self._markup, self._url = rules, markup, document.url

    def effects_of(self, field: str) -> tuple[Effect, ...]:
        """What each rule of one step matches; elements that `exclude` matches are cut out."""
        told: dict[str, Callable[[], Iterator[Effect]]] = {
            "exclude": self._excluded,
            "include": self._included,
            "links": lambda: self._annotated(Rules(links=True), "links", ""),
            "attributes": self._attributes,
        }
        return tuple(told[field]())

    def _excluded(self) -> Iterator[Effect]:
        from daemon.extract.markup import select

        for index, selector in enumerate(self._rules.exclude):
            yield self._matched(f"exclude[{index}]", selector)
            select.remove(self._root, [selector], self._markup)

    def _included(self) -> Iterator[Effect]:
        for index, selector in enumerate(self._rules.include):
            yield self._matched(f"include[{index}]", selector)

    def _matched(self, rule: str, selector: str) -> Effect:
        from daemon.extract.markup import select

        try:
            found = select.matches_of(self._root, selector, rule, self._markup)
        except ExtractError as exc:
            return Effect(rule, selector, 0, problem=exc.detail)
        return Effect(rule, selector, len(found), tuple(map(_shown, found[:EXAMPLES])))

    def _attributes(self) -> Iterator[Effect]:
        for index, name in enumerate(self._rules.attributes):
            yield from self._annotated(Rules(attributes=(name,)), f"attributes[{index}]", name)

    def _annotated(self, rules: Rules, rule: str, written: str) -> Iterator[Effect]:
        from daemon.extract.markup.annotations import Annotations

        notes = Annotations(rules, self._root, self._url)
        found = [
            note
            for piece in self._chosen()
            for element in piece.iter("*")
            if (note := notes.note_of(element))
        ]
        yield Effect(rule, written, len(found), tuple(map(example_of, found[:EXAMPLES])))

    def _chosen(self) -> Sequence[_Element]:
        from daemon.extract.markup import select

        if not self._rules.include:
            return [self._root]
        found, _ = select.find(self._root, self._rules.include, self._markup)
        return [piece for piece in found if not isinstance(piece, str)]


def _shown(match: object) -> str:
    if isinstance(match, str):
        return example_of(match) or _NOT_SHOWN
    text = " ".join(match.itertext()) if hasattr(match, "itertext") else str(match)
    return example_of(text) or _NOT_SHOWN
