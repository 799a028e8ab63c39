"""No module leads back to itself: imports within functions and for annotations count too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import daemon

PACKAGE = Path(daemon.__file__).parent


def modules() -> dict[str, Path]:
    named = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of ours that a module imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def graph() -> dict[str, set[str]]:
    known = modules()
    return {
        name: {one for one in imported(path, known) if one in known} - {name}
        for name, path in known.items()
    }


def test_imports_make_no_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as exc:
        raise AssertionError(" -> ".join(exc.args[1])) from None


def test_imports_within_functions_are_seen() -> None:
    root = graph()["daemon.cli.terminal.command"]
    assert "daemon.model.errors" in root
