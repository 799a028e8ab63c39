"""Reads microdata and RDFa as items in the shape of JSON-LD."""

from __future__ import annotations

from typing import Any

from lxml.etree import _Element as Element

from daemon.extract.offer.tree import MOST_PROPERTIES, Tree, lineage, squeeze, text_of

_ATTRIBUTE = {
    "meta": "content", "link": "href", "a": "href", "img": "src", "source": "src",
    "data": "value", "meter": "value", "time": "datetime", "object": "data", "input": "value",
}  # fmt: skip


class Shown(str):
    """A value taken from visible text, in the number format of people, not of machines."""

    __slots__ = ()


def read_microdata(tree: Tree) -> list[dict[str, Any]]:
    """The outermost microdata items."""
    return _items(tree.items, "itemscope", "itemtype", "itemprop")


def read_rdfa(root: Element) -> list[dict[str, Any]]:
    """The outermost RDFa Lite items of schema.org's terms."""
    elements = root.xpath(
        "//*[@typeof or (@property and not(self::meta[contains(@property,':')]))]"
    )
    return _items(elements[:MOST_PROPERTIES], "typeof", "typeof", "property")


def _items(elements: list[Element], scope: str, kind: str, prop: str) -> list[dict[str, Any]]:
    items: dict[Element, dict[str, Any]] = {
        element: {"@type": element.get(kind, "").split(), "@element": element}
        for element in elements
        if element.get(scope) is not None
    }
    outer: list[dict[str, Any]] = []
    orphans: dict[str, Any] = {"@type": []}
    for element in elements:
        names = element.get(prop, "").split()
        owner = _owner(element, items)
        value: Any = items.get(element)
        if value is None:
            value = _value(element)
        elif not names or owner is None:
            outer.append(value)
        target = orphans if owner is None else owner
        for name in names:
            _add(target, name.rpartition(":")[2], value)
    return [*outer, orphans] if len(orphans) > 1 else outer


def _owner(element: Element, items: dict[Element, dict[str, Any]]) -> dict[str, Any] | None:
    parent = element.getparent()
    if parent is None:
        return None
    return next((items[node] for node in lineage(parent) if node in items), None)


def _add(item: dict[str, Any], name: str, value: Any) -> None:
    if name not in item:
        item[name] = value
    elif isinstance(item[name], list):
        item[name].append(value)
    else:
        item[name] = [item[name], value]


def _value(element: Element) -> str:
    content = element.get("content")
    if content is not None and content.strip():
        return str(content.strip())
    attribute = _ATTRIBUTE.get(str(element.tag))
    stated = element.get(attribute) if attribute else None
    if stated and not (element.tag == "a" and element.get("itemprop") in ("name", "price")):
        return str(stated.strip())
    return Shown(squeeze(text_of(element, 200)))
