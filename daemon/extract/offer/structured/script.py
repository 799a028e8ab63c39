"""Parses object literals in scripts: JavaScript that is almost JSON."""

from __future__ import annotations

import re
from typing import Any

from daemon.extract.offer.structured.jsonld import read_value

LONGEST = 60_000  # characters of one literal
_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<key>[A-Za-z_$][\w$]*)(?=\s*:)
    | (?P<word>[A-Za-z_$!][\w$.]*)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<comma>,(?=\s*[}\]])) | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<mark>[:,]) | \s+
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"true": "true", "false": "false", "!0": "true", "!1": "false"}


def read_literal(text: str, place: int) -> Any:
    """The value of the literal that begins at a place, as JSON or as JavaScript; else None.

    Shape: names are quoted, quotes doubled, values other than texts and numbers are null.
    """
    value = read_value(text, place)
    return read_value(_as_json(text, place), 0) if value is None else value


def _as_json(text: str, place: int) -> str:
    """The literal in JSON's spelling; cut off where it is no plain literal."""
    pieces: list[str] = []
    depth = 0
    stop = min(len(text), place + LONGEST)
    while place < stop and (token := _TOKEN.match(text, place, stop)):
        place = token.end()
        pieces.append(_spelt(token))
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup == "close" and not depth:
            break
    return "".join(pieces)


def _spelt(token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token[0]
    if kind == "text":
        inner = text[1:-1].replace("\\'", "'")
        return text if text[0] == '"' else '"' + re.sub(r'(?<!\\)"', r'\\"', inner) + '"'
    if kind == "key":
        return f'"{text}"'
    if kind == "word":
        return _WORDS.get(text, "null")
    return text if kind in ("number", "open", "close", "mark") else ""
