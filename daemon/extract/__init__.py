"""Reading a document: a body and its owner's rules become a Reading.

The readers are imported when their kind first comes along: what they build on is heavy.
"""

from __future__ import annotations

from daemon.extract.check import check_rules
from daemon.extract.clean import clean_text
from daemon.extract.reading import ReadingDraft, finish
from daemon.extract.sniff import kind_of
from daemon.model.errors import ExtractError
from daemon.model.reading import Reading
from daemon.model.response import Document
from daemon.model.site import FILE, PICTURE, Rules
from daemon.model.status import ErrorClass

__all__ = ["check_rules", "clean_text", "read"]


def read(document: Document, rules: Rules) -> Reading:
    """Read a document as its owner's rules ask: the text, and a feed's entries.

    Shape:  `rules.kind` decides the reader; "auto" goes by content type and bytes. Where pages
            are discovered, the document is the list of those that are named.
    Errors: ExtractError with the class parse, selector, empty, too_large, unsupported or
            charset; nothing else, whatever the bytes.
    """
    if rules.discover is not None:
        from daemon.extract.index.listing import read_listing

        return finish(read_listing(document, rules), rules.for_own_page)
    if not document.body.strip():
        raise ExtractError(ErrorClass.EMPTY, "the body is empty")
    draft = _unread(document, rules) or _draft(document, rules, _kind(document, rules))
    return finish(draft, rules)


def _unread(document: Document, rules: Rules) -> ReadingDraft | None:
    """A document that is not read by its kind, as the rules want its hash or its source."""
    if rules.kind == FILE:
        from daemon.extract.fingerprint import read_file

        return read_file(document)
    if rules.kind == PICTURE:
        from daemon.extract.picture import read_picture

        return read_picture(document)
    if rules.raw:
        from daemon.extract.text import read_raw

        return read_raw(document)
    return None


def _kind(document: Document, rules: Rules) -> str:
    """The kind that the rules ask for, if the bytes can be of that kind."""
    found = kind_of(document)
    if rules.kind == "auto":
        return _fitting(found, rules)
    if (found == "pdf") != (rules.kind == "pdf"):
        came = {"html": "an HTML page", "pdf": "a PDF"}.get(found, found)
        asked = {"html": "an HTML page", "pdf": "a PDF"}.get(rules.kind, rules.kind)
        raise ExtractError(ErrorClass.PARSE, f"{came} came where {asked} was asked")
    return rules.kind


def _fitting(found: str, rules: Rules) -> str:
    """The kind that the document is, or the one that its rules can work on."""
    if rules.query is not None and found != "pdf":
        return "json"
    if rules.links and found != "html":
        raise ExtractError(ErrorClass.SELECTOR, f"`links` reads HTML, and this is {found}")
    if not (rules.include or rules.exclude or rules.attributes) or found in ("html", "xml"):
        return found
    if found == "feed":
        return "xml"
    if rules.attributes:
        detail = f"`attributes` reads HTML and XML, and this is {found}"
        raise ExtractError(ErrorClass.SELECTOR, detail)
    if rules.include:
        detail = f"`include` selects from HTML and XML, and this is {found}"
        raise ExtractError(ErrorClass.SELECTOR, detail)
    return found


def _draft(document: Document, rules: Rules, kind: str) -> ReadingDraft:
    if kind == "html":
        from daemon.extract.markup.html import read_html

        return read_html(document, rules)
    if kind == "feed":
        return _feed_draft(document, rules)
    return _other_draft(document, rules, kind)


def _feed_draft(document: Document, rules: Rules) -> ReadingDraft:
    """A feed; or other XML, such as a list of goods, that only begins like one."""
    from daemon.extract.feeds.feed import read_feed

    try:
        return read_feed(document)
    except ExtractError as exc:
        is_markup = document.body.lstrip()[:1] == b"<"
        if rules.kind != "auto" or exc.error_class is not ErrorClass.PARSE or not is_markup:
            raise
    return _other_draft(document, rules, "xml")


def _other_draft(document: Document, rules: Rules, kind: str) -> ReadingDraft:
    if kind == "json":
        from daemon.extract.jsondoc import read_json

        try:
            return _embedded(document, rules) or read_json(document, rules)
        except ExtractError as exc:
            # Brackets alone do not make a document JSON: its type or its rules must say so.
            if exc.error_class is not ErrorClass.PARSE or _is_json_wanted(document, rules):
                raise
    if kind == "xml":
        from daemon.extract.xmldoc import read_xml

        return read_xml(document, rules)
    if kind == "pdf":
        from daemon.extract.pdf import read_pdf

        return read_pdf(document)
    from daemon.extract.text import read_text

    return read_text(document)


def _embedded(document: Document, rules: Rules) -> ReadingDraft | None:
    """JSON-LD in an HTML page, where a query asks for JSON of whatever kind of document."""
    if rules.query is None or rules.kind != "auto" or kind_of(document) != "html":
        return None
    from daemon.extract.embedded import read_embedded

    return read_embedded(document, rules.query)


def _is_json_wanted(document: Document, rules: Rules) -> bool:
    return rules.kind == "json" or rules.query is not None or "json" in document.content_type
