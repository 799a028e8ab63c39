"""One parsed page: a tree with its title, heading and the document order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from daemon.extract.markup.roots import parse_root
from daemon.money.currencies import mark_of
from daemon.money.numbers import plain

MOST_BYTES = 6_000_000
MOST_ELEMENTS = 60_000
MOST_PROPERTIES = 4_000
DEEPEST = 400
_SILENT = frozenset({"script", "style", "head", "title", "meta", "link"})
INLINE = frozenset(
    "a abbr b bdi bdo big cite code data del em font i ins label mark q s small span strike strong "
    "sub sup time u var".split()
)
_CENTS_NAME = re.compile(
    r"cent|decimal|fraction|kop|pence|minor|small|sup|after|fract", re.IGNORECASE
)
_LAST_CLASS = re.compile(r"\.([\w-]{2,60})(?:\[[^\]{}]{0,60}\])?\s*\Z")  # of a selector
_STRIKING = "line-through"
_NEAR = 300  # characters from the beginning of a rule
_POINTS = (",", ".")
_MOST_CHOSEN = 60
_MOST_HEADINGS = 40
_WORD = re.compile(r"[^\W_]+")
_NAMING = etree.XPath("//h1 | //*[@itemprop='name']")


@dataclass(frozen=True)
class Tree:
    """A parsed page and the facts that the steps need, each computed on first use."""

    root: Element
    url: str
    _lines: dict[Element, str] = field(default_factory=dict)  # short texts, kept once made
    names_in: dict[Element, str] = field(default_factory=dict)  # as words, by element
    signs: dict[Element, Any] = field(default_factory=dict)  # of its place, by element
    options: dict[Element, bool] = field(default_factory=dict)  # whether it is to choose
    sentences: dict[Element, str | None] = field(default_factory=dict)  # around inline words
    links_in: dict[Element, int] = field(default_factory=dict)  # to other pages, by block

    @cached_property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "") if "//" in self.url else ""

    @cached_property
    def title(self) -> str:
        return squeeze(self.root.findtext(".//title") or "")

    @cached_property
    def heading(self) -> Element | None:
        """The h1 of the product, or the element in its place."""
        return _heading(self)

    @cached_property
    def heading_line(self) -> frozenset[Element]:
        """The heading, its repetitions and all their ancestors."""
        twins = _twins(self)
        return frozenset(node for twin in twins for node in lineage(twin))

    @cached_property
    def name(self) -> str:
        """The heading's text, else the title."""
        return self.title if self.heading is None else squeeze(text_of(self.heading, 300))

    @cached_property
    def items(self) -> list[Element]:
        """The elements with the marks of microdata, in document order; bounded."""
        return list(self.root.xpath("//*[@itemscope or @itemprop]")[:MOST_PROPERTIES])

    @cached_property
    def inputs(self) -> dict[str, Element]:
        """The input fields by id, the first of each."""
        fields = reversed(self.tagged.get("input", ()))
        return {name: field for field in fields if (name := field.get("id"))}

    @cached_property
    def chosen(self) -> set[str]:
        """The values and words of the options that are chosen in the page's forms."""
        options = (one for one in self.tagged.get("option", ()) if one.get("selected") is not None)
        inputs = filter(_is_set, self.tagged.get("input", ()))
        controls = list(islice(chain(options, inputs), _MOST_CHOSEN))
        told = {control.get("value") or "" for control in controls}
        told |= {squeeze(text_of(control, 60)) for control in controls if control.tag == "option"}
        return {text for text in told if len(text) > 2}

    @cached_property
    def tagged(self) -> dict[str, list[Element]]:
        """The visible elements by tag, each tag's in document order."""
        found: dict[str, list[Element]] = {}
        for element, tag in self._visible:
            found.setdefault(tag, []).append(element)
        return found

    @cached_property
    def order(self) -> dict[Element, int]:
        """The document order of the visible elements."""
        return {element: place for place, (element, _) in enumerate(self._visible)}

    @cached_property
    def _visible(self) -> list[tuple[Element, str]]:
        """The elements that can show text and their tags, read once; bounded."""
        every = ((element, element.tag) for element in self.root.iter("*"))
        return list(islice((pair for pair in every if pair[1] not in _SILENT), MOST_ELEMENTS))

    @cached_property
    def struck(self) -> frozenset[str]:
        """The classes that the page's style sheets strike through."""
        return _struck_classes(self.root)

    def line_of(self, element: Element) -> str:
        """The beginning of what a reader sees in the element, as one line."""
        line = self._lines.get(element)
        if line is None:
            line = self._lines[element] = squeeze(text_of(element, 60))
        return line


def parse_tree(text: str, url: str) -> Tree | None:
    """The page as a tree; None when there is no element in it."""
    root = parse_root(text.encode("utf-8", "replace")[:MOST_BYTES])
    return None if root is None else Tree(root, url)


def _struck_classes(root: Element) -> frozenset[str]:
    sheets = ((style.text or "")[:400_000] for style in root.iter("style"))
    rules = (rule for sheet in sheets if _STRIKING in sheet for rule in sheet.split("}"))
    return frozenset(name for rule in rules if (name := _struck_by(rule)))


def _struck_by(rule: str) -> str | None:
    """The class that a rule of a style sheet strikes through; the rule ends before its brace."""
    if _STRIKING not in rule:
        return None
    before, _, declared = rule.rpartition("{")
    if _STRIKING not in declared[: _NEAR + len(_STRIKING)]:
        return None
    found = _LAST_CLASS.search(before.rpartition("{")[2])
    return found[1] if found else None


def _is_set(control: Element) -> bool:
    """Whether a control of a form has its value already: a checked one, or the variant's own."""
    if control.get("checked") is not None:
        return True
    name = control.get("name") or ""
    if (control.get("type") or "").lower() != "hidden":
        return False
    is_code = name in ("id", "sku") or "variant" in name
    return is_code and any(node.tag == "form" for node in lineage(control))


def _heading(tree: Tree) -> Element | None:
    """The heading that names the product: of several, the one most like the title."""
    found = [one for one in _NAMING(tree.root) if one.tag not in _SILENT]
    named = found[:_MOST_HEADINGS]
    if not any(one.tag == "h1" for one in found):
        named += islice(tree.root.iter("h2"), _MOST_HEADINGS)
    best, best_score = None, 0.0
    for element in named:
        text = squeeze(text_of(element, 300))
        if not text or len(text) > 250:
            continue
        score = _agreement(text, tree.title) + (0.3 if element.tag == "h1" else 0.0)
        if score > best_score:
            best, best_score = element, score
    return best if best_score >= 0.3 else None


def _twins(tree: Tree) -> list[Element]:
    """The heading and its repetitions: pages carry one copy for small and one for wide screens."""
    heading = tree.heading
    if heading is None:
        return []
    name = squeeze(text_of(heading, 300))
    same = (node for node in tree.root.iter(heading.tag) if squeeze(text_of(node, 300)) == name)
    return list(islice(same, 6)) if len(name) > 3 else [heading]


def lineage(element: Element) -> Iterator[Element]:
    """The element and its ancestors, nearest first; bounded against absurd depth."""
    current: Element | None = element
    for _ in range(DEEPEST):
        if current is None:
            return
        yield current
        current = current.getparent()


def text_of(element: Element, longest: int) -> str:
    """The visible text of the element, cut at `longest`; cents in their own node get a point."""
    if not len(element):
        return (element.text or "").rstrip()
    pieces: list[str] = []
    size = 0
    for piece in _pieces(element, longest * 3):
        pieces.append(piece)
        size += len(piece.strip()) + 1  # indentation is no text
        if size > longest:
            break
    return "".join(pieces)


def _pieces(element: Element, most: int) -> Iterator[str]:
    """Text in order, spaces between blocks, a marker before cents in their own node."""
    last = space = ""
    for node, text in _texts(element, most):
        if not text or text.isspace():
            space = space or text[:1]
            continue
        piece, is_glued = _joined(last, node, text)
        shown = piece.rstrip()
        yield shown if is_glued else space + shown
        last = piece
        space = piece[len(shown) :]


def _joined(last: str, node: Element | None, text: str) -> tuple[str, bool]:
    """The text as it goes on from the last one, and whether without the space between them.

    Digits are kept apart, unless they are cents.
    """
    digits = text.strip()
    if not last or not digits[:1].isdigit():
        return text, False
    before = last.rstrip()[-1:]
    if node is not None and are_cents(node, digits):
        is_called = _are_called_cents(node)
        if before.isdigit() and (is_called or last[-1:] == before):
            return "\N{DOT OPERATOR}" + digits, True
        if is_called and (before in _POINTS or _ends_in_mark(last)):
            return digits, True
    if node is not None and last[-1:].isdigit() and text[:1].isdigit():
        return " " + text, False
    if before in _POINTS and digits.isdigit() and len(last) < 20:
        return digits, last.strip() in _POINTS
    return text, False


def _texts(element: Element, most: int) -> Iterator[tuple[Element | None, str]]:
    """Texts with the element they open, or None where they follow one; bounded by elements."""
    if element.text:
        yield element, element.text
    open_nodes, children = [element], [iter(element)]
    while children and most:
        child = next(children[-1], None)
        if child is None:
            children.pop()
            node = open_nodes.pop()
            if children:
                yield None, _gap(node) + (node.tail or "")
            continue
        most -= 1
        if child.tag in _SILENT:
            yield None, child.tail or ""
            continue
        open_nodes.append(child)
        children.append(iter(child))
        yield None, _gap(child)
        yield child, child.text or ""


def _gap(node: Element) -> str:
    """The space that a block leaves around itself; parts of a line leave none."""
    return "" if node.tag in INLINE else " "


def _ends_in_mark(text: str) -> bool:
    return any(mark_of(word) for word in text.split()[-1:])


def are_cents(node: Element, digits: str) -> bool:
    """Whether two digits in a node of their own are the cents of the number before."""
    if len(digits) != 2 or not digits.isdigit():
        return False
    return node.tag in ("small", "span", "i", "b", "strong", "em") or _are_called_cents(node)


def _are_called_cents(node: Element) -> bool:
    """Whether a node is raised, or named, like the cents of a price."""
    return node.tag in ("sup", "sub") or bool(_CENTS_NAME.search(node.get("class") or ""))


def squeeze(text: str) -> str:
    """One line of plain characters."""
    return " ".join(plain(text).split())


def likeness(one: str, other: str) -> float:
    """Share of the words of the shorter text that the longer has, 0 to 1."""
    return shared(words_in(one), words_in(other))


def words_in(text: str) -> frozenset[str]:
    """The words of a text in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the words of the smaller set that the larger has, 0 to 1."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _agreement(one: str, other: str) -> float:
    """How much two texts are the same words, 0 to 1: parts of a name agree less than the whole."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def names_of(element: Element) -> str:
    """The names that a shop's author gave to an element."""
    get = element.get
    return " ".join(
        filter(
            None,
            (
                get("class"),
                get("id"),
                get("itemprop"),
                get("data-test"),
                get("data-testid"),
                get("data-test-id"),
                get("data-qa"),
                get("data-automation"),
                get("data-hook"),
                get("name"),
            ),
        )
    )


def path_of(element: Element) -> str:
    """A short address of an element, stable from visit to visit where the page has names."""
    steps = []
    for node in lineage(element):
        identity = node.get("id")
        if identity and not any(map(str.isdigit, identity)):
            steps.append(f"{node.tag}#{identity}")
            break
        first = (node.get("class") or "").split()[:1]
        steps.append(f"{node.tag}.{first[0]}" if first else str(node.tag))
        if len(steps) == 6:
            break
    return " > ".join(reversed(steps))
