"""Divides two states of a page that differ in words alone into blocks, by one walk over both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter

from lxml import etree

from daemon.analyse import blocks
from daemon.analyse.blocks import Block, Draft, Layout
from daemon.extract.markup.merged import MARK, Merged, Slot, marks_in, serialised, shown

_RAW = ("script", "style")  # where quotes mean nothing, and no words are shown
_LITERAL = ("plaintext", "xmp", "noembed", "noframes")  # where entities are shown as written
SIDES: tuple[Callable[[Slot], str], ...] = (attrgetter("before"), attrgetter("after"))


def from_merged(tree: etree._Element, both: Merged) -> list[list[Block]] | None:
    """The visible blocks of each source; consumes the tree of the merged one.

    Shape: None where a mark stands where it may mean something.
    """
    if both.has_entities and next(tree.iter(*_LITERAL), None) is not None:
        return None
    title = blocks.title_in(tree)
    found = [*marks_in(title), *_in_raw_text(tree, both)]
    hidden = blocks.perhaps_hidden(tree)
    if any(MARK in (element.get("style") or "") for element in hidden):
        return None
    pieces = blocks.pieces_of(tree, hidden)
    numbers = [number for number, piece in enumerate(pieces) if MARK in piece]
    in_pieces = [mark for number in numbers for mark in marks_in(pieces[number])]
    if len(in_pieces) > len(set(in_pieces)) or not _are_known([*found, *in_pieces], both):
        return None
    for number in numbers:
        if not (_is_tag_alike if number % 2 else _is_text)(pieces[number], both):
            return None
        if number % 2:
            pieces[number] = _written(pieces[number], both, SIDES[0])
    return _sides(blocks.laid_out(pieces), title, both)


def _sides(layout: Layout, title: str, both: Merged) -> list[list[Block]]:
    marked = [number for number, (text, _, _) in enumerate(layout.texts) if MARK in text]
    before, after = (_drafts(layout, marked, both, side) for side in SIDES)
    where = blocks.places_of(layout, before)
    found = list(map(partial(blocks.block_of, layout), before, where))
    if _lengths(before) == _lengths(after):
        others = [
            block if was[0] is now[0] else blocks.block_of(layout, now, block.place)
            for block, was, now in zip(found, before, after, strict=True)
        ]
    else:
        where = blocks.places_of(layout, after)
        others = list(map(partial(blocks.block_of, layout), after, where))
    names = (_shown(title, both, side) for side in SIDES)
    return [blocks.titled(*pair) for pair in zip(names, (found, others), strict=True)]


def _shown(text: str, both: Merged, side: Callable[[Slot], str]) -> str:
    return both.put(text, lambda slot: shown(side(slot)))


def _drafts(
    layout: Layout, marked: Iterable[int], both: Merged, side: Callable[[Slot], str]
) -> list[Draft]:
    texts = [*layout.texts]
    for number in marked:
        text, in_links, node = texts[number]
        texts[number] = (_written(text, both, side), _written(in_links, both, side), node)
    return blocks.drafts_of(texts)


def _lengths(drafts: Iterable[Draft]) -> list[tuple[int, int]]:
    return [(said.words, said.plain_words) for said, _ in drafts]


def _written(text: str, both: Merged, side: Callable[[Slot], str]) -> str:
    return both.put(text, lambda slot: serialised(side(slot)))


def _in_raw_text(tree: etree._Element, both: Merged) -> Iterable[str]:
    """The marks in scripts and styles, as far as anybody asks for them."""
    if any(slot.is_quoting for slot in both.slots.values()):
        for element in tree.iter(*_RAW):
            yield from marks_in(element.text or "")


def _are_known(found: Iterable[str], both: Merged) -> bool:
    """Whether all words that may mean something in a tag were found outside of tags."""
    known = set(found)
    return all(mark in known for mark, slot in both.slots.items() if slot.is_quoting)


def _is_text(piece: str, both: Merged) -> bool:
    """Whether there are words in place of each mark: without any, a text is left out."""
    return all(shown(words).strip() for mark in marks_in(piece) for words in both.slots[mark])


def _is_tag_alike(tag: str, both: Merged) -> bool:
    """Whether the marks of a tag are values, and it means the same with either value."""
    is_plain = not any(
        slot.is_quoting or "&" in slot.before + slot.after
        for slot in map(both.slots.__getitem__, marks_in(tag))
    )
    is_value = MARK not in "".join(tag.split('"')[::2])
    old, new = (blocks.meaning(_written(tag, both, side)) for side in SIDES)
    return is_plain and is_value and old == new
