"""Lays JSON values out as lines that read and compare well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daemon.extract.jsonnumbers import number_text
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass

MAX_DEPTH = 100
MAX_LINES = 500_000

_LITERALS = frozenset({"null", "true", "false"})


def as_lines(value: Any) -> str:
    """Lay a value out: `key: value`, `- item`, two spaces of indent a level.

    Shape:  one scalar to a line without commas or braces, so that a changed value is one
            changed line. Numbers have one form; strings that look like another type are quoted,
            but for one that stands alone: nobody would read quotes as a part of it.
    Errors: ExtractError(parse) when nested too deeply, (too_large) when too long.
    """
    if isinstance(value, str) and value.strip():
        return value
    lines = []
    for line in _lines(value, ""):
        lines.append(line)
        if len(lines) > MAX_LINES:
            raise ExtractError(ErrorClass.TOO_LARGE, f"more than {MAX_LINES} values in the JSON")
    return "\n".join(lines)


def _lines(value: Any, indent: str) -> Iterator[str]:
    if len(indent) > 2 * MAX_DEPTH:
        raise ExtractError(ErrorClass.PARSE, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _labelled(f"{indent}{_key(key)}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _item(inner, indent)
    else:
        yield indent + _scalar(value, indent)


def _labelled(label: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield label
        yield from _lines(value, indent + "  ")
    else:
        yield f"{label} {_scalar(value, indent + '  ')}"


def _item(value: Any, indent: str) -> Iterator[str]:
    """An item's first line carries the dash; the rest is indented under it."""
    inner = _lines(value, indent + "  ")
    yield f"{indent}- {next(inner)[len(indent) + 2 :]}"
    yield from inner


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _string(value, indent)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return number_text(value)


def _string(value: str, indent: str) -> str:
    if _is_ambiguous(value):
        return f'"{value}"'
    return value.replace("\n", f"\n{indent}") if "\n" in value else value


def _is_ambiguous(value: str) -> bool:
    if not value or value in _LITERALS or value in ("{}", "[]") or value != value.strip():
        return True
    return value[0] in "-0123456789" and value[-1].isdigit() and _is_number(value)


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()


def _key(key: str) -> str:
    return " ".join(key.split()) or '""'
