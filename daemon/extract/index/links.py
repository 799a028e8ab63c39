"""Finds the pages that a page, or a feed, links to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from daemon.extract.charset import decode
from daemon.extract.index.values import Named, refuse_too_many
from daemon.extract.markup.links import absolute, base_of
from daemon.extract.sniff import kind_of
from daemon.model.errors import ExtractError, UrlError
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.url import parse_url

if TYPE_CHECKING:
    from lxml.etree import _Element

_WORDS = 200  # characters of a link


def linked(document: Document, rules: Rules) -> Named:
    """The pages that a document links to, itself left out.

    Shape:  with `discover_within` only links inside what these select.
    Errors: ExtractError(selector) where one of these matches nothing, (parse) for what has no
            links.
    """
    kind = kind_of(document)
    if kind == "feed":
        from daemon.extract.feeds.feed import read_feed

        return Named(_addresses((e.link, e.title) for e in read_feed(document).entries))
    if kind != "html":
        detail = f"links are found in HTML and in feeds, and this is {kind}"
        raise ExtractError(ErrorClass.PARSE, detail)
    found = _addresses(_links(document, rules.discover_within))
    found.pop(document.url, None)
    return Named(found)


def _links(document: Document, within: Sequence[str]) -> Iterator[tuple[str, str]]:
    from daemon.extract.markup import select
    from daemon.extract.markup.guard import tame

    root, _ = select.parse_html(tame(decode(document).text)[0])
    base = base_of(root, document.url)
    for part in _parts(root, within):
        for link in part.iter("a", "area"):
            yield absolute(link.get("href") or "", base), " ".join(link.itertext())


def _parts(root: _Element, within: Sequence[str]) -> list[_Element]:
    from daemon.extract.markup import select

    if not within:
        return [root]
    parts: list[_Element] = []
    for index, selector in enumerate(within):
        field = f"discover_within[{index}]"
        found = select.matches_of(root, selector, field, select.HTML)
        elements = [one for one in found if not isinstance(one, str)]
        if not elements:
            detail = f"{field}: {selector!r} matches no element of the page"
            raise ExtractError(ErrorClass.SELECTOR, detail)
        parts += elements
    return parts


def _addresses(links: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Each address once, with the words of its first link that has any."""
    found: dict[str, str] = {}
    for link, words in links:
        try:
            url = parse_url(link) if link else ""
        except UrlError:
            continue  # a link that nobody could follow
        if url:
            found[url] = found.get(url) or " ".join(words.split())[:_WORDS].strip()
            refuse_too_many(len(found))
    return found
