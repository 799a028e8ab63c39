"""Score judged pairs against their labels.

    python benchmarks/judge.py LABELS.jsonl PREDICTIONS.jsonl [--errors N]

PREDICTIONS is what predict_changes.py writes. The main figures leave out changes of at most
six words, editorial edits and failures; those are reported on their own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

LEVELS = ("none", "minor", "moderate", "major", "critical")
LEFT_OUT = frozenset({"minor", "editorial", "fetch_failure", "page_gone", "bot_wall"})
Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--errors", type=int, default=0, help="list so many wrong pairs")
    options = parser.parse_args()
    labels = rows(options.labels)
    predictions = {row["id"]: row for row in rows(options.predictions)}
    pairs = [(label, predictions.get(label["id"], {})) for label in labels]
    report = {
        "significance": significance(pairs),
        "slices": slices(pairs),
        "importance": importance(pairs),
        "confidence": calibration(chances(pairs)),
        "failures_called_a_change": failures(pairs),
        "share_called_significant": shares(pairs),
        "cpu_ms": cpu(predictions.values()),
    }
    print(json.dumps(report, indent=1))
    for label, verdict in wrong(pairs)[: options.errors]:
        print(label["id"], label["slice"], label["sub"], verdict.get("importance"), sep="\t")
    return 0


def rows(path: Path) -> list[Row]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def is_main(label: Row) -> bool:
    return label["sub"] not in LEFT_OUT and label["significant"] is not None


def called(verdict: Row) -> bool:
    return bool(verdict.get("is_significant"))


def significance(pairs: Iterable[tuple[Row, Row]]) -> Row:
    main_pairs = [(label["significant"], called(v)) for label, v in pairs if is_main(label)]
    hits = [said for truth, said in main_pairs if truth]
    alarms = [said for truth, said in main_pairs if not truth]
    recall = mean(hits) if hits else 1.0
    false_alarms = mean(alarms) if alarms else 0.0
    return {
        "pairs": len(main_pairs),
        "recall": round(recall, 4),
        "false_alarms": round(false_alarms, 4),
        "balanced_accuracy": round((recall + 1 - false_alarms) / 2, 4),
        "has_both": bool(hits and alarms),
    }


def slices(pairs: Sequence[tuple[Row, Row]]) -> Row:
    groups: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for label, verdict in pairs:
        groups[label["slice"]].append((label, verdict))
    scores = {name: significance(group) for name, group in sorted(groups.items())}
    whole = [score["balanced_accuracy"] for score in scores.values() if score["has_both"]]
    return {"mean": round(mean(whole), 4) if whole else None, **scores}


def importance(pairs: Iterable[tuple[Row, Row]]) -> Row:
    graded = [
        (LEVELS.index(label["importance_primary"]), level(v), label["importance"])
        for label, v in pairs
        if label["importance"]
    ]
    if not graded:
        return {}
    accepted = mean(LEVELS[said] in allowed for _, said, allowed in graded)
    return {
        "pairs": len(graded),
        "accepted": round(accepted, 4),
        "kappa": round(weighted_kappa([(truth, said) for truth, said, _ in graded]), 4),
    }


def level(verdict: Row) -> int:
    return LEVELS.index(verdict.get("importance") or "none")


def weighted_kappa(graded: Sequence[tuple[int, int]]) -> float:
    """Agreement beyond chance, where a miss by two levels weighs four times one by one."""
    observed = mean((truth - said) ** 2 for truth, said in graded)
    truths, saids = [t for t, _ in graded], [s for _, s in graded]
    expected = mean(mean((t - s) ** 2 for s in saids) for t in truths)
    return 1 - observed / expected if expected else 1.0


def chances(pairs: Iterable[tuple[Row, Row]]) -> list[tuple[int, float]]:
    """The outcome and the probability given to «significant», for every main pair."""
    return [
        (int(label["significant"]), v["confidence"] if called(v) else 1 - v["confidence"])
        for label, v in pairs
        if is_main(label) and v.get("confidence") is not None
    ]


def calibration(pairs: Sequence[tuple[int, float]]) -> Row:
    if not pairs:
        return {}
    bins: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for outcome, chance in pairs:
        bins[min(9, int(chance * 10))].append((outcome, chance))
    table = [
        {
            "bin": f"{place / 10:.1f}",
            "pairs": len(found),
            "said": round(mean(chance for _, chance in found), 3),
            "was": round(mean(outcome for outcome, _ in found), 3),
        }
        for place, found in sorted(bins.items())
    ]
    error = sum(line["pairs"] * abs(line["said"] - line["was"]) for line in table) / len(pairs)
    base = mean(outcome for outcome, _ in pairs)
    return {
        "brier": round(mean((chance - outcome) ** 2 for outcome, chance in pairs), 4),
        "brier_of_base_rate": round(base * (1 - base), 4),
        "ece": round(error, 4),
        "auc": auc(pairs),
        "table": table,
    }


def auc(pairs: Sequence[tuple[int, float]]) -> float | None:
    yes = [chance for outcome, chance in pairs if outcome]
    no = [chance for outcome, chance in pairs if not outcome]
    if not yes or not no:
        return None
    wins = sum((a > b) + (a == b) / 2 for a in yes for b in no)
    return round(wins / (len(yes) * len(no)), 4)


def failures(pairs: Iterable[tuple[Row, Row]]) -> Row:
    said = [called(verdict) for label, verdict in pairs if label["label"] == "failure"]
    return {"pairs": len(said), "share": round(mean(said), 4) if said else None}


def shares(pairs: Iterable[tuple[Row, Row]]) -> Row:
    groups: dict[str, list[bool]] = defaultdict(list)
    for label, verdict in pairs:
        groups[f"{label['slice']}/{label['sub']}"].append(called(verdict))
    return {name: [round(mean(said), 4), len(said)] for name, said in sorted(groups.items())}


def cpu(predictions: Collection[Row]) -> Row:
    spent = sorted(row["cpu_ms"] for row in predictions if "cpu_ms" in row)
    if not spent:
        return {}
    return {
        "median": round(median(spent), 1),
        "mean": round(mean(spent), 1),
        "p90": round(spent[int(len(spent) * 0.9)], 1),
        "max": round(spent[-1], 1),
        "times_lxml": times_lxml([row for row in predictions if row.get("lxml_ms")]),
    }


def times_lxml(predictions: Sequence[Row]) -> float | None:
    """The median cost of a comparison, as a multiple of parsing both of its pages with lxml."""
    ratios = [row["cpu_ms"] / row["lxml_ms"] for row in predictions]
    return round(median(ratios), 2) if ratios else None


def wrong(pairs: Iterable[tuple[Row, Row]]) -> list[tuple[Row, Row]]:
    return [
        (label, verdict)
        for label, verdict in pairs
        if is_main(label) and called(verdict) != label["significant"]
    ]


if __name__ == "__main__":
    sys.exit(main())
