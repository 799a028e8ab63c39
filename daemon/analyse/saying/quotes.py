"""Quotes thoughts: whole, or cut where a sentence or a clause ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daemon.analyse.thoughts.ends import joined, sentences

QUOTE_CHARS = 180
_CLAUSE_END = re.compile(
    r"(?<=[)\]）」』])(?=[\s,;:.、，；：])|(?<=[;:—–،؛、，；：])(?=\s)|(?<=,)(?=\s\D)|(?<=[、，；：])"
    r"|(?<=\s[–—-])(?=\s)|(?=\s[(\[])"
)
_ITEM = re.compile(r"[\s,;:]*\(\w{1,4}\)$")  # the number of an item that does not follow
_LEAST = 0.4  # of the room, that a cut at a word must leave
_LEAST_CHARS = 54  # that a cut at a clause must leave: fewer seldom reach the verb
_SHORT_CHARS = 120  # a text shorter than this is not cut at a clause
_SINGLE = str.maketrans("“”", "‘’")
_LOOSE = " .,;:،؛、，；：([–—-"  # at the end of what was cut
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def quoted(text: str, room: int = QUOTE_CHARS) -> str:
    """A text in quotation marks, cut to the room for it; marks within it become single."""
    return f"“{cut(' '.join(text.split()), room).translate(_SINGLE)}”"


def cut(text: str, room: int) -> str:
    """The text, shortened to the room for it even if that is amid a clause."""
    return fitted(text, room) or f"{_words(text, room)} …"


def fitted(text: str, room: int) -> str:
    """The text as far as there is room for whole sentences, else clauses of a long one.

    Shape: empty where there is room for neither.
    """
    if len(text) <= room:
        return text
    kept = ""
    for sentence in sentences(text[: 2 * room + _SHORT_CHARS]):
        longer = joined((kept, sentence)) if kept else sentence
        if len(longer) > room:
            break
        kept = longer
    if kept:
        return kept
    return f"{clauses} …" if (clauses := _clauses(text, room)) else ""


def _clauses(text: str, room: int) -> str:
    """The beginning of a long text up to the last clause that fits."""
    if len(text) < _SHORT_CHARS:
        return ""
    head = text[: room - 2]
    at = max(_breaks(head), default=0)
    return _ITEM.sub("", head[:at].rstrip(_LOOSE)) if at >= _LEAST_CHARS else ""


def _words(text: str, room: int) -> str:
    head = text[: max(room - 2, 1)]
    at = head.rfind(" ")
    return head[: at if at >= _LEAST * room else len(head)].rstrip(_LOOSE)


def _end(found: re.Match[str]) -> int:
    return found.end()


def _is_closed(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("[") == text.count("]")


def clause_around(text: str, start: int, end: int, room: int) -> str:
    """The clauses around a passage of a text, with dots for what stands before and behind."""
    if len(text) <= room:
        return text
    skipped = max(start - 2 * room, 0)
    window = text[skipped : end + 2 * room]
    first, last = _bounds(window, start - skipped, end - skipped, room)
    head = "… " if first or skipped else ""
    tail = " …" if skipped + last < len(text) else ""
    return f"{head}{window[first:last].strip(_LOOSE)}{tail}"


def _bounds(text: str, start: int, end: int, room: int) -> tuple[int, int]:
    """The widest run of clauses around a passage that fits, cut within no brackets."""
    breaks = [0, *_breaks(text), len(text)]
    first = max(at for at in breaks if at <= start)
    last = min(at for at in breaks if at >= end)
    if last - first > room:
        return _words_around(text, start, end, room)
    for at in sorted(breaks, key=lambda at: min(abs(at - first), abs(at - last))):
        if at < first and last - at <= room:
            first = at
        elif at > last and at - first <= room:
            last = at
    return first, last


def _breaks(text: str) -> Iterator[int]:
    return (at for at in map(_end, _CLAUSE_END.finditer(text)) if _is_closed(text[:at]))


def _words_around(text: str, start: int, end: int, room: int) -> tuple[int, int]:
    spare = max(room - (end - start), 0) // 2
    first = text.rfind(" ", 0, max(start - spare, 0) + 1) + 1 if start > spare else 0
    last = text.find(" ", min(end + spare, len(text))) if end + spare < len(text) else -1
    return first, min(last if last >= 0 else len(text), first + 2 * room)


def is_right_to_left(*texts: str) -> bool:
    """Whether an arrow between texts would be read from the wrong side."""
    return any(_RIGHT_TO_LEFT.search(text) for text in texts)
