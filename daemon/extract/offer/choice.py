"""Decides whether a node is one of several things to choose from: a size, a colour, a variant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.offer.regions import OPTION, parts_of
from daemon.extract.offer.tree import Tree, lineage, names_of, squeeze, text_of

_TAGS = frozenset({"option", "optgroup", "select", "datalist"})
_ROLES = frozenset({"option", "radio", "radiogroup", "listbox", "menuitemradio", "combobox"})
_CONTROLS = frozenset({"radio", "checkbox"})
_PRESSABLE = frozenset({"aria-pressed", "aria-checked", "aria-selected"})
_PRESSED = frozenset({"true"})
_NEAR = 5  # elements up
_SHORT = 40  # characters of one option
_MOST_SIBLINGS = 60


def is_option(element: Element, tree: Tree) -> bool:
    """Whether an element is an option: in a form control or its label, or one of its likes.

    Shape: a name alone, as "size-medium" or "options", makes no choice.
    """
    return any(_offers_choice(node, tree) for node in _near_line(element, tree))


def is_chosen(element: Element, tree: Tree) -> bool:
    """Whether an element is of the option that is chosen now."""
    return any(_is_pressed(node) for node in _near_line(element, tree))


def _is_pressed(node: Element) -> bool:
    if node.get("selected") is not None or _PRESSED.intersection(node.get(at) for at in _PRESSABLE):
        return True
    if node.tag != "label":
        return False
    inside = node.iter("input")
    beside = node.xpath("preceding-sibling::*[1][self::input]")
    return any(one.get("checked") is not None for one in (*inside, *beside))


def _near_line(element: Element, tree: Tree) -> Iterator[Element]:
    """The element and those around it, below the heading's."""
    heading = tree.heading_line
    for node in islice(lineage(element), _NEAR):
        if node is not element and node in heading:
            return
        yield node


def _offers_choice(node: Element, tree: Tree) -> bool:
    """Whether an element is to be chosen, or holds what is; kept once known."""
    found = tree.options.get(node)
    if found is None:
        found = tree.options[node] = _is_to_choose(node, tree)
    return found


def _is_to_choose(node: Element, tree: Tree) -> bool:
    if not _PRESSABLE.isdisjoint(node.keys()):
        return True
    if node.tag in _TAGS or (node.get("role") or "").lower() in _ROLES:
        return True
    if node.tag == "label" and _labels_a_choice(node, tree):
        return True
    return _is_one_of_named(node)


def _labels_a_choice(label: Element, tree: Tree) -> bool:
    """Whether a label belongs to a radio button or a check box: inside it, beside it, or named."""
    around = label.getparent()
    inside = [*label.iter("input"), *(around.iterchildren("input") if around is not None else ())]
    named = label.get("for")
    inside += [tree.inputs[named]] if named in tree.inputs else []
    return any((one.get("type") or "").lower() in _CONTROLS for one in inside)


def _is_one_of_named(node: Element) -> bool:
    """Whether it is named as an option, or its box is, and short siblings are just like it."""
    above = node.getparent()
    if above is None or not (_is_named(node) or _is_named(above)) or not _is_short(node):
        return False
    return any(_is_short(one) for one in likes_of(node) if _is_named(one) or _is_named(above))


def _is_named(node: Element) -> bool:
    return bool(OPTION.search(parts_of(names_of(node))))


def _is_short(node: Element) -> bool:
    return 0 < len(squeeze(text_of(node, _SHORT + 1))) <= _SHORT


def likes_of(node: Element) -> Iterator[Element]:
    """The siblings of one kind with an element: the same tag and first class."""
    above = node.getparent()
    for one in islice(above, _MOST_SIBLINGS) if above is not None else ():
        if one is not node and one.tag == node.tag and _first_class(one) == _first_class(node):
            yield one


def _first_class(node: Element) -> str:
    return next(iter((node.get("class") or "").split()), "")
