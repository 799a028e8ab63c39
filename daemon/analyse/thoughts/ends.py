"""Finds where sentences end, in any language that marks it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from daemon.lexicon.months import MONTHS
from daemon.lexicon.prose.abbreviations import is_abbreviation

# Marks that only end sentences, with no space behind them; and those of Latin scripts,
# which end one when something other than a small letter follows.
_FULL_WIDTH = "。！？｡।॥۔؟։።។။"
_CLOSING = "\"'”’»)」』）\\]*_"
_END = re.compile(rf"[{_FULL_WIDTH}]+[{_CLOSING}]*\s*|[.!?…]+[{_CLOSING}]*\s+(?=[^\s.,;:!?)\]}}])")
_OPENING = "\"'“‘«([{（「『*_¿¡„‹•-–—"
_NUMBERING = re.compile(r"[\W\d_]*|\W*[IVXLC]{1,7}")
_LAST_WORD = re.compile(r"[^\s(\[“\"']{1,24}$")
_MOST_CHARS = 200_000
_MOST = 4_000  # of one text


def sentences(text: str) -> list[str]:
    """The sentences of a text in their order; a text that marks no end is one.

    Shape: joined with spaces, they give the text, save for the spaces between; of a text over
           200,000 characters, what comes after is left out.
    """
    text = text[:_MOST_CHARS]
    found, start = [], 0
    for mark in _END.finditer(text):
        if not _ends(text, start, mark):
            continue
        found.append(text[start : mark.end()].strip())
        start = mark.end()
        if len(found) == _MOST:
            break
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _ends(text: str, start: int, mark: re.Match[str]) -> bool:
    if mark[0][0] in _FULL_WIDTH:
        return True
    if text[mark.start() - 1 : mark.start()].isspace():
        return False
    following = text[mark.end() : mark.end() + 24].lstrip(_OPENING)
    if following[:1].islower():
        return False
    if not mark[0].startswith(".") or mark[0].startswith(".."):
        return True
    return _is_stop(text[max(start, mark.start() - 24) : mark.start()], following)


def _is_stop(before: str, following: str) -> bool:
    """Whether a full stop between these ends a sentence: not after a number or an abbreviation."""
    last = _LAST_WORD.search(before)
    word = last[0] if last else ""
    if word.rstrip(")").isdecimal():
        is_numbering = not any(map(str.isalpha, before))
        month = following.split(maxsplit=1)[:1]
        is_day = bool(month) and month[0].strip(".,").casefold() in MONTHS
        return not (is_numbering or is_day)
    if _NUMBERING.fullmatch(before):
        return False
    return not is_abbreviation(word.strip("*_)]”\"'"), following)


def is_ended(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    bare = text.rstrip("\"'”’»)」』）]*_ ")
    return bare[-1:] in {*_FULL_WIDTH, ".", "!", "?", "…"}


def joined(some: Iterable[str]) -> str:
    """Sentences as one text, without spaces where their script has none."""
    text = ""
    for sentence in some:
        between = "" if not text or text[-1] in _FULL_WIDTH[:4] else " "
        text = f"{text}{between}{sentence}"
    return text
