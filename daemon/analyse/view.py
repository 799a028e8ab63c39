"""Makes the blocks of a state that its owner's rules let through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from lxml.etree import _Element as Element

from daemon.addresses import is_same_page
from daemon.analyse import blocks, places
from daemon.analyse.blocks import Block
from daemon.analyse.facts import stock_difference
from daemon.analyse.noise.volatility import template
from daemon.compare.ignore import ignores_over_lines
from daemon.extract.charset import decode
from daemon.extract.markup.forward import forward_of
from daemon.extract.markup.guard import refuse_attribute_bombs
from daemon.extract.markup.roots import may_state_an_offer, parse_root
from daemon.model.change import Change, lines_added, lines_removed
from daemon.model.reading import Reading, State
from daemon.model.site import Rules
from daemon.money.offer import StatedOffer

_MAX_HTML_CHARS = 4_000_000
_PASSWORD = re.compile(r"type\s?=\s?[\"']?[Pp]assword")
_ITS_END = "assword"  # found many times faster
_NO_OFFER = StatedOffer()
_NO_LINES = Change((), 0, 0, 0, 0, 0, 1.0)
_TEXT = attrgetter("text")


@dataclass(frozen=True, slots=True)
class PageView:
    """The blocks of a page with their places, and what its markup states."""

    blocks: tuple[Block, ...]
    stated: StatedOffer = _NO_OFFER
    has_password: bool = False
    is_html: bool = False
    forward: str = ""  # the other page that its visitors are sent on to by itself

    @property
    def title(self) -> str:
        return next((block.text for block in self.blocks if block.kind == places.TITLE), "")

    def words(self, *where: str) -> int:
        """The number of words in the given places, without the title."""
        return sum(
            block.words
            for block in self.blocks
            if block.place in where and block.kind != places.TITLE
        )


def view_of(state: State, rules: Rules) -> PageView:
    """The blocks of a state: from its document's tree when there is one, else from its text."""
    document = state.document
    if state.reading.kind != "html" or document is None:
        return of_text(state.reading)
    text = decode(document).text
    if len(text) > _MAX_HTML_CHARS:
        return PageView(tuple(blocks.from_text(state.reading.text)), is_html=True)
    refuse_attribute_bombs(text)
    source = text.encode("utf-8", "replace")
    tree = parse_root(source)
    stated = _NO_OFFER if tree is None else _stated(tree, document.url, source)
    found = [] if tree is None else blocks.from_tree(tree)
    if _misses_most(found, state):
        found = blocks.from_text(state.reading.text)
    return PageView(
        tuple(_allowed(found, state, rules)),
        stated,
        has_password=_ITS_END in text and _PASSWORD.search(text) is not None,
        is_html=True,
        forward=_forward(text, document.url),
    )


def _forward(html: str, url: str) -> str:
    target = forward_of(html, url)
    return target if target and not is_same_page(target, url) else ""


def _stated(tree: Element, url: str, source: bytes) -> StatedOffer:
    if not may_state_an_offer(source):
        return _NO_OFFER
    # Importing these takes a third of a worker's start, and most pages sell nothing.
    from daemon.extract.offer.structured.offers import stated_offer

    return stated_offer(tree, url, source)


def stated_only(before: State, after: State, rules: Rules) -> Change | None:
    """A change without lines, of pages whose markup alone states another price or availability."""
    states = (before, after)
    if rules.is_reshaping or any(one.reading.kind != "html" or not one.document for one in states):
        return None
    old = _stated_by(before)
    new = _stated_by(after) if old.is_product else _NO_OFFER
    if not new.is_product:
        return None
    is_other = old.has_other_price(new) or stock_difference(old.availability, new.availability)
    return _NO_LINES if is_other else None


def _stated_by(state: State) -> StatedOffer:
    """The offer that a page states; parsed only where its markup can state one."""
    if state.document is None or len(text := decode(state.document).text) > _MAX_HTML_CHARS:
        return _NO_OFFER
    refuse_attribute_bombs(text)
    source = text.encode("utf-8", "replace")
    tree = parse_root(source) if may_state_an_offer(source) else None
    return _NO_OFFER if tree is None else _stated(tree, state.document.url, source)


def _misses_most(found: Sequence[Block], state: State) -> bool:
    """Whether the tree lost most of the reading's text: it ends at some depth of nesting."""
    return 2 * sum(map(len, map(_TEXT, found))) < len(state.reading.text)


def of_text(reading: Reading) -> PageView:
    """The lines of a reading, all of them main content."""
    return PageView(tuple(blocks.from_text(reading.text)))


def of_change(change: Change) -> tuple[PageView, PageView]:
    """The lines of a change as two views: for feeds, where entries have no page of their own."""
    removed, added = lines_removed(change.hunks), lines_added(change.hunks)
    return (
        PageView(tuple(blocks.from_text("\n".join(removed)))),
        PageView(tuple(blocks.from_text("\n".join(added)))),
    )


def _allowed(found: Sequence[Block], state: State, rules: Rules) -> Sequence[Block]:
    """With rules that select, the lines of the reading, so that none that was left is lost.

    Shape: a line has the kind and the place of the block that says the same; what was chosen by
           `include` is main content wherever it stands.
    """
    if not (rules.is_reshaping or ignores_over_lines(rules)):
        return found
    known = {template(block.text): block for block in found}
    lines = blocks.from_text(state.reading.text)
    placed = [_placed(line, known.get(template(line.text))) for line in lines]
    if not rules.include:
        return placed
    return [block._replace(place=places.MAIN) for block in placed]


def _placed(line: Block, block: Block | None) -> Block:
    return line if block is None else line._replace(kind=block.kind, place=block.place)
