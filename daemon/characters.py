"""Special characters: line ends, control and invisible characters, and those that are not stored.

A log escapes all of them, as it must show the original. Text for people loses them: a line end
becomes a line feed, a lone surrogate the replacement character. A configuration rejects them, and
so does an address given by a person; in a redirect they are percent-encoded, as browsers do it.
Page text is stored with all those that are legitimate in some language.
"""

from __future__ import annotations

import re

# The classes are written for use between the brackets of a pattern.
# The line ends wherever text is shown. Source: UAX #14, classes BK, CR, LF and NL.
LINE_ENDS = "\n\r\x0b\x0c\x85\u2028\u2029"
# C0 and C1 without these and the tab: terminals execute them.
CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
# Embeddings, overrides and isolates, which change the order in which text is read (UAX #9).
OVERRIDES = "\u202a-\u202e\u2066-\u2069"
NONCHARACTERS = "\ufdd0-\ufdef\ufffe\uffff"
# Not encodable in UTF-8; databases do not store NUL either.
SURROGATES = "\ud800-\udfff"

_DIRECTIONS = "\u061c\u200e\u200f"
_WITHOUT_WIDTH = "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
_TAGS = "\U000e0000-\U000e007f"
_UNSEEN = f"{OVERRIDES}{_DIRECTIONS}{_WITHOUT_WIDTH}{NONCHARACTERS}{_TAGS}"
# They spell words of Persian, Hindi, Malayalam or Mongolian, and join emoji; after any other
# character they only serve to make two names look the same.
_JOINERS = "\u180e\u200c\u200d"
_JOINABLE = (
    "\u0600-\u061b\u061d-\u109f\u1700-\u180d\u180f-\u1cff\ua800-\uaaff\ufb50-\ufdcf\ufdf0-\ufdff"
    "\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
    "\u2190-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff"
)
# The flags of England, Scotland and Wales are the only emoji written with tags.
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)

UNSAFE = f"\t{LINE_ENDS}{CONTROLS}{_UNSEEN}{_JOINERS}{SURROGATES}"

_LINE_END = re.compile(f"\r\n|[{LINE_ENDS}]")
_SURROGATE = re.compile(f"[{SURROGATES}]")
_OBEYED = re.compile(f"[{LINE_ENDS}{CONTROLS}\t{SURROGATES}]")
_NOT_SEEN = re.compile(f"({_FLAGS})|[{_UNSEEN}]|(?<![{_JOINABLE}])[{_JOINERS}]")
_HIDDEN = re.compile(f"({_FLAGS})|[{CONTROLS}{_UNSEEN}]|(?<![{_JOINABLE}])[{_JOINERS}]")
_MARKED = re.compile(
    f"({_FLAGS})|[{CONTROLS}{_UNSEEN}{SURROGATES}]|(?!\n)[{LINE_ENDS}]"
    f"|(?<![{_JOINABLE}])[{_JOINERS}]"
)


def visible(text: str) -> str:
    """Any text made safe for people: without control and invisible characters.

    Shape: lines are ended by a line feed, tabs stay. Doing it again changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    lines = _LINE_END.sub("\n", _SURROGATE.sub("\ufffd", text))
    return _HIDDEN.sub(lambda found: found[1] or "", lines)


def visible_line(text: str) -> str:
    """The visible text as one line, with single spaces."""
    return " ".join(visible(text).split())


def marked(text: str) -> str:
    """The text with a mark for each control and invisible character: [U+202E].

    Shape: tabs and line feeds stay. For comparisons, in which such a character may be all there is.
    """
    if text.isascii() and text.isprintable():
        return text
    return _MARKED.sub(lambda found: found[1] or f"[U+{ord(found[0]):04X}]", text)


def is_obeyed(text: str) -> bool:
    """Whether it contains a line end, a terminal control, or a non-text character."""
    return _OBEYED.search(text) is not None


def unseen_in(text: str) -> str:
    """The first invisible character without a legitimate use in its place; else empty."""
    return next((found[0] for found in _NOT_SEEN.finditer(text) if not found[1]), "")


def storable(text: str) -> str:
    """The text made storable: without NUL, and with lone surrogates replaced."""
    if text.isascii():
        return text.replace("\0", "")
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))
