"""Recognises JSON in which an API says that it failed, in place of its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ERRORS = ("error", "errors", "fault", "exception")
_FAILED = {"status": ("error",), "success": (False,), "ok": (False,)}
_MESSAGES = ("message", "msg", "error_description", "description", "detail", "title", "reason")
# What stands beside an error, and is no content.
_BESIDE = frozenset((*_ERRORS, "meta", "links", "jsonapi", "extensions", "debug", "request"))
_NO_ERROR = frozenset(("", "none", "no", "ok", "false", "0", "success", "null"))
_PARTS = 50  # of a value, in which words are looked for


def error_in(value: Any) -> str:
    """What a document says went wrong; "" unless it is an error and nothing else.

    Shape:  an object that names an error, or a failure with a message, beside which no list and
            no object has anything in it.
    Source: GraphQL §7.1.2, JSON:API 1.1 §11, JSend, and what large APIs answer.
    """
    if not isinstance(value, dict):
        return ""
    contents = (part for key, part in value.items() if key not in _BESIDE)
    if any(_holds_anything(part) for part in contents if isinstance(part, dict | list)):
        return ""
    return _named_error(value) or _told_failure(value)


def _named_error(value: Mapping[str, Any]) -> str:
    """The words of what stands under the name of an error."""
    found = [value[key] for key in _ERRORS if key in value]
    words = next((said for one in found if (said := next(_words(one), ""))), "")
    if not words and any(one is True for one in found):
        return _message(value)
    return words


def _told_failure(value: Mapping[str, Any]) -> str:
    """The message of a document that says by a flag that it failed."""
    is_failed = any(value.get(key) in flags for key, flags in _FAILED.items() if key in value)
    return _message(value) if is_failed else ""


def _message(value: Mapping[str, Any]) -> str:
    told = (value.get(key) for key in _MESSAGES)
    return next((one for one in told if isinstance(one, str) and one.strip()), "")


def _words(part: Any) -> Iterator[str]:
    """The words that an error says, its message before all else."""
    if isinstance(part, str):
        if part.strip().casefold() not in _NO_ERROR:
            yield part
    elif isinstance(part, list):
        for one in part[:_PARTS]:
            yield from _words(one)
    elif isinstance(part, dict):
        if message := _message(part):
            yield message
        for one in list(part.values())[:_PARTS]:
            yield from _words(one)


def _holds_anything(part: Any) -> bool:
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict | list):
        return any(map(_holds_anything, parts))
    return part not in (None, "")
