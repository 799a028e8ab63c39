"""The size limits that no linter knows: a module or function over them hides a missing value."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

import daemon

PACKAGE = Path(daemon.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
MODULE_LINES = 300
FOLDER_MODULES = 16
FUNCTION_LINES = 50

# Not code: layout, and comments.
SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def docstring_lines(tree: ast.AST) -> set[int]:
    """The lines of all docstrings."""
    places = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, places) and ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }


def code_lines(source: str) -> int:
    """How many lines hold code, without comments, docstrings and blank lines."""
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstring_lines(ast.parse(source)))


@pytest.mark.parametrize("folder", sorted({module.parent for module in MODULES}), ids=str)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    modules = [module for module in MODULES if module.parent == folder]
    assert len(modules) <= FOLDER_MODULES, f"{folder} has {len(modules)} modules"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_fits_in_the_head(module: Path) -> None:
    lines = code_lines((PACKAGE / module).read_text())
    assert lines <= MODULE_LINES, f"{module} has {lines} lines of code"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_function_fits_on_a_screen(module: Path) -> None:
    tree = ast.parse((PACKAGE / module).read_text())
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}
