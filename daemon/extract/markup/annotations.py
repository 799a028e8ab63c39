"""Writes the addresses of links and the values of attributes next to the words of a page."""

from __future__ import annotations

import re

from lxml.etree import _Element

from daemon.extract.markup.hidden import is_hidden
from daemon.extract.markup.links import absolute, base_of
from daemon.model.reading import MISSING
from daemon.model.site import Rules

# Elements that have no words of their own, or show none.
_WORDLESS = frozenset(
    "area audio base br canvas col embed hr iframe img input link meta noscript object option"
    " script select source style svg template textarea title track video wbr".split()
)
# Elements that take no text but through their cells.
_ROWS = frozenset({"table", "tbody", "thead", "tfoot", "tr", "colgroup"})
_LINKS = frozenset({"a", "area"})
_OTHER_ADDRESS = re.compile(
    r"(?:mailto|tel|sms|ftp|ftps|sftp|magnet|xmpp|matrix):.+", re.IGNORECASE
)


class Annotations:
    """What `links` and `attributes` show, on one page.

    Shape: `words (https://…)` and `words (title="…" data-price="…")`.
    """

    def __init__(self, rules: Rules, root: _Element, url: str) -> None:
        self._has_links = rules.links
        self._names = tuple(name.lower() for name in rules.attributes)
        self._seen: set[str] = set()
        self._base = base_of(root, url)

    def write_into(self, root: _Element) -> None:
        """Write them into an element, and into all that is in it."""
        for element in list(root.iter("*")):
            if note := self.note_of(element):
                _write(element, note, is_whole=element is root)

    def note_of(self, element: _Element) -> str:
        """What is shown of one element, or ""."""
        parts = [self._address_of(element), self._values_of(element)]
        return " ".join(f"({part})" for part in parts if part)

    def note_behind(self, element: _Element) -> str:
        """What is shown of a chosen element that has no words to stand behind."""
        return self.note_of(element) if element.tag in _WORDLESS else ""

    @property
    def missing(self) -> tuple[str, ...]:
        """A flag for each attribute that no element had: "missing:attributes[1]"."""
        names = enumerate(self._names)
        return tuple(f"{MISSING}attributes[{i}]" for i, name in names if name not in self._seen)

    def _address_of(self, element: _Element) -> str:
        link = (element.get("href") or "").strip()
        if not self._has_links or element.tag not in _LINKS or link[:1] in ("", "#"):
            return ""
        return link if _OTHER_ADDRESS.fullmatch(link) else absolute(link, self._base)

    def _values_of(self, element: _Element) -> str:
        given = [name for name in self._names if element.get(name) is not None]
        self._seen.update(given)
        values = ((name, " ".join((element.get(name) or "").split())) for name in given)
        return " ".join(f'{name}="{value}"' for name, value in values)


def _write(element: _Element, note: str, *, is_whole: bool) -> None:
    """Put a note behind the words of an element; one without words has it behind itself."""
    tag = str(element.tag)
    if tag in _WORDLESS:
        if not is_whole and not is_hidden(tag, element.get):
            element.tail = f" {note} {element.tail or ''}"
        return
    within = element
    if tag in _ROWS:
        cells = list(element.iter("td", "th"))
        if not cells:
            return
        within = cells[-1]
    if len(within):
        within[-1].tail = f"{within[-1].tail or ''} {note}"
    else:
        within.text = f"{within.text or ''} {note}"
