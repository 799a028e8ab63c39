"""Explains validation errors in words that an operator can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from difflib import get_close_matches
from itertools import islice
from typing import Any, get_args

from pydantic_core import ErrorDetails

from daemon.config.neighbours import pointer
from daemon.config.shape import ROOT, SchemaNode, names_at, options, place_at
from daemon.config.values import Flaw, KeyPath, RefusedError, show_duration, show_size
from daemon.redaction import redact_text

_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 30
_COMPARED_NAMES = 2000  # there may be a hundred thousand sites
_WANTED = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text in quotes",
    timedelta: "a length of time in quotes",
}
_EXAMPLES = {"name": 'name = "Example"', "url": 'url = "https://example.org/"'}


def explain(error: ErrorDetails, is_hidden: bool) -> tuple[Flaw, ...]:
    """The flaws behind one error; a hidden value is never part of their text."""
    path: KeyPath = tuple(error["loc"])
    if path and path[-1] == "[key]":  # the name of a table, not a value in it
        path = path[:-1]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, RefusedError):
        return tuple(
            Flaw((*path, *flaw.path), flaw.problem, flaw.hint, flaw.other) for flaw in cause.flaws
        )
    say = _SAYINGS.get(error["type"], _wrong_type)
    found = "" if is_hidden else f", found {found_value(error['input'])}"
    return (say(path, place_at(path) or ROOT, error["input"], found),)


def found_value(value: Any) -> str:
    """A short form of the value in the file, without credentials."""
    return next(show(value) for type_, show in _FORMS if isinstance(value, type_))


def _found_text(value: str) -> str:
    text = redact_text(value)
    cut = text[:_SHOWN_CHARACTERS] + ("…" if len(text) > _SHOWN_CHARACTERS else "")
    return 'text "' + "".join(_visible(char) for char in cut) + '"'


# In this order: to Python, a bool is an int as well.
_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    ((int, float), lambda value: str(value)[:_SHOWN_CHARACTERS]),
    (timedelta, show_duration),
    (str, _found_text),
    (type(None), lambda _: "nothing"),
    (dict, lambda _: "a table"),
    ((list, tuple), lambda _: "a list"),
    (object, lambda _: "a date or time"),
)


def allowed_range(conditions: Iterable[Any], show: Callable[[Any], str]) -> str:
    """Both limits of a field in words, "from 1 to 100"; nothing when there are none."""
    low = next((c.ge for c in conditions if hasattr(c, "ge")), None)
    high = next((c.le for c in conditions if hasattr(c, "le")), None)
    if low is None and high is None:
        return ""
    return f"from {show(low)} to {show(high)}"


def show_like(place: SchemaNode) -> Callable[[Any], str]:
    """How a value of this place is written in the file."""
    if place.type is timedelta:
        return show_duration
    is_size = any(getattr(c, "func", None) is not None for c in place.conditions)
    return show_size if place.type is int and is_size else lambda value: f"{value:,}".rstrip()


def nearest(name: str, names: Iterable[str]) -> str:
    """The allowed name that was probably meant, as a question; else the allowed names."""
    known = {one.lower(): one for one in islice(names, _COMPARED_NAMES)}
    near = get_close_matches(name.lower(), known, 1)
    if near:
        return f'did you mean "{known[near[0]]}"?'
    shown = ", ".join(islice(known.values(), _SHOWN_NAMES))
    return f"known: {shown}{', …' if len(known) > _SHOWN_NAMES else ''}"


def _visible(char: str) -> str:
    return char if char.isprintable() else f"\\u{ord(char):04x}"


def _unknown(path: KeyPath, _place: SchemaNode, value: Any, _found: str) -> Flaw:
    name, known = str(path[-1]), names_at(path[:-1])
    if hint := pointer(path):
        return Flaw(path, "is not a known option", _turned(path, value) or hint)
    if not get_close_matches(name.lower(), known, 1):
        home = next((other for other, _ in options() if other[-1] == name and len(other) > 1), None)
        if home:
            return Flaw(path, "does not belong here", f"it belongs in [{home[0]}]")
    return Flaw(path, "is not a known option", nearest(name, known))


def _turned(path: KeyPath, value: Any) -> str:
    """The hint for an option of another program that is the opposite of ours: on, not paused."""
    says_so = str(path[-1]).lower() in ("enabled", "active", "is_active")
    if not says_so or path[0] not in ("site", "product") or not isinstance(value, bool):
        return ""
    return "leave it out: only paused = true stops checks" if value else "write paused = true"


def _missing(path: KeyPath, _place: SchemaNode, _value: Any, _found: str) -> Flaw:
    name = str(path[-1])
    return Flaw(path, "is missing", f"add {_EXAMPLES.get(name, f'{name} = ...')}")


def _not_one_of(path: KeyPath, place: SchemaNode, value: Any, found: str) -> Flaw:
    words = [str(word) for word in get_args(place.type)]
    near = get_close_matches(value.lower(), words, 1) if isinstance(value, str) else []
    hint = f'did you mean "{near[0]}"?' if near and found else ""
    return Flaw(path, f"must be one of {', '.join(words)}{found}", hint)


def _out_of_range(path: KeyPath, place: SchemaNode, value: Any, found: str) -> Flaw:
    shown = allowed_range(place.conditions, show_like(place))
    return Flaw(path, f"must be {shown}{found}")


def _not_finite(path: KeyPath, _place: SchemaNode, _value: Any, found: str) -> Flaw:
    return Flaw(path, f"must be a finite number{found}")


def _wrong_type(path: KeyPath, place: SchemaNode, value: Any, found: str) -> Flaw:
    name = path[-1]
    if place.is_section and isinstance(value, list):
        return Flaw(path, f"must be one table{found}", f"write [{name}] with single brackets")
    if place.is_list and isinstance(value, dict):
        return Flaw(path, f"must be a list of tables{found}", f"write [[{name}]] with two brackets")
    if place.is_list and isinstance(value, str) and found:
        return Flaw(path, f"must be a list{found}", f'write {name} = ["..."]')
    return Flaw(path, f"must be {_wanted(place)}{found}")


def _wanted(place: SchemaNode) -> str:
    if place.is_section or place.is_table:
        return "a table"
    if place.is_list:
        return "a list"
    return _WANTED.get(place.type, "text in quotes")


_SAYINGS: dict[str, Callable[[KeyPath, SchemaNode, Any, str], Flaw]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "literal_error": _not_one_of,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "finite_number": _not_finite,
}
