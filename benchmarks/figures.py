"""Rows of measurements in, tables in Markdown out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.contenders import Round

Row = dict[str, Any]
SECOND_ROUND = {"plain": "90 % same bytes", "nonce": "90 % same text"}
REFERENCE = "raw aiohttp"


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
    for mode in dict.fromkeys(row["mode"] for row in rows):
        here = [row for row in rows if row["mode"] == mode]
        repeats = len({row["repeat"] for row in here})
        lines += ["", f"Mode {mode}, {here[0]['pages']:,} pages, medians of {repeats}:", ""]
        lines += markdown(_heads(mode), [_line(tool, here) for tool in _context(here)])
    return "\n".join(lines).strip()


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """A table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines)]


def _context(rows: Sequence[Row]) -> list[str]:
    cost = {
        tool: median(row["cpu_ms"] for row in rows if row["tool"] == tool)
        for tool in dict.fromkeys(row["tool"] for row in rows)
    }
    return sorted(cost, key=lambda tool: (tool != REFERENCE, cost[tool]))


def _heads(mode: str) -> list[str]:
    costs = [f"{which}: CPU ms per check" for which in ("all new", SECOND_ROUND[mode])]
    heads = ["tool", costs[0], "× raw", costs[1], "× raw", "wall s", "peak MB"]
    return [*heads, "requests", "precision", "recall"]


def _line(tool: str, rows: Sequence[Row]) -> list[str]:
    own = [[row for row in rows if (row["tool"], row["round"]) == (tool, n)] for n in (1, 2)]
    cells = [tool]
    for found in own:
        cells += [_median(found, "cpu_ms", ".2f"), _ratio(found, rows)]
    cells.append(" / ".join(_median(found, "wall_seconds", ".1f") for found in own))
    cells.append(_median([*own[0], *own[1]], "peak_mb", ".0f"))
    cells.append(" / ".join(_median(found, "requests", ".0f") for found in own))
    return [*cells, _median(own[1], "precision", ".2f"), _median(own[1], "recall", ".2f")]


def _median(rows: Iterable[Row], key: str, form: str) -> str:
    values = [row[key] for row in rows if row[key] is not None]
    return format(median(values), form) if values else "–"


def _ratio(found: Sequence[Row], rows: Sequence[Row]) -> str:
    reference = {
        (row["repeat"], row["round"]): row["cpu_ms"] for row in rows if row["tool"] == REFERENCE
    }
    ratios = [
        row["cpu_ms"] / reference[at]
        for row in found
        if (at := (row["repeat"], row["round"])) in reference
    ]
    return f"{median(ratios):.1f}" if ratios else "–"
