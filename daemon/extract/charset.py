"""Decodes the bytes of a body, by its declared encoding or by a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from daemon.extract.declared import declared_labels
from daemon.model.errors import ExtractError
from daemon.model.response import FORCED, Document
from daemon.model.status import ErrorClass

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Python's codecs that decode a superset, as browsers do under these labels.
_WIDER = {
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-11": "cp874",
    "iso8859-9": "cp1254",
}
_MANY_BYTES = frozenset(
    "utf-8 utf-16-le utf-16-be gb18030 gbk big5hkscs big5 euc_jp cp932 iso2022_jp cp949".split()
)
_FEWEST_PLAIN = 2  # bytes more than letters
_PRESCAN_BYTES = 1024
_DETECT_BYTES = 64 * 1024
_COMMENT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_LABEL = rb"[\"']?\s*([\w.:()-]{1,40})"
_META = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*" + _LABEL, re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*" + _LABEL)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body as text, and how it was read."""

    text: str
    encoding: str
    flags: tuple[str, ...] = ()


def decode(document: Document) -> Decoded:
    """Turn a body into text by the first source of its encoding that holds.

    Shape:  the owner's word, byte order mark, then header, then declaration, then a guess by the
            bytes. A label that is unknown, or that garbles the text, gives way to the next source;
            the owner's does not.
    Errors: ExtractError(charset) when no encoding makes text of it.
            What is plainly UTF-8 is that whatever a label of single bytes says.
    Source: WHATWG Encoding §4.2 (labels); HTML §13.2.3.2 (order and prescan).
    """
    decoded = _decoded(document)
    # Searching the bytes first is faster.
    if b"\x00" in document.body and "\x00" in decoded.text:
        text = decoded.text.replace("\x00", "")
        return Decoded(text, decoded.encoding, (*decoded.flags, "cleaned:nul"))
    return decoded


def _decoded(document: Document) -> Decoded:
    body = document.body
    if document.charset and document.charset.startswith(FORCED):
        encoding = codec_of(document.charset.removeprefix(FORCED)) or "utf-8"
        return Decoded(body.decode(encoding, "replace").removeprefix("\ufeff"), encoding)
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return Decoded(body[len(mark) :].decode(encoding, "replace"), encoding)
    flags: tuple[str, ...] = ()
    for encoding in _declared(document):
        if encoding not in _MANY_BYTES and (text := _plainly_utf_8(body, encoding)) is not None:
            return Decoded(text, "utf-8", ("charset:wrong_label",))
        if (text := _read_as(encoding, body, 20)) is not None:
            return Decoded(text, encoding, flags)
        flags = ("charset:wrong_label",)
    encoding = _detect(body)
    if (text := _read_as(encoding, body, 4)) is None:
        detail = f"{len(body)} bytes that are not text in {encoding} or any encoding named"
        raise ExtractError(ErrorClass.CHARSET, detail)
    return Decoded(text, encoding, flags)


def _plainly_utf_8(body: bytes, label: str) -> str | None:
    """The text of a body that can hardly be anything but UTF-8; None for ASCII and all others.

    What Western letters look like in UTF-8 no Western text means: one is enough there.
    """
    if body.isascii():
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    fewest = 1 if label == "cp1252" else _FEWEST_PLAIN
    return text if len(body) - len(text) >= fewest else None


def _read_as(encoding: str, body: bytes, bad_one_in: int) -> str | None:
    """Decode with replacements, or None when they are more than one in `bad_one_in`."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode(encoding, "replace")
    return text if text.count("\ufffd") * bad_one_in <= len(text) else None


def _declared(document: Document) -> Iterator[str]:
    """The encodings that the header and the body name, the first to be believed first."""
    if document.charset and (encoding := codec_of(document.charset)):
        yield encoding
    body = document.body
    found = _XML.match(body[:_PRESCAN_BYTES])
    labels = chain([found[1].decode("ascii", "replace")] if found else [], declared_labels(body))
    for label in labels:
        if encoding := codec_of(label):
            # A declaration that can be read as ASCII is not in UTF-16, whatever it says.
            yield "utf-8" if encoding.startswith("utf-16") else encoding
            return
    if not body.isascii() and (loose := _META.search(_COMMENT.sub(b"", body[:_PRESCAN_BYTES]))):
        yield from filter(None, [codec_of(loose[1].decode("ascii", "replace"))])


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Name Python's codec for a label of the web, or None for any other label.

    Source: WHATWG Encoding §4.2; labels that only Python knows (punycode, utf-7, zlib,
            …) are not on its list.
    """
    from resiliparse.parse.encoding import map_encoding_to_html5

    label = label.strip().strip("\"'").lower()
    if not label.isascii() or not label.isprintable() or len(label) > 40:
        return None
    name: str | None = map_encoding_to_html5(label, fallback_utf8=False)
    return _WIDER.get(name, name) if name else None


def _detect(body: bytes) -> str:
    wide = _wide(body[:64])
    if wide:
        return wide
    text = body.decode("utf-8", "replace")
    # Every character beyond ASCII takes one to three bytes more than it counts letters.
    if text.count("\ufffd") * 10 <= len(body) - len(text):
        return "utf-8"
    from resiliparse.parse.encoding import detect_encoding

    found = codec_of(detect_encoding(body, max_len=_DETECT_BYTES) or "")
    return found if found and found != "utf-8" else "cp1252"


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin markup is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) * 4 < len(head):
        return None
    if min(even, odd) * 4 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"
