"""Every key of a text is found on its line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config.reading.lines import find_lines

TEXT = '''\
# [comment]
top = 1
dotted . key = "a # b"

[plain]   # [not.this]
"quoted \\u006bey" = 'x = 1'
'single.key' = 1.5
list = [
  "one", # ], "no"
  [2, 3],
  { deep = """
many ] lines
""", other = 1 }
]
inline = { a.b = 1, c = [1, 2] }
long = \'\'\'
[wrong]
\'\'\'

[[rows]]
name = "first"

  [rows.below]
  x = 2020-01-01 10:00:00

[[rows]]
[[rows.cells]]
[[rows.cells]]
y = -1e3
[last]'''

PLACES = {
    ("top",): 2,
    ("dotted", "key"): 3,
    ("plain",): 5,
    ("plain", "quoted key"): 6,
    ("plain", "single.key"): 7,
    ("plain", "list"): 8,
    ("plain", "list", 0): 9,
    ("plain", "list", 1, 1): 10,
    ("plain", "list", 2, "deep"): 11,
    ("plain", "list", 2, "other"): 13,
    ("plain", "inline", "a", "b"): 15,
    ("plain", "inline", "c", 1): 15,
    ("plain", "long"): 16,
    ("rows",): 20,
    ("rows", 0, "name"): 21,
    ("rows", 0, "below", "x"): 24,
    ("rows", 1): 26,
    ("rows", 1, "cells", 0): 27,
    ("rows", 1, "cells", 1, "y"): 29,
    ("last",): 30,
}


@pytest.mark.parametrize(("path", "line"), PLACES.items())
def test_a_key_is_found_on_its_line(path: tuple[str | int, ...], line: int):
    assert find_lines(TEXT)[path] == line


def test_windows_line_ends_count_once():
    assert find_lines("a = 1\r\n[b]\r\nc = 1\r\n")["b", "c"] == 3


def paths_of(node: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = set()
    for key, value in items:
        found.add((*path, key))
        if isinstance(value, dict | list):
            found |= paths_of(value, (*path, key))
    return found


def test_the_text_of_the_test_has_every_path():
    assert paths_of(tomllib.loads(TEXT)) == set(find_lines(TEXT))


@pytest.mark.parametrize("name", ["unknown_keys", "rules", "headers", "networks", "brackets"])
def test_real_files_have_every_path(name: str):
    text = Path(__file__).parent.joinpath("bad", f"{name}.toml").read_text(encoding="utf-8")
    assert paths_of(tomllib.loads(text)) <= set(find_lines(text))


SCALARS = st.sampled_from(
    [
        "1",
        "{}",
        "[]",
        "-1.5e3",
        "true",
        "2020-01-01 10:00:00",
        "''",
        '"\\"]#"',
        "'[x] = 1'",
        '"""\n"}\n"""',
    ]
)
KEYS = st.lists(
    st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"\\u0067"']),
    min_size=1,
    max_size=4,
    unique=True,
)
GAPS = st.sampled_from(["", " ", "\n", " # ] } =\n", "\r\n\t"])


def lists_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(GAPS, values, GAPS).map("".join), max_size=3)
    return st.tuples(items.map(",".join), GAPS).map(lambda parts: f"[{''.join(parts)}]")


@st.composite
def tables_of(draw: st.DrawFn, values: st.SearchStrategy[str], separator: str) -> str:
    pairs = (f"{key} = {draw(values)}" for key in draw(KEYS))
    return separator.join(pairs)


VALUES = st.recursive(
    SCALARS,
    lambda values: lists_of(values) | tables_of(values, ", ").map("{{ {} }}".format),
    max_leaves=8,
)
HEADINGS = st.lists(
    st.sampled_from(["[[x]]", "[[x]]\n[x.y]", "[[x]]\n[[x.'z']]\n[[x.z]]"]), max_size=4
)


@given(tables_of(VALUES, " # end\n"), HEADINGS, tables_of(VALUES, "\n"))
def test_whatever_is_valid_has_every_path(top: str, headings: list[str], last: str):
    text = "\n".join([top, *headings, "[[l.m]]", last])
    assert paths_of(tomllib.loads(text)) == set(find_lines(text))
