"""Values in; TOML that the configuration reads back as the same values out."""

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
        pairs = (f"{_quoted(key)} = {toml_value(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str) and "\\" in value and _LITERAL.fullmatch(value):
        return f"'{value}'"
    return _quoted(value)


def _quoted(value: Any) -> str:
    # What JSON writes is TOML, but for one character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def plain_text(text: str) -> str:
    """Text in which no reference is seen: `${` stands for itself."""
    return _REFERENCE.sub("$", text)
