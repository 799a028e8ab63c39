"""Reads and writes CSV: a row for each site and product, a column for each option.

Sheets of other programs are read by the names of their columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from daemon.config.shape import place_at
from daemon.config.values import RefusedError, check_frequency
from daemon.transfer.entry import ImportEntry, Read, text_of, unreadable
from daemon.transfer.formats import translate

_KIND = "what"
# Columns of sheets from elsewhere that are no options here.
_XPATH, _FOLDER, _ACTIVE, _EVERY = "xpath", "folder", "active", "interval:"
_COLUMNS = ("name", "url", "urls", "type", "category", "check_frequency", "owner", "paused")
_OTHER_NAMES = {
    other: ours
    for ours, others in {
        "name": "title bookmark page_title",
        "url": "link address uri website web_address web_page page_url site_url",
        "tags": "tag labels label groups",
        "include": "css selector css_selector css/xpath",
        _EVERY: "interval frequency every check_every check_interval",
        _XPATH: "x-path xpath_selector",
        _FOLDER: "folders categories group collection",
        _ACTIVE: "enabled is_active is_enabled",
    }.items()
    for other in others.split()
}
_UNIT = re.compile(
    r"(?:.*_)?(?:interval|frequency|every)_?[(\[]?(?:in_)?"
    r"(s|m|h|d)(?:ec(?:ond)?s?|ins?|inutes?|ours?|rs?|ays?)?[)\]]?"
)
_BETWEEN_TAGS = re.compile(r"[\n,;]")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# A leading quote, removed on import, keeps spreadsheets from running these as formulas.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_QUOTED_FORMULA = re.compile(r"'[=+\-@\t\r]")
_LONGEST_CELL = 1_000_000
_SEPARATED = re.compile(r"sep=(.)\r?\n")  # the line by which spreadsheets tell each other


def is_sheet(text: str) -> bool:
    """Whether the first line names a column of URLs."""
    first = _first_line(_without_separator(text))
    return is_head(first.split(_delimiter(first)))


def is_head(cells: Sequence[str]) -> bool:
    """Whether a row names a column of URLs."""
    return "url" in map(_name, cells)


def read_sheet(data: bytes) -> Read:
    """An entry for each row; a column that is no option is left out with a note."""
    text = _without_separator(text_of(data))
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(io.StringIO(text.lstrip()), delimiter=_delimiter(_first_line(text)))
    try:
        head = next(rows, [])
        if not is_head(head):
            raise unreadable("has no column named url", "the first line must name the columns")
        yield from entries(head, ((f"line {rows.line_num}", row) for row in rows))
    except csv.Error as exc:
        raise unreadable(f"is not CSV: {exc}", where=f"line {rows.line_num}") from exc


def entries(head: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Read:
    """An entry for each row that is not blank, by the names of the columns; rows with places."""
    names = [_name(cell) for cell in head]
    for place, row in rows:
        if _is_filled(row):
            yield _entry(names, row, place)


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


def _entry(names: Sequence[str], cells: Sequence[str], place: str) -> ImportEntry:
    filled = [(name, cell) for name, cell in zip(names, cells, strict=False) if cell.strip()]
    row = dict(reversed(filled))  # the first of two
    kind = row.pop(_KIND, "").strip().lower()
    entry = ImportEntry("product" if kind == "product" else "site", {}, place)
    if len(dict(filled)) < len(filled):
        entry.leave_out("the second of two columns that mean the same")
    if _is_filled(cells[len(names) :]):
        entry.leave_out("what stands behind its last column")
    for name, text in reversed(row.items()):
        _take(entry, name, text.removeprefix("'") if _QUOTED_FORMULA.match(text) else text)
    return entry


def _take(entry: ImportEntry, name: str, text: str) -> None:
    if name == "tags":
        entry.tag(_BETWEEN_TAGS.split(text))
    elif place_at((entry.kind, 0, name)) is not None:
        entry.table[name] = _value(entry.kind, name, text)
    elif name.startswith(_EVERY):
        _take_interval(entry, name, text.strip())
    elif name in _TAKEN:
        _TAKEN[name](entry, text.strip())
    else:
        entry.leave_out(f"the column {name[:40]}")


def _take_folder(entry: ImportEntry, text: str) -> None:
    entry.file_under(one.strip() for one in _BETWEEN_TAGS.split(text))


def _take_xpath(entry: ImportEntry, text: str) -> None:
    entry.table.setdefault("include", []).append(translate.xpath(text))


def _take_active(entry: ImportEntry, text: str) -> None:
    if (is_active := _TRUTHS.get(text.lower())) is None:
        entry.leave_out(f"whether it is active: {text[:40]!r}")
    elif not is_active:
        entry.table["paused"] = True


def _take_interval(entry: ImportEntry, name: str, text: str) -> None:
    """Take a number whose unit the column names, or a frequency as it is written here."""
    written = f"{text}{name.removeprefix(_EVERY)}" if text.isdecimal() else text
    try:
        entry.table["check_frequency"] = check_frequency(written)
    except RefusedError:
        hint = "write for example 30m, 6h or daily"
        entry.leave_out(f"its interval {text[:40]!r}: {hint}")


_TAKEN: Mapping[str, Callable[[ImportEntry, str], None]] = {
    _FOLDER: _take_folder,
    "category": _take_folder,
    _XPATH: _take_xpath,
    _ACTIVE: _take_active,
}


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


def _without_separator(text: str) -> str:
    found = _SEPARATED.match(text)
    return text[found.end() :] if found else text


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _name(cell: str) -> str:
    name = cell.strip().strip('"').strip().lower().replace(" ", "_")
    if found := _UNIT.fullmatch(name):
        return f"{_EVERY}{found[1]}"
    return _OTHER_NAMES.get(name, name)
