"""Text from pages made harmless for each kind of channel, and cut to what it takes."""

from __future__ import annotations

import html
import re

_BREAK = "\u200b"  # a space without width: what it parts is not read as one sign
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MENTION = re.compile(r"@(?=\S)|<(?=[@#!&:/a-zA-Z])")
_LINK = re.compile(r"\](?=[\[(])")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~@&:])")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Text without control characters: lines and tabs stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str, limit: int = 300) -> str:
    """Text as one line, such as a subject."""
    return cut(_SPACE.sub(" ", plain(text)).strip(), limit, note="…")


def chat(text: str) -> str:
    """Text in which no chat service finds a mention or a link behind other words."""
    return _LINK.sub("]" + _BREAK, _MENTION.sub(lambda m: m[0] + _BREAK, plain(text)))


def markdown(text: str) -> str:
    """Text that reads the same when it is taken for Markdown."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def markup(text: str) -> str:
    """Text that reads the same when it is taken for HTML."""
    return html.escape(plain(text), quote=True)


def cut(text: str, limit: int, note: str = "\n… (cut: the change itself is stored whole)") -> str:
    """At most so much text, with a note when there was more.

    Units: `limit` in UTF-16 units, which is how the strictest services count.
    """
    if len(text) * 2 <= limit or _units(text) <= limit:
        return text
    room = max(limit - _units(note), 0)
    kept = text.encode("utf-16-le", "replace")[: room * 2].decode("utf-16-le", "ignore")
    return kept + note[:limit]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
