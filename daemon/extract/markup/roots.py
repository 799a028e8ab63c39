"""A page in UTF-8 as a tree, and whether it can state an offer at all: before anything heavy."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import NEVER_SHOWN

# Parts that show nothing of their own: cut out with all that is in them.
_CUT = (*NEVER_SHOWN, "noscript", "svg", "iframe", "object", "canvas")
# What states a price or an availability by markup holds one of these.
_TERMS = (b"price", b"availability", b"twitter:label")


def parse_root(body: bytes) -> Element | None:
    """The root of a page in UTF-8, rid of comments and of parts that show nothing of their own."""
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
    """Whether the markup of a page can state an offer: a search spares most pages the reading."""
    lower = source.lower()
    return any(term in lower for term in _TERMS)
