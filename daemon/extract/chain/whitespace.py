"""Tidies the white space of clean text."""

from __future__ import annotations

import re

_LONG_LINE = 65_536
_BLANK_RUN = re.compile(r"\n{3,}")
# No-break, ogham, the quads and spaces of printing, and the ideographic space.
_WIDE = "\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"


def squeeze(text: str) -> str:
    """Make one space of every run inside a line and one blank line of every run of them.

    Shape: indentation stays, as it carries the nesting of lists and code.
    """
    if not text.isascii():
        # Sixteen searches for one character each are faster than one for any of them.
        for space in _WIDE:
            text = text.replace(space, " ")
    # Most lines have nothing to squeeze; checking costs a third of doing it.
    lines = [
        line
        if not line or (line[0] > " " and line[-1] > " " and "  " not in line and "\t" not in line)
        else _tightened(line)
        for line in text.split("\n")
    ]
    text = "\n".join(lines)
    if "\n\n\n" in text:
        text = _BLANK_RUN.sub("\n\n", text)
    return text.strip("\n")


def _tightened(line: str) -> str:
    body = line.lstrip()
    if not body:
        return ""
    if body[-1] > " " and "  " not in body and "\t" not in body:
        return line
    indent, body = line[: len(line) - len(body)], body.rstrip()
    if len(body) <= _LONG_LINE:
        return indent + " ".join(body.split())
    # Without a list of words: a line of 10 MB would make millions of them.
    body = body.replace("\t", " ")
    while "  " in body:
        body = body.replace("  ", " ")
    return indent + body
