"""Score what the product says of recorded pairs: is it joined rightly, whole, in order, short.

    python benchmarks/score_lines.py INPUTS.jsonl PREDICTIONS.jsonl [--root DIR]
        [--labels LABELS.jsonl] [--json OUT.json] [--faults KIND]
    python benchmarks/score_lines.py --examples FOLDER [--json OUT.json]

PREDICTIONS is what predict_changes.py writes. `editor_lines.jsonl` holds what an editor would
say of some of the pairs, by their ids; all other measures need no such line. FOLDER holds
folders with `old.html`, `new.html` and `expected.json`, which are judged first. LABELS give the
slices.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.predict_changes import predict, rows
from benchmarks.said.faults import Case, Row, faults_of, version_reasons
from benchmarks.said.joins import Pair
from benchmarks.said.summaries import Parsed, parsed
from benchmarks.said.units import units

_LINES = Path(__file__).resolve().parent / "editor_lines.jsonl"


class Fault(NamedTuple):
    """One thing wrong with what was said of a pair."""

    id: str
    slice: str
    kind: str
    text: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inputs", type=Path, nargs="?")
    parser.add_argument("predictions", type=Path, nargs="?")
    parser.add_argument("--root", type=Path, help="folder that the paths in INPUTS start from")
    parser.add_argument("--labels", type=Path, help="what slice each pair belongs to")
    parser.add_argument("--lines", type=Path, default=_LINES, help="what an editor would say")
    parser.add_argument("--examples", type=Path, help="a folder of examples instead")
    parser.add_argument("--json", type=Path, help="write all figures and faults here")
    parser.add_argument("--faults", help="list the faults of this kind, or all")
    options = parser.parse_args()
    if not options.examples and not options.predictions:
        parser.error("give INPUTS and PREDICTIONS, or --examples FOLDER")
    cases = examples(options.examples) if options.examples else recorded(options)
    report, faults = score(cases)
    print(table(report))
    for fault in faults:
        if options.faults in (fault.kind, "all"):
            print(*fault, sep="\t")
    if options.json:
        told = {"measures": report, "faults": [fault._asdict() for fault in faults]}
        options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


def recorded(options: argparse.Namespace) -> Iterator[Case]:
    root = options.root or options.inputs.parent
    said = {row["id"]: row for row in rows(options.predictions)}
    lines = {row["id"]: row for row in rows(options.lines)}
    slices = {row["id"]: row["slice"] for row in rows(options.labels)} if options.labels else {}
    for row in rows(options.inputs):
        if row["id"] in said:
            name = slices.get(row["id"], "all")
            pair = pair_of(row, root)
            yield Case(row["id"], name, pair, said[row["id"]], lines.get(row["id"]))


def examples(folder: Path) -> Iterator[Case]:
    for old in sorted(folder.glob("**/old.html")):
        wanted = json.loads((old.parent / "expected.json").read_text(encoding="utf-8"))
        row = {
            "id": old.parent.name,
            "url": wanted.get("url"),
            "content_type": "text/html",
            "before": "old.html",
            "after": "new.html",
        }
        line, said = _line_of(wanted.get("expected", {})), predict(row, old.parent)
        yield Case(row["id"], old.parent.parent.name, pair_of(row, old.parent), said, line)


def _line_of(asked: Row) -> Row:
    """What an example asks, as a line of an editor."""
    return {
        "must": [_listed(asked["summary_has"])] if "summary_has" in asked else [],
        "must_not": _listed(asked.get("summary_not") or asked.get("summary_lacks") or []),
        "pairs": [],
        "first": [],
        "category": _listed(asked.get("category", [])),
        "importance": _listed(asked.get("importance", [])),
        "reason_not": _listed(asked.get("reason_not", [])),
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def pair_of(row: Row, root: Path) -> Pair:
    pages = (
        (root / row[side]).read_text(encoding="utf-8", errors="replace")
        for side in ("before", "after")
    )
    old, new = (units(page, row.get("content_type") or "") for page in pages)
    return Pair(old, new)


def score(cases: Iterable[Case]) -> tuple[Row, list[Fault]]:
    """Counts of what was looked at and of the faults, in all and for each slice."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    faults: list[Fault] = []
    for case in cases:
        told = parsed(case.summary)
        looked = Counter(_looked_at(case, told))
        found = [Fault(case.id, case.slice, *fault) for fault in faults_of(case, told)]
        faults += found
        looked.update(fault.kind for fault in found)
        looked.update({f"{kind}_pairs": 1 for kind in {fault.kind for fault in found}})
        for name in ("all", case.slice) if case.slice != "all" else ("all",):
            counts[name] += looked
    return {name: dict(sorted(some.items())) for name, some in counts.items()}, faults


def _looked_at(case: Case, told: Parsed) -> Row:
    return {
        "pairs": 1,
        "joins": len(told.joins),
        "quotes": len(told.quotes),
        "chars": len(case.summary),
        "lines": int(case.line is not None),
        "ordered": int(bool(case.line and case.line["first"])),
        "version_reasons": sum(1 for _ in version_reasons(case)),
    }


_TABLE = (
    ("pairs", "pairs"),
    ("joined", "joins"),
    ("misjoined", "misjoined"),
    ("torn", "pair_torn"),
    ("joined, not found", "join_not_found"),
    ("one : dozen", "one_word_for_a_dozen"),
    ("mostly same", "mostly_the_same"),
    ("quotes", "quotes"),
    ("fragments", "fragment"),
    ("cut", "cut"),
    ("not found", "not_found"),
    ("pairs with fragments", "fragment_pairs"),
    ("over 300", "too_long"),
    ("no full stop", "ends_amid_a_sentence"),
    ("decoration", "decoration"),
    ("markup", "markup"),
    ("open brackets", "open_bracket"),
    ("said twice", "said_twice"),
    ("version reasons", "version_reasons"),
    ("untrue", "untrue_version"),
    ("editor's lines", "lines"),
    ("lack a must", "lacks_pairs"),
    ("tell no news", "tells_what_is_no_news_pairs"),
    ("with a first", "ordered"),
    ("not first", "not_first"),
    ("other category", "category_differs"),
    ("other importance", "importance_differs"),
)


def table(report: Row) -> str:
    """The measures as lines, a column for each slice."""
    names = ["all", *sorted(set(report) - {"all"})]
    head = f"| measure | {' | '.join(names)} |\n| --- |{' ---: |' * len(names)}"
    lines = (
        f"| {label} | {' | '.join(str(report.get(name, {}).get(key, 0)) for name in names)} |"
        for label, key in _TABLE
    )
    return "\n".join((head, *lines))


if __name__ == "__main__":
    sys.exit(main())
