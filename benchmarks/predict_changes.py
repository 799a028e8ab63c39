"""Judge the pairs of a file with the product's own code, and write one row for each.

    python benchmarks/predict_changes.py INPUTS.jsonl OUT.jsonl [--root DIR]

INPUTS holds objects with `id`, `url`, `content_type`, `before`, `after` and `history` (oldest
first); paths are relative to DIR, which is the folder of INPUTS unless given.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import lxml.html
from lxml.etree import ParserError

from daemon.analyse import judge
from daemon.extract import read
from daemon.model.change import Finding
from daemon.model.errors import CheckError
from daemon.model.reading import State
from daemon.model.response import Document
from daemon.model.site import Rules

_SEEN_AT = datetime(2020, 1, 1, tzinfo=UTC)
_NO_RULES = Rules()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inputs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", type=Path, help="folder that the paths in INPUTS start from")
    options = parser.parse_args()
    root = options.root or options.inputs.parent
    with options.out.open("w", encoding="utf-8") as out:
        for row in rows(options.inputs):
            out.write(json.dumps(predict(row, root), ensure_ascii=False) + "\n")
    return 0


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def predict(row: dict[str, Any], root: Path) -> dict[str, Any]:
    """One pair's verdict. What is timed is what a check does: read the new page, judge it."""
    before = state(row["before"], row, root)
    history = [old for path in row.get("history") or () if (old := state(path, row, root))]
    document = load(row["after"], row, root)
    started = time.process_time()
    try:
        if before is None:
            raise LookupError
        after = State(read(document, _NO_RULES), document, _SEEN_AT)
        finding = judge(before, after, history, _NO_RULES, None)
    except LookupError:
        verdict = failed("the page before could not be read")
    except CheckError as error:
        verdict = failed(f"the page could not be read: {error}")
    else:
        verdict = verdict_of(finding)
    cpu_ms = (time.process_time() - started) * 1000
    lxml_ms = parsing_ms(load(row["before"], row, root), document)
    return {"id": row["id"], **verdict, "cpu_ms": round(cpu_ms, 2), "lxml_ms": round(lxml_ms, 2)}


def parsing_ms(*documents: Document) -> float:
    """The CPU time that lxml takes to parse pages: the measure of what a comparison costs."""
    started = time.process_time()
    for document in documents:
        with suppress(ParserError):
            lxml.html.document_fromstring(document.body)
    return (time.process_time() - started) * 1000


def load(path: str, row: dict[str, Any], root: Path) -> Document:
    url = row.get("url") or "http://localhost/"
    return Document((root / path).read_bytes(), row.get("content_type") or "", None, url)


def state(path: str, row: dict[str, Any], root: Path) -> State | None:
    document = load(path, row, root)
    try:
        return State(read(document, _NO_RULES), document, _SEEN_AT)
    except CheckError:
        return None


def failed(summary: str) -> dict[str, Any]:
    return {
        "importance": "none",
        "is_significant": False,
        "confidence": 0.95,
        "category": "error",
        "summary": summary,
    }


def verdict_of(finding: Finding) -> dict[str, Any]:
    return {
        "changed": finding.change_type is not None,
        "importance": str(finding.change_type or "none"),
        "is_significant": finding.is_significant,
        "confidence": finding.confidence_score,
        "category": finding.category,
        "summary": finding.summary,
        "failure": finding.failure and str(finding.failure),
        "reasons": [reason.text for reason in finding.reasons],
    }


if __name__ == "__main__":
    sys.exit(main())
