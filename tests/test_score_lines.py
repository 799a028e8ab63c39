"""The scorer of summaries: it finds each fault, and none in a good summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.predict_changes import rows
from benchmarks.said.faults import Case
from benchmarks.said.joins import Pair
from benchmarks.said.units import units
from benchmarks.score_lines import examples, score, table

_OLD = """<title>Limits</title><h2>Retention</h2><p>Backups are kept for 90 days. Files that
are larger than a gigabyte are not kept at all. A request is answered within seven days.</p>
<table><tr><th>Plan</th><th>Calls a day</th></tr><tr><td>Free</td><td>1000</td></tr></table>
<p>The rule of Section 12.212 holds.</p>"""
_NEW = (
    _OLD.replace("90 days", "30 days")
    .replace("within seven days", "within nine days, with interest")
    .replace("1000", "500")
    .replace("12.212", "12.213")
)
_GOOD = "Retention: 90 days → 30 days. Free, Calls a day: 1000 → 500."


def kinds(
    summary: str, line: dict[str, Any] | None = None, *reasons: str, new: str = _NEW
) -> set[str]:
    pair = Pair(units(_OLD, "text/html"), units(new, "text/html"))
    said = {"summary": summary, "reasons": reasons, "category": "numbers"}
    return {fault.kind for fault in score([Case("one", "all", pair, said, line)])[1]}


def test_a_good_summary_has_no_fault() -> None:
    assert kinds(_GOOD) == set()
    assert kinds("Added: “A request is answered within nine days, with interest.”") == set()


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        ("Replaced “90” with “with interest”.", "misjoined"),
        ("Retention: 90 days → nine days.", "misjoined"),
        ("Calls a day: 5000 → 500.", "join_not_found"),
        ("Added: “with interest”.", "fragment"),
        ("Added: “kept at all. A request”.", "fragment"),
        ("Added: “A request is answered within …”.", "fragment"),
        ("Added: “Backups are stored for ever.”", "not_found"),
        ("Added: “(opens in a new window)”.", "decoration"),
        ("Added: “**Backups** are kept for 30 days.”", "markup"),
        ("Changed: “A request (of anybody is answered.”", "open_bracket"),
        ("New section “Retention for ever”. Added: “Retention for ever”.", "said_twice"),
        ("Changed: “A request … nine days, with interest.” (new: with interest)", "said_twice"),
        ("Changed: “A request … nine days, with interest.” (was: 90 days)", "misjoined"),
        (_GOOD * 6, "too_long"),
        ("Retention: 90 days → 30", "ends_amid_a_sentence"),
    ],
)
def test_each_fault_is_found(summary: str, kind: str) -> None:
    assert kind in kinds(summary)


def test_a_passage_that_stays_the_same_is_no_replacement() -> None:
    said = "Replaced “request is answered within seven” with “request is answered within nine”."
    assert "mostly_the_same" in kinds(said)


def test_a_sentence_that_was_split_is_still_the_same_place() -> None:
    page = _OLD.replace("kept for 90 days. Files", "kept. For 30 days. Files")
    assert "misjoined" not in kinds("Replaced “90” with “30”.", new=page)


def test_a_number_of_a_section_is_no_version() -> None:
    assert "untrue_version" in kinds(_GOOD, None, "names a new version: 12.213")
    page = _NEW.replace("The rule of Section", "The tool, version")
    assert kinds(_GOOD, None, "names a new version: 12.213", new=page) == set()


def test_the_editors_line_is_held_against_the_summary() -> None:
    line = {
        "must": [["30 days"], ["500", "half"]],
        "must_not": ["Section"],
        "first": ["30 days"],
        "pairs": [["1000", "500"]],
        "category": ["numbers"],
    }
    assert kinds(_GOOD, line) == set()
    wrong = f"Section 12.212 → Section 12.213{', and what stands below it' * 3}. 90 days → 30 days."
    assert kinds(wrong, line) >= {"lacks", "tells_what_is_no_news", "not_first"}
    assert "pair_torn" in kinds("Calls a day: 1000 → 30 days.", line)
    assert kinds(_GOOD, line | {"category": ["legal"]}) == {"category_differs"}


def test_examples_are_judged_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "numbers" / "retention"
    folder.mkdir(parents=True)
    (folder / "old.html").write_text(f"<main>{_OLD * 3}</main>")
    (folder / "new.html").write_text(f"<main>{_NEW * 3}</main>")
    (folder / "expected.json").write_text('{"url": null, "expected": {"summary_not": "Limits"}}')
    report, _ = score(examples(tmp_path))
    assert report["all"]["pairs"] == report["numbers"]["pairs"] == 1
    assert "| pairs | 1 | 1 |" in table(report)


def test_the_editors_lines_are_short_and_keep_their_own_rules() -> None:
    lines = list(rows(Path("benchmarks/editor_lines.jsonl")))
    assert len({line["id"] for line in lines}) == len(lines) >= 60
    for line in lines:
        assert len(line["line"]) <= 300, line["id"]
        told = line["line"].casefold()
        for some in line["must"]:
            assert any(word.casefold() in told for word in some), line["id"]
        assert not any(word.casefold() in told for word in line["must_not"]), json.dumps(line)
