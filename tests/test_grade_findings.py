"""The grading sheet: blind, drawn from a seed, and grades that are told by version."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.grade_findings import main, told


def run(monkeypatch: pytest.MonkeyPatch, *words: str, given: str = "") -> int:
    monkeypatch.setattr(sys, "argv", ["grade_findings.py", *words])
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    return main()


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pages, old, new = [], [], []
    for number in range(8):
        before, after = f"{number}-a.html", f"{number}-b.html"
        (tmp_path / before).write_text(f"<h1>Plan {number}</h1><p>It costs {number} francs.</p>")
        (tmp_path / after).write_text(f"<h1>Plan {number}</h1><p>It costs 9{number} francs.</p>")
        pages.append({"id": f"p{number}", "url": None, "before": before, "after": after})
        finding = {"id": f"p{number}", "importance": "major", "is_significant": number > 1}
        finding |= {"category": "price", "reasons": ["a price changed"]}
        old.append(finding | {"summary": f"Earlier words {number}."})
        new.append(
            finding | {"summary": f"Earlier words {number}." if number == 2 else "Later words."}
        )
    inputs = written(tmp_path / "inputs.jsonl", pages)
    files = (written(tmp_path / f"{n}.jsonl", some) for n, some in (("old", old), ("new", new)))
    out = tmp_path / "sheet"
    assert run(monkeypatch, "draw", inputs, *files, "--out", str(out), "--seed", "3") == 0
    return out


def test_a_sheet_shows_the_difference_and_no_version(drawn: Path) -> None:
    sheet = (drawn / "sheet.md").read_text()
    assert ". Plan 3\n" in sheet
    assert "- It costs 3 francs." in sheet
    assert "+ It costs 93 francs." in sheet
    assert "Plan 0" not in sheet, "what matters to nobody is not graded"
    assert "old" not in sheet
    assert "new" not in sheet
    assert sheet.count("Later words.") == 5
    key = json.loads((drawn / "key.json").read_text())
    assert len(key) == 11
    assert sorted(sorted(item["versions"]) for item in key)[5] == ["new", "old"]
    assert {item["versions"][0] for item in key if item["name"].endswith("a")} == {"old", "new"}


def test_grades_are_taken_and_told_by_version(
    drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = json.loads((drawn / "key.json").read_text())
    for reader, spoiled in (("one", 2), ("two", 3)):
        lines = (
            f"{item['name']} {4 if 'new' in item['versions'] else spoiled} clear" for item in key
        )
        assert run(monkeypatch, "take", str(drawn), reader, given="\n".join(lines)) == 0
    capsys.readouterr()
    assert run(monkeypatch, "tell", str(drawn)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["versions"]["new"]["all"] == [4.0, 12]
    assert report["versions"]["old"]["reader one"] == [2.33, 6]
    assert report["agreement"][0]["within_one"] == 1.0


@pytest.mark.parametrize("line", ["99a 4", "1a 6", "1a", "good"])
def test_what_is_no_grade_is_refused(
    drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    assert run(monkeypatch, "take", str(drawn), "one", given=line) == 2
    assert line in capsys.readouterr().err
    assert not (drawn / "grades.jsonl").exists()


def test_a_later_grade_replaces_the_earlier_one() -> None:
    key = [{"name": "1a", "group": "prose", "versions": ["x"]}]
    grades = [{"reader": "one", "item": "1a", "grade": grade} for grade in (1, 5)]
    assert told(key, grades)["versions"]["x"]["prose"] == [5.0, 1]
