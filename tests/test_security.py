"""Each lesson that docs/security.md names is held by tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "docs" / "security.md").read_text()
LESSONS = 32


def test_every_lesson_has_its_row() -> None:
    numbers = re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)
    assert list(map(int, numbers)) == list(range(1, LESSONS + 1))
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    lacking = [row for row in rows if "::" not in row and "held by" not in row]
    assert lacking == []


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > LESSONS
    lost = [
        f"{path}::{name}"
        for path, name in named
        if f"def {name}(" not in re.sub(r"\s+", " ", (TESTS / path).read_text())
    ]
    assert lost == []
