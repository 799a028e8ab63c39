"""Writes values as TOML that the configuration reads back as the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_LITERAL = re.compile(r"[^'\x00-\x1f\x7f]*")
_REFERENCE = re.compile(r"(?=\$\{)")


def toml_value(value: Any) -> str:
    """One value as TOML; text with backslashes in single quotes, where it can be."""
    if isinstance(value, Mapping):
        given = {key: item for key, item in value.items() if item is not None}  # TOML has no null
        pairs = (f"{_quoted(key)} = {toml_value(item)}" for key, item in given.items())
        return "{ " + ", ".join(pairs) + " }" if given else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str) and "\\" in value and _LITERAL.fullmatch(value):
        return f"'{value}'"
    return _quoted(value)


def _quoted(value: Any) -> str:
    # JSON strings are valid TOML, except one character that TOML requires escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def plain_text(text: str) -> str:
    """The text with `${` escaped, so that it is not read as a reference."""
    return _REFERENCE.sub("$", text)
