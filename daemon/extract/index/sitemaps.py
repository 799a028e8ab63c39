"""Reads sitemaps, indexes of them, and the lines of a robots.txt that name some."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from gzip import GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

from daemon.extract.charset import decode
from daemon.extract.index.links import linked
from daemon.extract.index.values import Named, refuse_too_many
from daemon.extract.sniff import kind_of, root_of
from daemon.extract.xmldoc import parse_xml
from daemon.model.errors import ExtractError, UrlError
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.url import join_url
from daemon.wording import byte_size

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_BYTES = 50 * 1024 * 1024  # of one sitemap, unpacked: the limit of the protocol
_GZIP = b"\x1f\x8b"
_IN_ROBOTS = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"^\ufeff?[ \t]*(https?://\S+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_BROKEN = frozenset({"recovered:xml", "truncated:depth"})


def mapped(document: Document) -> Named:
    """The pages and the sitemaps that a sitemap names, in XML, as a feed or as plain text.

    Shape:  a robots.txt names sitemaps only. An HTML page is no sitemap, and names nothing.
    Errors: ExtractError(parse) for XML that is broken, of which a part would be missing,
            (too_large).
    Source: https://www.sitemaps.org/protocol.html.
    """
    document = _unpacked(document)
    text = decode(document).text
    root = root_of(text[:4096].lstrip("\ufeff").encode())
    if root == "html":
        return Named(is_index=False)
    if root == "feed" and kind_of(document) == "feed":
        return linked(document, Rules())
    if root in ("xml", "feed"):
        return _of_xml(text, document.url)
    if sitemaps := _IN_ROBOTS.findall(text):
        return Named(sitemaps=tuple(_resolved(sitemaps, document.url)))
    pages = dict.fromkeys(_resolved(_ADDRESS.findall(text), document.url), "")
    refuse_too_many(len(pages))
    return Named(pages, is_index=bool(pages))


def _unpacked(document: Document) -> Document:
    if not document.body.startswith(_GZIP):
        return document
    return replace(document, body=_inflated(document.body), content_type="")


def _inflated(packed: bytes) -> bytes:
    try:
        body = GzipFile(fileobj=BytesIO(packed)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise ExtractError(ErrorClass.PARSE, f"a packed sitemap that is damaged: {exc}") from exc
    if len(body) > MOST_BYTES:
        detail = f"a sitemap of more than {byte_size(MOST_BYTES)} unpacked"
        raise ExtractError(ErrorClass.TOO_LARGE, detail)
    return body


def _of_xml(text: str, url: str) -> Named:
    root, flags = parse_xml(text)
    if _BROKEN.intersection(flags):
        raise ExtractError(ErrorClass.PARSE, "the XML of the sitemap is broken: not all is read")
    kind = _name(root)
    if kind not in ("urlset", "sitemapindex"):
        detail = f"a sitemap is a <urlset> or a <sitemapindex>, and this is <{kind[:40]}>"
        raise ExtractError(ErrorClass.PARSE, detail)
    found = tuple(_resolved(_locations(root), url))
    if kind == "sitemapindex":
        return Named(sitemaps=found)
    refuse_too_many(len(found))
    return Named(dict.fromkeys(found, ""))


def _locations(root: _Element) -> Iterator[str]:
    for entry in root:
        yield from ("".join(child.itertext()) for child in entry if _name(child) == "loc")


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _resolved(addresses: Iterable[str], base: str) -> Iterator[str]:
    for address in addresses:
        try:
            yield join_url(base, "".join(address.split()))
        except UrlError:
            continue  # an address that nobody could follow
