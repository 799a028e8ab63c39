"""Decides whether an element's own markup hides it, for every reader of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

# Elements whose text no browser shows: it is meant for scripts, for choices, or for old browsers.
NEVER_SHOWN = ("template", "datalist", "rp")
_HIDING = {
    "display": frozenset({"none"}),
    "visibility": frozenset({"hidden", "collapse"}),
    "content-visibility": frozenset({"hidden"}),
}
_MAY_HIDE = re.compile(r"display|visibility", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# A declaration ends at a semicolon, unless that is inside a string or a URL.
_DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")
_IMPORTANT = re.compile(r"\s*!\s*important$")
_LONGEST_STYLE = 4_000


def is_hidden(tag: str, attribute: Callable[[str], str | None]) -> bool:
    """Whether the element's own tag and attributes hide it and everything in it.

    Shape:  `attribute` gives an attribute by its name, None where there is none. Class
            names are only a hint and are not read; `aria-hidden` and transparency say nothing
            about whether an element is shown.
    Source: HTML Living Standard §6.1 (hidden), §15.3.1 (hidden elements), §15.5.16 (dialog);
            CSS Display 3 §2.5, CSS 2.2 §11.2 (visibility), CSS Containment 2 §4.
    """
    style = attribute("style")
    said = _hidden_by_style(style) if style else None
    if said is not None:
        return said
    if tag == "dialog":
        return attribute("open") is None or attribute("hidden") is not None
    return tag in NEVER_SHOWN or attribute("hidden") is not None


@lru_cache(maxsize=4096)
def _hidden_by_style(style: str) -> bool | None:
    """Whether an inline style hides it, None when unsaid: a `display` overrides `hidden`."""
    if not _MAY_HIDE.search(style):
        return None
    declared = _declared(style)
    if any(declared.get(name) in values for name, values in _HIDING.items()):
        return True
    return False if "display" in declared else None


def _declared(style: str) -> dict[str, str]:
    """The declarations in force: the last of a name wins, one that is important over all others.

    Source: CSS Style Attributes §3; CSS Cascading 4 §6.1 (order of appearance, importance).
    """
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in _DECLARATION.findall(_COMMENT.sub("", style[:_LONGEST_STYLE]).lower()):
        name, _, value = declaration.partition(":")
        value, marks = _IMPORTANT.subn("", value.strip())
        (important if marks else normal)[name.strip()] = value
    return normal | important
