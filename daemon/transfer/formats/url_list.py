"""Reads a list of URLs, one per line, each with a name after a tab or comma, or with tags."""

from __future__ import annotations

import re

from daemon.transfer.entry import ImportEntry, Read, SameBy, text_of

_URL_SIGNS = frozenset("/?=&%#")  # text after a comma that contains one of these is no name
_TAGGED = re.compile(r"(https?://[^\s,]+) +([^\s,].*)")
_ADDRESS = re.compile(r"(?im)^\s*(?:https?://\S|[\w-]+(?:\.[\w-]+)+(?:[/:?\s]|$))")


def is_url_list(text: str) -> bool:
    """Whether a line of this text looks like an address."""
    return _ADDRESS.search(text) is not None


def read_url_list(data: bytes) -> Read:
    """An entry for each line that is not blank; # begins a comment."""
    for number, line in enumerate(text_of(data).splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            url, tags = _url_and_tags(text)
            url, name = _url_and_name(url)
            table = {"url": url} | ({"name": name} if name else {})
            entry = ImportEntry("site", table, f"line {number}", same_by=SameBy.URL)
            entry.tag(tags)
            yield entry


def _url_and_tags(text: str) -> tuple[str, list[str]]:
    """What stands before a space, and the tags after it, with commas between them."""
    found = _TAGGED.fullmatch(text)
    return (found[1], found[2].split(",")) if found else (text, [])


def _url_and_name(text: str) -> tuple[str, str]:
    url, tab, name = text.partition("\t")
    if not tab:
        url, comma, name = text.partition(",")
        if not comma or _URL_SIGNS.intersection(name):
            return text, ""
    return url.strip().strip('"'), name.strip().strip('"')
