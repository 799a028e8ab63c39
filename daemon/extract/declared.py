"""Finds the encoding that an HTML page declares, as browsers do."""

from __future__ import annotations

import re
from collections.abc import Iterator

PRESCAN_BYTES = 1024
LATEST_BYTES = 64 * 1024  # a parser heeds a declaration anywhere: beyond this nobody waits for one
# What may begin at "<": what the markup skips as a whole, and a meta element's attributes.
_TOKEN = re.compile(
    rb"<!--(?:-?>|.*?(?:-->|\Z))"
    rb"|(?P<raw><(script|style|textarea|title|xmp|iframe|noembed|noframes)[\s/>].*?(?:</\2|\Z))"
    rb"|<meta(?=[\s/])(?P<meta>)"
    rb"""|</?[a-z](?:[^>"']|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+(?:>|\Z)"""
    rb"|<[!/?][^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    rb"""[\s/]*+(?P<name>[^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?P<value>"""
    rb""""[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+))?"""
)
_END = re.compile(rb"[\s/]*>")
_CHARSET = re.compile(
    rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"'][^\s;]*))""", re.IGNORECASE
)


def declared_labels(body: bytes) -> Iterator[str]:
    """The labels of the declarations that a browser would heed, in their order.

    Shape:  unfinished declarations and those in comments, scripts or other texts are left out,
            but scripts within the first bytes, which browsers search before they parse.
    Source: HTML Living Standard §13.2.3.2 (prescan), §13.2.3.5 (changing the encoding).
    """
    head = body[:LATEST_BYTES]
    if b"charset" not in head.lower():
        return
    place = 0
    while token := _TOKEN.search(head, place):
        place = token.end()
        if token["raw"] is not None and token.start() < PRESCAN_BYTES:
            place = token.start() + 2  # searched as any markup
        elif token["meta"] is not None:
            attributes, place = _attributes(head, place)
            if label := _label_in(attributes):
                yield label


def _attributes(head: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    """A tag's attributes, the first of each name, and where it ends; none if it does not end."""
    found: dict[bytes, bytes] = {}
    while (end := _END.match(head, place)) is None:
        attribute = _ATTRIBUTE.match(head, place)
        if attribute is None:
            return {}, max(place, 1)
        place = attribute.end()
        found.setdefault(attribute["name"].lower(), _unquoted(attribute["value"] or b""))
    return found, end.end()


def _unquoted(value: bytes) -> bytes:
    return value[1:-1] if value[:1] in (b'"', b"'") else value


def _label_in(attributes: dict[bytes, bytes]) -> str:
    """The label that a meta element's attributes give; "" for none."""
    label = attributes.get(b"charset")
    if label is None and attributes.get(b"http-equiv", b"").lower() == b"content-type":
        found = _CHARSET.search(attributes.get(b"content", b""))
        label = next((part for part in found.groups() if part is not None), None) if found else None
    if label is None or b'"' in label or b"'" in label:
        return ""
    return label.strip().decode("ascii", "replace")
