"""Resolves references to secrets: ${NAME}, ${env:NAME}, ${file:PATH} and `_file` keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from daemon.config.shape import (
    FILE_SUFFIX,
    SchemaNode,
    place_at,
    secret_file_names,
)
from daemon.config.values import Flaw, KeyPath, RefusedError, read_secret

_REFERENCE = re.compile(
    r"\$(\$\{)|\$\{(?:file:([^}\n]+)|(?:env:)?([A-Za-z_][A-Za-z0-9_]*)|([A-Za-z_]+):[^}\n]*)\}"
)
_DEEPEST = 8  # no option is deeper; deeper nesting is rejected anyway


@dataclass(slots=True)
class Revealed:
    """The values of resolved references and their places, and the faults of the others."""

    values: dict[KeyPath, list[str]] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def add(self, path: KeyPath, value: str) -> None:
        self.values.setdefault(path, []).append(value)

    def secrets(self) -> tuple[str, ...]:
        """The texts to mask: all except those in plain options, such as a folder's name."""
        return tuple(
            value
            for path, values in self.values.items()
            for value in values
            if path[0] in ("site", "product", "site_types", "group")
            or getattr(place_at(path), "is_secret", False)
        )


def expand(
    tree: dict[str, Any],
    environ: Mapping[str, str],
    revealed: Revealed,
    read_file: Callable[[str], str] = read_secret,
) -> None:
    """Replace every reference in the tree, in place; `$${` is a plain `${`.

    Errors: none; `read_file` raises RefusedError for a file that must not be read.
    """
    for holder, key, path in _texts(tree, ()):
        text = holder[key]
        if "${" in text:
            holder[key] = _expanded(text, path, environ, revealed, read_file)


def read_secret_files(
    tree: dict[str, Any], from_environment: set[KeyPath], revealed: Revealed
) -> None:
    """Replace `password_file` by `password`, and likewise every secret, in place."""
    for table, path, place in list(_sections(tree, ())):
        for name in secret_file_names(place):
            if name in table:
                _read_into(table, (*path, name), from_environment, revealed)


def _sections(node: Any, path: KeyPath) -> Iterator[tuple[dict[str, Any], KeyPath, SchemaNode]]:
    """The tables of the tree that are sections, each with its path and its node."""
    place = place_at(path)
    if place is None or len(path) > _DEEPEST or not isinstance(node, dict | list):
        return
    if isinstance(node, dict):
        if place.is_section and path:
            yield node, path, place
        items: Iterable[tuple[str | int, Any]] = node.items()
    else:
        items = enumerate(node)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from _sections(value, (*path, key))


def _read_into(
    table: dict[str, Any], path: KeyPath, from_environment: set[KeyPath], revealed: Revealed
) -> None:
    name = str(path[-1])
    target = name.removesuffix(FILE_SUFFIX)
    file = table.pop(name)
    if (*path[:-1], target) in from_environment:
        return
    if target in table:
        revealed.flaws.append(Flaw(path, f"is given beside {target}", "keep one of the two"))
    elif not isinstance(file, str):
        revealed.flaws.append(Flaw(path, "must be the name of a file, in quotes"))
    else:
        try:
            table[target] = read_secret(file)
            revealed.add((*path[:-1], target), table[target])
        except RefusedError as exc:
            revealed.flaws.append(Flaw(path, exc.flaws[0].problem))


def _texts(node: Any, path: KeyPath) -> Iterator[tuple[Any, Any, KeyPath]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(node, dict):
        items: Any = list(node.items())
    elif isinstance(node, list):
        items = enumerate(node)
    else:
        return
    for key, value in items:
        if isinstance(value, str):
            yield node, key, (*path, key)
        else:
            yield from _texts(value, (*path, key))


def _expanded(
    text: str,
    path: KeyPath,
    environ: Mapping[str, str],
    revealed: Revealed,
    read_file: Callable[[str], str],
) -> str:
    def value_of(match: re.Match[str]) -> str:
        escape, file, name, kind = match.groups()
        if escape:
            return "${"
        if kind:
            hint = "write ${NAME} or ${file:PATH}, or $${ for a plain ${"
            revealed.flaws.append(Flaw(path, f"${{{kind}:…}} is no reference", hint))
            return ""
        try:
            value = read_file(file) if file else environ[name]
        except KeyError:
            revealed.flaws.append(
                Flaw(path, f"${{{name}}} is not set in the environment", "write $${ for a plain ${")
            )
            return ""
        except RefusedError as exc:
            revealed.flaws.append(replace(exc.flaws[0], path=path))
            return ""
        revealed.add(path, value)
        return value

    return _REFERENCE.sub(value_of, text)
