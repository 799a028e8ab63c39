"""Lays a tree out as one flat list of its texts and tags, which is walked faster than elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from lxml import etree

# Serialised, a name may hold "<", and nothing holds ">". Of links the addresses are left out.
_TAG = re.compile(r"<(a(?=[ >])(?![^>]*/>)|[^>]*)[^>]*>")
_NAME = re.compile(r"/?([^\s/]*)")
_ATTRIBUTE = re.compile(r'\s(=?[^\s=]*)="([^"]*)"')
_LOST = "&#xFFFD;"  # what libxml2 writes for a control character, of which XML knows nothing


def pieces_of(root: etree._Element) -> list[str]:
    """The texts and tags of a tree in document order: text, tag, text, tag, …, text.

    Shape: as serialised, tags without angle brackets: `div class="a"`, `/div`, and `br/` for an
           element without content; a link, unless it is empty, is `a` without attributes. The
           tree has neither comments nor processing instructions.
    """
    source = str(etree.tostring(root, encoding="unicode", with_tail=False))
    return list(_one_by_one(root)) if _LOST in source else _TAG.split(source)


def _one_by_one(root: etree._Element) -> Iterator[str]:
    """The same for a tree with characters that are lost in serialising."""
    yield ""
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            yield "a" if element.tag == "a" else _start_tag(element)
            yield escape(element.text or "")
        else:
            yield f"/{element.tag}"
            yield "" if element is root else escape(element.tail or "")


def _start_tag(element: etree._Element) -> str:
    name = str(element.tag)
    return name + "".join(f' {key}="{escape(value)}"' for key, value in element.items())


def text_of(piece: str) -> str:
    """A text as it was before it was serialised."""
    return unescape(piece) if "&" in piece else piece


def name_of(tag: str) -> str:
    """The name of the element that a tag opens or closes."""
    found = _NAME.match(tag)
    return found[1] if found else ""


def attributes_of(tag: str) -> dict[str, str]:
    """The attributes that a tag gives its element."""
    return {name: text_of(value) for name, value in _ATTRIBUTE.findall(tag)}
