"""Divides a document or a text into blocks, each with its place on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from lxml import etree

from daemon.analyse import places
from daemon.compare.lines import split
from daemon.extract.markup import flat
from daemon.extract.markup.cells import Cell, Part, cells_of, part_of
from daemon.extract.markup.hidden import is_hidden

_MAX_BLOCKS = 40_000
_ROOT_SHARE = 0.9
_SHORT_PAGE_WORDS = 120
_VOID_SHARE = 0.45
_PARAGRAPH_WORDS = 40
_HEADLINE_WORDS = 3
_SEVERAL = 3
_CUT = places.SKIPPED_TAGS[0]
_PERHAPS_HIDDEN = etree.XPath("/descendant::*/@style/.. | /descendant::*/@hidden/..")


class Block(NamedTuple):
    """One paragraph, heading, item or cell, and where on the page it stands."""

    text: str
    kind: str  # main, title, heading, list, table
    place: str  # main, outside, or one of places.CHROME
    words: int
    cell: Cell | None = None  # of the table that it stands in
    is_link: bool = False  # and nothing else

    @property
    def is_chrome(self) -> bool:
        return self.place in places.CHROME


class _Claim(NamedTuple):
    """The place that an element claims for what is in it."""

    place: str
    by_tag: bool  # by its tag or role, not by a class or id name


_NO_PART = Part()


class _Tag(NamedTuple):
    """What a tag means for the text around it; of a start tag, for what is in the element."""

    kind: str = ""
    claim: _Claim | None = None
    claim_in_article: _Claim | None = None
    is_article: bool = False
    part: Part = _NO_PART


_NO_BLOCK, _LINK, _LINK_END, _BREAK, _END = (_Tag(name) for name in ("", "a", "/a", "br", "/"))


@lru_cache(maxsize=8_192)
def _meaning(tag: str) -> _Tag:
    """What a tag means: most are repeated on a page, and in its other states."""
    name = flat.name_of(tag)
    is_end, is_empty = tag.startswith("/"), tag.endswith("/")
    if name == "a" and not is_empty:
        return _LINK_END if is_end else _LINK
    if name not in places.BLOCK_TAGS:
        return _NO_BLOCK
    if name == "br" or is_empty:
        return _BREAK
    return _END if is_end else _opening(name, flat.attributes_of(tag))


def _opening(name: str, attributes: dict[str, str]) -> _Tag:
    if name in ("body", "html"):
        return _Tag()
    role = attributes.get("role")
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    hidden = _Claim(places.HIDDEN, by_tag=False) if is_hidden(name, attributes.get) else None

    def claim(*, is_inside: bool) -> _Claim | None:
        place = places.of_element(name, names, role, is_inside)
        return hidden if place is None else _Claim(place, places.is_by_tag(name, role))

    is_article = name in ("article", "main")
    claims = claim(is_inside=False), claim(is_inside=True)
    return _Tag(_kind_of(name), *claims, is_article, part_of(name, attributes))


def _kind_of(tag: str) -> str:
    """The kind of block that an element makes of its text; "" where it is that around it."""
    if tag in places.HEADING_TAGS:
        return places.HEADING
    if tag in places.LIST_TAGS:
        return places.LIST
    return places.TABLE if tag in places.TABLE_TAGS else ""


class _Said(NamedTuple):
    """The text of a block, and how many words it has."""

    text: str
    words: int
    plain_words: int  # outside links


@lru_cache(maxsize=4_096)
def _said(source: str, links: str) -> _Said:
    """What a block says: most blocks of a page are in its other states too."""
    text = " ".join(flat.text_of(source).split())
    words = text.count(" ") + 1 if text else 0
    links = flat.text_of(links)
    link_words = min(words, links.count(" ") + 1) if links.strip() else 0
    return _Said(text, words, words - link_words)


_Draft: TypeAlias = tuple[_Said, int]  # and the element around it


class _Walk:
    """One pass over a page in document order: its texts, and the elements that they stand in.

    Shape: elements are numbered in their order; 0 is the page around them.
    """

    def __init__(self) -> None:
        self.outer = [-1]  # the element around each
        self.tags = [_Tag()]
        self._texts: list[tuple[str, str, int]] = []  # the second one is that of links

    def run(self, pieces: Sequence[str]) -> None:
        outer, tags, node = self.outer, self.tags, 0
        text: list[str] = []
        link_text: list[str] = []
        links = 0
        for piece, tag in zip(pieces[::2], pieces[1::2], strict=False):
            # Most text of a page is the indentation of its source.
            if piece and (text or not piece.isspace()):
                text.append(piece)
                if links:
                    link_text.append(piece)
            meaning = _meaning(tag)
            if meaning is _NO_BLOCK:
                continue
            if meaning is _LINK:
                links += 1
                continue
            if meaning is _LINK_END:
                links -= 1
                continue
            if text:
                self._texts.append(("".join(text), "".join(link_text), node))
                text.clear()
                link_text.clear()
            if meaning is _END:
                node = outer[node]
            elif meaning is not _BREAK:
                outer.append(node)
                tags.append(meaning)
                node = len(tags) - 1

    def drafts(self) -> list[_Draft]:
        """The texts of blocks, each with its element."""
        found = ((_said(text, links), node) for text, links, node in self._texts)
        return list(islice(((said, node) for said, node in found if said.words), _MAX_BLOCKS))


@dataclass(slots=True)
class _Region:
    claim: _Claim
    outer: int
    plain_words: int = 0  # words outside links
    longest: int = 0  # plain words of its longest block


@dataclass(frozen=True, slots=True)
class _Plan:
    """The elements of a page: how each is read, and in which region it lies.

    Shape: regions are numbered in their order; 0 is the page around them.
    """

    outer: list[int]
    kinds: list[str]
    nodes: list[int]  # the region of each element
    regions: list[_Region]


def _plan(outer: list[int], tags: Sequence[_Tag]) -> _Plan:
    kinds, inside, region_of = [places.MAIN], [False], [0]
    regions = [_Region(_Claim(places.MAIN, by_tag=True), 0)]
    for node, tag in enumerate(tags[1:], start=1):
        around = outer[node]
        is_inside = inside[around] or tag.is_article
        kinds.append(tag.kind or kinds[around])
        inside.append(is_inside)
        claim = tag.claim_in_article if is_inside else tag.claim
        if claim is None:
            region_of.append(region_of[around])
        else:
            region_of.append(len(regions))
            regions.append(_Region(claim, region_of[around]))
    return _Plan(outer, kinds, region_of, regions)


def from_tree(tree: etree._Element) -> list[Block]:
    """The visible blocks of a page in reading order, the title first; consumes the tree."""
    title = " ".join(_title(tree).split())
    _part_hidden(tree)
    etree.strip_elements(tree, *places.SKIPPED_TAGS, with_tail=False)
    etree.strip_tags(tree, *places.INLINE_TAGS)
    walk = _Walk()
    walk.run(flat.pieces_of(tree))
    blocks = list(_placed(walk))
    if title:
        blocks.insert(0, Block(title, places.TITLE, places.MAIN, title.count(" ") + 1))
    return blocks


def _title(tree: etree._Element) -> str:
    heads = (one for one in tree.iter("title") if getattr(one.getparent(), "tag", "") == "head")
    title = next(heads, None)
    return "" if title is None else title.text or ""


def _part_hidden(tree: etree._Element) -> None:
    """Take hidden elements out of the line around them: drop phrases, make the rest blocks."""
    for element in _PERHAPS_HIDDEN(tree):
        if element.tag not in places.BLOCK_TAGS and is_hidden(element.tag, element.get):
            element.tag = _CUT if element.tag in places.INLINE_TAGS else "div"


def _placed(walk: _Walk) -> Iterator[Block]:
    plan, drafts = _plan(walk.outer, walk.tags), walk.drafts()
    claimed = _places(plan, drafts)
    inside = _content_nodes(plan.outer, claimed, drafts)
    cells = _cells(walk)
    for said, node in drafts:
        place = claimed[node]
        if place is places.MAIN and node not in inside:
            place = places.OUTSIDE
        cell = cells[node] if cells else None
        yield Block(said.text, plan.kinds[node], place, said.words, cell, not said.plain_words)


def _cells(walk: _Walk) -> list[Cell | None]:
    """The cell of each element; nothing for a page without tables."""
    parts = [tag.part for tag in walk.tags]
    return cells_of(walk.outer, parts) if any(part.tag for part in parts) else []


def _places(plan: _Plan, drafts: Sequence[_Draft]) -> list[str]:
    """The place of each element: that of its region, or of the next one that is not misnamed."""
    regions = plan.regions
    for said, node in drafts:
        region = regions[plan.nodes[node]]
        region.plain_words += said.plain_words
        region.longest = max(region.longest, said.plain_words)
    for region in reversed(regions[1:]):
        regions[region.outer].plain_words += region.plain_words
    limit = max(_VOID_SHARE * regions[0].plain_words, 1)
    headlines = _headlines(plan, drafts)
    found = [places.MAIN]
    for region in regions[1:]:
        is_void = _is_misnamed(region, limit) or id(region) in headlines
        found.append(found[region.outer] if is_void else region.claim.place)
    return [found[region] for region in plan.nodes]


def _headlines(plan: _Plan, drafts: Sequence[_Draft]) -> frozenset[int]:
    """The page headers that hold one link of several words, on a page that lists such links."""
    said: dict[int, list[_Said]] = {}
    for one, node in drafts:
        said.setdefault(plan.nodes[node], []).append(one)
    listed = sum(_is_headline(one) for one in said.get(0, ()))
    if listed < _SEVERAL or 2 * listed < len(said.get(0, ())):
        return frozenset()
    return frozenset(
        id(region)
        for number, region in enumerate(plan.regions)
        if region.claim.place is places.HEADER
        and sum(map(_is_headline, said.get(number, ()))) == 1
        and len(said[number]) <= _SEVERAL
    )


def _is_headline(said: _Said) -> bool:
    return said.words >= _HEADLINE_WORDS and not said.plain_words


def _is_misnamed(region: _Region, limit: float) -> bool:
    """Whether a region holds so much plain text that its name must be wrong."""
    if region.plain_words > limit:
        return True
    is_doubtful = not region.claim.by_tag and places.may_be_content(region.claim.place)
    return is_doubtful and region.longest >= _PARAGRAPH_WORDS


def _content_nodes(outer: Sequence[int], claimed: Sequence[str], drafts: Sequence[_Draft]) -> range:
    """The elements in the smallest one that holds nearly all of the plain content."""
    weight = [0] * len(outer)
    for said, node in drafts:
        if claimed[node] is places.MAIN:
            weight[node] += said.plain_words
    for node in range(len(outer) - 1, 0, -1):
        weight[outer[node]] += weight[node]
    if weight[0] < _SHORT_PAGE_WORDS:
        return range(len(outer))
    root = _descend(outer, weight)
    rest = range(root + 1, len(outer))
    return range(root, next((node for node in rest if outer[node] < root), len(outer)))


def _descend(outer: Sequence[int], weight: Sequence[int]) -> int:
    root, least = 0, _ROOT_SHARE * weight[0]
    for node in range(1, len(outer)):
        if weight[node] >= least and outer[node] == root:
            root = node
    return root


_MARKDOWN_HEADING = re.compile(r"#{1,6}\s|={3,}$|-{3,}$")
_LINK_TARGET = re.compile(r"\[[^\]]{1,80}\]:\s?\S{1,2000}(?:\s[\"'(].{0,200})?$")
_MARKDOWN_LINK = re.compile(r"(?:[-*+•]\s)?\[[^\]]{1,300}\]\([^)\s]{1,2000}\)")
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
            is_link = _MARKDOWN_LINK.fullmatch(plain) is not None
            blocks.append(Block(plain, kind, places.MAIN, plain.count(" ") + 1, None, is_link))
    return blocks


def _kind_of_line(line: str) -> str:
    if _MARKDOWN_HEADING.match(line):
        return places.HEADING
    if _MARKDOWN_LIST.match(line):
        return places.LIST
    return places.TABLE if line.startswith("|") else places.MAIN
