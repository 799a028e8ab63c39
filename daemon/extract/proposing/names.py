"""Tells names that people give from those that tools make anew with each build."""

from __future__ import annotations

import re
from itertools import pairwise

_LONGEST = 40
# What style tools make: a prefix of theirs, or letters and digits after two marks.
_MADE = re.compile(
    r"^(?:css|sc|style|jsx?|emotion|styled|svelte|astro|makestyles|mui|chakra|tw|st|r|v|ng|data-v)-"
    r"|__[\w-]*(?-i:[A-Z\d])[\w-]*$|^(?-i:[a-z]{1,5}[A-Z][a-z]{0,2}|[A-Z][a-z]?[A-Z]\w*)$|--?_?[a-z]*\d[\da-z]{2,}$|^_|_(?-i:[a-z]*[A-Z\d][A-Za-z\d]*)$|_[a-z0-9]{5,}_\d+$",
    re.IGNORECASE,
)
# One property of a look each, as some style libraries have it: `mt-4`, `md:flex`, `w-1/2`.
_UTILITY = re.compile(
    r"[:\[\]/!]|^-?(?:[mp][trblxy]?|w|h|gap|top|left|right|bottom|z|inset|space|order|basis)-"
    r"|^(?:text|bg|border|rounded|shadow|font|leading|tracking|opacity|flex|grid|items|justify"
    r"|self|overflow|cursor|transition|duration|ease|col|row|min|max|object|align|float|d|fs|fw"
    r"|lh|hover|focus|sm|md|lg|xl|xxl|small|medium|large)(?:-|$)"
    r"|^(?:block|inline|hidden|relative|absolute|fixed|sticky|static|container|clearfix|truncate)$"
)
# How something is at the moment.
_STATE = re.compile(
    r"^(?:is|has|js|no|was)-|^(?:active|open|opened|closed|collapsed|expanded|selected|current|show"
    r"|shown|hide|visible|invisible|disabled|enabled|loading|loaded|first|last|odd|even|new|on|off"
    r"|hover|focus|checked|error|success|lazy(?:load\w*)?|fade|in|out)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{2,}|[-_]\d+$|-[pm][xytblr]?-|\d[a-z]+\d", re.IGNORECASE)
_PLAIN = re.compile(r"[^\W\d_][\w-]*")
_VOWELS = frozenset("aeiouyäöüéèáíóúåæø")


def is_telling(name: str) -> bool:
    """Whether an id or a class is likely to be there with the next build, and in any state."""
    if not 2 <= len(name) <= _LONGEST or not _PLAIN.fullmatch(name):
        return False
    if _MADE.search(name) or _UTILITY.search(name) or _STATE.search(name) or _NUMBER.search(name):
        return False
    return all(map(_is_word, re.split(r"[-_]+|(?<=[a-z])(?=[A-Z])", name)))


def _is_word(part: str) -> bool:
    """Whether it can be said, or is short as an abbreviation is."""
    letters = [one for one in part.lower() if one.isalpha()]
    if len(letters) < 5:
        return True
    vowels = sum(one in _VOWELS for one in letters)
    mixed = sum(a.islower() != b.islower() for a, b in pairwise(part[1:]))
    return vowels / len(letters) >= 0.15 and mixed < 3
