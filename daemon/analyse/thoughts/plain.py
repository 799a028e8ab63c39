"""Writes a line of a page as a person would quote it."""

from __future__ import annotations

import re

from daemon.analyse.words import unmarked
from daemon.lexicon.prose.decoration import undecorated

_MOST_CHARS = 200_000
# Marks of Markdown before a line: headings, quotations, items, a rule of a table.
_BEFORE = re.compile(r"^(?:#{1,6}\s+|>\s?|[*•·▪◦‣–+-]\s+|\|\s?){1,3}|^[|\s:=-]{3,200}$")
_NUMBERING = re.compile(
    r"^(?:\(?(?:\d{1,3}|[ivxlc]{1,5}|[a-z])[.)]{1,2}|\d{1,3}(?:\.\d{1,3}){1,4}\.?|[§№]\s?\d{1,4}\.?)\s+",
    re.IGNORECASE,
)
_NUMBERING_CHARS = 16
_NUMBER_END = re.compile(r"[.)\d]\s")
_AFTER = re.compile(r"\s*(?:\\|\|)$|\s#{1,6}$")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\1(?![\w*])")
_UNDERLINED = re.compile(r"(?<!\w)(_{1,2})(?=[^\s_])([^_\n]{1,500}?)(?<=[^\s_])\1(?!\w)")
_REFERENCE = re.compile(r"\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,120}\]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_GAP_BEFORE_SIGN = re.compile(r" +(?=[,;.](?: |$))")
_LOOSE = (" ,", " ;", " .")


def quotable(text: str) -> str:
    """The text as it is read on the page, without markup and decoration.

    Shape: of a text over 200,000 characters, what comes after is left out.
    """
    text = text[:_MOST_CHARS]
    if text.isalnum():
        return text
    text = _ESCAPED.sub(r"\1", unmarked(text)) if "\\" in text else unmarked(text)
    if "][" in text:
        text = _REFERENCE.sub(r"\1", text)
    if "*" in text:
        text = _EMPHASIS.sub(r"\2", text)
    if "_" in text:
        text = _UNDERLINED.sub(r"\2", text)
    if not text[:1].isalnum():
        text = _BEFORE.sub("", text)
    if text.endswith(("\\", "|", "#")):
        text = _AFTER.sub("", text)
    text = " ".join(undecorated(text).split())
    return _GAP_BEFORE_SIGN.sub("", text) if any(sign in text for sign in _LOOSE) else text


def shown_in_source(text: str) -> str:
    """The text as its source has it, where only markup differs; nothing for remains alone."""
    return " ".join(text[:_MOST_CHARS].split()) if undecorated(text[:_MOST_CHARS]) else ""


def without_numbering(text: str) -> str:
    """The text without the number or letter that an item or a section has before it."""
    head = text[:_NUMBERING_CHARS]
    return _NUMBERING.sub("", text) if not head.isalpha() and _NUMBER_END.search(head) else text
