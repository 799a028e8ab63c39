"""Reads a picture of a page: its size, and what tells it from any other."""

from __future__ import annotations

from daemon.extract.reading import ReadingDraft
from daemon.extract.sniff import magic_of
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import PICTURE
from daemon.model.status import ErrorClass
from daemon.packing import content_hash

EXTRACTOR = "picture/1"
_PNG = "a PNG image"


def read_picture(document: Document) -> ReadingDraft:
    """Two lines: the size of a picture in PNG, and the hash of its bytes.

    Errors: ExtractError(parse) for what is no picture of a page.
    """
    if magic_of(document.body) != _PNG:
        detail = 'no picture was taken of it: kind = "picture" needs a page that is rendered'
        raise ExtractError(ErrorClass.PARSE, detail)
    # The first chunk of a PNG holds its size (RFC 2083 §4.1.1).
    width, height = (int.from_bytes(document.body[at : at + 4]) for at in (16, 20))
    text = f"Picture of {width:,} × {height:,} pixels\n{content_hash(document.body)}"
    return ReadingDraft(PICTURE, EXTRACTOR, text)
