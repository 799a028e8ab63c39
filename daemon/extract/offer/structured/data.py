"""Wraps a product served as JSON into a page, so that the other readers can read it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any

_NAMES = ("name", "title", "productName", "product_name", "displayName", "productTitle")
_SCHEMA = re.compile(r'"@(?:type|context|graph)"')
_DEEPEST = 4
_LONGEST = 2_000_000


def page_around(text: str) -> str | None:
    """A page with the data as its script and the product's name as its heading.

    Shape: None for anything but a JSON object or list.
    """
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start not in ("{", "[") or len(text) > _LONGEST:
        return None
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    name = _name_in(value, 0)
    data = json.dumps(value).replace("<", "\\u003c")
    # Data without schema.org's terms may count in cents: it is read by the rules for scripts.
    kind = "application/ld+json" if _SCHEMA.search(text[:_LONGEST]) else "application/json"
    return (
        f"<html><head><title>{html.escape(name)}</title></head><body><h1>{html.escape(name)}</h1>"
        f'<script type="{kind}">{data}</script></body></html>'
    )


def _name_in(value: Any, depth: int) -> str:
    """The first name, nearest to the top."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return _first_name(value[:3], depth)
    if not isinstance(value, dict):
        return ""
    own = (value[key] for key in _NAMES if isinstance(value.get(key), str))
    name = next(filter(None, own), "")
    return name[:250] if name else _first_name(value.values(), depth)


def _first_name(values: Iterable[Any], depth: int) -> str:
    return next((name for value in values if (name := _name_in(value, depth + 1))), "")
