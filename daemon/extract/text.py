"""Reads plain text, and the source of any text, as it is."""

from __future__ import annotations

from daemon.extract.charset import decode
from daemon.extract.reading import ReadingDraft
from daemon.extract.sniff import BY_HASH, kind_of
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.status import ErrorClass

EXTRACTOR = "text/1"
RAW = "raw/1"


def read_text(document: Document) -> ReadingDraft:
    """Read text as it is; it has no title."""
    decoded = decode(document)
    return ReadingDraft(
        "text", EXTRACTOR, decoded.text, flags=decoded.flags, when_empty="nothing but blank space"
    )


def read_raw(document: Document) -> ReadingDraft:
    """Read the source of a document line by line, whatever it is written in.

    Errors: ExtractError(unsupported) for what is no text.
    """
    if kind_of(document) == "pdf":
        raise ExtractError(ErrorClass.UNSUPPORTED, f"`raw` reads text, and this is a PDF{BY_HASH}")
    decoded = decode(document)
    return ReadingDraft(
        "text", RAW, decoded.text, flags=decoded.flags, when_empty="nothing but blank space"
    )
