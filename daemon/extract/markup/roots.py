"""Parses a UTF-8 page into a tree, and checks cheaply whether it can state an offer."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import NEVER_SHOWN

# Elements that show no text: cut out with everything in them.
_CUT = (*NEVER_SHOWN, "noscript", "svg", "iframe", "object", "canvas")
# Markup that states a price or an availability contains one of these, in JSON-LD or behind an
# attribute that names what is stated.
_TERMS = (b"price", b"availability", b"twitter:label")
_NAMING = (b"itemprop", b"property", b"name")
_NAMED_BYTES = 64  # from an attribute's sign to what it names
_SPACES = b" \t\r\n\f"


def parse_root(body: bytes) -> Element | None:
    """The root of a page in UTF-8, without comments and elements that show no text."""
    parser = etree.HTMLParser(
        huge_tree=True, remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    if root is not None:
        etree.strip_elements(root, *_CUT, with_tail=False)
    return root


def may_state_an_offer(source: bytes) -> bool:
    """Whether a page's markup can state an offer: a quick search, so that most are not parsed."""
    lower = source.lower()
    if may_hold_json_ld(lower):
        return any(term in lower for term in _TERMS)
    return any(_is_named(lower, term) for term in _TERMS)


def mentions_offers(words: str) -> bool:
    """Whether words of a page alone make it one whose markup may state an offer."""
    lower = words.encode("utf-8", "replace").lower()
    return may_hold_json_ld(lower) or any(term in lower for term in _TERMS)


def may_hold_json_ld(lower: bytes) -> bool:
    """Whether a page, in lower case, can have a script of the type of JSON-LD, be it escaped."""
    return b"ld+json" in lower or b"ld&" in lower


def _is_named(lower: bytes, term: bytes) -> bool:
    """Whether a term stands in an attribute that names what an element states."""
    start = lower.find(term)
    while start >= 0:
        sign = lower.rfind(b"=", max(0, start - _NAMED_BYTES), start)
        if sign >= 0 and lower[max(0, sign - 20) : sign].rstrip(_SPACES).endswith(_NAMING):
            return True
        start = lower.find(term, start + len(term))
    return False
