"""Parses JSON as pages embed it, with the usual mistakes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

MOST_CHARACTERS = 2_000_000
_COMMENT = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*;?\s*$")
_WHOLE_COMMENT = re.compile(r"^\s*<!--[^\[{]{0,500}?-->")
_JS_COMMENT = re.compile(r"(?m)^\s*//[^\n]*$|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_MISSING_COMMA = re.compile(r'(?<=["}\]\d])(\s*\n\s*)(?="[^"\n]{1,60}"\s*:)')
_OPENING = re.compile(r"[\[{]")

_DECODER = json.JSONDecoder(
    strict=False,
    parse_constant=lambda _name: None,
    parse_int=lambda text: int(text) if len(text) < 19 else 0,
)


def read_json(text: str) -> list[Any]:
    """The JSON values at the start of a script, repaired where that is safe; empty when none is.

    Shape: comments, CDATA, trailing commas, control characters, entities and garbage after a
           value are overlooked; several values in one script are all read; NaN becomes None.
    """
    for attempt in _attempts(text[:MOST_CHARACTERS]):
        values = _values(attempt)
        if values:
            return values
    return []


def read_value(text: str, place: int) -> Any:
    """The JSON value that begins exactly at a place in a script; None when none does."""
    try:
        return _DECODER.raw_decode(text, place)[0]
    except (ValueError, RecursionError):
        return None


def _attempts(text: str) -> Iterator[str]:
    """The text as it is, then with more and more repairs, each made only when needed."""
    text = text.strip().lstrip("\ufeff")
    yield text
    text = _WHOLE_COMMENT.sub("", text)
    text = _COMMENT.sub("", _COMMENT.sub("", text)).strip().rstrip(";")
    yield text
    mended = _TRAILING_COMMA.sub("", _JS_COMMENT.sub("", text))
    yield mended
    yield _MISSING_COMMA.sub(r",\1", mended)
    if "&" in text:
        yield _TRAILING_COMMA.sub("", html.unescape(text))
    yield _TRAILING_COMMA.sub("", re.sub(r"\\(?![\"\\/bfnrtu])", r"\\\\", mended))


def _values(text: str) -> list[Any]:
    values: list[Any] = []
    place = _start(text, 0)
    while place >= 0 and len(values) < 20:
        try:
            value, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        values.append(value)
        if text[end : end + 20].strip()[:1] not in ("{", "[", ","):
            break
        place = _start(text, end)
    return values


def _start(text: str, place: int) -> int:
    match = _OPENING.search(text, place)
    return match.start() if match and not text[place : match.start()].strip(" ,;\n\r\t") else -1
