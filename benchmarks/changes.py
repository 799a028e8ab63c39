"""Judges made-up pairs of pages with one known edit each, and says how many come out right.

    python benchmarks/changes.py                     the half to develop with
    python benchmarks/changes.py --failures 40       and the pairs that come out wrong
    python benchmarks/changes.py --half unseen       the half to measure with, totals only

The pages stand in `made_changes/pages/` as lines, each with edits and what a careful person says
of them. Every edit is made in four layouts, on a short and on a long page.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.made_changes.pairs import HALVES, Pair, pairs
from daemon.analyse import judge
from daemon.extract import read
from daemon.model.change import Finding
from daemon.model.reading import State
from daemon.model.response import Document
from daemon.model.site import Rules

_SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_LATER = timedelta(hours=6)
_NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Row:
    """A pair and its judgement."""

    pair: Pair
    found: Finding

    @property
    def is_right(self) -> bool:
        return self.found.is_significant == self.pair.edit.matters

    @property
    def has_category(self) -> bool:
        wanted = self.pair.edit.categories
        return not wanted or self.found.category in wanted

    @property
    def has_grade(self) -> bool:
        wanted = self.pair.edit.grades
        return not wanted or str(self.found.change_type) in wanted

    @property
    def failure(self) -> str:
        found = self.found
        got = f"{found.change_type or 'none'} {found.category} {found.confidence_score:.2f}"
        return f"{self.pair.name:<34} {got:<28} {self.pair.edit.source[:80]}"


def judged(pair: Pair) -> Row:
    """The pair as changelogger judges it."""
    return Row(pair, judge(*states_of(pair), (), _NO_RULES, None))


def states_of(pair: Pair) -> tuple[State, State]:
    """The page before and after as they are read."""
    return _state(pair.before, pair, _SEEN_AT), _state(pair.after, pair, _SEEN_AT + _LATER)


def _state(body: str, pair: Pair, seen_at: datetime) -> State:
    document = Document(body.encode(), pair.content_type, "utf-8", pair.url)
    return State(read(document, _NO_RULES), document, seen_at)


def totals(rows: list[Row]) -> Iterable[str]:
    """Recall, false alarms, category and grade right, and how far the confidence may be trusted."""
    matter = [row for row in rows if row.pair.edit.matters]
    rest = [row for row in rows if not row.pair.edit.matters]
    yield f"pairs            {len(rows)}"
    yield f"recall           {_share(row.is_right for row in matter)}"
    yield f"false alarms     {_share(not row.is_right for row in rest)}"
    yield f"category right   {_share(row.has_category for row in rows if row.pair.edit.categories)}"
    yield f"grade right      {_share(row.has_grade for row in rows if row.pair.edit.grades)}"
    wrong = [(row.found.confidence_score - row.is_right) ** 2 for row in rows]
    yield f"Brier            {sum(wrong) / len(wrong):.4f}"


def _share(of: Iterable[bool]) -> str:
    known = list(of)
    return f"{sum(known) / len(known):.3f} of {len(known)}" if known else "-"


def by_domain(rows: list[Row]) -> Iterable[str]:
    """How many of each domain are right, and in each layout."""
    for name in ("domain", "layout", "language"):
        every = Counter(getattr(row.pair, name) for row in rows)
        right = Counter(getattr(row.pair, name) for row in rows if row.is_right)
        yield " ".join(f"{key} {right[key]}/{count}" for key, count in sorted(every.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=HALVES, default="develop")
    parser.add_argument("--failures", type=int, default=0, help="so many wrong pairs, a line each")
    args = parser.parse_args()
    rows = [judged(pair) for pair in pairs(args.half)]
    print(*totals(rows), sep="\n")
    print(*by_domain(rows), sep="\n")
    if args.half == "develop":
        failed = [row for row in rows if not (row.is_right and row.has_category and row.has_grade)]
        print(*(row.failure for row in failed[: args.failures]), sep="\n")


if __name__ == "__main__":
    main()
