"""Proposes a selector for an element: short, of names that people gave, and exact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cssselect import SelectorError
from lxml.etree import XPathError
from parsel.csstranslator import HTMLTranslator

from daemon.extract.proposing.names import is_telling

_Element = Any
# Attributes by which pages name their parts for programs and for people, the surest first.
_NAMING = (
    "data-testid",
    "data-test",
    "data-qa",
    "itemprop",
    "property",
    "name",
    "aria-label",
    "role",
)
_LANDMARKS = frozenset({"main", "article", "header", "footer", "nav", "aside", "form", "table"})
_LONGEST_VALUE = 60
_MOST_ANCESTORS = 12
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")
_to_xpath = HTMLTranslator().css_to_xpath


class Proposer:
    """Proposes selectors for the elements of one document."""

    def __init__(self, root: _Element) -> None:
        self._root = root
        self._counts = _counted(root)
        self._matches: dict[str, list[_Element]] = {}
        self._within: dict[tuple[str, str], list[_Element]] = {}
        self._places: dict[_Element, tuple[dict[_Element, int], Counter[str]]] = {}

    def selector_for(self, element: _Element) -> str:
        """A selector that matches this element alone."""
        own = list(self._names_of(element))
        for name in own:
            if self._is_only(name, element):
                return name
        for anchor in self._anchors(element):
            for name in own:
                if self._is_only_within(anchor, name, element):
                    return f"{anchor} {name}"
            # Places lead from what is there once to one element: it need not be looked for.
            return self._path(element, anchor)
        return self._path(element, "")

    def all_like(self, element: _Element) -> str:
        """A selector of the elements of the same kind, such as those of a list; "" for none."""
        for name in self._names_of(element):
            if 2 <= len(self._found(name)) <= 500 and not _PLAIN.fullmatch(name):
                return name
        for anchor in self._anchors(element):
            name = f"{anchor} {element.tag}"
            if 2 <= len(self._found(name)) <= 500:
                return name
        return ""

    def _names_of(self, element: _Element) -> Iterator[str]:
        """Selectors of an element by itself, those that are rarest on the page first."""
        if (id_ := element.get("id")) and is_telling(id_) and self._counts[f"#{id_}"] == 1:
            yield f"#{id_}"
        for name in _NAMING:
            value = element.get(name)
            if value and len(value) <= _LONGEST_VALUE and not re.search(r'["\\\n]|\d{3,}', value):
                yield f'{element.tag}[{name}="{value}"]'
        told = [one for one in (element.get("class") or "").split() if is_telling(one)]
        told.sort(key=lambda one: self._counts[f".{one}"])
        yield from (f"{element.tag}.{one}" for one in told)
        if len(told) > 1:
            yield f"{element.tag}.{told[0]}.{told[1]}"
        yield str(element.tag)

    def _anchors(self, element: _Element) -> Iterator[str]:
        """Selectors of what is around an element and can be told by itself, the nearest first."""
        around = element.iterancestors()
        for _, one in zip(range(_MOST_ANCESTORS), around, strict=False):
            if not isinstance(one.tag, str) or one.tag in ("html", "body"):
                return
            for name in self._names_of(one):
                is_named = name != one.tag or one.tag in _LANDMARKS
                if is_named and self._is_only(name, one):
                    yield name
                    break

    def _path(self, element: _Element, anchor: str) -> str:
        """The way from an anchor, or from the top, by places among elements of the same name."""
        top = self._found(anchor)[0] if anchor else None
        steps: list[str] = []
        for one in (element, *element.iterancestors()):
            if one is top or one.getparent() is None:
                break
            steps.append(self._step(one))
        return " > ".join(([anchor] if anchor else []) + steps[::-1])

    def _is_only(self, selector: str, element: _Element) -> bool:
        found = self._found(selector)
        return len(found) == 1 and found[0] is element

    def _is_only_within(self, anchor: str, name: str, element: _Element) -> bool:
        """Whether a name is there once under an anchor, which is there once itself."""
        key = anchor, name
        if key not in self._within:
            self._within[key] = _matching(self._found(anchor)[0], name, "descendant::")
        found = self._within[key]
        return len(found) == 1 and found[0] is element

    def _found(self, selector: str) -> list[_Element]:
        if selector not in self._matches:
            self._matches[selector] = _matching(self._root, selector)
        return self._matches[selector]

    def _step(self, element: _Element) -> str:
        """The place among the elements beside it; they are counted once, as lists may be long."""
        parent = element.getparent()
        if parent not in self._places:
            counts: Counter[str] = Counter()
            places = {}
            for one in parent:
                counts[one.tag] += 1
                places[one] = counts[one.tag]
            self._places[parent] = places, counts
        places, counts = self._places[parent]
        return _step_of(element, places[element], counts[element.tag])


def _matching(
    root: _Element, selector: str, prefix: str = "descendant-or-self::"
) -> list[_Element]:
    try:
        found: list[_Element] = root.xpath(_to_xpath(selector, prefix))
    except (SelectorError, XPathError, ValueError):
        return []
    return found


def path_of(element: _Element) -> str:
    """The way to an element from the top of its page, by places alone."""
    ways = [one for one in (element, *element.iterancestors()) if one.getparent() is not None]
    return " > ".join(map(_step, reversed(ways)))


def _counted(root: _Element) -> Counter[str]:
    """How often each id and each class is there."""
    counts: Counter[str] = Counter()
    for one in root.iter():
        if isinstance(one.tag, str):
            counts.update(f".{name}" for name in (one.get("class") or "").split())
            if one.get("id"):
                counts[f"#{one.get('id')}"] += 1
    return counts


def _step(element: _Element) -> str:
    same = [one for one in element.getparent() if one.tag == element.tag]
    return _step_of(element, same.index(element) + 1, len(same))


def _step_of(element: _Element, place: int, count: int) -> str:
    return f"{element.tag}:nth-of-type({place})" if count > 1 else str(element.tag)
