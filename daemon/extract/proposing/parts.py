"""The parts of a page that somebody may point at, each with selectors for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from daemon.extract.charset import decode
from daemon.extract.markup.roots import parse_root
from daemon.extract.proposing.selectors import Proposer
from daemon.extract.proposing.values import Part
from daemon.model.request import MOST_PARTS, PART_MARK
from daemon.model.response import Document

_SHOWN = 80
_LEAST = 2  # characters of its own that a part without a mark has
_AROUND = frozenset({"nav", "header", "footer", "aside"})
_UNSEEN = frozenset({"script", "style", "noscript", "template", "title", "option", "svg"})


def parts_of(document: Document, numbers: Sequence[int] = ()) -> tuple[tuple[Part, ...], int]:
    """The parts of a document: those that are marked, else those with text; and how many more.

    Shape: at most MOST_PARTS in the order of the page; of more, those in its main content first.
    """
    root = parse_root(decode(document).text.encode())
    if root is None:
        return (), 0
    marked = {one.get(PART_MARK): one for one in root.iter() if isinstance(one.tag, str)}
    for one in marked.values():
        one.attrib.pop(PART_MARK, None)
    proposer = Proposer(root)
    chosen = (
        [(number, marked[str(number)]) for number in numbers if str(number) in marked]
        if numbers
        else list(enumerate(_with_text(root)))
    )
    main_first = sorted(chosen, key=lambda one: not _is_main(one[1]))
    kept = {number for number, _ in main_first[:MOST_PARTS]}
    parts = tuple(_part(proposer, number, one) for number, one in chosen if number in kept)
    return parts, len(chosen) - len(parts)


def _is_main(element: Any) -> bool:
    """Whether it stands in what a page is about, rather than in what is around that."""
    above = [element.tag, *(one.tag for one in element.iterancestors())]
    return "main" in above or "article" in above or _AROUND.isdisjoint(above)


def _with_text(root: Any) -> Iterator[Any]:
    for one in root.iter():
        if not isinstance(one.tag, str) or one.tag in _UNSEEN:
            continue
        own = "".join((one.text or "", *(child.tail or "" for child in one)))
        if len(own.strip()) >= _LEAST and not any(up.tag in _UNSEEN for up in one.iterancestors()):
            yield one


def _part(proposer: Proposer, number: int, element: Any) -> Part:
    text = " ".join("".join(element.itertext()).split())
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    selector = proposer.selector_for(element)
    return Part(number, str(element.tag), shown, selector, proposer.all_like(element))
