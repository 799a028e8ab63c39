"""Divides a document or a text into blocks, each with its place on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
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
perhaps_hidden = etree.XPath("/descendant::*/@style/.. | /descendant::*/@hidden/..")


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


_HIDDEN = _Claim(places.HIDDEN, by_tag=False)
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
def meaning(tag: str) -> _Tag:
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
    hidden = _HIDDEN if is_hidden(name, attributes.get) else None

    def claim(*, is_inside: bool) -> _Claim | None:
        place = places.of_element(name, names, role, is_inside)
        return hidden if place is None else _Claim(place, places.is_by_tag(name, role))

    is_article = name in ("article", "main")
    usual = claim(is_inside=False)
    inside = claim(is_inside=True) if places.depends_on_article(name) else usual
    return _Tag(_kind_of(name), usual, inside, is_article, part_of(name, attributes))


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


Draft: TypeAlias = tuple[_Said, int]  # and the element around it
# As it is written out, with what of it are links, and the element around it.
Text: TypeAlias = tuple[str, str, int]


class _Walk:
    """One pass over a page in document order: its texts, and the elements that they stand in.

    Shape: elements are numbered in their order; 0 is the page around them.
    """

    def __init__(self) -> None:
        self.outer = [-1]  # the element around each
        self.tags = [_Tag()]
        self.texts: list[Text] = []

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
            means = meaning(tag)
            if means is _NO_BLOCK:
                continue
            if means is _LINK:
                links += 1
                continue
            if means is _LINK_END:
                links -= 1
                continue
            if text:
                self.texts.append(("".join(text), "".join(link_text), node))
                text.clear()
                link_text.clear()
            if means is _END:
                node = outer[node]
            elif means is not _BREAK:
                outer.append(node)
                tags.append(means)
                node = len(tags) - 1


@dataclass(frozen=True, slots=True)
class Layout:
    """The texts of a page and its elements: how each is read, and in which region it lies.

    Shape: regions are numbered in their order; 0 is the page around them.
    """

    texts: list[Text]
    outer: list[int]
    kinds: list[str]
    nodes: list[int]  # the region of each element
    claims: list[_Claim]  # of each region
    around: list[int]  # the region around each
    cells: list[Cell | None]  # of each element; none on a page without tables


def pieces_of(tree: etree._Element, hidden: Iterable[etree._Element]) -> list[str]:
    """The texts and tags of a page that make its blocks, as `flat` has them; consumes the tree.

    Shape: `hidden` are the elements that may be.
    """
    for element in hidden:
        # Hidden phrases are dropped, and all else becomes a block apart from the line around it.
        if element.tag not in places.BLOCK_TAGS and is_hidden(element.tag, element.get):
            element.tag = _CUT if element.tag in places.INLINE_TAGS else "div"
    etree.strip_elements(tree, *places.SKIPPED_TAGS, with_tail=False)
    etree.strip_tags(tree, *places.INLINE_TAGS)
    return flat.pieces_of(tree)


def laid_out(pieces: Sequence[str]) -> Layout:
    """How a page is laid out, by its texts and tags."""
    walk = _Walk()
    walk.run(pieces)
    outer, tags = walk.outer, walk.tags
    kinds, inside, region_of = [places.MAIN], [False], [0]
    claims, around = [_Claim(places.MAIN, by_tag=True)], [0]
    for node, tag in enumerate(tags[1:], start=1):
        parent = outer[node]
        is_inside = inside[parent] or tag.is_article
        kinds.append(tag.kind or kinds[parent])
        inside.append(is_inside)
        claim = tag.claim_in_article if is_inside else tag.claim
        if claim is None:
            region_of.append(region_of[parent])
        else:
            region_of.append(len(claims))
            claims.append(claim)
            around.append(region_of[parent])
    parts = [tag.part for tag in tags]
    cells = cells_of(outer, parts) if any(part.tag for part in parts) else []
    return Layout(walk.texts, outer, kinds, region_of, claims, around, cells)


def title_in(tree: etree._Element) -> str:
    """What a page is called in its head."""
    heads = (one for one in tree.iter("title") if getattr(one.getparent(), "tag", "") == "head")
    title = next(heads, None)
    return "" if title is None else title.text or ""


def from_tree(tree: etree._Element) -> list[Block]:
    """The visible blocks of a page in reading order, the title first; consumes the tree."""
    title = title_in(tree)
    layout = laid_out(pieces_of(tree, perhaps_hidden(tree)))
    drafts = drafts_of(layout.texts)
    return titled(title, list(map(partial(block_of, layout), drafts, places_of(layout, drafts))))


def drafts_of(texts: Iterable[Text]) -> list[Draft]:
    """The texts that say anything, each with its element."""
    found = ((_said(text, links), node) for text, links, node in texts)
    return list(islice(((said, node) for said, node in found if said.words), _MAX_BLOCKS))


def block_of(layout: Layout, draft: Draft, place: str) -> Block:
    """The block that says this in a place, on a page laid out like this."""
    said, node = draft
    cell = layout.cells[node] if layout.cells else None
    return Block(said.text, layout.kinds[node], place, said.words, cell, not said.plain_words)


def titled(title: str, blocks: list[Block]) -> list[Block]:
    """The blocks of a page behind its title, if it has one."""
    title = " ".join(title.split())
    if not title:
        return blocks
    return [Block(title, places.TITLE, places.MAIN, title.count(" ") + 1), *blocks]


def places_of(layout: Layout, drafts: Sequence[Draft]) -> list[str]:
    """The place of each text: it depends on nothing but how many words each has."""
    claimed = _places(layout, drafts)
    inside = _content_nodes(layout.outer, claimed, drafts)
    found = []
    for _, node in drafts:
        place = claimed[node]
        is_outside = place is places.MAIN and node not in inside
        found.append(places.OUTSIDE if is_outside else place)
    return found


def _places(layout: Layout, drafts: Sequence[Draft]) -> list[str]:
    """The place of each element: that of its region, or of the next one that is not misnamed."""
    nodes, around = layout.nodes, layout.around
    plain_words = [0] * len(around)  # outside links
    longest = [0] * len(around)  # plain words of the longest block
    for (_, _, words), node in drafts:
        region = nodes[node]
        plain_words[region] += words
        longest[region] = max(longest[region], words)
    for region in range(len(around) - 1, 0, -1):
        plain_words[around[region]] += plain_words[region]
    limit = max(_VOID_SHARE * plain_words[0], 1)
    headlines = _headlines(layout, drafts)
    found = [places.MAIN]
    for region, claim in enumerate(layout.claims[1:], start=1):
        is_void = (
            plain_words[region] > limit
            or _is_doubtful(claim, longest[region])
            or region in headlines
        )
        found.append(found[around[region]] if is_void else claim.place)
    return [found[region] for region in nodes]


def _headlines(layout: Layout, drafts: Sequence[Draft]) -> frozenset[int]:
    """The page headers that hold one link of several words, on a page that lists such links."""
    nodes = layout.nodes
    in_none = [said for said, node in drafts if not nodes[node]]
    listed = sum(map(_is_headline, in_none))
    if listed < _SEVERAL or 2 * listed < len(in_none):
        return frozenset()
    said: dict[int, list[_Said]] = {}
    for one, node in drafts:
        said.setdefault(nodes[node], []).append(one)
    return frozenset(
        region
        for region, claim in enumerate(layout.claims)
        if claim.place is places.HEADER
        and sum(map(_is_headline, said.get(region, ()))) == 1
        and len(said[region]) <= _SEVERAL
    )


def _is_headline(said: _Said) -> bool:
    return said.words >= _HEADLINE_WORDS and not said.plain_words


def _is_doubtful(claim: _Claim, longest: int) -> bool:
    """Whether a region has so long a paragraph that its name must be wrong."""
    if longest < _PARAGRAPH_WORDS or claim.by_tag:
        return False
    return places.may_be_content(claim.place)


def _content_nodes(outer: Sequence[int], claimed: Sequence[str], drafts: Sequence[Draft]) -> range:
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
