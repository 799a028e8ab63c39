"""Reads an HTML body as the text that a visitor sees."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

from daemon.extract.charset import decode
from daemon.extract.markup.article import main_text
from daemon.extract.markup.guard import tame
from daemon.extract.markup.visible import PLAIN, visible_text
from daemon.extract.reading import ReadingDraft
from daemon.model.errors import ExtractError
from daemon.model.reading import MISSING
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.wording import byte_size

if TYPE_CHECKING:
    from lxml.etree import _Element

    from daemon.extract.markup.annotations import Annotations

_TITLE = re.compile(r"<title\b[^>]{0,1000}>", re.IGNORECASE)
_TITLE_END = re.compile(r"</title", re.IGNORECASE)
_MAX_TITLE_SOURCE = 4_000
_ROOT = re.compile(r"<html\b[^>]{0,2000}>", re.IGNORECASE)
_LANGUAGE = re.compile(
    r"""\blang\s*=\s*["']?([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)""", re.IGNORECASE
)
# Elements that mean nothing to an HTML parser outside of their parents.
_PARENTS = {
    "tr": ("<table>", "</table>"),
    "td": ("<table><tr>", "</tr></table>"),
    "th": ("<table><tr>", "</tr></table>"),
    "thead": ("<table>", "</table>"),
    "tbody": ("<table>", "</table>"),
    "tfoot": ("<table>", "</table>"),
    "caption": ("<table>", "</table>"),
    "li": ("<ul>", "</ul>"),
    "dt": ("<dl>", "</dl>"),
    "dd": ("<dl>", "</dl>"),
}
# Elements that do not show their content, but give it to a selector that names them.
_SOURCES = frozenset(
    {"script", "style", "title", "textarea", "template", "noscript", "select", "option", "svg"}
)


def read_html(document: Document, rules: Rules) -> ReadingDraft:
    """Read a page as text: headings, paragraphs, list items and table rows on their own lines.

    Shape:  `exclude` is cut out first; `include` then wins over `main_content`. `links` and
            `attributes` are shown of what is left.
    Errors: ExtractError(selector), (empty) when the page is, whatever was chosen, (too_large),
            (charset).
    """
    decoded = decode(document)
    html, flags = tame(decoded.text)
    flags = (*decoded.flags, *flags)
    title = title_of(html)
    if rules.include or rules.exclude or rules.links or rules.attributes:
        whole = html
        html, text, more = _selected(html, rules, document.url)
        flags = (*flags, *more)
        if rules.include:
            draft = ReadingDraft("html", PLAIN, text, title, (), flags, is_chosen=True)
            return draft if text.strip() else _nothing(draft, whole, rules, document)
    if rules.main_content:
        extractor, text, more = main_text(html)
        flags = (*flags, *more)
    else:
        extractor, text = PLAIN, visible_text(html)
    return ReadingDraft("html", extractor, text, title, (), flags, _why_empty(text, document.body))


def title_of(html: str) -> str:
    """The text of the first title element, as long as any title may sensibly be."""
    start = _TITLE.search(html)
    if start is None:
        return ""
    source = html[start.end() : start.end() + _MAX_TITLE_SOURCE]
    end = _TITLE_END.search(source)
    return unescape(source[: end.start()] if end else source)


def language_of(html: str) -> str | None:
    """The language that a page says it is in: "de-AT"."""
    root = _ROOT.search(html[:_MAX_TITLE_SOURCE])
    found = _LANGUAGE.search(root[0]) if root else None
    return found[1] if found else None


def _selected(html: str, rules: Rules, url: str) -> tuple[str, str, tuple[str, ...]]:
    """The page without `exclude`, and the text of `include` in it."""
    from daemon.extract.markup import select
    from daemon.extract.markup.annotations import Annotations

    root, flags = select.parse_html(html)
    select.remove(root, rules.exclude, select.HTML)
    found, missing = select.find(root, rules.include, select.HTML)
    notes = Annotations(rules, root, url)
    if not rules.include:
        notes.write_into(root)
        return select.markup_of(root), "", (*flags, *notes.missing)
    pieces = (piece if isinstance(piece, str) else _text_of(piece, notes) for piece in found)
    return "", "\n".join(pieces), (*flags, *missing, *notes.missing)


def _nothing(draft: ReadingDraft, html: str, rules: Rules, document: Document) -> ReadingDraft:
    """The draft of a page on which nothing is chosen, or only what holds no text."""
    text = visible_text(html)
    missing = (f"{MISSING}include[{index}]" for index in range(len(rules.include)))
    return replace(
        draft,
        flags=(*draft.flags, *missing),
        when_empty=_why_empty(text, document.body),
        is_chosen=bool(text.strip()),
    )


def _text_of(element: _Element, notes: Annotations) -> str:
    from daemon.extract.markup import select

    tag = str(element.tag)
    if tag in _SOURCES:
        text = select.inner_text(element)
    else:
        notes.write_into(element)
        before, after = _PARENTS.get(tag, ("", ""))
        text = visible_text(before + select.markup_of(element) + after)
    behind = notes.note_behind(element)
    return f"{text} {behind}".strip() if behind else text


def _why_empty(text: str, body: bytes) -> str:
    if text and not text.isspace():
        return ""
    size = byte_size(len(body))
    if b"<script" in body:
        hint = 'render = "auto" reads it with a browser'
        return f"no visible text in {size} of HTML: probably filled in by scripts; {hint}"
    return f"no visible text in {size} of HTML"


def refuse_html(document: Document, wanted: str) -> ExtractError:
    """The error for a page that came instead of the wanted kind, with a hint where that may be.

    Shape: an error to raise; it names the feed that the page itself links to, if any.
    """
    text = decode(document).text
    what = f"an HTML page ({title_of(text).strip()[:80]!r}) came where {wanted} was asked"
    hint = _feed_link(text, document.url) if wanted == "a feed" else ""
    return ExtractError(ErrorClass.PARSE, what + hint)


_ALTERNATE = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss|atom|feed)\+(?:xml|json)", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


def _feed_link(html: str, base: str) -> str:
    from daemon.extract.markup.links import absolute

    for link in _ALTERNATE.findall(html[:100_000]):
        href = _HREF.search(link)
        if _FEED_TYPE.search(link) and href:
            return f"; the page links to a feed at {absolute(unescape(href[1]), base)}"
    return ""
