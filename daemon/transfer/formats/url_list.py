"""Reads a list of URLs, one per line, each with an optional name after a tab or a comma."""

from __future__ import annotations

import re

from daemon.transfer.entry import ImportEntry, Read, SameBy, text_of

_URL_SIGNS = frozenset("/?=&%#")  # text after a comma that contains one of these is no name
_ADDRESS = re.compile(r"(?im)^\s*(?:https?://\S|[\w-]+(?:\.[\w-]+)+(?:[/:?\s]|$))")


def is_url_list(text: str) -> bool:
    """Whether a line of this text looks like an address."""
    return _ADDRESS.search(text) is not None


def read_url_list(data: bytes) -> Read:
    """An entry for each line that is not blank; # begins a comment."""
    for number, line in enumerate(text_of(data).splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            url, name = _url_and_name(text)
            table = {"url": url} | ({"name": name} if name else {})
            yield ImportEntry("site", table, f"line {number}", same_by=SameBy.URL)


def _url_and_name(text: str) -> tuple[str, str]:
    url, tab, name = text.partition("\t")
    if not tab:
        url, comma, name = text.partition(",")
        if not comma or _URL_SIGNS.intersection(name):
            return text, ""
    return url.strip().strip('"'), name.strip().strip('"')
