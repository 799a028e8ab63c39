"""Reads and writes CSV: a row for each site and product, a column for each option."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daemon.config.shape import place_at
from daemon.transfer.entry import ImportEntry, Read, text_of, unreadable

_KIND = "what"
_COLUMNS = ("name", "url", "urls", "type", "category", "check_frequency", "owner", "paused")
_OTHER_NAMES = {"title": "name", "link": "url", "address": "url", "tag": "tags", "labels": "tags"}
_BETWEEN_TAGS = re.compile(r"[\n,;]")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# A leading quote, removed on import, keeps spreadsheets from running these as formulas.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_QUOTED_FORMULA = re.compile(r"'[=+\-@\t\r]")
_LONGEST_CELL = 1_000_000


def is_sheet(text: str) -> bool:
    """Whether the first line names a column of URLs."""
    first = _first_line(text)
    names = [_name(cell) for cell in first.split(_delimiter(first))]
    return "url" in names and len(names) > 1


def read_sheet(data: bytes) -> Read:
    """An entry for each row; a column that is no option is left out with a note."""
    text = text_of(data)
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(io.StringIO(text.lstrip()), delimiter=_delimiter(_first_line(text)))
    try:
        names = [_name(cell) for cell in next(rows, [])]
        if "url" not in names:
            raise unreadable("has no column named url", "the first line must name the columns")
        for row in rows:
            if _is_filled(row):
                entry = _entry(dict(zip(names, row, strict=False)), f"line {rows.line_num}")
                if _is_filled(row[len(names) :]):
                    entry.leave_out("what stands behind its last column")
                yield entry
    except csv.Error as exc:
        raise unreadable(f"is not CSV: {exc}", where=f"line {rows.line_num}") from exc


def write_sheet(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Lines of CSV, the first with the names of the columns in use; headers cannot be carried."""
    rows = [{_KIND: kind, **table} for kind, several in tables.items() for table in several]
    used = {key for row in rows for key in row} - {"headers"}
    others = sorted(used - {_KIND, *_COLUMNS})
    names = [_KIND, *(column for column in _COLUMNS if column in used | {"url"}), *others]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    yield from out.getvalue().splitlines()


def _entry(row: Mapping[str, str], place: str) -> ImportEntry:
    kind = (row.get(_KIND) or "").strip().lower()
    entry = ImportEntry("product" if kind == "product" else "site", {}, place)
    for name, text in row.items():
        text = text.removeprefix("'") if _QUOTED_FORMULA.match(text) else text
        if name == _KIND or not text.strip():
            continue
        if name == "tags":
            entry.tag(_BETWEEN_TAGS.split(text))
        elif place_at((entry.kind, 0, name)) is None:
            entry.leave_out(f"the column {name[:40]}")
        else:
            entry.table[name] = _value(entry.kind, name, text)
    return entry


def _value(kind: str, name: str, text: str) -> Any:
    place = place_at((kind, 0, name))
    if place is None:
        return text
    if place.is_list:
        return [line for line in text.splitlines() if line]
    if place.type is bool:
        return _TRUTHS.get(text.strip().lower(), text)
    try:
        return place.type(text.strip()) if place.type in (int, float) else text.strip()
    except ValueError:
        return text  # validation rejects its type with a message


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "\n".join(value) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if _FORMULA.match(text) or _QUOTED_FORMULA.match(text) else text


def _is_filled(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row)


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _name(cell: str) -> str:
    name = cell.strip().strip('"').strip().lower().replace(" ", "_")
    return _OTHER_NAMES.get(name, name)
