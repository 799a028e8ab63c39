"""One word, one idea: the glossary and the code agree, and retired names stay away."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
MODULES = sorted((ROOT / "daemon").rglob("*.py"))
_TERMS, _, _RETIRED = GLOSSARY.partition("## Retired names")
_ROW = re.compile(r"^\| (?!---|term |retired )([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def retired() -> list[str]:
    return [name for row in _ROW.finditer(_RETIRED) for name in re.findall(r"`([^`]+)`", row[1])]


RETIRED_NAMES = {name for name in retired() if not name.endswith(".py")}
RETIRED_FILES = {name for name in retired() if name.endswith(".py")}


def names_of(source: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    names = {token.string for token in tokens if token.type == tokenize.NAME}
    return names | {name.lstrip("_") for name in names if name.islower()}


def test_each_term_stands_once_and_in_one_line() -> None:
    terms = [row[1] for row in _ROW.finditer(_TERMS)]
    assert len(terms) > 30
    assert len(set(terms)) == len(terms)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_brings_a_retired_name_back(module: Path) -> None:
    assert module.name not in RETIRED_FILES
    assert names_of(module.read_text()).isdisjoint(RETIRED_NAMES)


def test_what_is_retired_was_named() -> None:
    assert {"manners", "luck", "_plain"} <= RETIRED_NAMES
    assert {"chores.py", "wanted.py"} <= RETIRED_FILES
