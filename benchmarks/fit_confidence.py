"""Fit the confidence of judgements on labelled pairs, and say how well it does elsewhere.

    python benchmarks/fit_confidence.py INPUTS.jsonl LABELS.jsonl [--root DIR] [--write]

A logistic model with a ridge over the signals of daemon/analyse/confidence.py, fitted with
sites, not pages, as folds. The made-up pairs to develop with stand beside the recorded ones, as
few of these turn on few words, and weigh a third of them. No signal may point the wrong way: one
that does on these cases is left out. Prints the scores of the folds and their reliability, how
they vary when the sites fall into folds in other ways, as on so few cases one split says little,
and the same for the made-up pairs that no rule was written for. --write stores the coefficients
of the whole in daemon/analyse/confidence.json with the date, the ridge and the set's hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from math import exp
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.changes import states_of
from benchmarks.judge import calibration, is_main
from benchmarks.made_changes.pairs import pairs
from benchmarks.predict_changes import load, rows, state
from daemon.analyse import confidence, examine, words
from daemon.extract import read
from daemon.model.errors import CheckError
from daemon.model.reading import State
from daemon.model.site import Rules

TARGET = Path(__file__).resolve().parent.parent / "daemon" / "analyse" / "confidence.json"
FOLDS = 8
SPLITS = 10
MADE_SHARE = 1 / 3  # of the recorded pairs' weight
UP = frozenset({"size", "facts", "few_words", "release", "outside_words"})
DOWN = frozenset({"slight", "scattered", "chrome_words", "restless"})


class Case(NamedTuple):
    site: str
    signals: dict[str, float] | None  # None when nothing was left to weigh
    outcome: int
    is_main: bool
    weight: float = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inputs", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--ridge", type=float, default=1.0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    recorded = list(load_cases(options))
    cases = [*recorded, *made_cases("develop", MADE_SHARE * len(recorded))]
    outside = cross_validated(cases, options.ridge)
    varied = spread(cases, options.ridge)
    model = fit(cases, options.ridge)
    unseen = [(one.outcome, clipped(model, one.signals)) for one in made_cases("unseen", 1.0)]
    said = {"cases": len(recorded), **calibration(outside), "splits": varied}
    print(json.dumps({**said, "unseen": calibration(unseen), "model": model}, indent=1))
    if options.write:
        write(model, options, len(recorded), calibration(outside) | {"splits": varied})
    return 0


def made_cases(half: str, weight: float) -> list[Case]:
    """The made-up pairs of a half, which weigh so much together."""
    made = list(pairs(half))
    share = weight / len(made)
    return [
        Case(one.url, signals_between(*states_of(one)), int(one.edit.matters), False, share)
        for one in made
    ]


def load_cases(options: argparse.Namespace) -> Any:
    root = options.root or options.inputs.parent
    labels = {row["id"]: row for row in rows(options.labels)}
    for row in rows(options.inputs):
        label = labels[row["id"]]
        if label["significant"] is None or label["label"] == "failure":
            continue
        site, truth = site_of(row, label), int(label["significant"])
        yield Case(site, signals_of(row, root), truth, is_main(label))


def site_of(row: dict[str, Any], label: dict[str, Any]) -> str:
    host = urlsplit(row.get("url") or "").hostname
    source = label.get("source") or {}
    return host or f"{source.get('repo')}/{str(source.get('path')).split('/')[0]}"


def signals_of(row: dict[str, Any], root: Path) -> dict[str, float] | None:
    before = state(row["before"], row, root)
    history = [old for path in row.get("history") or () if (old := state(path, row, root))]
    document = load(row["after"], row, root)
    if before is None:
        return None
    try:
        after = State(read(document, Rules()), document, before.seen_at)
        return signals_between(before, after, history)
    except CheckError:
        return None


def signals_between(
    before: State, after: State, history: Sequence[State] = ()
) -> dict[str, float] | None:
    with words.judged_with(None):
        seen = examine(before, after, history, Rules())
    if seen is None or seen.wall is not None:
        return None
    return confidence.signals(seen.found)


def spread(cases: list[Case], ridge: float) -> dict[str, list[float]]:
    """The least, the mean and the most of each score over several splits of the sites."""
    scores = [calibration(cross_validated(cases, ridge, split)) for split in range(SPLITS)]
    return {
        name: [round(f([score[name] for score in scores]), 4) for f in (min, mean, max)]
        for name in ("brier", "ece", "auc")
    }


def cross_validated(cases: list[Case], ridge: float, split: int = 0) -> list[tuple[int, float]]:
    pairs = []
    for fold in range(FOLDS):
        model = fit([case for case in cases if fold_of(case.site, split) != fold], ridge)
        outside = [case for case in cases if fold_of(case.site, split) == fold and case.is_main]
        pairs.extend((case.outcome, clipped(model, case.signals)) for case in outside)
    return pairs


def fold_of(site: str, split: int) -> int:
    name = f"{split}{site}" if split else site
    return int(hashlib.blake2b(name.encode(), digest_size=4).hexdigest(), 16) % FOLDS


def clipped(model: dict[str, float], signals: dict[str, float] | None) -> float:
    if signals is None:
        return confidence.FLOOR
    return min(confidence.CEILING, max(confidence.FLOOR, likely(model, signals)))


def likely(model: dict[str, float], signals: dict[str, float]) -> float:
    odds = model["bias"] + sum(model[name] * value for name, value in signals.items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds))))


def fit(cases: list[Case], ridge: float) -> dict[str, float]:
    """The coefficients; a signal that points the wrong way on these cases is left out."""
    weighed = [case for case in cases if case.signals is not None]
    names = list(weighed[0].signals or ())
    left = list(names)
    while True:
        model = fitted(weighed, left, ridge)
        wrong = [name for name in left if model[name] * (1 if name in UP else -1) < 0]
        if not wrong:
            return {"bias": model["bias"], **{name: model.get(name, 0.0) for name in names}}
        left = [name for name in left if name not in wrong]


def fitted(cases: list[Case], names: list[str], ridge: float, steps: int = 60) -> dict[str, float]:
    """Newton's method on the penalised likelihood; the bias is not penalised."""
    table = [[1.0, *((case.signals or {})[name] for name in names)] for case in cases]
    weights = [0.0] * (len(names) + 1)
    for _ in range(steps):
        step = newton_step(table, cases, weights, ridge)
        weights = [old + new for old, new in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return {name: round(value, 4) for name, value in zip(["bias", *names], weights, strict=True)}


def newton_step(
    table: list[list[float]], cases: list[Case], weights: list[float], ridge: float
) -> list[float]:
    size = len(weights)
    penalty = [1e-6] + [ridge] * (size - 1)
    slope = [-penalty[i] * weights[i] for i in range(size)]
    curve = [[penalty[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, case in zip(table, cases, strict=True):
        odds = sum(weight * value for weight, value in zip(weights, row, strict=True))
        chance = 1 / (1 + exp(-max(-30.0, min(30.0, odds))))
        spread = case.weight * max(chance * (1 - chance), 1e-6)
        for i in range(size):
            slope[i] += case.weight * (case.outcome - chance) * row[i]
            for j in range(size):
                curve[i][j] += spread * row[i] * row[j]
    return solved(curve, slope)


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss elimination with pivots."""
    size = len(right)
    table = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(table[row][column]))
        table[column], table[pivot] = table[pivot], table[column]
        for row in range(size):
            if row != column:
                factor = table[row][column] / table[column][column]
                table[row] = [
                    a - factor * b for a, b in zip(table[row], table[column], strict=True)
                ]
    return [table[row][size] / table[row][row] for row in range(size)]


def write(
    model: dict[str, float], options: argparse.Namespace, count: int, scores: dict[str, Any]
) -> None:
    scores.pop("table", None)
    data = {
        "how": "logistic regression with a ridge, folds by site",
        "fitted_at": datetime.now(UTC).date().isoformat(),
        "cases": count,
        "ridge": options.ridge,
        "labels_hash": hashlib.blake2b(options.labels.read_bytes(), digest_size=8).hexdigest(),
        "outside_its_fold": scores,
        "coefficients": model,
    }
    TARGET.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
