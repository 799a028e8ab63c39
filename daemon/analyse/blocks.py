"""Divides a document or a text into blocks, each with its place on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from daemon.analyse import places
from daemon.compare.lines import split
from daemon.extract.markup.hidden import is_hidden

_MAX_BLOCKS = 40_000
_ROOT_SHARE = 0.9
_SHORT_PAGE_WORDS = 120
_VOID_SHARE = 0.45
_PARAGRAPH_WORDS = 40
_CUT = places.SKIPPED_TAGS[0]
_PERHAPS_HIDDEN = etree.XPath("/descendant::*/@style/.. | /descendant::*/@hidden/..")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, item or cell, and where on the page it stands."""

    text: str
    kind: str  # main, title, heading, list, table
    place: str  # main, outside, or one of places.CHROME
    words: int

    @property
    def is_chrome(self) -> bool:
        return self.place in places.CHROME


@dataclass(slots=True)
class _Region:
    place: str
    parent: _Region | None
    by_tag: bool  # known by its tag or role, not by a class or id name
    plain_words: int = 0  # words outside links
    longest: int = 0  # plain words of its longest block


@dataclass(slots=True)
class _Draft:
    text: str
    kind: str
    region: _Region | None
    node: int
    words: int
    link_words: int


class _Walk:
    """One pass over a tree in document order, collecting drafts of blocks."""

    def __init__(self) -> None:
        self.drafts: list[_Draft] = []
        self.parents: list[int] = [-1]
        self.main_nodes: set[int] = set()
        self._nodes = [0]
        self._regions: list[_Region | None] = [None]
        self._kinds = [places.MAIN]
        self._article_depth = 0
        self._link_depth = 0
        self._text: list[str] = []
        self._link_text: list[str] = []

    def run(self, body: etree._Element) -> None:
        for event, element in etree.iterwalk(body, events=("start", "end")):
            if event == "start":
                self._start(element)
            else:
                self._end(element)
        self._flush()

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in places.BLOCK_TAGS:
            self._flush()
            if tag != "br":
                self._open(element, tag)
        elif tag == "a":
            self._link_depth += 1
        self._add(element.text)

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in places.BLOCK_TAGS:
            self._flush()
            if tag != "br":
                self._close(tag)
        elif tag == "a":
            self._link_depth -= 1
        self._add(element.tail)

    def _add(self, text: str | None) -> None:
        # Most text of a tree is the indentation of its source.
        if text and (self._text or not text.isspace()):
            self._text.append(text)
            if self._link_depth:
                self._link_text.append(text)

    def _open(self, element: etree._Element, tag: str) -> None:
        node = len(self.parents)
        self.parents.append(self._nodes[-1])
        self._nodes.append(node)
        role = element.get("role")
        if tag == "main" or role == "main":
            self.main_nodes.add(node)
        if tag in ("article", "main"):
            self._article_depth += 1
        self._regions.append(self._region_of(element, tag, role))
        self._kinds.append(_kind_of(tag, self._kinds[-1]))

    def _region_of(self, element: etree._Element, tag: str, role: str | None) -> _Region | None:
        here = self._regions[-1]
        if tag in ("body", "html"):
            return here
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        place = places.of_element(tag, names, role, self._article_depth > 0)
        if place is not None:
            return _Region(place, here, by_tag=places.is_by_tag(tag, role))
        if is_hidden(tag, element.get):
            return _Region(places.HIDDEN, here, by_tag=False)
        return here

    def _close(self, tag: str) -> None:
        self._nodes.pop()
        self._regions.pop()
        self._kinds.pop()
        if tag in ("article", "main"):
            self._article_depth -= 1

    def _flush(self) -> None:
        if not self._text:
            return
        text = " ".join("".join(self._text).split())
        links = "".join(self._link_text)
        self._text.clear()
        self._link_text.clear()
        if not text or len(self.drafts) >= _MAX_BLOCKS:
            return
        words = text.count(" ") + 1
        link_words = min(words, links.count(" ") + 1) if links.strip() else 0
        self.drafts.append(
            _Draft(text, self._kinds[-1], self._regions[-1], self._nodes[-1], words, link_words)
        )


def _kind_of(tag: str, outer: str) -> str:
    if tag in places.HEADING_TAGS:
        return places.HEADING
    if tag in places.LIST_TAGS:
        return places.LIST
    if tag in places.TABLE_TAGS:
        return places.TABLE
    return outer


def from_tree(tree: etree._Element) -> list[Block]:
    """The visible blocks of a page in reading order, the title first; consumes the tree."""
    title = " ".join((tree.findtext(".//head/title") or "").split())
    _part_hidden(tree)
    etree.strip_elements(tree, *places.SKIPPED_TAGS, with_tail=False)
    etree.strip_tags(tree, *places.INLINE_TAGS)
    walk = _Walk()
    walk.run(tree)
    blocks = list(_placed(walk))
    if title:
        blocks.insert(0, Block(title, places.TITLE, places.MAIN, title.count(" ") + 1))
    return blocks


def _part_hidden(tree: etree._Element) -> None:
    """Take hidden elements out of the line around them: drop phrases, make the rest blocks."""
    for element in _PERHAPS_HIDDEN(tree):
        if element.tag not in places.BLOCK_TAGS and is_hidden(element.tag, element.get):
            element.tag = _CUT if element.tag in places.INLINE_TAGS else "div"


def _placed(walk: _Walk) -> Iterator[Block]:
    void = _void_regions(walk.drafts)
    claimed = [_place(draft.region, void) for draft in walk.drafts]
    root = _content_root(walk, claimed)
    for draft, place in zip(walk.drafts, claimed, strict=True):
        if place == places.MAIN and draft.node not in root:
            place = places.OUTSIDE
        yield Block(draft.text, draft.kind, place, draft.words)


def _void_regions(drafts: Sequence[_Draft]) -> set[int]:
    """Regions by name that hold so much plain text that the name must be wrong."""
    regions: dict[int, _Region] = {}
    total = 0
    for draft in drafts:
        plain = draft.words - draft.link_words
        total += plain
        region = draft.region
        if region is not None:
            region.longest = max(region.longest, plain)
        while region is not None:
            region.plain_words += plain
            regions[id(region)] = region
            region = region.parent
    limit = max(_VOID_SHARE * total, 1)
    return {key for key, region in regions.items() if _is_misnamed(region, limit)}


def _is_misnamed(region: _Region, limit: float) -> bool:
    if region.plain_words > limit:
        return True
    is_doubtful = not region.by_tag and places.may_be_content(region.place)
    return is_doubtful and region.longest >= _PARAGRAPH_WORDS


def _place(region: _Region | None, void: set[int]) -> str:
    while region is not None:
        if id(region) not in void:
            return region.place
        region = region.parent
    return places.MAIN


def _content_root(walk: _Walk, claimed: Sequence[str]) -> set[int]:
    """The nodes under the smallest element that holds nearly all of the plain content."""
    weight = [0] * len(walk.parents)
    for draft, place in zip(walk.drafts, claimed, strict=True):
        if place == places.MAIN:
            weight[draft.node] += draft.words - draft.link_words
    for node in range(len(weight) - 1, 0, -1):
        weight[walk.parents[node]] += weight[node]
    if weight[0] < _SHORT_PAGE_WORDS:
        return set(range(len(weight)))
    return _under(_descend(walk, weight), walk.parents)


def _descend(walk: _Walk, weight: Sequence[int]) -> int:
    root = 0
    for node in range(1, len(weight)):
        if walk.parents[node] == root and weight[node] >= _ROOT_SHARE * weight[0]:
            root = node
    return root


def _under(root: int, parents: Sequence[int]) -> set[int]:
    inside = {root}
    for node in range(root + 1, len(parents)):
        if parents[node] in inside:
            inside.add(node)
    return inside


_MARKDOWN_HEADING = re.compile(r"#{1,6}\s|={3,}$|-{3,}$")
_LINK_TARGET = re.compile(r"\[[^\]]{1,80}\]:\s?\S{1,2000}(?:\s[\"'(].{0,200})?$")
_MARKDOWN_LIST = re.compile(r"(?:[-*+•]|\d{1,3}[.)])\s")


def from_text(text: str) -> list[Block]:
    """The lines of a text as blocks: headings, items and table rows by their marks."""
    blocks: list[Block] = []
    for line in split(text):
        if len(blocks) == _MAX_BLOCKS:
            break
        plain = " ".join(line.text.split())
        if plain and not _LINK_TARGET.match(plain):
            kind = _kind_of_line(plain)
            blocks.append(Block(plain, kind, places.MAIN, plain.count(" ") + 1))
    return blocks


def _kind_of_line(line: str) -> str:
    if _MARKDOWN_HEADING.match(line):
        return places.HEADING
    if _MARKDOWN_LIST.match(line):
        return places.LIST
    return places.TABLE if line.startswith("|") else places.MAIN
