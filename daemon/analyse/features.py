"""Computes the features of a difference, by which it is graded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import chain

from daemon.analyse import amounts, delta, facts, genre, places, words
from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta, WordRun
from daemon.analyse.evidence import advisories, clauses, figures
from daemon.analyse.evidence.advisories import NO_ADVISORIES, Advisories
from daemon.analyse.evidence.figures import Figure
from daemon.analyse.facts import Facts
from daemon.analyse.noise.volatility import CALM, Unrest
from daemon.analyse.view import PageView
from daemon.lexicon.noise_rules import NoiseRule
from daemon.lexicon.states import has_flipped
from daemon.money.numbers import plain
from daemon.money.offer import StatedOffer
from daemon.money.parse import find_amounts

_GENRE_BLOCKS = 150
_STATE_WORDS = 3  # at most, that were replaced together with a word of state
_WORDS_WITH_PRICE = 30  # that may come or go with it; on a rewritten page it is no news
_GENRE_CHARS = 6_000
_FEW_ITEMS = 2
_SEVERAL_ITEMS = 3
_ITEM_WORDS, _MOST_ITEM_WORDS = 3, 40
_FEW_FIGURES = 8
_FEW_WORDS = 12
_PHRASE, _SENTENCE = 9, 20  # words in a row
_RESTLESS = 0.5  # of the earlier visits


@dataclass(frozen=True, slots=True)
class Features:
    """Everything from which grade, confidence and reasons are derived."""

    main_words: int  # that differ in the main content, repeated swaps counted once
    main_blocks: int
    main_total: int
    outside_words: int
    chrome_words: int
    chrome_places: tuple[str, ...]
    longest_added: int
    longest_removed: int
    run_count: int
    only_numbers: bool
    new_headings: tuple[str, ...]
    new_items: int
    title: tuple[str, str] | None
    masked_blocks: int
    flickering: tuple[str, ...]  # lines seen to come and go
    moving: tuple[str, ...]  # lines that change at every visit
    dated: tuple[tuple[str, str], ...]
    moved_lines: int
    unrest: Unrest
    facts: Facts
    is_product: bool
    genre: str
    is_short: bool
    additions_only: bool = False
    is_one_more: bool = False  # item in an otherwise unchanged list
    item: str = ""  # of a list of news, jobs, events
    clause: str = ""  # what few words change in a text that binds
    has_new_blocks: bool = False
    advisories: Advisories = NO_ADVISORIES
    figures: tuple[Figure, ...] = ()  # numbers with another value, what they count included

    @property
    def share(self) -> float:
        return self.main_words / max(self.main_total, 1)

    @property
    def is_only_around(self) -> bool:
        """Whether nothing differs but what surrounds the content."""
        return bool(self.chrome_words) and not (
            self.main_words
            or self.dated
            or self.outside_words
            or self.title
            or self.main_blocks
            or self.moved_lines
            or self.has_facts
        )

    @property
    def is_only_beside(self) -> bool:
        """Whether words differ outside of the main content, and none in it."""
        is_main = self.main_words or self.main_blocks or self.dated or self.has_facts
        return bool(self.outside_words) and not is_main

    @property
    def is_rewording(self) -> bool:
        """Whether a technical text has replacements all over that bind to nothing else."""
        if self.genre != genre.TECHNICAL or self.clause:
            return False
        longest = max(self.longest_added, self.longest_removed)
        return longest < (_PHRASE if self.has_new_blocks else _SENTENCE)

    @property
    def weighty(self) -> tuple[Figure, ...]:
        """The figures that somebody must know of; of many that move together, those that bind."""
        is_binding, is_legal = self.genre != genre.PLAIN, self.genre == genre.LEGAL
        found = tuple(
            one
            for one in self.figures
            if figures.weighs(one, is_binding=is_binding, binds_all=is_legal)
        )
        if len(self.figures) <= _FEW_FIGURES and self.unrest.share < _RESTLESS:
            return found
        return tuple(figure for figure in found if figure.quantity.binds)

    @property
    def tells_more(self) -> bool:
        """Whether few words of it weigh more than their number: a figure, a clause, an item."""
        is_item = bool(self.item) and self.unrest.share < _RESTLESS
        return bool(self.weighty or self.clause or self.facts.state or is_item)

    @property
    def has_facts(self) -> bool:
        facts = self.facts
        return bool(facts.has_price or facts.stock or facts.security or self.advisories.names)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about a difference besides its blocks."""

    flickering: tuple[str, ...] = ()
    moved_lines: int = 0
    unrest: Unrest = CALM
    moving: tuple[str, ...] = ()
    additions_only: bool = False
    about: str = ""  # the title of the page, and the rules that choose of it
    address: str = ""


@dataclass(frozen=True, slots=True)
class Scoped:
    """The part of a difference in some places of the page, and its runs of words."""

    removed: tuple[Block, ...]
    added: tuple[Block, ...]
    runs: tuple[WordRun, ...]


def scoped(
    difference: Delta, wanted: Callable[[Block], bool], *, additions_only: bool = False
) -> Scoped:
    """The wanted blocks, and how their words differ; or only the additions."""
    removed = tuple(block for block in difference.removed if wanted(block))
    added = tuple(block for block in difference.added if wanted(block))
    runs = tuple(delta.runs(removed, added))
    if not additions_only:
        return Scoped(removed, added, runs)
    return Scoped((), added, tuple(WordRun((), run.added) for run in runs if run.added))


def is_main(block: Block) -> bool:
    """Whether a block belongs to what the page is about."""
    return block.place == places.MAIN and block.kind != places.TITLE


def is_outside(block: Block) -> bool:
    """Whether a block is neither chrome nor main content."""
    return block.place == places.OUTSIDE


def is_for_sale(block: Block) -> bool:
    """Whether a price in this block may be the page's own."""
    return block.place not in (places.RELATED, places.ADVERT, places.NAVIGATION, places.FOOTER)


def features_of(before: PageView, after: PageView, difference: Delta, context: Context) -> Features:
    """Compute the features of a difference: where it is, how large, and what it concerns."""
    only = context.additions_only
    whole = scoped(difference, is_main, additions_only=only)
    outside = scoped(difference, is_outside, additions_only=only)
    chrome = scoped(difference, lambda block: block.is_chrome, additions_only=only)
    kind = _genre(after) if whole.runs or difference.dated else genre.PLAIN
    main = _binding(whole, before, after) if kind == genre.TECHNICAL else whole
    aside = max(delta.weight(whole.runs) - delta.weight(main.runs), 0)
    total = (before.words(places.MAIN) + after.words(places.MAIN)) // 2
    is_product = before.stated.is_product and after.stated.is_product
    found = _facts(difference, main, (before, after), context.about, is_prose=kind != genre.PLAIN)
    return Features(
        main_words=delta.weight(main.runs),
        main_blocks=len(main.removed) + len(main.added),
        main_total=total,
        outside_words=delta.weight(outside.runs) + aside,
        chrome_words=delta.weight(chrome.runs),
        chrome_places=tuple(dict.fromkeys(b.place for b in chrome.removed + chrome.added)),
        longest_added=max((len(run.added) for run in main.runs), default=0),
        longest_removed=max((len(run.removed) for run in main.runs), default=0),
        run_count=len(main.runs),
        only_numbers=_only_numbers(main.runs) and not found.is_stated,
        new_headings=_headings(main),
        new_items=sum(block.kind in (places.LIST, places.TABLE) for block in main.added),
        title=_titles(before, after),
        masked_blocks=len(difference.masked),
        flickering=context.flickering,
        moving=context.moving,
        dated=tuple((old.text, new.text) for old, new in difference.dated),
        moved_lines=context.moved_lines,
        unrest=context.unrest,
        facts=found,
        is_product=is_product,
        genre=kind,
        is_short=total < 120,
        additions_only=only,
        is_one_more=_is_one_more(before, main),
        item=_item(before, main) if kind == genre.PLAIN else "",
        clause=_clause(kind, main, (before.blocks, after.blocks)),
        has_new_blocks=len(main.added) > len(main.removed),
        advisories=_advisories(before, main, context.address),
        figures=_figures(kind, main, (before, after), difference),
    )


def _advisories(before: PageView, main: Scoped, address: str) -> Advisories:
    return advisories.advisories_of(before.blocks, main.added, main.removed, address)


def _figures(
    kind: str, main: Scoped, views: tuple[PageView, PageView], difference: Delta
) -> tuple[Figure, ...]:
    before, after = (view.blocks for view in views)
    found = figures.figures_of(before, after, main.removed, main.added)
    if kind != genre.PLAIN or words.is_named(NoiseRule.DATES):
        return found
    # The dates of contracts and standards say when they were written.
    dated = [pair for pair in difference.dated if is_main(pair[1])]
    return (*found, *figures.appointments_of(after, dated))


def _binding(main: Scoped, before: PageView, after: PageView) -> Scoped:
    """The part of a difference that binds those who keep to a standard."""
    removed = tuple(clauses.without_asides(before.blocks, main.removed))
    added = tuple(clauses.without_asides(after.blocks, main.added))
    if len(removed) == len(main.removed) and len(added) == len(main.added):
        return main
    return Scoped(removed, added, tuple(delta.runs(removed, added)))


def _clause(kind: str, main: Scoped, views: tuple[Sequence[Block], Sequence[Block]]) -> str:
    if kind == genre.TECHNICAL:
        return clauses.fact_of_standard(main.removed, main.added, main.runs)
    if kind == genre.LEGAL and delta.weight(main.runs) <= _FEW_WORDS:
        return clauses.fact_of_agreement(views, (main.removed, main.added), main.runs)
    if kind == genre.PLAIN and delta.weight(main.runs) <= _FEW_WORDS // 2:
        return clauses.fact_of_rule(main.runs)
    return ""


def _is_one_more(before: PageView, main: Scoped) -> bool:
    """Whether the only difference is one or two more items on a page of several."""
    known = sum(is_main(block) and block.kind == places.HEADING for block in before.blocks)
    came = sum(block.kind == places.HEADING for block in main.added)
    return not main.removed and 1 <= came <= _FEW_ITEMS and known >= _SEVERAL_ITEMS


def _item(before: PageView, main: Scoped) -> str:
    """The item that came to a list of such, or went while none came: a link, a heading, a line."""
    added = [" ".join(run.added) for run in main.runs]
    came = [block for block in main.added if _is_whole_item(block, added)]
    if not main.added:
        removed = [" ".join(run.removed) for run in main.runs]
        came = [block for block in main.removed if _is_whole_item(block, removed)]
    elif len(main.removed) > len(came):
        return ""
    if not 1 <= len(came) <= _FEW_ITEMS:
        return ""
    kind = (came[0].kind, came[0].is_link)
    listed = sum(_is_item(block) and (block.kind, block.is_link) == kind for block in before.blocks)
    return came[0].text if listed >= _SEVERAL_ITEMS else ""


def _is_whole_item(block: Block, runs: Sequence[str]) -> bool:
    """Whether a block is an item of which all came or went: one that was edited is none."""
    return _is_item(block) and any(_own(block) in run for run in runs)


def _own(block: Block) -> str:
    return " ".join(words.undated(block.text))


def _is_item(block: Block) -> bool:
    """Whether a block is an item of news, of jobs, of events: a link, a heading or a list's."""
    is_kind = block.is_link or block.kind in (places.LIST, places.HEADING)
    return is_main(block) and is_kind and _ITEM_WORDS <= block.words <= _MOST_ITEM_WORDS


def _only_numbers(runs: Sequence[WordRun]) -> bool:
    return bool(runs) and all(word.isdigit() for run in runs for word in (*run.removed, *run.added))


def _headings(main: Scoped) -> tuple[str, ...]:
    old = {block.text.casefold() for block in main.removed}
    return tuple(
        block.text
        for block in main.added
        if block.kind == places.HEADING and block.text.casefold() not in old
    )


def _titles(before: PageView, after: PageView) -> tuple[str, str] | None:
    old, new = before.title, after.title
    return (old, new) if old and new and old != new else None


def _genre(view: PageView) -> str:
    main = [block for block in view.blocks if is_main(block)]
    some = [block.text for block in main]
    named = view.title or next((b.text for b in main if b.kind == places.HEADING), "")
    step = max(1, len(some) // _GENRE_BLOCKS)
    return genre.genre_of(named, " ".join(some[::step])[:_GENRE_CHARS])


def _facts(
    difference: Delta, main: Scoped, views: tuple[PageView, PageView], about: str, *, is_prose: bool
) -> Facts:
    before, after = views
    found = facts.facts_of(main.removed, main.added)
    is_prose = is_prose or found.is_release
    may_guess = cache(lambda: not is_prose and _sells(views, about))
    prices, stock = _offer_changes(difference, before.stated, after.stated, may_guess)
    if stock is None and delta.weight(main.runs) <= _WORDS_WITH_PRICE and may_guess():
        stock = _stock_besides(main, views)
    found = replace(found, prices=tuple(prices), stock=stock, state=_flipped(main.runs))
    if prices or is_prose or delta.weight(main.runs) > _WORDS_WITH_PRICE:
        return found
    left, were = filter(is_main, after.blocks), filter(is_main, before.blocks)
    return replace(
        found,
        price_gone=amounts.only_in(main.removed, left, may_guess),
        price_come=amounts.only_in(main.added, were, may_guess),
    )


def _stock_besides(main: Scoped, views: tuple[PageView, PageView]) -> tuple[str, str] | None:
    """The stock that one side alone names; a list's items are options, and no product's."""
    gone, came = ([b for b in side if b.kind == places.MAIN] for side in (main.removed, main.added))
    before, after = ([block for block in view.blocks if is_for_sale(block)] for view in views)
    return facts.stock_besides((gone, came), (before, after))


def _sells(views: tuple[PageView, PageView], about: str) -> bool:
    """Whether a page speaks of prices or of something for sale, by its markup or in words."""
    if any(view.stated.is_product for view in views):
        return True
    blocks = chain.from_iterable(view.blocks for view in views)
    return amounts.speaks_of_prices(about, filter(is_for_sale, blocks))


def _flipped(runs: Sequence[WordRun]) -> tuple[str, str] | None:
    """The first word of state that was replaced with its contrary, if little else was."""
    short = [run for run in runs if max(len(run.removed), len(run.added)) <= _STATE_WORDS]
    pairs = ((" ".join(run.removed), " ".join(run.added)) for run in short)
    return next((pair for pair in pairs if has_flipped(*pair)), None)


def _offer_changes(
    difference: Delta, old: StatedOffer, new: StatedOffer, may_guess: Callable[[], bool]
) -> tuple[list[tuple[str, str]], tuple[str, str] | None]:
    """The prices and the stock that changed as seen; of a product, checked by its markup."""
    removed = [block for block in difference.removed if is_for_sale(block)]
    added = [block for block in difference.added if is_for_sale(block)]
    prices = amounts.price_changes(removed, added, may_guess)
    stock = facts.stock_change(removed, added)
    if not (old.is_product and new.is_product):
        return prices, stock
    prices = _agreeing(prices, old, new) or amounts.bare_changes(removed, added)
    return prices, stock or facts.stock_difference(old.availability, new.availability)


def _agreeing(
    seen: list[tuple[str, str]], old: StatedOffer, new: StatedOffer
) -> list[tuple[str, str]]:
    """The visible prices, unless the markup states others: a price split up is misread."""
    if not old.has_other_price(new):
        return seen
    stated = {new.price, *new.others}
    agreeing = [pair for pair in seen if _amount(pair[1], new.currency) in stated]
    return agreeing or [(old.price_text, new.price_text)]


def _amount(price: str, currency: str | None) -> Decimal | None:
    """The first amount in a visible price."""
    found = find_amounts(plain(price), with_roles=False)
    return found[0].value(currency) if found else None
