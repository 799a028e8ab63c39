"""Reads any document, of whatever kind, as its hash, size and type."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import unquote, urlsplit

from daemon.extract.reading import ReadingDraft
from daemon.extract.sniff import magic_of
from daemon.model.response import Document
from daemon.model.site import FILE
from daemon.wording import byte_size

EXTRACTOR = "file/1"
_SAYS_NOTHING = ("", "application/octet-stream", "binary/octet-stream")


def read_file(document: Document) -> ReadingDraft:
    """One line: `sha256 …, 12.3 kB, application/zip`; the title is the name in the URL.

    Source: FIPS 180-4, so that it can be held against the sums that publishers give.
    """
    digest, size = sha256(document.body).hexdigest(), byte_size(len(document.body))
    text = f"sha256 {digest}, {size}, {_type_of(document)}"
    return ReadingDraft(FILE, EXTRACTOR, text, _name_of(document.url))


def _type_of(document: Document) -> str:
    if document.content_type not in _SAYS_NOTHING:
        return document.content_type
    return magic_of(document.body) or document.content_type or "of no known type"


def _name_of(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
