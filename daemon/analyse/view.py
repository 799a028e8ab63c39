"""Makes the blocks of a state that its owner's rules let through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from lxml.etree import _Element as Element

from daemon.addresses import is_same_page
from daemon.analyse import blocks, places, twins
from daemon.analyse.blocks import Block
from daemon.analyse.facts import stock_difference
from daemon.analyse.noise.volatility import template
from daemon.compare.ignore import ignores_over_lines
from daemon.extract.charset import decode
from daemon.extract.markup.forward import forward_of
from daemon.extract.markup.guard import refuse_attribute_bombs
from daemon.extract.markup.merged import MARK, MarkedTree, Merged, merged
from daemon.extract.markup.roots import may_state_an_offer, mentions_offers, parse_root
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
    return _view_of(state, _html_of(state), rules)


def views_of(before: State, after: State, rules: Rules) -> tuple[PageView, PageView]:
    """As `view_of`, of two states of a page; one parse serves both where words alone differ."""
    sources = _html_of(before), _html_of(after)
    found = _twin_views((before, after), sources, rules)
    return found or (_view_of(before, sources[0], rules), _view_of(after, sources[1], rules))


def _html_of(state: State) -> str | None:
    """The source of a state that is a page; None of one that is judged by its text."""
    document = state.document
    return decode(document).text if document and state.reading.kind == "html" else None


def _view_of(state: State, html: str | None, rules: Rules) -> PageView:
    if html is None or state.document is None:
        return of_text(state.reading)
    if len(html) > _MAX_HTML_CHARS:
        return PageView(tuple(blocks.from_text(state.reading.text)), is_html=True)
    refuse_attribute_bombs(html)
    source = html.encode("utf-8", "replace")
    tree = parse_root(source)
    stated = _NO_OFFER if tree is None else _stated(tree, state.document.url, source)
    found = [] if tree is None else blocks.from_tree(tree)
    return _view(state, html, rules, (found, stated), may_ask=_ITS_END.encode() in source)


def _twin_views(
    states: tuple[State, State], sources: tuple[str | None, str | None], rules: Rules
) -> tuple[PageView, PageView] | None:
    old, new = sources
    if old is None or new is None or max(len(old), len(new)) > _MAX_HTML_CHARS:
        return None
    both = merged(old, new)
    if both is None:
        return None
    refuse_attribute_bombs(old)
    refuse_attribute_bombs(new)
    source = both.source.encode("utf-8", "replace")
    tree = parse_root(source)
    if tree is None:
        return None
    urls = [state.document.url for state in states if state.document]
    stated = _stated_by_each(tree, both, source, (old, new), urls)
    found = twins.from_merged(tree, both) if stated else None
    if stated is None or found is None:
        return None
    words = chain.from_iterable(both.slots.values())
    may_ask = _ITS_END.encode() in source or any(_ITS_END in one for one in words)
    before, after = (
        _view(state, html, rules, (shown, offer), may_ask=may_ask)
        for state, html, shown, offer in zip(states, (old, new), found, stated, strict=True)
    )
    return before, after


def _stated_by_each(
    tree: Element, both: Merged, source: bytes, sources: Sequence[str], urls: Sequence[str]
) -> list[StatedOffer] | None:
    """What each of two sources states, by the tree of both; None where no words can be put in."""
    speaks_of_offers = any(map(mentions_offers, chain.from_iterable(both.slots.values())))
    if not (speaks_of_offers or may_state_an_offer(source)):
        return [_NO_OFFER, _NO_OFFER]
    if not speaks_of_offers and urls[0] == urls[1]:
        same = _stated_by_both(tree, urls[0], source)
        if same is not None:
            return [same, same]
    marked = MarkedTree(tree, both)
    found = []
    try:
        for side, html, url in zip(twins.SIDES, sources, urls, strict=True):
            marked.say(side)
            found.append(_stated(tree, url, html.encode("utf-8", "replace")))
        marked.unsay()
    except ValueError:  # a page may hold characters that nobody may write
        return None
    return found


def _view(
    state: State,
    html: str,
    rules: Rules,
    found: tuple[Sequence[Block], StatedOffer],
    *,
    may_ask: bool,
) -> PageView:
    """The view of a page, by the blocks and the offer in it, which may ask for a password."""
    shown, stated = found
    if _misses_most(shown, state):
        shown = blocks.from_text(state.reading.text)
    url = "" if state.document is None else state.document.url
    return PageView(
        tuple(_allowed(shown, state, rules)),
        stated,
        has_password=may_ask and _PASSWORD.search(html) is not None,
        is_html=True,
        forward=_forward(html, url),
    )


def _forward(html: str, url: str) -> str:
    target = forward_of(html, url)
    return target if target and not is_same_page(target, url) else ""


def _stated(tree: Element, url: str, source: bytes) -> StatedOffer:
    if not may_state_an_offer(source):
        return _NO_OFFER
    # Importing these takes a third of a worker's start, and most pages sell nothing.
    from daemon.extract.offer.structured.offers import markup_in, stated_offer

    return stated_offer(tree, url, markup_in(tree, source))


def _stated_by_both(tree: Element, url: str, source: bytes) -> StatedOffer | None:
    """The offer that a merged page states without its marks; None where they may have a part."""
    from daemon.extract.offer.structured.offers import markup_in, stated_offer

    markup = markup_in(tree, source)
    values = (value for meta in tree.iter("meta") for value in meta.attrib.values())
    if not markup.is_meta_alone or any(MARK in value for value in values):
        return None
    return stated_offer(tree, url, markup)


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
