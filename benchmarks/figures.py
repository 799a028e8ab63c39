"""Rows of measurements in, tables in Markdown out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.contenders import BEST, LIMIT, Round
from benchmarks.web_pages import CHANGED_SHARES

Row = dict[str, Any]
SECOND_ROUND = {"plain": "90 % same bytes", "nonce": "90 % same text"}


def figures(done: Round, pages: int, changed: frozenset[int]) -> Row:
    """What one round used, by check where that says more, and how right its report is."""
    row: Row = {
        "pages": pages,
        "cpu_ms": round(1000 * done.usage.cpu_seconds / pages, 3),
        "wall_seconds": round(done.usage.wall_seconds, 2),
        "peak_mb": round(done.usage.peak_bytes / 2**20),
        "precision": None,
        "recall": None,
    }
    if done.changed is not None:
        right = len(done.changed & changed)
        row["precision"] = right / len(done.changed) if done.changed else None
        row["recall"] = right / len(changed) if changed else None
    return row


def table(rows: Sequence[Row]) -> str:
    """A line per tool in every mode: medians of the repeats, ratios within each repeat."""
    lines: list[str] = []
    net = net_of_start(rows)
    for is_net, mode, pages in dict.fromkeys(map(_group, [*rows, *net])):
        here = [row for row in (net if is_net else rows) if _group(row) == (is_net, mode, pages)]
        repeats = len({row["repeat"] for row in here})
        what = f"one of {pages:,} more pages, net of start" if is_net else f"{pages:,} pages"
        lines += ["", f"Mode {mode}, {what}, medians of {repeats}:", ""]
        lines += markdown(_heads(mode), [_line(tool, here) for tool in _context(here)])
    return "\n".join(lines).strip()


def net_of_start(rows: Sequence[Row]) -> list[Row]:
    """What each of the pages costs that the most have more than the fewest."""
    fewest, most = (find((row["pages"] for row in rows), default=0) for find in (min, max))
    of_few = {_round(row): row for row in rows if row["pages"] == fewest}
    found = []
    for row in rows if most > fewest else ():
        if row["pages"] == most and (few := of_few.get(_round(row))):
            pages = most - fewest
            cpu_ms = (row["cpu_ms"] * most - few["cpu_ms"] * fewest) / pages
            found.append({**row, "pages": pages, "cpu_ms": cpu_ms, "is_net": True})
    return found


def _round(row: Row) -> tuple[object, ...]:
    return row["repeat"], row["mode"], row["tool"], row["round"]


def _group(row: Row) -> tuple[bool, str, int]:
    return row.get("is_net", False), row["mode"], row["pages"]


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """A table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines)]


def _context(rows: Sequence[Row]) -> list[str]:
    cost = {
        tool: median(row["cpu_ms"] for row in rows if row["tool"] == tool)
        for tool in dict.fromkeys(row["tool"] for row in rows)
    }
    return sorted(cost, key=lambda tool: (tool != LIMIT, cost[tool]))


def _heads(mode: str) -> list[str]:
    rounds = ("all new", SECOND_ROUND[mode], "0 % changed", "50 % changed")
    heads = ["tool"]
    for which in rounds:
        heads += [f"{which}: CPU ms per check", "× raw", "× best"]
    heads += ["a changed page, over another: CPU ms", "× a new page of the best"]
    return [*heads, "wall s", "peak MB", "requests", "precision", "recall"]


def _line(tool: str, rows: Sequence[Row]) -> list[str]:
    own = _by_round(tool, rows)
    cells = [tool]
    for found in own:
        cells += [_median(found, "cpu_ms", ".2f"), _ratio(found, rows, LIMIT)]
        cells.append(_ratio(found, rows, BEST))
    cells += _changed_page(tool, rows)
    cells.append(" / ".join(_median(found, "wall_seconds", ".1f") for found in own))
    cells.append(_median([row for found in own for row in found], "peak_mb", ".0f"))
    cells.append(" / ".join(_median(found, "requests", ".0f") for found in own))
    return [*cells, _median(own[1], "precision", ".2f"), _median(own[1], "recall", ".2f")]


def _by_round(tool: str, rows: Sequence[Row]) -> list[list[Row]]:
    own = [row for row in rows if row["tool"] == tool]
    return [[row for row in own if row["round"] == number] for number in CHANGED_SHARES]


def _changed_page(tool: str, rows: Sequence[Row]) -> list[str]:
    """What a changed page costs over one with the same text, which a start cancels out of."""
    cost = {(row["tool"], row["repeat"], row["round"]): row["cpu_ms"] for row in rows}
    quiet, busy = (
        next(n for n, s in CHANGED_SHARES.items() if n > 1 and s == share) for share in (0.0, 0.5)
    )
    extra, ratios = [], []
    for repeat in dict.fromkeys(row["repeat"] for row in rows):
        if (tool, repeat, busy) not in cost:
            continue
        extra.append((cost[tool, repeat, busy] - cost[tool, repeat, quiet]) / 0.5)
        if (BEST, repeat, 1) in cost:
            ratios.append(extra[-1] / cost[BEST, repeat, 1])
    return [
        f"{median(found):{form}}" if found else "–"
        for found, form in ((extra, ".1f"), (ratios, ".1f"))
    ]


def _median(rows: Iterable[Row], key: str, form: str) -> str:
    values = [row[key] for row in rows if row[key] is not None]
    return format(median(values), form) if values else "–"


def _ratio(found: Sequence[Row], rows: Sequence[Row], reference: str) -> str:
    cost = {
        (row["repeat"], row["round"]): row["cpu_ms"] for row in rows if row["tool"] == reference
    }
    ratios = [
        row["cpu_ms"] / cost[at] for row in found if (at := (row["repeat"], row["round"])) in cost
    ]
    return f"{median(ratios):.1f}" if ratios else "–"
