"""Draw findings for blind readers, take their grades, and say what these come to.

    python benchmarks/grade_findings.py draw INPUTS.jsonl OUT.jsonl [OTHER.jsonl] --out FOLDER
        [--labels LABELS.jsonl] [--root DIR] [--count 40] [--seed 1]
    python benchmarks/grade_findings.py take FOLDER READER < grades
    python benchmarks/grade_findings.py tell FOLDER

OUT and OTHER are what predict_changes.py writes, of two versions of the product. How to grade
stands in grading.md.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.judge import weighted_kappa
from benchmarks.predict_changes import rows
from benchmarks.said.joins import Pair
from benchmarks.said.units import Unit
from benchmarks.score_lines import pair_of

Row = dict[str, Any]

_PROSE = frozenset({"memo", "ota_html"})
_SHOWN = ("summary", "importance", "category", "reasons")
_GRADE = re.compile(r"(\d+[ab])\s+([1-5])\b\s*(.*)")
_MOST_HUNKS, _MOST_UNITS, _MOST_CHARS = 25, 8, 500
_NAME_CHARS = 80


class Item(NamedTuple):
    """One finding on the sheet: what a reader calls it, and what nobody tells the reader."""

    name: str
    id: str
    group: str
    versions: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="write sheet.md and key.json")
    drawing.add_argument("inputs", type=Path)
    drawing.add_argument("predictions", type=Path, nargs="+")
    drawing.add_argument("--out", type=Path, required=True)
    drawing.add_argument("--labels", type=Path, help="which pairs matter, and their slices")
    drawing.add_argument("--root", type=Path, help="folder that the paths in INPUTS start from")
    drawing.add_argument("--count", type=int, default=40)
    drawing.add_argument("--seed", type=int, default=1)
    taking = commands.add_parser("take", help="append lines «12a 4 note» to grades.jsonl")
    taking.add_argument("folder", type=Path)
    taking.add_argument("reader")
    telling = commands.add_parser("tell", help="means of the versions, agreement of the readers")
    telling.add_argument("folder", type=Path)
    options = parser.parse_args()
    return {"draw": draw, "take": take, "tell": tell}[options.command](options)


def draw(options: argparse.Namespace) -> int:
    inputs = {row["id"]: row for row in rows(options.inputs)}
    said = {path.stem: {row["id"]: row for row in rows(path)} for path in options.predictions}
    if len(said) != len(options.predictions) or len(said) > 2:
        return _refused("give one or two files of predictions with different names")
    labels = {row["id"]: row for row in rows(options.labels)} if options.labels else {}
    chance = random.Random(options.seed)
    drawn = _drawn(groups(inputs, said, labels), options.count, chance)
    items, pages = (
        [],
        [f"# {len(drawn)} changes to grade\n\nSee grading.md; seed {options.seed}.\n"],
    )
    for number, (id_, group) in enumerate(drawn, 1):
        found = _findings({name: some[id_] for name, some in said.items()}, chance)
        pair = pair_of(inputs[id_], options.root or options.inputs.parent)
        pages.append(_page(number, inputs[id_], pair, [finding for finding, _ in found]))
        names = (f"{number}{letter}" for letter in "ab")
        items += [
            Item(name, id_, group, versions)
            for name, (_, versions) in zip(names, found, strict=False)
        ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "sheet.md").write_text("\n".join(pages), encoding="utf-8")
    key = json.dumps([item._asdict() for item in items], indent=1)
    (options.out / "key.json").write_text(key, encoding="utf-8")
    print(f"{len(items)} findings of {len(drawn)} changes in {options.out / 'sheet.md'}")
    return 0


def groups(
    inputs: Iterable[str], said: dict[str, dict[str, Row]], labels: dict[str, Row]
) -> dict[str, list[str]]:
    """The pairs that matter to a person: by their labels, else by any of the predictions."""
    found: dict[str, list[str]] = defaultdict(list)
    for id_ in sorted(inputs):
        if any(id_ not in some for some in said.values()):
            continue
        label = labels.get(id_, {})
        matters = any(some[id_]["is_significant"] for some in said.values())
        if label.get("significant", matters):
            found["prose" if label.get("slice", "memo") in _PROSE else "other"].append(id_)
    return found


def _drawn(found: dict[str, list[str]], count: int, chance: random.Random) -> list[tuple[str, str]]:
    """So many of each group as it is large, in random order."""
    total = sum(map(len, found.values()))
    count = min(count, total)
    drawn: list[tuple[str, str]] = []
    for name in sorted(found, key=lambda name: len(found[name])):
        share = round(count * len(found[name]) / total)
        left = min(share, count - len(drawn), len(found[name]))
        drawn += [(id_, name) for id_ in chance.sample(found[name], left)]
    chance.shuffle(drawn)
    return drawn


def _findings(said: dict[str, Row], chance: random.Random) -> list[tuple[Row, list[str]]]:
    """What the versions say, in random order, and once where they say the same."""
    found: list[tuple[Row, list[str]]] = []
    for name, row in said.items():
        shown = {key: row.get(key) for key in _SHOWN}
        same = next((versions for finding, versions in found if finding == shown), None)
        if same is None:
            found.append((shown, [name]))
        else:
            same.append(name)
    chance.shuffle(found)
    return found


def _page(number: int, row: Row, pair: Pair, findings: Sequence[Row]) -> str:
    parts = [f"\n## {number}. {_name(row, pair)}\n", *_differences(pair)]
    for letter, finding in zip("ab", findings, strict=False):
        reasons = "; ".join(finding["reasons"] or ()) or "none"
        parts.append(f"\n**{number}{letter}** {finding['summary']}\n")
        parts.append(f"*{finding['importance']}, {finding['category']}*. Reasons: {reasons}.")
    return "\n".join(parts)


def _name(row: Row, pair: Pair) -> str:
    titles = (unit.text for unit in pair.new.units if unit.kind in ("title", "heading"))
    return (
        " · ".join(filter(None, (row.get("url"), next(titles, None)))) or "a page without a title"
    )


def _differences(pair: Pair) -> Iterator[str]:
    """The difference as a reader of both pages sees it, cut where it is very long."""
    for i1, i2, j1, j2 in pair.hunks[:_MOST_HUNKS]:
        old, new = pair.old.units[i1:i2], pair.new.units[j1:j2]
        yield f"\n    @@ {(*new, *old)[0].heading}"
        yield from _side("-", old)
        yield from _side("+", new)
    if len(pair.hunks) > _MOST_HUNKS:
        yield f"\n    … and {len(pair.hunks) - _MOST_HUNKS} more places"


def _side(mark: str, some: Sequence[Unit]) -> Iterator[str]:
    for unit in some[:_MOST_UNITS]:
        where = f"[{unit.row} | {unit.column}] " if unit.kind == "cell" else ""
        text = unit.text if len(unit.text) <= _MOST_CHARS else f"{unit.text[:_MOST_CHARS]} …"
        yield f"    {mark} {where}{text}"
    if len(some) > _MOST_UNITS:
        yield f"    {mark} … and {len(some) - _MOST_UNITS} more"


def take(options: argparse.Namespace) -> int:
    known = {item["name"] for item in _key(options.folder)}
    taken: list[Row] = []
    for line in filter(str.strip, sys.stdin):
        match = _GRADE.fullmatch(line.strip())
        if not match or match[1] not in known:
            return _refused(
                f"{line.strip()!r}: want an item of the sheet and a grade, as in «12a 4»"
            )
        name, grade, note = match.groups()
        taken.append({"reader": options.reader, "item": name, "grade": int(grade), "note": note})
    with (options.folder / "grades.jsonl").open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in taken)
    left = known - {row["item"] for row in taken}
    print(f"{len(taken)} grades of {options.reader}; {len(left)} left")
    return 0


def tell(options: argparse.Namespace) -> int:
    print(json.dumps(told(_key(options.folder), rows(options.folder / "grades.jsonl")), indent=1))
    return 0


def told(key: Sequence[Row], grades: Iterable[Row]) -> Row:
    """The mean grade of each version, by group and reader, and how far the readers agree."""
    by_name = {item["name"]: item for item in key}
    # A reader's later grade of an item replaces the earlier one.
    latest = {(row["reader"], row["item"]): row["grade"] for row in grades}
    marks: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (reader, name), grade in latest.items():
        item = by_name[name]
        for version in item["versions"]:
            for group in ("all", item["group"], f"reader {reader}"):
                marks[version][group].append(grade)
    means = {
        version: {group: [round(mean(some), 2), len(some)] for group, some in sorted(found.items())}
        for version, found in sorted(marks.items())
    }
    return {"versions": means, "agreement": list(_agreements(latest))}


def _agreements(latest: dict[tuple[str, str], int]) -> Iterator[Row]:
    by_reader: dict[str, dict[str, int]] = defaultdict(dict)
    for (reader, name), grade in latest.items():
        by_reader[reader][name] = grade
    for one, other in combinations(sorted(by_reader), 2):
        both = sorted(by_reader[one].keys() & by_reader[other].keys())
        graded = [(by_reader[one][name], by_reader[other][name]) for name in both]
        if graded:
            yield {
                "readers": [one, other],
                "items": len(graded),
                "within_one": round(mean(abs(a - b) <= 1 for a, b in graded), 2),
                "kappa": round(weighted_kappa(graded), 2),
            }


def _key(folder: Path) -> list[Row]:
    return list(json.loads((folder / "key.json").read_text(encoding="utf-8")))


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
