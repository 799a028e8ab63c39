"""Parses a UTF-8 page into a tree, and checks cheaply whether it can state an offer."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import NEVER_SHOWN

# Elements that show no text: cut out with everything in them.
_CUT = (*NEVER_SHOWN, "noscript", "svg", "iframe", "object", "canvas")
# Markup that states a price or an availability contains one of these.
_TERMS = (b"price", b"availability", b"twitter:label")


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
    return any(term in lower for term in _TERMS)
