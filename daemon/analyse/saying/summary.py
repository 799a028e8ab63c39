"""Summarises a difference in a few sentences: what matters most first, in the page's own words."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.features import Features
from daemon.analyse.saying import extent
from daemon.analyse.saying.entries import Entry, said_entries, without_entries
from daemon.analyse.saying.pieces import pieces_of
from daemon.analyse.saying.quotes import quoted
from daemon.analyse.saying.ranks import ranked_pieces
from daemon.analyse.saying.rewording import replaced
from daemon.analyse.saying.stated import cells_of, dates_of, facts_of, is_number_of_a_table
from daemon.analyse.saying.telling import told_of_rewriting, told_pieces
from daemon.analyse.view import PageView
from daemon.analyse.walls import Wall
from daemon.model.change import Change, ChangeType
from daemon.phrasebook import Phrase
from daemon.wording import listed

_PLACE_NAMES = {
    places.HEADER: "page header",
    places.ASIDE: "sidebar",
    places.NOTICE: "banners and dialogs",
    places.ADVERT: "advertising",
    places.RELATED: "related items",
    places.HIDDEN: "hidden parts",
}
MOST_CHARS = 300
_NOTE_CHARS = 60  # of where it is, before what differs there
_SENTENCES = 3
_MOST_PLACES_NAMED = 3

Views = tuple[PageView, PageView]


def summary_of(
    found: Features,
    views: Views,
    difference: Delta,
    level: ChangeType | None,
    entries: Sequence[Entry] = (),
) -> str:
    """What changed: new entries of a feed, prices, stock, then what tells most, then dates.

    Shape: about 300 characters of whole sentences.
    """
    if level is None:
        return _of_noise(found)
    repeated, difference = extent.without_repeated(views, without_entries(difference, entries))
    pieces = pieces_of(views[0].blocks, views[1].blocks, difference)
    cells = list(cells_of(found))
    if cells:
        pieces = [piece for piece in pieces if not is_number_of_a_table(piece)]
    facts, dated = [*said_entries(entries), *facts_of(found), *cells], list(dates_of(found))
    much = repeated or list(extent.extent_of(found, pieces))
    ranked = ranked_pieces(pieces, found, has_facts=bool(facts))
    room = MOST_CHARS - sum(len(text) + 1 for text in (*much, *facts, *dated))
    if much and not repeated:
        told = told_of_rewriting(ranked, pieces, views[1].blocks, room)
    else:
        most = max(_SENTENCES - len(facts) - len(dated), 0 if facts else 1)
        told = told_pieces(ranked, views[1].blocks, room, most)
    return " ".join([*much, *facts, *told, *dated]) or _of_rest(found)


def of_value(found: Features, removed: Sequence[Block], added: Sequence[Block]) -> str:
    """A chosen value before and after, whole."""
    if found.facts.prices:
        return " ".join(facts_of(found))
    old, new = (" ".join(block.text for block in some) for some in (removed, added))
    if old and new:
        return replaced(quoted(old), quoted(new))
    return (Phrase.ADDED if new else Phrase.REMOVED).sentence(quotes=quoted(new or old))


def is_rewritten(change: Change) -> bool:
    """Whether too much differs to say it line by line."""
    return extent.is_beyond_comparing(change)


def of_rewriting(found: Features, change: Change) -> str:
    """How much of a mostly rewritten page differs."""
    return " ".join([extent.beyond_comparing(change), *facts_of(found)][:_SENTENCES])


def around(found: Features, views: Views, difference: Delta) -> str:
    """What changed in the page's surroundings, and in which of them."""
    told = _first(found, views, difference)
    if not told:
        return _of_noise(found)
    return Phrase.AROUND.say(places=_names(found.chrome_places), told=told)


def beside(found: Features, views: Views, difference: Delta) -> str:
    """What changed on the page outside of its main content."""
    told = _first(found, views, difference)
    return Phrase.BESIDE.say(told=told) if told else _of_rest(found)


def _first(found: Features, views: Views, difference: Delta) -> str:
    pieces = pieces_of(views[0].blocks, views[1].blocks, difference)
    return " ".join(
        told_pieces(ranked_pieces(pieces, found), views[1].blocks, MOST_CHARS - _NOTE_CHARS, 1)
    )


def of_wall(wall: Wall) -> str:
    """What was served in place of the page."""
    return Phrase.INSTEAD.sentence(wall=wall.name, evidence=quoted(wall.evidence))


def _of_noise(found: Features) -> str:
    if found.chrome_places:
        return Phrase.ONLY_AROUND.sentence(places=_names(found.chrome_places))
    return Phrase.ONLY_NOISE.sentence()


def _names(where: Sequence[str]) -> str:
    return listed([_PLACE_NAMES.get(place, place) for place in where], _MOST_PLACES_NAMED)


def _of_rest(found: Features) -> str:
    if found.title:
        old, new = found.title
        return Phrase.TITLE.sentence(old=quoted(old), new=quoted(new))
    if found.moved_lines and found.chrome_words:
        where = _names(found.chrome_places)
        return Phrase.MOVED_AND_AROUND.sentence(count=f"{found.moved_lines:,}", places=where)
    if found.moved_lines == 1:
        return Phrase.ONE_MOVED.sentence()
    if found.moved_lines:
        return Phrase.MOVED.sentence(count=f"{found.moved_lines:,}")
    return Phrase.ONLY_FORM.sentence()
