"""Finds the address that a page sends its visitors on to by itself."""

from __future__ import annotations

import re
from html import unescape

from daemon.extract.markup.links import absolute

_LONGEST_SECONDS = 10.0  # later, a visitor has had time to read what is there
_HEAD_CHARS = 16_000  # the search for comments is quadratic in the worst case
# Seen by nobody, or only by visitors without scripts, who are meant to be kept out.
_NOT_OBEYED = re.compile(r"(?s)<!--.*?-->|<noscript\b.*?</noscript>", re.IGNORECASE)
_META = re.compile(r"<meta\b[^>]{0,4000}>", re.IGNORECASE)
_IS_REFRESH = re.compile(r"""\bhttp-equiv\s*=\s*["']?refresh\b""", re.IGNORECASE)
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_TARGET = re.compile(
    r"""\s*(\d{1,4}(?:\.\d*)?)\s*[;,]\s*(?:url\s*=\s*)?["']?(?!\s*url\s*=)([^"']+)""", re.IGNORECASE
)


def forward_of(html: str, base: str) -> str:
    """Where a page sends its visitors within seconds; "" when it keeps them."""
    head = html[:_HEAD_CHARS]
    if "refresh" not in head.lower():
        return ""
    for tag in _META.findall(_NOT_OBEYED.sub("", head)):
        content = _CONTENT.search(tag)
        if not _IS_REFRESH.search(tag) or content is None:
            continue
        target = _TARGET.match(unescape(content[1] or content[2] or ""))
        if target and float(target[1]) <= _LONGEST_SECONDS:
            return absolute(target[2].strip(), base)
    return ""
