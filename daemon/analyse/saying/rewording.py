"""Says how one thought became another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.analyse.blocks import Block
from daemon.analyse.saying.pieces import Piece
from daemon.analyse.saying.quotes import clause_around, cut, is_right_to_left, quoted
from daemon.analyse.thoughts.cells import (
    cells_of,
    heading_above,
    name_of,
    name_of_value,
    names_of_columns,
)
from daemon.analyse.thoughts.ends import is_ended
from daemon.analyse.thoughts.plain import without_numbering
from daemon.analyse.words import words_of
from daemon.compare.segments import word_segments
from daemon.model.change import Mark, Segment
from daemon.phrasebook import Phrase
from daemon.wording import listed

_VALUE_CHARS = 90
_SENTENCE_CHARS = 190
_OLD_CHARS = 60
_LEAST_CHARS = 80  # of a sentence, that must have room
_WHOLE_CHARS = 260  # of a sentence and what it was, both told whole
_FEW_WORDS = 3
_SHOWN_PASSAGES = 3
_SEVERAL = 2
_YEAR_DIGITS = 4
_NEAR_WORDS = 2  # between two edits that are told as one
_LABELLED = re.compile(r"^(.{2,60}?)\s?[:：=]\s+(?=\S)")
_WORD = re.compile(r"\w+")
_NEXT_WORD = re.compile(r"\s?[^\s.,;:!?()]+")
_LAST_WORD = re.compile(r"[^\s.,;:!?()]+\s?$")


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage of a text and what stands in its place in another, by their bounds."""

    old: tuple[int, int]
    new: tuple[int, int]


def said_edit(piece: Piece, after: Sequence[Block], room: int) -> str:
    """One sentence on a thought that became another; `after` is the page that it is on now."""
    old, new = piece.old[0].text, piece.new[0].text
    if without_numbering(old) == without_numbering(new) != "":
        return Phrase.RENUMBERED.sentence(
            old=quoted(old, _VALUE_CHARS), new=quoted(new, _VALUE_CHARS)
        )
    return (
        _said_cell(piece, after)
        or _said_row(piece, after)
        or _said_labelled(old, new)
        or _said_number(old, new)
        or _said_swapped(piece, after)
        or _said_whole(piece, after, room)
        or _said_within(old, new, room)
    )


def _said_cell(piece: Piece, after: Sequence[Block]) -> str:
    name = name_of(after, piece.new[0].at)
    old, new = piece.old[0].text, piece.new[0].text
    return replaced(old, new, name) if name and max(len(old), len(new)) <= _VALUE_CHARS else ""


def _said_row(piece: Piece, after: Sequence[Block]) -> str:
    """What differs in a line that was a row of a table, by the heads of its columns."""
    old, new = cells_of(piece.old[0].text), cells_of(piece.new[0].text)
    if len(old) != len(new) or len(new) == 1:
        return ""
    names = names_of_columns(after, piece.new[0].at) or [""] * len(new)
    told = []
    for place, (gone, came) in enumerate(zip(old, new, strict=True)):
        row = new[0] if place and len(new[0]) <= _OLD_CHARS else ""
        name = ", ".join(part for part in (row, names[place]) if part)
        if gone != came:
            told.append(replaced(gone, came, name).removesuffix("."))
    return f"{'; '.join(told)}." if told and sum(map(len, told)) <= _WHOLE_CHARS else ""


def _said_labelled(old: str, new: str) -> str:
    """The value of a label that both have."""
    left, right = _LABELLED.match(old), _LABELLED.match(new)
    if not left or not right or left[1] != right[1]:
        return ""
    gone, came = old[left.end() :], new[right.end() :]
    return replaced(gone, came, left[1]) if max(len(gone), len(came)) <= _VALUE_CHARS else ""


def _said_number(old: str, new: str) -> str:
    """The first number that differs between two rows of numbers."""
    if max(len(old), len(new)) <= _VALUE_CHARS or any(map(str.isalpha, new)):
        return ""
    pairs = (
        (old[slice(*edit.old)].strip(), new[slice(*edit.new)].strip()) for edit in edits(old, new)
    )
    gone, came = next(pairs)
    return replaced(quoted(gone, _OLD_CHARS), quoted(came, _OLD_CHARS)) if gone and came else ""


def _said_swapped(piece: Piece, after: Sequence[Block]) -> str:
    """One word that took the place of another, again and again."""
    old, new = piece.old[0].text, piece.new[0].text
    if max(len(old), len(new)) <= _VALUE_CHARS:
        return ""
    found = [
        (old[slice(*edit.old)].strip(), new[slice(*edit.new)].strip())
        for edit in _bounds(*word_segments(old, new))
    ]
    if len(found) < _SEVERAL or len(set(found)) > 1 or not all(found[0]):
        return ""
    gone, came = (quoted(text, _OLD_CHARS) for text in found[0])
    name = heading_above(after, piece.new[0].at)
    phrase = Phrase.SWAPPED_NAMED if name else Phrase.SWAPPED
    return phrase.sentence(name=name, old=gone, new=came, count=len(found))


def _said_whole(piece: Piece, after: Sequence[Block], room: int) -> str:
    """Both thoughts whole, where they are short."""
    old, new = piece.old[0].text, piece.new[0].text
    if len(old) + len(new) > min(_WHOLE_CHARS, room):
        return ""
    is_short = max(len(old), len(new)) <= _VALUE_CHARS and not (is_ended(old) and is_ended(new))
    if not is_short and len(old) + len(new) > _VALUE_CHARS and _is_slight(old, new):
        return ""
    name = _name_of(piece, after)
    return replaced(old, new, name) if name else replaced(quoted(old), quoted(new))


def _name_of(piece: Piece, after: Sequence[Block]) -> str:
    """What a value is the value of, if it does not say so itself."""
    old, new = piece.old[0], piece.new[0]
    if max(old.words, new.words) > _FEW_WORDS or new.is_heading:
        return ""
    is_number = all(one.text[:1].isdigit() for one in (old, new))
    if not is_number and {*words_of(old.text)} & {*words_of(new.text)}:
        return ""
    return name_of_value(after, new.at)


def _is_slight(old: str, new: str) -> bool:
    """Whether one passage differs, of which it is enough to say what it was."""
    found = edits(old, new)
    return len(found) == 1 and found[0].old[1] - found[0].old[0] <= _OLD_CHARS


def replaced(old: str, new: str, name: str = "") -> str:
    """Old → new, with its name; in words where an arrow would be read backwards."""
    if is_right_to_left(old, new, name):
        phrase = Phrase.NOW_NAMED if name else Phrase.NOW
    else:
        phrase = Phrase.REPLACED_NAMED if name else Phrase.REPLACED
    return phrase.sentence(name=name, old=old, new=new)


def _said_within(old: str, new: str, room: int) -> str:
    """The sentence as it is now, and what it said before."""
    found = edits(old, new)
    if found[-1].new[1] - found[0].new[0] > room // 2:
        found = [max(found, key=lambda edit: _size(edit, old, new))]
    gone = _passages(old, [edit.old for edit in found])
    came = _passages(new, [edit.new for edit in found])
    left = min(max(room - len(gone or came), _LEAST_CHARS), _SENTENCE_CHARS)
    if not gone:
        told = clause_around(old, found[0].old[0], found[-1].old[1], left)
        return Phrase.CHANGED_BY_ADDING.sentence(quote=quoted(told, len(told)), new=came)
    told = clause_around(new, found[0].new[0], found[-1].new[1], left)
    phrase = Phrase.CHANGED if came else Phrase.CHANGED_BY_LEAVING_OUT
    return phrase.sentence(quote=quoted(told, len(told)), old=gone)


def _passages(text: str, bounds: Sequence[tuple[int, int]]) -> str:
    """The passages of a text that have words, the first of them if there are many."""
    found = [passage for one in bounds if _WORD.search(passage := _closed(text, *one))]
    return listed([cut(passage, _OLD_CHARS) for passage in found], _SHOWN_PASSAGES, "; ")


def _closed(text: str, start: int, end: int) -> str:
    """A passage of a text, with the bracket behind it that it opens."""
    passage = text[start:end].strip(" ,;:")
    is_open = passage.count("(") > passage.count(")")
    if is_open and text[end : end + 1] == ")":
        return f"{passage})"
    return passage.removeprefix("(") if is_open else passage


def _size(edit: Edit, old: str, new: str) -> tuple[bool, int]:
    gone, came = old[slice(*edit.old)], new[slice(*edit.new)]
    return any(map(str.isdecimal, gone + came)), len(gone) + len(came)


def edits(old: str, new: str) -> list[Edit]:
    """Where two texts differ, by whole words; edits beside each other are one.

    Shape: at least one; punctuation alone is none beside words that differ.
    """
    found = list(_joined(old, *word_segments(old, new)))
    telling = [
        edit for edit in found if _WORD.search(old[slice(*edit.old)] + new[slice(*edit.new)])
    ]
    return [_phrase(edit, old, new) for edit in telling or found] or [
        Edit((0, len(old)), (0, len(new)))
    ]


def _joined(old: str, left: Sequence[Segment], right: Sequence[Segment]) -> Iterator[Edit]:
    held: Edit | None = None
    for edit in _bounds(left, right):
        if held and len(_WORD.findall(old[held.old[1] : edit.old[0]])) <= _NEAR_WORDS:
            held = Edit((held.old[0], edit.old[1]), (held.new[0], edit.new[1]))
            continue
        if held:
            yield held
        held = edit
    if held:
        yield held


def _bounds(left: Sequence[Segment], right: Sequence[Segment]) -> Iterator[Edit]:
    """The edits between the parts that both sides have, which stand in the same order."""
    a = c = 0
    start = (0, 0)
    came = iter(right)
    for gone in [*left, Segment(Mark.SAME, "")]:
        if gone.mark is not Mark.SAME:
            a += len(gone.text)
            continue
        for segment in came:
            if segment.mark is Mark.SAME:
                break
            c += len(segment.text)
        if (a, c) != start:
            yield Edit((start[0], a), (start[1], c))
        a, c = a + len(gone.text), c + len(gone.text)
        start = (a, c)


def _phrase(edit: Edit, old: str, new: str) -> Edit:
    """The edit with the word behind or before it, where it is only a number or a short word."""
    gone, came = old[slice(*edit.old)].strip(), new[slice(*edit.new)].strip()
    if not all(_is_bare(text) for text in (gone, came)):
        return edit
    behind = _NEXT_WORD.match(new, edit.new[1])
    if behind and old.startswith(behind[0], edit.old[1]):
        more = len(behind[0])
        return Edit((edit.old[0], edit.old[1] + more), (edit.new[0], edit.new[1] + more))
    ahead = _LAST_WORD.search(new, 0, edit.new[0])
    if ahead and old[: edit.old[0]].endswith(ahead[0]):
        more = len(ahead[0])
        return Edit((edit.old[0] - more, edit.old[1]), (edit.new[0] - more, edit.new[1]))
    return edit


def _is_bare(text: str) -> bool:
    if len(text) == _YEAR_DIGITS and text.isdecimal():
        return False
    return 0 < len(text) <= _FEW_WORDS or text.replace(".", "").replace(",", "").isdecimal()
