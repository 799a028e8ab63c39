"""Reads the list of all pages that an index names by its owner's patterns.

The list is what is kept as the source of a state: by new patterns it can be read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from daemon.addresses import is_same_site
from daemon.extract.chain.addresses import matches_any
from daemon.extract.index.links import linked
from daemon.extract.index.sitemaps import mapped
from daemon.extract.index.values import Named
from daemon.extract.reading import ReadingDraft
from daemon.model.errors import ExtractError
from daemon.model.reading import PAGES_KIND
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

EXTRACTOR = "pages/1"
CONTENT_TYPE = "text/uri-list"  # RFC 2483: addresses on lines, and comments after "#"
SITEMAP, LINKS = "sitemap", "links"
_NOTE = "## "


def name_pages(document: Document, rules: Rules) -> Named:
    """What one document names, in the way that its owner chose.

    Errors: ExtractError.
    """
    return mapped(document) if rules.discover == SITEMAP else linked(document, rules)


def listing_of(pages: Mapping[str, str], notes: Iterable[str] = ()) -> bytes:
    """The list of these pages, each below its words, and of what is to be noted of them."""
    lines = [f"{_NOTE}{note}" for note in notes]
    for url, words in pages.items():
        lines += [f"# {words}", url] if words else [url]
    return "\n".join(lines).encode()


def read_listing(document: Document, rules: Rules) -> ReadingDraft:
    """Read a list of pages: those of this site that the patterns match, a line for each.

    Shape:  an address, and after a space its words.
    Errors: ExtractError(empty) when no page of this site is named, (selector) when none of them
            matches.
    """
    text = document.body.decode("utf-8", "replace")
    notes = [line.removeprefix(_NOTE) for line in text.split("\n") if line.startswith(_NOTE)]
    named = list(_named(text))
    home = {host for host in {_host(url) for url, _ in named} if _is_at_home(host, document.url)}
    ours = [(url, words) for url, words in named if _host(url) in home]
    if not ours:
        raise ExtractError(ErrorClass.EMPTY, _nothing(len(named)))
    matches = matches_any(rules.discover_match, "discover_match")
    chosen = [(url, words) for url, words in ours if matches(url)]
    if not chosen:
        detail = f"discover_match matches none of the {len(ours):,} pages that are named"
        raise ExtractError(ErrorClass.SELECTOR, detail)
    if elsewhere := len(named) - len(ours):
        notes.append(f"elsewhere:{elsewhere}")
    lines = (f"{url} {words}" if words else url for url, words in chosen)
    return ReadingDraft(PAGES_KIND, EXTRACTOR, "\n".join(lines), flags=tuple(notes))


def _named(text: str) -> Iterator[tuple[str, str]]:
    words = ""
    for line in text.split("\n"):
        if line.startswith("#"):
            words = "" if line.startswith(_NOTE) else line[2:]
        elif line:
            yield line, words
            words = ""


def _nothing(elsewhere: int) -> str:
    if elsewhere:
        return f"all {elsewhere:,} pages that are named belong to other sites"
    return "no page is named"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _is_at_home(host: str, url: str) -> bool:
    return is_same_site(f"https://{host}/", url)
