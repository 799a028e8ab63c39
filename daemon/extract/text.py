"""Reads a plain text body as it is."""

from __future__ import annotations

from daemon.extract.charset import decode
from daemon.extract.reading import ReadingDraft
from daemon.model.response import Document

EXTRACTOR = "text/1"


def read_text(document: Document) -> ReadingDraft:
    """Read text as it is; it has no title."""
    decoded = decode(document)
    return ReadingDraft(
        "text", EXTRACTOR, decoded.text, flags=decoded.flags, when_empty="nothing but blank space"
    )
