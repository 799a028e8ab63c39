"""Any string in, storable text out: the one border that page text crosses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

# A run of combining marks longer than this is decoration, and sorting it costs the square
# of its length. UAX #15 calls text with at most 30 of them stream-safe.
_MARKS_IN_A_ROW = 30

_NONCHARACTERS = "\ufdd0-\ufdef\ufffe\uffff"
_HIGH_NONCHARACTERS = "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17)
)
_CONTROLS = "\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_SURROGATES = "\ud800-\udfff"

_SUSPECT = re.compile(f"[\x00{_CONTROLS}{_LINE_ENDS}{_SURROGATES}{_BIDI}{_NONCHARACTERS}\ufeff]")
_REPAIRS = (
    ("", re.compile(f"\r\n|[{_LINE_ENDS}]"), "\n"),
    ("cleaned:nul", re.compile("\x00"), ""),
    ("cleaned:surrogates", re.compile(f"[{_SURROGATES}]"), "\ufffd"),
    ("cleaned:controls", re.compile(f"[{_CONTROLS}]"), ""),
    ("cleaned:bidi", re.compile(f"[{_BIDI}]"), ""),
    ("cleaned:noncharacters", re.compile(f"[{_NONCHARACTERS}{_HIGH_NONCHARACTERS}]"), ""),
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
    if _SUSPECT.search(text) is not None or _holds_high_noncharacters(text):
        text, flags = _repair(text)
    if text.isascii():
        return text, flags
    text, cut = _mark_runs()(text)
    if cut:
        flags = (*flags, "cleaned:marks")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text, flags


def _holds_high_noncharacters(text: str) -> bool:
    """By their bytes: in the pattern above, characters beyond U+FFFF make it ten times slower."""
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

    def cut(text: str) -> tuple[str, int]:
        if run.search(text) is None:
            return text, 0
        shorter, count = run.subn(r"\1", text)
        return str(shorter), int(count)

    return cut
