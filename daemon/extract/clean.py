"""Makes any text storable; all page text passes through here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from daemon.characters import CONTROLS, LINE_ENDS, NONCHARACTERS, OVERRIDES, SURROGATES

# A run of combining marks longer than this is decoration, and sorting it costs the square
# of its length. UAX #15 calls text with at most 30 of them stream-safe.
_MARKS_IN_A_ROW = 30

_HIGH_NONCHARACTERS = "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17)
)
_FOREIGN_ENDS = LINE_ENDS.replace("\n", "")

_SUSPECT = re.compile(f"[{CONTROLS}{_FOREIGN_ENDS}{SURROGATES}{OVERRIDES}{NONCHARACTERS}\ufeff]")
_REPAIRS = (
    ("", re.compile(f"\r\n|[{_FOREIGN_ENDS}]"), "\n"),
    ("cleaned:nul", re.compile("\x00"), ""),
    ("cleaned:surrogates", re.compile(f"[{SURROGATES}]"), "\ufffd"),
    ("cleaned:controls", re.compile(f"[{CONTROLS}]"), ""),
    ("cleaned:bidi", re.compile(f"[{OVERRIDES}]"), ""),
    ("cleaned:noncharacters", re.compile(f"[{NONCHARACTERS}{_HIGH_NONCHARACTERS}]"), ""),
    ("", re.compile("\ufeff"), ""),
)


def clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    """Make text that every database, terminal and channel takes as it is.

    Shape:  NFC, lines ended by a line feed; no NUL, controls, surrogates,
            non-characters or bidirectional overrides. Cleaning it again changes nothing.
            The flags name what was taken out: "cleaned:nul" and so on.
    Source: Unicode Standard §23.7 (non-characters), UAX #15 (stream-safe text).
    """
    flags: tuple[str, ...] = ()
    if not _is_printable(text) and (_SUSPECT.search(text) or _holds_high_noncharacters(text)):
        text, flags = _repair(text)
    if text.isascii():
        return text, flags
    text, cut = _mark_runs()(text)
    if cut:
        flags = (*flags, "cleaned:marks")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text, flags


def _is_printable(text: str) -> bool:
    """Whether a text holds nothing but what is seen, and the commonest spaces."""
    return text.replace("\n", " ").replace("\xa0", " ").isprintable()


def _holds_high_noncharacters(text: str) -> bool:
    """Searches the bytes: above U+FFFF, the pattern is ten times slower."""
    data = text.encode()
    return b"\xbf\xbe" in data or b"\xbf\xbf" in data


def _repair(text: str) -> tuple[str, tuple[str, ...]]:
    flags = []
    for flag, pattern, replacement in _REPAIRS:
        text, count = pattern.subn(replacement, text)
        if count and flag:
            flags.append(flag)
    return text, tuple(flags)


@cache
def _mark_runs() -> Callable[[str], tuple[str, int]]:
    import regex

    run = regex.compile(rf"([^\p{{ccc=0}}]{{{_MARKS_IN_A_ROW}}})[^\p{{ccc=0}}]+")

    mark = regex.compile(r"[^\p{ccc=0}]")

    def cut(text: str) -> tuple[str, int]:
        # One of so many in a row is at one of these places.
        if mark.search(text[::_MARKS_IN_A_ROW]) is None or run.search(text) is None:
            return text, 0
        shorter, count = run.subn(r"\1", text)
        return str(shorter), int(count)

    return cut
