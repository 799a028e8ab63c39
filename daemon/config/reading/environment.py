"""Reads options from environment variables such as CHANGELOGGER__FETCH__CONCURRENCY."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from daemon.config.neighbours import pointer
from daemon.config.reading.references import Revealed
from daemon.config.shape import FILE_SUFFIX, SchemaNode, options, place_at
from daemon.config.values import KeyPath, RefusedError, read_secret, refused
from daemon.model.errors import Fault

PREFIX = "CHANGELOGGER__"
_SEPARATOR = "__"
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}")
_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


@dataclass(slots=True)
class Overlay:
    """What the environment says: values by path, the variable each came from, and faults."""

    values: dict[KeyPath, Any] = field(default_factory=dict)
    variables: dict[KeyPath, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def variable_of(path: KeyPath) -> str:
    """The variable that sets the option at this path."""
    return PREFIX + _SEPARATOR.join(str(part).upper() for part in path)


def read_environment(environ: Mapping[str, str], revealed: Revealed) -> Overlay:
    """Read all variables with our prefix; an empty one counts as not set.

    Errors: none raised; faults for unknown names and values that cannot be decoded.
    """
    overlay = Overlay()
    for name in sorted(environ):
        if name.startswith(PREFIX) and environ[name]:
            try:
                _take(name, environ[name], overlay, revealed)
            except RefusedError as exc:
                flaw = exc.flaws[0]
                overlay.faults.append(Fault(name, "", flaw.problem, flaw.hint))
    return overlay


def put(overlay: Overlay, tree: dict[str, Any]) -> None:
    """Put the values over the file's tree, in place.

    A section of a wrong type is left as it is: validation reports it with the other faults.
    """
    for path, value in overlay.values.items():
        node: Any = tree
        for part in path[:-1]:
            node = node.setdefault(part, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node[path[-1]] = value


def _take(name: str, text: str, overlay: Overlay, revealed: Revealed) -> None:
    path, place, is_file = _option(name)
    if path in overlay.variables:
        other = overlay.variables[path]
        raise refused(f"says the same as {other}", "keep one of the two")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise refused("is not UTF-8 text")
    overlay.variables[path] = name
    if is_file:
        text = read_secret(text)
        revealed.add(path, text)
    overlay.values[path] = _decoded(text, place)


def _option(name: str) -> tuple[KeyPath, SchemaNode, bool]:
    parts = tuple(name.removeprefix(PREFIX).lower().split(_SEPARATOR))
    place = place_at(parts)
    if place and not place.is_section:
        return parts, place, False
    target = (*parts[:-1], parts[-1].removesuffix(FILE_SUFFIX))
    place = place_at(target)
    if target != parts and place and not place.is_section:
        return target, place, True
    if len(parts) > 1 and (meant := pointer(parts)):
        raise refused("no option has this name", meant)
    known = [variable_of(path) for path, _ in options()]
    near = get_close_matches(name, known, 1, cutoff=0.75)
    hint = f"did you mean {near[0]}?" if near else "`config.toml` lists the options"
    raise refused("no option has this name", hint)


def _decoded(text: str, place: SchemaNode) -> Any:
    """The value as in a file; text that cannot be decoded stays text, and validation rejects it."""
    if place.is_list and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    if place.is_list or place.is_table:
        return _json(text)
    decode = _DECODERS.get(place.type)
    return decode(text.strip()) if decode else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise refused("is not JSON") from None


def _whole(text: str) -> Any:
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


_DECODERS: Mapping[Any, Callable[[str], Any]] = {
    bool: lambda text: _WORDS.get(text.lower(), text),
    int: _whole,
    float: _number,
}
