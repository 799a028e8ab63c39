"""Says how much differs, where that is too much to say piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.features import Features
from daemon.analyse.saying.pieces import Piece
from daemon.analyse.saying.quotes import quoted
from daemon.analyse.thoughts.plain import quotable, without_numbering
from daemon.analyse.thoughts.thought import Thought
from daemon.analyse.view import PageView
from daemon.compare import TOO_DIFFERENT
from daemon.model.change import Change
from daemon.phrasebook import Phrase, counted

_HARDLY_ALIKE = 0.25
_MANY_PLACES = 12
_SENTENCES_A_PLACE = 4
_MUCH = 0.3  # of the main content, from which on a page is rewritten
_MOST_OF_IT = 0.6
_REPEATED_WORDS = 5
_REPEATED_CHARS = 190
_HEADING_CHARS = 60


def is_beyond_comparing(change: Change) -> bool:
    """Whether too much differs to say it line by line."""
    return TOO_DIFFERENT in change.flags and change.similarity < _HARDLY_ALIKE


def beyond_comparing(change: Change) -> str:
    """How much of a page differs that is beyond comparing."""
    return Phrase.TOO_DIFFERENT.sentence(
        removed=f"{change.removed_lines:,}", added=f"{change.added_lines:,}"
    )


def without_repeated(
    views: tuple[PageView, PageView], difference: Delta
) -> tuple[list[str], Delta]:
    """The difference without text that both pages have, and what there is to say of that."""
    old, new = ({block.text for block in view.blocks} for view in views)
    added, again = _parted(difference.added, old)
    removed, still = _parted(difference.removed, new)
    parts = ((Phrase.AGAIN, again), (Phrase.STILL_THERE, still))
    told = [_said_repeated(phrase, some) for phrase, some in parts if some]
    return told, replace(difference, added=added, removed=removed)


def _parted(
    blocks: tuple[Block, ...], texts: Collection[str]
) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """The blocks apart from those that repeat one of these texts, where most of them do."""
    found = tuple(
        block for block in blocks if block.words >= _REPEATED_WORDS and block.text in texts
    )
    if len(found) <= max(_MANY_PLACES, len(blocks) // 2):
        return blocks, ()
    return tuple(block for block in blocks if block.text not in texts), found


def _said_repeated(phrase: Phrase, blocks: Sequence[Block]) -> str:
    first = quoted(quotable(blocks[0].text), _REPEATED_CHARS)
    return phrase.sentence(count=f"{len(blocks):,}", quote=first)


def extent_of(found: Features, pieces: Sequence[Piece]) -> Iterator[str]:
    """How much of a page that is rewritten differs."""
    gone, came = (sum(len(side) for side in sides) for sides in _sides(pieces))
    if found.share < _MUCH or max(len(pieces), (gone + came) // _SENTENCES_A_PLACE) <= _MANY_PLACES:
        return
    is_most = found.share >= _MOST_OF_IT
    if is_most and len(pieces) <= _MANY_PLACES:
        counts = (counted(side, Phrase.ONE_SENTENCE, Phrase.SENTENCES) for side in (gone, came))
        yield Phrase.REPLACED_MOSTLY.sentence(**dict(zip(("gone", "came"), counts, strict=True)))
    else:
        phrase = Phrase.REWRITTEN_MOSTLY if is_most else Phrase.REWRITTEN
        yield phrase.sentence(count=f"{len(pieces):,}")


def _sides(pieces: Sequence[Piece]) -> tuple[list[tuple[Thought, ...]], list[tuple[Thought, ...]]]:
    return [piece.old for piece in pieces], [piece.new for piece in pieces]


def new_headings(pieces: Sequence[Piece]) -> list[str]:
    """The headings that came with these pieces, quoted."""
    olds, news = ([one for side in sides for one in side] for sides in _sides(pieces))
    known = {without_numbering(one.text).casefold() for one in olds}
    found = [one.text for one in news if one.is_heading]
    fresh = [text for text in found if without_numbering(text).casefold() not in known]
    return [quoted(text, _HEADING_CHARS) for text in fresh]
