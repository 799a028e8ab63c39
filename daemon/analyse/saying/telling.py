"""Tells as many pieces as there is room for, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.analyse.blocks import Block
from daemon.analyse.saying.extent import new_headings
from daemon.analyse.saying.passages import said_passage
from daemon.analyse.saying.pieces import Piece
from daemon.analyse.saying.ranks import Rank, Ranked
from daemon.analyse.saying.rewording import said_edit
from daemon.phrasebook import Phrase, counted
from daemon.wording import listed

_PASSAGE_CHARS = 190
_PHRASE_CHARS = 24  # around what is quoted
_EXTENT_CHARS = 24  # of how many places more there are
_LEAST_CHARS = 60  # of room for a further sentence
_MOST_PASSED_OVER = 3  # for which there is no room
_FEW_WORDS = 4
_SHOWN_HEADINGS = 3
_SEVERAL_HEADINGS = 2


def told_pieces(
    ranked: Sequence[Ranked],
    after: Sequence[Block],
    room: int,
    most: int,
    *,
    is_opening: bool = False,
) -> list[str]:
    """Sentences on the first pieces, as many as there is room for, and how many places more."""
    told: list[str] = []
    for one in ranked[: most + _MOST_PASSED_OVER]:
        if len(told) == most or (told and (room < _LEAST_CHARS or _is_beside(one, ranked[0]))):
            break
        is_last = len(ranked) == len(told) + 1
        free = room if is_last else room - _EXTENT_CHARS
        is_first = not (told or is_opening)
        text = _said(one, after, free - _PHRASE_CHARS, is_first=is_first, is_last=is_last)
        if text and (is_first or len(text) <= free) and not _is_told(one.piece, told):
            told.append(text)
            room -= len(text) + 1
    hidden = len(ranked) - len(told)
    if told and hidden and not is_opening:
        told[-1] = _with_note(told[-1], counted(hidden, Phrase.ONE_MORE_PLACE, Phrase.MORE_PLACES))
    return told


def _is_beside(one: Ranked, first: Ranked) -> bool:
    """Whether a few words only stand beside a passage: they are counted, not told."""
    return one.rank >= Rank.CRUMB and first.rank <= Rank.PASSAGE


def _is_told(piece: Piece, told: Sequence[str]) -> bool:
    """Whether a few words stand in a sentence already."""
    return piece.first.words <= _FEW_WORDS and any(piece.first.text in one for one in told)


def _with_note(sentence: str, note: str) -> str:
    """The sentence with a note in brackets, before its full stop if that is not quoted."""
    return f"{sentence.removesuffix('.')} {note}."


def _said(one: Ranked, after: Sequence[Block], room: int, *, is_first: bool, is_last: bool) -> str:
    room = max(room, _LEAST_CHARS) if is_first else room
    if one.piece.is_edit:
        text = said_edit(one.piece, after, room)
    else:
        cap = room if is_last else min(room, _PASSAGE_CHARS)
        text = said_passage(one.piece, cap, is_first=is_first)
    if one.times == 1 or not text:
        return text
    return _with_note(text, Phrase.SAME_ELSEWHERE.say(count=f"{one.times:,}"))


def told_of_rewriting(
    ranked: Sequence[Ranked], pieces: Sequence[Piece], after: Sequence[Block], room: int
) -> list[str]:
    """How a rewritten page begins, and its new sections: all of it is new."""
    headings = new_headings(pieces)
    most = _SHOWN_HEADINGS if len(headings) >= _SEVERAL_HEADINGS else 0
    ordered = sorted(ranked, key=_from_the_top)
    if most:
        ordered = [one for one in ordered if not one.piece.first.is_heading]
    for shown in range(most, -1, -1):
        sections = Phrase.NEW_SECTIONS.sentence(headings=listed(headings, shown)) if shown else ""
        told = told_pieces(ordered, after, room - len(sections) - 1, 1, is_opening=True)
        if told:
            return [*told, sections] if sections else told
    return [Phrase.NEW_SECTIONS.sentence(headings=listed(headings, most))] if most else []


def _from_the_top(one: Ranked) -> tuple[bool, bool, int]:
    return one.rank > Rank.PASSAGE, not one.piece.new, one.piece.first.at
