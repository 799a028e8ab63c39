"""Merges two sources of a page that differ in words, values or remarks: one parse serves both.

Where they differ, the merged source has a mark. What stands there means nothing to a parser, be it
the one source's, the other's or the mark: the tree of each source is the merged one with its own
words in it. Whoever reads that tree makes sure that each mark is where it may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from os import urandom
from typing import NamedTuple

from lxml import etree

from daemon.extract.markup.roots import parse_root

MARK = f"q{urandom(8).hex()}x"  # begins each mark; no page can know it
_A_MARK = re.compile(MARK + r"\d{3}")
_MOST_SLOTS = 200
_MOST_TAGS = 50_000
_STEP = 4_096
# In these documents a parser may drop the space at the end of a text, by how long the text is.
_COUNTS_SPACES = "dtd html 4"
_HEAD_CHARS = 4_096
# A tag that every parser reads alike, up to its end.
_NAME = r"[A-Za-z][\w:.-]*"
_VALUE = r"\"[^\"<>]*\"|'[^'<>]*'"
_PLAIN_TAG = re.compile(rf"{_NAME}(?:\s+{_NAME}(?:=(?:{_VALUE}|[^\s\"'=<>`]+))?)*\s*/?")
_ATTRIBUTE = re.compile(rf"(\s{_NAME}=)({_VALUE})")
_MEANS_MORE = re.compile(r"style|charset", re.IGNORECASE)  # than a value
_REMARK = re.compile(r"!--([^<>]*)--")
# Where quotes before it are broken, words of a value or a remark may be attributes of a tag.
_OF_TAGS = r"hidden|open|style|class|role|span|\bid\b"
_UNLIKE_VALUES = re.compile(rf"[&\"'`]|{_OF_TAGS}", re.IGNORECASE)
_UNLIKE_REMARKS = re.compile(rf"^[-!]|[-!]$|{_OF_TAGS}", re.IGNORECASE)
_QUOTES = re.compile("[\"'`]")
_SPACES = " \t\n\r\f"
_SPACE = re.compile(f"[{_SPACES}]")
_UNPRINTED = {ord(one): " " for one in "\n\t\xa0\xad\u2009\u200b\u202f"}


class Slot(NamedTuple):
    """What each of two sources says in one place, as it is written there."""

    before: str
    after: str

    @property
    def is_quoting(self) -> bool:
        """Whether this means nothing to a parser only outside of tags."""
        return _QUOTES.search(self.before) is not None or _QUOTES.search(self.after) is not None


class Merged(NamedTuple):
    """A source with marks in it, and what stands for them in each of two sources."""

    source: str
    slots: Mapping[str, Slot]  # by their marks

    @property
    def has_entities(self) -> bool:
        """Whether any of the words are written with entities."""
        return any("&" in words for slot in self.slots.values() for words in slot)

    def put(self, text: str, said: Callable[[Slot], str]) -> str:
        """A text with what is said in place of its marks."""
        return _A_MARK.sub(lambda found: said(self.slots[found[0]]), text)


def marks_in(text: str) -> list[str]:
    """The marks in a text."""
    return _A_MARK.findall(text) if MARK in text else []


def shown(source: str) -> str:
    """Words of a source as they are in a tree."""
    if "&" not in source:
        return source
    root = parse_root(f"<p>. {source} .</p>".encode())
    return "" if root is None else "".join(root.itertext())[2:-2]


def serialised(source: str) -> str:
    """Words of a source as they are in a tree that is written out."""
    return escape(shown(source), quote=False)


class _OtherMarkupError(Exception):
    """Two sources differ in more than words."""


def merged(before: str, after: str) -> Merged | None:
    """The two sources in one; None where they differ in more than words, values and remarks."""
    if _COUNTS_SPACES in before[:_HEAD_CHARS].lower():
        return None
    start, end = _common_ends(before, after)
    start = before.rfind("<", 0, start) + 1
    end = before.find("<", len(before) - end)
    rest = "" if end < 0 else before[end:]
    old = before[start : len(before) - len(rest)].split("<")
    new = after[start : len(after) - len(rest)].split("<")
    if not start or len(old) != len(new) or len(old) > _MOST_TAGS:
        return None
    slots: dict[str, Slot] = {}
    try:
        tags = [
            was if was == now else _merged(was, now, slots)
            for was, now in zip(old, new, strict=True)
        ]
    except _OtherMarkupError:
        return None
    return Merged(before[:start] + "<".join(tags) + rest, slots)


def _common_ends(before: str, after: str) -> tuple[int, int]:
    """How many characters two texts have in common at their start, and behind it at their end."""
    most = min(len(before), len(after))
    start = _common(most, lambda a, b: before.startswith(after[a:b], a))
    last, other = len(before), len(after)
    return start, _common(
        most - start, lambda a, b: before[last - b : last - a] == after[other - b : other - a]
    )


def _common(most: int, is_same: Callable[[int, int], bool]) -> int:
    """How many of the first characters are the same: in large steps, then in halves."""
    start, step = 0, _STEP
    while step:
        while start + step <= most and is_same(start, start + step):
            start += step
        step //= 2
    return start


def _merged(old: str, new: str, slots: dict[str, Slot]) -> str:
    """A tag with the text behind it, from both sources."""
    (tag, end, text), (new_tag, new_end, new_text) = old.partition(">"), new.partition(">")
    if not (end and new_end):
        raise _OtherMarkupError
    if tag != new_tag:
        is_remark = tag.startswith("!")
        tag = (_merged_remark if is_remark else _merged_tag)(tag, new_tag, slots)
    return f"{tag}>{text if text == new_text else _merged_text(text, new_text, slots)}"


def _merged_tag(old: str, new: str, slots: dict[str, Slot]) -> str:
    for tag in (old, new):
        if _MEANS_MORE.search(tag) or not _PLAIN_TAG.fullmatch(tag):
            raise _OtherMarkupError
    parts, others = _ATTRIBUTE.split(old), _ATTRIBUTE.split(new)
    if len(parts) != len(others):
        raise _OtherMarkupError
    for number, (part, other) in enumerate(zip(parts, others, strict=True)):
        if part == other:
            continue
        is_value = number % 3 == 2 and part[0] == other[0]
        was, now = part[1:-1], other[1:-1]
        if not is_value or _UNLIKE_VALUES.search(was) or _UNLIKE_VALUES.search(now):
            raise _OtherMarkupError
        parts[number] = part[0] + _mark(was, now, slots) + part[0]
    return "".join(parts)


def _merged_remark(old: str, new: str, slots: dict[str, Slot]) -> str:
    said, now_said = _REMARK.fullmatch(old), _REMARK.fullmatch(new)
    if said is None or now_said is None:
        raise _OtherMarkupError
    for words in (said[1], now_said[1]):
        if _UNLIKE_REMARKS.search(words):
            raise _OtherMarkupError
    return f"!--{_merged_text(said[1], now_said[1], slots)}--"


def _merged_text(old: str, new: str, slots: dict[str, Slot]) -> str:
    """A text with a mark for the words from the first to the last that differ."""
    start, end = _common_ends(old, new)
    start = max(old.rfind(space, 0, start) for space in _SPACES) + 1
    space = _SPACE.search(old, len(old) - end)
    rest = old[space.start() :] if space else ""
    was, now = old[start : len(old) - len(rest)], new[start : len(new) - len(rest)]
    for words in (was, now):
        is_at_end = not (start and rest)
        if not words.strip() or ">" in words or (is_at_end and words != words.strip()):
            raise _OtherMarkupError
    return old[:start] + _mark(was, now, slots) + rest


def _mark(old: str, new: str, slots: dict[str, Slot]) -> str:
    old, new = (words.replace("\r\n", "\n") for words in (old, new))
    for words in (old, new):
        if not words.translate(_UNPRINTED).isprintable():
            raise _OtherMarkupError
    if len(slots) == _MOST_SLOTS:
        raise _OtherMarkupError
    mark = f"{MARK}{len(slots):03}"
    slots[mark] = Slot(old, new)
    return mark


_MARKED = etree.XPath(
    "descendant::text()[contains(., $mark)]/.. | descendant::*/@*[contains(., $mark)]/.."
)
_RAW = frozenset({"script", "style"})  # their text is no markup


class MarkedTree:
    """The tree of a merged source, which can be made that of each source in turn."""

    def __init__(self, root: etree._Element, both: Merged) -> None:
        self._both = both
        self._elements = _MARKED(root, mark=MARK)
        self._marked = [
            (
                element,
                element.text,
                [(child, child.tail) for child in element],
                dict(element.attrib),
            )
            for element in self._elements
        ]

    def say(self, of: Callable[[Slot], str]) -> None:
        """Put the words of one source in place of the marks."""
        for element, text, tails, attributes in self._marked:
            raw = element.tag in _RAW
            element.text = self._said(text, of if raw else lambda slot: shown(of(slot)))
            for child, tail in tails:
                child.tail = self._said(tail, lambda slot: shown(of(slot)))
            for name, value in attributes.items():
                element.set(name, self._said(value, of) or "")

    def _said(self, text: str | None, of: Callable[[Slot], str]) -> str | None:
        return self._both.put(text, of) if text and MARK in text else text

    def unsay(self) -> None:
        """Put the marks back."""
        for element, text, tails, attributes in self._marked:
            element.text = text
            for child, tail in tails:
                child.tail = tail
            element.attrib.update(attributes)
