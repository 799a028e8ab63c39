"""Decides whether a node is about something else than the page's own product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice, takewhile

from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import is_hidden
from daemon.extract.offer import regions
from daemon.extract.offer.tree import Tree, lineage, names_of

_FRAME = frozenset({"header", "footer", "nav"})
# "hidden lg:block", "d-none d-md-flex": hidden on small screens only.
_RESPONSIVE = re.compile(r"(?:^|\s)(?:(?:sm|md|lg|xl|2xl):(?!hidden)|d-(?:sm|md|lg|xl)-(?!none))")
_CLIPPED = re.compile(r"\b(?:overflow|visually|backface)(?:-[xy])?-hidden\b")
_MOST_LINKS = 40
_MOST_SIBLINGS = 40


class Foreign(IntEnum):
    """How sure it is that a node is about something else."""

    NO = 0
    BY_NAME = 1  # names say so, and nothing in the structure does
    YES = 2


@dataclass(frozen=True, slots=True)
class Own:
    """The elements that hold the product's own: what encloses one of them is no other's box."""

    lines: frozenset[Element]

    def line_to(self, element: Element) -> list[Element]:
        """The element and its ancestors, up to the first that holds what is the product's."""
        inner = takewhile(lambda node: node is element or node not in self.lines, lineage(element))
        return list(inner)


def own_of(tree: Tree, spots: Iterable[Element | None] = ()) -> Own:
    """The heading's ancestors, and those of the spots: of the price and of the buy button."""
    around = (node for spot in spots if spot is not None for node in lineage(spot))
    return Own(tree.heading_line | frozenset(around))


def foreign(element: Element, tree: Tree, own: Own) -> Foreign:
    """Whether an element stands among other products, in the page's frame, or is not shown."""
    line = own.line_to(element)
    if any(_is_unseen(node) or node.tag in _FRAME for node in line):
        return Foreign.YES
    worst = Foreign.NO
    for node, names in _with_names(line):
        if regions.RELATED.search(names) or regions.CARD.search(names):
            if _leads_to_others(node, tree):
                return Foreign.YES
        elif node.tag == "aside" or regions.CHROME.search(names):
            worst = Foreign.BY_NAME
    return Foreign.YES if _is_in_card(line, tree) else worst


def _with_names(line: list[Element]) -> Iterator[tuple[Element, str]]:
    return ((node, regions.parts_of(names_of(node))) for node in line)


def _is_unseen(node: Element) -> bool:
    """Whether its markup or a class hides an element on every screen."""
    if is_hidden(node.tag, node.get):
        return True
    classes = node.get("class") or ""
    if "hid" not in classes and "none" not in classes:
        return False
    named = regions.HIDDEN.search(regions.parts_of(_CLIPPED.sub("", classes)))
    return bool(named) and not _RESPONSIVE.search(classes)


def _leads_to_others(node: Element, tree: Tree) -> bool:
    """Whether a box links to another page: a list of other products does."""
    return any(
        regions.leads_away(link.get("href") or "", tree.url)
        for link in islice(node.iter("a"), _MOST_LINKS)
    )


def _is_in_card(line: list[Element], tree: Tree) -> bool:
    """Whether one of several like boxes around it, each with a link, is another product's."""
    return any(_leads_to_others(node, tree) and _has_like_card(node, tree) for node in line[1:6])


def _has_like_card(node: Element, tree: Tree) -> bool:
    above = node.getparent()
    if above is None:
        return False
    alike = (
        one
        for one in islice(above, _MOST_SIBLINGS)
        if one is not node and one.tag == node.tag and one.get("class") == node.get("class")
    )
    return any(_leads_to_others(one, tree) for one in alike)
