"""Reads by a query the JSON-LD that stands in an HTML page."""

from __future__ import annotations

from daemon.extract.charset import decode
from daemon.extract.jsondoc import draft_of, load
from daemon.extract.markup.guard import tame
from daemon.extract.markup.select import parse_html
from daemon.extract.reading import ReadingDraft
from daemon.model.errors import ExtractError
from daemon.model.response import Document

_SCRIPTS = "//script[contains(@type, 'ld+json')]"
_MOST_SCRIPTS = 50


def read_embedded(document: Document, query: str) -> ReadingDraft | None:
    """What the query picks from the first block that has it; None for a page without blocks.

    Shape:  blocks that are no JSON are passed over, as browsers do. Where none has it, the reading
            is flagged as missing.
    Errors: ExtractError(selector) for a query that is wrong.
    """
    decoded = decode(document)
    root = parse_html(tame(decoded.text)[0])[0]
    found = None
    for script in root.xpath(_SCRIPTS)[:_MOST_SCRIPTS]:
        try:
            value, flags = load(script.text or "")
        except ExtractError:
            continue
        if value is None:
            continue
        draft = draft_of(value, (*decoded.flags, *flags), query)
        if draft.text:
            return draft
        found = found or draft
    return found
