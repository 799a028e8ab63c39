"""Simplifies HTML that parsers choke on, and flags what it simplified."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

MAX_ATTRIBUTES = 10_000  # parsers compare each new attribute with all before it
MAX_OPTIONS = 4_000  # each closes the one before by a walk over all of them
MAX_LIST_DEPTH = 64  # each level indents every line below it
MAX_DEPTH = 2_000

# Lists, options, ruby, preformatted text and ends of summaries, spelt for the quickest scan.
_MARKERS = re.compile(r"<(?:[uUoO][lLpP]|[rR][tTpP]|[pP][rR][eE]|/[sS][uU][mM])")
_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*"|'[^']*')*+""")
_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")  # its words are no attributes
_ATTRIBUTE = re.compile(r"""[\s/"'](?=[^\s/>"'=])""")
_OPTION = re.compile(r"<option\b[^>]*>[^<]*(?:</option\s*>)?", re.IGNORECASE)
_SCOPED = re.compile(r"</?(?:optgroup|r[tp])\b[^>]*>", re.IGNORECASE)
_LIST = re.compile(r"<(/?)[uo]l\b", re.IGNORECASE)
_SUMMARY_END = re.compile(r"</summary>", re.IGNORECASE)
_OPEN_OR_CLOSE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# Elements without a content, or whose end tag is usually left out.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd tr td th"
    " option optgroup thead tbody tfoot colgroup rt rp html head body".split()
)


def tame(html: str) -> tuple[str, tuple[str, ...]]:
    """Rewrite what parsers and extractors are slow at or get wrong, at the cost of one scan.

    Errors: ExtractError(too_large) for an element with absurdly many attributes.
    """
    refuse_attribute_bombs(html)
    flags = []
    counts = Counter(map(str.lower, _MARKERS.findall(html)))
    if counts["<op"] + counts["<rt"] + counts["<rp"] > MAX_OPTIONS:
        html = _SCOPED.sub(" ", _OPTION.sub("", html))
        flags.append("simplified:options")
    if counts["<ul"] + counts["<ol"] > MAX_LIST_DEPTH and _list_depth(html) > MAX_LIST_DEPTH:
        html = _LIST.sub(r"<\1div", html)
        flags.append("simplified:lists")
    if counts["</sum"]:
        # A summary is a line of its own, which the extractor does not know.
        html = _SUMMARY_END.sub("<br></summary>", html)
    if counts["<pre"]:
        # After this, tabs in the extracted text can only come from table cells.
        html = html.replace("\t", "    ")
    return html, tuple(flags)


def nesting(html: str) -> int:
    """Estimate how deep elements nest, never far below the truth."""
    steps = (
        -1 if close else 1
        for close, tag in _OPEN_OR_CLOSE.findall(html)
        if tag.lower() not in _FLAT
    )
    return max(accumulate(steps), default=0)


def refuse_attribute_bombs(html: str) -> None:
    """Raise ExtractError(too_large) for an element with absurdly many attributes."""
    for tag in _long_tags(html):
        if len(tag) > MAX_ATTRIBUTES and _attributes(tag) > MAX_ATTRIBUTES:
            raise ExtractError(
                ErrorClass.TOO_LARGE, f"one element has more than {MAX_ATTRIBUTES} attributes"
            )


def _attributes(tag: str) -> int:
    """How many attributes a tag has, whatever their values hold."""
    return len(_ATTRIBUTE.findall(_QUOTED.sub("=''", tag)))


def _long_tags(html: str) -> Iterator[str]:
    """Tags that may be long: those with no ">" for a while, as in scripts too."""
    if len(html) > 30 * MAX_ATTRIBUTES and html.count("=") > 3 * MAX_ATTRIBUTES:
        # Quoted values may hold ">", and then hide the length of their tag.
        yield from _TAG.findall(html)
        return
    window, start = 2 * MAX_ATTRIBUTES, 0
    while start + window <= len(html):
        end = html.rfind(">", start, start + window)
        if end < 0:
            end = html.find(">", start + window)
            end = len(html) if end < 0 else end
            yield from _TAG.findall(html, start, end)
        start = end + 1


def _list_depth(html: str) -> int:
    return max(accumulate(-1 if close else 1 for close in _LIST.findall(html)), default=0)
