"""Reads XLSX workbooks: the rows of each sheet that has a column of URLs."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from daemon.config.values import show_size
from daemon.transfer.entry import Aside, Read, unreadable
from daemon.transfer.formats.sheets.table import entries, is_head

if TYPE_CHECKING:  # for annotations alone: an extra
    from openpyxl import Workbook

_INSTALL = "pip install 'changelogger[sheets]', or save its sheet as CSV (UTF-8)"
_XLSX = b"xl/workbook.xml"
_OTHER = b"application/vnd.oasis.opendocument.spreadsheet"
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_BYTES = 128 * 2**20  # unpacked, of all members
_MOST_MEMBERS = 2_000
_MOST_ROWS = 2**20  # of a sheet, as the programs have it
_MOST_COLUMNS = 200
_HEAD_ROWS = 20  # among which the one is sought that names the columns
_PIECE_BYTES = 2**20
# What the library raises for parts that are odd or missing; the last is its XML parser's.
_ODD = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, OSError, SyntaxError)
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)


def is_workbook(data: bytes) -> bool:
    """Whether this is a workbook that is read here.

    Errors: ConfigError for the file of a spreadsheet program in another form.
    """
    is_packed = data.startswith(b"PK")
    if (is_packed and _OTHER in data) or data.startswith(_OLD):
        raise unreadable(
            "is a spreadsheet in a form that is not read",
            "save it as XLSX or as CSV (UTF-8), by Save as or Download, and import that",
        )
    return is_packed and _XLSX in data


def read_workbook(data: bytes) -> Read:
    """An entry for each row of each sheet with a column of URLs; other sheets are named.

    Errors: ConfigError for a file that is damaged, too large or no plain workbook, and where the
            library is not installed.
    """
    if find_spec("openpyxl") is None:
        raise unreadable("is a workbook, and the library for it is not installed", _INSTALL)
    _refuse_hostile(data)
    workbook = _opened(data)
    found = False
    for sheet in workbook.worksheets:
        rows = _rows(sheet)
        if (head := _head(rows)) is not None:
            found = True
            yield from entries(head, rows)
        else:
            yield Aside(f"sheet {sheet.title[:40]}", "without it: no column is named url")
    if not found:
        raise unreadable("has no column named url", "the first line must name the columns")


def _refuse_hostile(data: bytes) -> None:
    """Unpack all of it once within bounds, before a library does so without any."""
    room = _MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > _MOST_MEMBERS:
                raise unreadable("has too many parts for a workbook")
            for member in archive.infolist():
                room = _unpacked(archive, member, room)
    except _DAMAGED as exc:
        raise unreadable(f"is a damaged workbook: {exc}") from exc


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: int) -> int:
    """How much may still be unpacked after this member."""
    before = b""
    with archive.open(member) as file:
        while piece := file.read(_PIECE_BYTES):
            room -= len(piece)
            if room < 0:
                limit = show_size(_MOST_BYTES)
                raise unreadable(f"is larger than {limit}, unpacked", "save it as CSV (UTF-8)")
            # No workbook declares entities; UTF-16 has a null between the letters.
            text = (before + piece).replace(b"\0", b"")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise unreadable("declares entities, which no workbook does", "save it as CSV")
            before = piece[-64:]
    return room


def _opened(data: bytes) -> Workbook:
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except _ODD as exc:
        raise unreadable(f"is a damaged workbook: {type(exc).__name__}") from exc


def _rows(sheet: Any) -> Iterator[tuple[str, list[str]]]:
    """The place and the cells of each row that is not blank."""
    rows = sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except _ODD as exc:
            place = f"sheet {sheet.title[:40]} row {number + 1}"
            raise unreadable(f"is a damaged workbook: {type(exc).__name__}", where=place) from exc
        if row is None:
            return
        number += 1
        if number > _MOST_ROWS:  # a row may claim any number, and those before it are filled up
            raise unreadable(f"has more than {_MOST_ROWS:,} rows in a sheet")
        if row.count(None) == len(row):
            continue
        cells = [_text_of(value) for value in row]
        if any(cells):
            yield f"sheet {sheet.title[:40]} row {number}", cells


def _head(rows: Iterator[tuple[str, list[str]]]) -> list[str] | None:
    """The row that names the columns, which may stand below a title."""
    return next((cells for _, cells in islice(rows, _HEAD_ROWS) if is_head(cells)), None)


def _text_of(value: Any) -> str:
    """A cell as a CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date) else str(value).strip()
