"""Says what came or went as a whole: sentences, a section, items, the row of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from daemon.analyse.saying.pieces import Piece
from daemon.analyse.saying.quotes import clause_around, cut, fitted, quoted
from daemon.analyse.saying.ranks import MOST_OF_A_PASSAGE, figure_in, has_figure
from daemon.analyse.thoughts.cells import BETWEEN
from daemon.analyse.thoughts.ends import is_ended, joined
from daemon.analyse.thoughts.thought import Thought
from daemon.lexicon.prose.binding import names_law_or_party
from daemon.lexicon.prose.decoration import is_address
from daemon.phrasebook import Phrase, counted

_HEADING_CHARS = 80
_WORD = re.compile(r"\w")
_MOST_QUOTES = 5
_LEAD_WORDS = 8
_CRUMB_WORDS = 3
_CRUMB_LETTERS = 2
_CELL_WORDS = 12
_MANY = 4  # thoughts that are not shown, from which on they are counted


def said_passage(piece: Piece, room: int, *, is_first: bool) -> str:
    """One sentence on thoughts that came or went, quoted as far as there is room.

    Shape: empty where there is no room for a whole thought, unless it is the first sentence.
    """
    first, *rest = piece.thoughts
    if first.is_heading or _leads(first, rest):
        return _said_section(first, rest, room, is_new=bool(piece.new))
    quotes, hidden = _quotes(piece.thoughts, room, may_cut=is_first)
    if not quotes:
        return ""
    if hidden < _MANY:
        phrase = Phrase.ADDED if piece.new else Phrase.REMOVED
    else:
        phrase = Phrase.ADDED_MANY if piece.new else Phrase.REMOVED_MANY
    return phrase.sentence(quotes=quotes, count=_count(piece.thoughts))


def _count(thoughts: Sequence[Thought]) -> str:
    if 2 * sum(is_ended(one.text) for one in thoughts) >= len(thoughts):
        return counted(len(thoughts), Phrase.ONE_SENTENCE, Phrase.SENTENCES)
    return counted(len(thoughts), Phrase.ONE_LINE, Phrase.LINES)


def _leads(first: Thought, rest: Sequence[Thought]) -> bool:
    """Whether a line names what follows it, as a heading does that is marked up as none."""
    is_line = first.words <= _LEAD_WORDS and not is_ended(first.text) and not first.block.cell
    return is_line and bool(rest) and is_ended(rest[0].text) and rest[0].at != first.at


def _said_section(first: Thought, rest: Sequence[Thought], room: int, *, is_new: bool) -> str:
    heading = quoted(first.text, _HEADING_CHARS)
    quotes, _ = _quotes(_content(rest), room - len(heading), may_cut=False)
    if not quotes:
        phrase = Phrase.NEW_SECTION if is_new else Phrase.SECTION_GONE
    else:
        phrase = Phrase.NEW_SECTION_SAYING if is_new else Phrase.SECTION_GONE_SAYING
    return phrase.sentence(heading=heading, quotes=quotes)


def _content(rest: Sequence[Thought]) -> Sequence[Thought]:
    """What a section says, without the headings and the crumbs that it begins with."""
    telling = (at for at, one in enumerate(rest) if one.words > _LEAD_WORDS)
    return rest[next(telling, 0) :]


def _quotes(thoughts: Sequence[Thought], room: int, *, may_cut: bool) -> tuple[str, int]:
    """The lines of a passage for which there is room, and how many thoughts are not shown."""
    shown: list[str] = []
    hidden = 0
    for line, count in _lines(thoughts):
        is_cut = may_cut and not shown
        text = _cut(line, room) if is_cut else fitted(line, room) if room > 0 else ""
        if hidden or not _WORD.search(text) or len(shown) == _MOST_QUOTES:
            hidden += count
            continue
        shown.append(quoted(text, len(text)))
        room -= len(text) + len("“”, ")
    return ", ".join(shown), hidden


def _cut(line: str, room: int) -> str:
    """A line cut to the room for it: its beginning, and the clause that names a figure."""
    text = cut(line, room)
    head = fitted(line, room // 2).removesuffix(" …")
    if len(text) >= len(line) or not head or has_figure(text) or not (found := figure_in(line)):
        return text
    clause = clause_around(line, *found, room // 2)
    is_apart = line.find(clause.strip("… ")) > len(head)
    return f"{head} {clause}" if is_apart else text


def _lines(thoughts: Sequence[Thought]) -> Iterator[tuple[str, int]]:
    """The thoughts of each block in one line, and those of each row of a table."""
    for _, group in groupby(_telling(thoughts), _line_of):
        some = list(group)
        if some[0].block.cell:
            yield BETWEEN.join(one.text for one in some), len(some)
        else:
            yield joined(one.text for one in some), len(some)


def _telling(thoughts: Sequence[Thought]) -> Sequence[Thought]:
    """The thoughts without addresses alone, from the first on that tells something.

    Shape: from the first on that names a law or a party; of many sentences, a figure.
    """
    found = [one for one in thoughts if not _is_crumb(one)] or thoughts
    weighty = next((at for at, one in enumerate(found) if names_law_or_party(one.text)), None)
    if weighty is not None and len(thoughts) <= MOST_OF_A_PASSAGE:
        return found[weighty:]
    start = next((at for at, one in enumerate(found) if one.words > _CRUMB_WORDS), 0)
    if not found or not is_ended(found[start].text):
        return found
    if len(found) - start >= _MANY:
        start = next((at for at, one in enumerate(found) if _names_a_figure(one)), start)
    return found[start:]


def _is_crumb(thought: Thought) -> bool:
    """Whether it is an address alone, or a word of two letters that a line was broken at."""
    text = thought.text
    return is_address(text) or (text.isalpha() and text.isascii() and len(text) <= _CRUMB_LETTERS)


def _names_a_figure(thought: Thought) -> bool:
    return is_ended(thought.text) and has_figure(thought.text)


def _line_of(thought: Thought) -> tuple[int, int]:
    cell = thought.block.cell
    is_value = cell is not None and thought.block.words <= _CELL_WORDS
    return (cell.table, cell.row) if cell and is_value else (-1, thought.at)
