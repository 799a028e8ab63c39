"""Each page in tests/pages is read as the file beside it says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from daemon.extract import check_rules, read
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import Rules

PAGES = Path(__file__).parent.parent / "pages"
CASES = sorted(path.stem for path in PAGES.glob("*.toml"))


def load(name: str) -> tuple[Document, Rules, dict[str, Any]]:
    expected = tomllib.loads((PAGES / f"{name}.toml").read_text(encoding="utf-8"))
    page = next(path for path in PAGES.glob(f"{name}.*") if path.suffix != ".toml")
    rules: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in expected.pop("rules", {}).items()
    }
    content_type = expected.pop("content_type", "text/html")
    document = Document(page.read_bytes(), content_type, None, "http://site.test/dir/page")
    return document, Rules(**rules), expected


@pytest.mark.parametrize("name", CASES)
def test_a_page_is_read_as_expected(name: str) -> None:
    document, rules, expected = load(name)
    if "error" in expected:
        with pytest.raises(ExtractError) as caught:
            read(document, rules)
        assert (caught.value.error_class, caught.value.detail) == tuple(expected.values())
        return
    reading = read(document, rules)
    ids = [entry.id for entry in reading.entries]
    assert reading.text == expected.pop("text").removeprefix("\n")
    assert ids == expected.pop("ids", [])
    assert list(reading.flags) == expected.pop("flags", [])
    for field, value in expected.items():
        assert getattr(reading, field) == value


@pytest.mark.parametrize("name", CASES)
def test_the_rules_of_every_page_are_sound(name: str) -> None:
    assert check_rules(load(name)[1]) == []


@pytest.mark.parametrize("name", CASES)
def test_a_page_read_twice_is_the_same(name: str) -> None:
    document, rules, expected = load(name)
    if "error" not in expected:
        assert read(document, rules) == read(document, rules)
