"""Reads the text of a PDF body."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from daemon.extract.reading import ReadingDraft
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.status import ErrorClass

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

EXTRACTOR = "pdf/1"
MAX_PAGES = 200
MAX_CHARS = 4_000_000
_MISSING = "reading PDF needs an extra: pip install 'changelogger[pdf]'"
_EMPTY = "no text in the PDF: probably scanned images"
_ONE_AT_A_TIME = Lock()  # PDFium keeps global state


def read_pdf(document: Document) -> ReadingDraft:
    """Read the text of a PDF page by page, a blank line between pages.

    Shape:  at most MAX_PAGES pages; "truncated:pages" says when there were more.
    Errors: ExtractError(unsupported) when encrypted or without the `pdf` extra,
            (parse) when broken.
    """
    try:
        import pypdfium2
    except ImportError as exc:
        raise ExtractError(ErrorClass.UNSUPPORTED, _MISSING) from exc
    with _ONE_AT_A_TIME:
        try:
            pdf = pypdfium2.PdfDocument(document.body)
            try:
                return _draft(pdf)
            finally:
                pdf.close()
        except pypdfium2.PdfiumError as exc:
            raise _refusal(str(exc)) from exc


def _refusal(message: str) -> ExtractError:
    if "password" in message:
        return ExtractError(ErrorClass.UNSUPPORTED, "the PDF asks for a password")
    return ExtractError(ErrorClass.PARSE, f"not a readable PDF: {message}")


def _draft(pdf: PdfDocument) -> ReadingDraft:
    pages: list[str] = []
    flags: set[str] = set()
    left = MAX_CHARS
    for index in range(min(len(pdf), MAX_PAGES)):
        text = _page_text(pdf, index)
        pages.append(text[:left])
        left -= len(text)
        if left <= 0:
            flags.add("truncated:text")
            break
    if len(pdf) > MAX_PAGES:
        flags.add("truncated:pages")
    title = str(pdf.get_metadata_dict(skip_empty=True).get("Title", ""))
    return ReadingDraft(
        "pdf", EXTRACTOR, "\n\n".join(pages), title, (), tuple(sorted(flags)), _EMPTY
    )


def _page_text(pdf: PdfDocument, index: int) -> str:
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            # PDFium marks a hyphen at the end of a line with this non-character.
            return str(text_page.get_text_bounded()).replace("\ufffe", "-")
        finally:
            text_page.close()
    finally:
        page.close()
