"""Chooses the reader for a document by its content type and its bytes."""

from __future__ import annotations

import re

from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import FILE, PICTURE
from daemon.model.status import ErrorClass

KINDS = ("auto", "html", "feed", "json", "text", "pdf", FILE, PICTURE)
BY_HASH = '; `kind = "file"` watches it by its hash'

_HEAD_BYTES = 2048
_MAGIC = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"\x00asm", "a WebAssembly module"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
)
_UNREADABLE = ("image/", "audio/", "video/", "font/", "model/")
_ARCHIVES = frozenset({"application/zip", "application/gzip", "application/x-tar"})
_PDF_TYPES = ("application/pdf", "application/octet-stream", "")
_FEED_TYPES = ("application/rss", "application/atom", "application/rdf", "application/feed+json")
_MAY_BE_FEEDS = ("feed", "xml", "html", "")
# For what a content type declares: what the first bytes may show it to be instead.
_OVERRULED_BY = {
    "html": {"feed"},
    "feed": {"html"},
    "json": {"html"},
    "xml": {"feed", "html", "json"},
    "text": {"feed", "json"},  # not html: source code is served as plain text
    "pdf": {"feed", "html", "json"},
    "": {"feed", "html", "xml", "json"},
}
_LEADING = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL)
_FEED_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>/]", re.IGNORECASE)
# Where a feed surely begins behind what a server's script wrote first, such as a warning.
_FEED_START = re.compile(
    r"<\?xml\b[^<>]*\?>\s*+(?:(?:<\?[^<>]*\?>|<!--.*?-->)\s*+){0,20}+<(?:\w+:)?(?:rss|feed|rdf)[\s>]"
    r"|<rss\s[^<>]*\bversion\s*=|<feed\s[^<>]*\bxmlns\s*=|<(?:\w+:)?RDF\s[^<>]*\bxmlns",
    re.DOTALL | re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_OUTPUT_CHARS = 65_536
_HTML_ROOT = re.compile(
    rb"<(?:html|head|body|title|meta|link|script|style|h[1-6]|p|div|table|br|a|b|font|iframe"
    rb"|article|main|section|ul|ol|center|form|nav|header|footer|span|img)[\s>/]",
    re.IGNORECASE,
)
# What servers write before JSON so that no other site can run it as a script.
GUARD = (
    r"\A\s*(?:\)\]\}'?,?|\]\)\}while\(1\);</x>|while\s*\(\s*(?:1|true)\s*\)\s*;?"
    r"|for\s*\(\s*;\s*;\s*\)\s*;?|throw\s+1\s*;\s*(?:<[^<>\n]{0,80}>)?|&&&START&&&|\{\}\s*&&)\s*"
)
_GUARDED_JSON = re.compile(GUARD.encode() + rb"[\[{]")
_JSON_LINES = re.compile(
    r"(?:application|text)/(?:x-)?(?:nd-?json|json-?l|json-?lines|json-stream|stream\+json)"
)
_ELEMENT = re.compile(rb"<[A-Za-z_]")
_JSON_FEED = re.compile(rb"jsonfeed\.org\\?/version")
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\f\r\x1b")


def kind_of(document: Document) -> str:
    """Tell html, feed, xml, json, text or pdf from the content type and the bytes.

    Shape:  unambiguous bytes win; otherwise the content type decides.
    Errors: ExtractError(unsupported) for images, archives, recordings and other binaries.
    Source: WHATWG MIME Sniffing §5 to §8, cut to what can be read here.
    """
    head, declared = document.body[:_HEAD_BYTES], document.content_type
    if head.lstrip().startswith(b"%PDF-") or (declared in _PDF_TYPES and b"%PDF-" in head[:1024]):
        return "pdf"
    _refuse_binary(head, declared)
    family = _family(declared)
    root = _root_in(family, head)
    if family in _MAY_BE_FEEDS and _is_behind_output(document, root):
        return "feed"
    kind = root if root in _OVERRULED_BY[family] else family or "text"
    if kind == root == "json" and _JSON_FEED.search(head):
        return "feed"
    return kind


def _family(declared: str) -> str:
    """The kind that a content type declares; empty when it leaves the kind open."""
    if declared in ("text/html", "application/xhtml+xml"):
        return "html"
    if declared.startswith(_FEED_TYPES):
        return "feed"
    is_json = declared == "application/json" or declared.endswith("+json")
    if is_json or is_json_lines(declared):
        return "json"
    if declared in ("text/xml", "application/xml") or declared.endswith("+xml"):
        return "xml"
    if declared == "application/pdf":
        return "pdf"
    return "text" if declared.startswith("text/") else ""


def is_json_lines(declared: str) -> bool:
    """Whether a content type declares one JSON value on each line."""
    return _JSON_LINES.fullmatch(declared) is not None


def _root_in(family: str, head: bytes) -> str:
    """What the bytes begin with; in XML, an element named as in HTML makes no page yet."""
    root = root_of(_narrow(head))
    is_no_page = family == "xml" and root == "html" and b"<html" not in head.lower()
    return "xml" if is_no_page else root


def _is_behind_output(document: Document, root: str) -> bool:
    """Whether a feed comes behind what a script wrote before it."""
    head = document.body[:_HEAD_BYTES].decode("latin-1")
    if root not in ("html", "text", "xml") or _PAGE.search(head):
        return False
    return feed_start(_narrow(document.body[:_OUTPUT_CHARS]).decode("latin-1")) > 0


def root_of(head: bytes) -> str:
    """Tell feed, html, xml, json or text by the first element or bracket of a document."""
    start = _LEADING.match(head)
    rest = head[start.end() if start else 0 :]
    if rest[:1] in (b"{", b"[") or _GUARDED_JSON.match(rest):
        return "json"
    if _FEED_ROOT.match(rest):
        return "feed"
    if _HTML_ROOT.match(rest) or re.match(rb"\s*<!doctype html", head, re.IGNORECASE):
        return "html"
    return "xml" if _ELEMENT.match(rest) else "text"


def feed_start(text: str) -> int:
    """Where a feed begins behind the output of a script; 0 where nothing, or a page, is first."""
    head = text[:_OUTPUT_CHARS]
    found = _FEED_START.search(head)
    if found is None or not (before := head[: found.start()].strip("\ufeff \t\r\n")):
        return 0
    start = _LEADING.match(prolog := before.encode())
    is_prolog = start is not None and start.end() == len(prolog)
    return 0 if is_prolog or _PAGE.search(before) else found.start()


def _narrow(head: bytes) -> bytes:
    """Markup as ASCII, from UTF-16 or behind a byte order mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:4]:
        return head.lstrip(b"\xff\xfe").replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf")


def _refuse_binary(head: bytes, declared: str) -> None:
    if name := magic_of(head):
        raise _unsupported(f"{name}: there is no text to compare")
    is_media = declared.startswith(_UNREADABLE) and declared != "image/svg+xml"
    if is_media or declared in _ARCHIVES:
        raise _unsupported(f"{declared} holds no text to compare")
    text = _narrow(head)
    if len(text) - len(text.translate(None, _CONTROLS)) > max(4, len(text) // 10):
        raise _unsupported("binary data of an unknown kind")


def magic_of(head: bytes) -> str:
    """What the first bytes of a binary say that it is, or ""."""
    if head[4:12] in (b"ftypavif", b"ftypisom", b"ftypmp42") or head[8:12] in (b"WEBP", b"WAVE"):
        return "an image, a film or a recording"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


def _unsupported(problem: str) -> ExtractError:
    return ExtractError(ErrorClass.UNSUPPORTED, problem + BY_HASH)
