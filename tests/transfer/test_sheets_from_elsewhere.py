"""Sheets, lists of URLs and bookmarks that other programs save."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path

import pytest

from daemon.model.errors import ConfigError
from daemon.model.site import SiteSpec
from daemon.transfer.formats.known import format_of
from daemon.transfer.importing import Imported
from tests.transfer.test_foreign import notes, the_site
from tests.transfer.test_ours import brought


def from_sheet(text: str) -> Imported:
    assert format_of(text.encode()) == "csv"
    return brought(text, "csv")


def by_name(result: Imported) -> dict[str, SiteSpec]:
    return {site.name: site for site in result.sites}


def test_a_sheet_for_semicolons_is_read_by_the_names_of_its_columns() -> None:
    result = from_sheet(
        "\ufeffsep=;\r\nTitle;Address;Category;Interval (min);Active;XPath\r\n"
        "A;https://a.example/;Work, News;30;yes;//main\r\n"
        "B;https://b.example/;;1440;no;\r\n"
    )
    a, b = result.sites
    assert (a.name, a.tags, a.site_type) == ("A", ("work",), "news")
    assert a.check_frequency == "30m"
    assert a.rules.include == ("//main",)
    assert (b.is_active, b.check_frequency) == (False, "1440m")
    assert result.notes == []


@pytest.mark.parametrize(
    ("column", "cell", "interval"),
    [
        ("Interval", "15m", "15m"),
        ("Check every (hours)", "6", "6h"),
        ("interval_seconds", "90", "90s"),
        ("Frequency", "weekly", "weekly"),
    ],
)
def test_how_often_is_read_with_its_unit(column: str, cell: str, interval: str) -> None:
    result = from_sheet(f"URL\t{column}\nhttps://a.example/\t{cell}\n")
    assert the_site(result).check_frequency == interval
    assert result.notes == []


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("Interval", "30", "without its interval '30': write for example 30m, 6h or daily"),
        ("Interval", "often", "without its interval 'often'"),
        ("Active", "perhaps", "without whether it is active: 'perhaps'"),
        ("Link", "https://other.example/", "the second of two columns that mean the same"),
        ("Price", "5", "without the column price"),
    ],
)
def test_a_cell_that_says_nothing_here_is_told(column: str, cell: str, told: str) -> None:
    result = from_sheet(f"URL,{column}\nhttps://a.example/,{cell}\n")
    assert the_site(result).request.url == "https://a.example/"
    assert told in notes(result)


def test_a_sheet_of_nothing_but_urls_is_a_sheet() -> None:
    assert the_site(from_sheet("URL\nhttps://a.example/\n")).request.url == "https://a.example/"


def test_the_category_of_a_product_is_its_own() -> None:
    result = from_sheet("what,name,url,category\nproduct,P,https://a.example/,tools\n")
    [[product]] = result.products
    assert product.category == "tools"


def test_urls_with_tags_keep_them() -> None:
    text = (
        "https://a.example/ work, Long  reads\n"
        "https://b.example/, A name\n"
        "https://c.example/\tBy tab\n"
        "https://d.example/a,b\n"
    )
    assert format_of(text.encode()) == "urls"
    result = brought(text, "urls")
    assert result.faults == []
    assert [(site.name, site.tags) for site in result.sites[:3]] == [
        ("a.example", ("work", "long reads")),
        ("A name", ()),
        ("By tab", ()),
    ]


BOOKMARKS = """\
<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
    <DL><p>
        <DT><A HREF="https://bar.example/" ICON="data:image/png;base64,AAAA">Bar &amp; more</A>
        <DT><H3>Work</H3>
        <DL><p>
            <DT><H3>News</H3>
            <DL><p>
                <DT><A HREF="https://deep.example/" TAGS="long,tech">Deep</A>
                <DT><A HREF="javascript:alert('hidden')">Trick</A>
            </DL><p>
        </DL><p>
    </DL><p>
    <DT><A HREF="https://top.example/">Top</A>
    <DT><A HREF="https://site.example/" FEEDURL="https://site.example/feed">Feed</A>
</DL><p>
"""


def test_bookmarks_come_with_their_folders() -> None:
    assert format_of(BOOKMARKS.encode()) == "bookmarks"
    result = brought(BOOKMARKS, "bookmarks")
    found = by_name(result)
    assert set(found) == {"Bar & more", "Deep", "Top", "Feed"}
    assert (found["Bar & more"].tags, found["Top"].tags) == ((), ())
    assert (found["Deep"].site_type, found["Deep"].tags) == ("news", ("work", "long", "tech"))
    assert found["Feed"].rules.kind == "feed"
    assert notes(result) == "without the bookmarks with javascript: they are no pages"
    assert [note.place for note in result.notes] == ["line 13"]


def test_a_page_is_no_file_of_bookmarks() -> None:
    with pytest.raises(ConfigError, match="is no export of bookmarks"):
        brought("<html><a href='https://a.example/'>x</a></html>", "bookmarks")


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (packed("[Content_Types].xml", "xl/workbook.xml"), "is a damaged workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "save it as XLSX or as CSV"),
        (packed("notes.txt"), "is an archive without url-watches.json"),
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_helps(data: bytes, told: str) -> None:
    from daemon.transfer.formats.known import READERS

    with pytest.raises(ConfigError, match=told):
        list(READERS[format_of(data)](data))


def test_a_damaged_workbook_named_as_csv_is_told_too() -> None:
    from daemon.transfer.formats.known import READERS

    with pytest.raises(ConfigError, match="is a damaged workbook"):
        list(READERS["csv"](packed("xl/workbook.xml")))


def test_a_database_is_told_from_an_export(tmp_path: Path) -> None:
    path = tmp_path / "kuma.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE monitor (id)")
    database.close()
    with pytest.raises(ConfigError, match="is an SQLite database"):
        format_of(path.read_bytes())
