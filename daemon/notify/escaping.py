"""Escapes text from pages for each kind of channel, and cuts it to its limits."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from daemon.characters import visible, visible_line

_BREAK = "\u200b"  # zero-width space: characters on both sides are not read as one sign
_MENTION = re.compile(r"@(?=\S)|<(?=[@#!&:/a-zA-Z])")
_LINK = re.compile(r"\](?=[\[(])")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~@&:])")


def line(text: str, limit: int = 300) -> str:
    """Text as one line, such as a subject."""
    return cut(visible_line(text), limit, note="…")


def chat(text: str) -> str:
    """Text in which chat services find no mention and no link behind other words."""
    return _LINK.sub("]" + _BREAK, _MENTION.sub(lambda m: m[0] + _BREAK, visible(text)))


def markdown(text: str) -> str:
    """Text that reads the same when it is taken for Markdown."""
    return _MARKDOWN.sub(r"\\\1", visible(text))


def markup(text: str) -> str:
    """Text that reads the same when it is taken for HTML."""
    return html.escape(visible(text), quote=True)


def cut(text: str, limit: int, note: str = "\n… (cut: the change itself is stored whole)") -> str:
    """Text of at most `limit`, ending with a note when it was cut.

    Units: `limit` in UTF-16 units, which is how the strictest services count.
    """
    if len(text) * 2 <= limit or _units(text) <= limit:
        return text
    room = max(limit - _units(note), 0)
    kept = text.encode("utf-16-le", "replace")[: room * 2].decode("utf-16-le", "ignore")
    return kept + note[:limit]


def fitting(texts: Sequence[str], limit: int) -> str:
    """The first of these texts that fits, or the last, cut; the limit is that of `cut`."""
    whole = next((text for text in texts if _units(text) <= limit), "")
    return whole or cut(texts[-1], limit)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
