"""The words of other programs lead to ours, and to the same as when their files are imported."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from daemon.config.neighbours import pointer, words_of
from daemon.config.shape import names_at
from daemon.transfer.entry import ImportEntry
from daemon.transfer.formats.changedetection import read_changedetection
from daemon.transfer.formats.urlwatch import read_jobs

WATCH: dict[str, Any] = {
    "title": "Blog",
    "tag": "home",
    "headers": {"A": "b"},
    "subtractive_selectors": [".ads"],
    "include_filters": ["main"],
    "css_filter": "main",
    "ignore_text": ["views"],
    "trigger_text": ["release"],
    "extract_text": ["release"],
    "sort_text_alphabetically": True,
    "remove_duplicate_lines": True,
    "time_between_check": {"hours": 2},
}
FILTERS = {
    "css": "main",
    "xpath": "//main",
    "jq": ".a",
    "element-by-id": "main",
    "element-by-class": "main",
    "element-by-tag": "main",
    "keep_lines_containing": "a",
    "grep": "a",
    "delete_lines_containing": "a",
    "re.sub": "a",
    "sort": None,
    "remove-duplicate-lines": None,
}


def test_every_pointer_leads_to_an_option_that_there_is() -> None:
    for table, words in words_of():
        is_list = table in ("site", "product", "notify", "owner", "group", "proxy")
        allowed = names_at((table, 0) if is_list else
                           (table, "x") if table == "site_types" else (table,))  # fmt: skip
        for ours, several in words.items():
            assert ours.partition(" ")[0] in allowed, (table, ours)
            assert not set(several.split()) & set(allowed), (table, several)


def test_every_pointer_shows_what_can_be_written() -> None:
    for _, words in words_of():
        for ours in words:
            if "{" not in ours:
                tomllib.loads(ours)


@pytest.mark.parametrize("key", WATCH)
def test_a_watch_is_imported_as_its_words_are_explained(key: str) -> None:
    base = {"url": "https://a.example/", "processor": "text_json_diff"}
    [entry] = read_changedetection(json.dumps(base | {key: WATCH[key]}).encode())
    assert isinstance(entry, ImportEntry)
    made = entry.table.keys() - {"url"} | ({"tags"} if entry.labels else set())
    if key == "headers":
        assert made == {"headers"}
        return
    assert {f" {one} " in f"{pointer(('site', 0, key))} ".replace("=", " ") for one in made} == {
        True
    }


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_imported_as_its_words_are_explained(name: str) -> None:
    value = FILTERS[name]
    one = name if value is None else {name: value}
    job = {"url": "https://a.example/", "filter": [one]}
    [entry] = read_jobs(json.dumps(job).encode())
    assert isinstance(entry, ImportEntry)
    made = entry.table.keys() - {"url"}
    assert made
    assert all(f"{one} =" in pointer(("site", 0, name)) for one in made), (made, name)


@pytest.mark.parametrize("word", ["Enabled", "INTERVAL", "time-between-check"])
def test_case_and_dashes_make_no_difference(word: str) -> None:
    assert pointer(("site", 0, word)).startswith("here it is ")


def test_a_word_of_nobody_has_no_pointer() -> None:
    assert pointer(("site", 0, "colour")) == ""
    assert pointer(("colour",)) == ""
