"""Workbooks of spreadsheet programs, kindly meant and otherwise."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from daemon.model.errors import ConfigError
from daemon.transfer.formats.known import format_of
from daemon.transfer.importing import Imported
from daemon.transfer.sites import read_file
from tests.transfer.test_foreign import notes, the_site
from tests.transfer.test_ours import imported_from

HEAD = ["Title", "Address", "Tags", "Interval (min)", "Active", "Owner's note"]


def saved(workbook: Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def workbook_of(*rows: Sequence[object], title: str = "Pages") -> Workbook:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return workbook


def brought(data: bytes) -> Imported:
    assert format_of(data) == "xlsx"
    return imported_from(data, "xlsx")


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts replaced or added."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return file.getvalue()


def test_each_row_becomes_a_site_by_the_names_of_the_columns() -> None:
    result = brought(saved(workbook_of(
        ["What we watch", None], [], HEAD,
        ["A", "https://a.example/", "work, news", 30, True, None],
        [],
        ["B", "https://b.example/", None, 1440.0, False, "mine"],
    )))  # fmt: skip
    a, b = result.sites
    assert (a.name, a.request.url, a.tags) == ("A", "https://a.example/", ("work", "news"))
    assert (a.check_frequency, a.is_active) == ("30m", True)
    assert (b.check_frequency, b.is_active) == ("1440m", False)
    assert "without the column owner" in notes(result)
    assert [note.place for note in result.losses] == ["sheet Pages row 6"]


def test_a_sheet_without_urls_is_named_and_stops_no_other() -> None:
    workbook = workbook_of(["Url"], ["https://a.example/"])
    workbook.create_sheet("Costs").append(["Month", "Sum", date(2026, 1, 1), 1.5])
    result = brought(saved(workbook))
    assert the_site(result).request.url == "https://a.example/"
    assert [(note.place, note.text) for note in result.losses] == [
        ("sheet Costs", "without it: no column is named url")
    ]


def test_a_formula_is_read_as_its_last_value_and_never_run() -> None:
    workbook = workbook_of(
        ["Name", "Url"], ['=WEBSERVICE("https://evil.example/")', "https://a.example/"]
    )
    assert the_site(brought(saved(workbook))).name == "a.example"


def test_a_workbook_without_urls_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no column named url"):
        brought(saved(workbook_of(["Month", "Sum"])))


def test_what_unpacks_without_end_is_refused() -> None:
    bomb = with_member(saved(workbook_of(["Url"])), "xl/media/a.bin", bytes(129 * 2**20))
    assert len(bomb) < 2**20
    with pytest.raises(ConfigError, match="is larger than 128 MiB, unpacked"):
        brought(bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><sst>&d;</sst>'
    data = with_member(saved(workbook_of(["Url"])), "xl/sharedStrings.xml", text.encode(encoding))
    with pytest.raises(ConfigError, match="declares entities"):
        brought(data)


def test_a_row_that_claims_any_number_is_refused() -> None:
    row = (
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
    )
    row += b"<row r='99999999999'><c r='A99999999999'><v>1</v></c></row></sheetData></worksheet>"
    data = with_member(saved(workbook_of(["Url"])), "xl/worksheets/sheet1.xml", row)
    with pytest.raises(ConfigError, match=r"has more than 1,048,576 rows"):
        brought(data)


def test_a_cell_far_away_costs_nothing() -> None:
    workbook = workbook_of(["Url"], ["https://a.example/"])
    workbook.active["XFD1048576"] = "far"
    assert len(brought(saved(workbook)).sites) == 1


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize(
    "content", [b"", b"<a/>", b"<sheetData><row r='x'><c r='1A'/></row></sheetData>"]
)
def test_a_damaged_part_is_told_in_words(part: str, content: bytes) -> None:
    data = with_member(saved(workbook_of(["Url"], ["https://a.example/"])), part, content)
    with pytest.raises(ConfigError, match=r"is a damaged workbook|has no column named url"):
        brought(data)


def test_a_truncated_file_is_told_in_words(tmp_path: Path) -> None:
    data = saved(workbook_of(["Url"], ["https://a.example/"]))
    for length in range(100, len(data), 397):
        path = tmp_path / "cut.xlsx"
        path.write_bytes(data[:length])
        with pytest.raises(ConfigError) as raised:
            list(read_file(path, "xlsx")[1])
        assert re.search(r"damaged workbook|library", str(raised.value))
