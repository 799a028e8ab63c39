from __future__ import annotations

import sys
from hashlib import sha256

import pytest

from daemon.extract import check_rules
from daemon.extract.sniff import kind_of
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.extract.documents import document, pdf, reading, refusal

RSS = (
    '<?xml version="1.0"?><!-- x --><rss version="2.0"><channel>'
    "<item><title>T</title></item></channel></rss>"
)
PAGE = "<!doctype html><title>T</title><p>x</p>"


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (PAGE, "text/html", "html"),
        (PAGE, "", "html"),
        (PAGE, "text/plain", "text"),
        (PAGE, "application/json", "html"),
        (PAGE, "application/rss+xml", "html"),
        ("plain words", "text/html", "html"),
        ("plain words", "", "text"),
        ("plain words", "text/csv", "text"),
        (RSS, "application/rss+xml", "feed"),
        (RSS, "text/html", "feed"),
        (RSS, "text/plain", "feed"),
        (RSS, "", "feed"),
        (RSS.encode("utf-16"), "text/xml", "feed"),
        (b"\xef\xbb\xbf" + RSS.encode(), "text/xml", "feed"),
        ('<atom:feed xmlns:atom="a"/>', "application/xml", "feed"),
        ("<data/>", "application/xml", "xml"),
        ("<data/>", "application/octet-stream", "xml"),
        ("<svg/>", "image/svg+xml", "xml"),
        ('{"a": 1}', "application/vnd.api+json", "json"),
        ('{"a": 1}', "text/plain", "json"),
        ("[1]", "application/octet-stream", "json"),
        ('{"version": "https://jsonfeed.org/version/1"}', "application/json", "feed"),
        (b"%PDF-1.7", "application/pdf", "pdf"),
        # What a declared type gives way to, and what not.
        ("<data/>", "text/html", "html"),
        ('{"a": 1}', "text/html", "html"),
        ("<data/>", "application/rss+xml", "feed"),
        ('{"a": 1}', "application/feed+json", "feed"),
        (RSS, "application/json", "json"),
        ("<data/>", "application/json", "json"),
        (f"<html>{PAGE}</html>", "application/xml", "html"),
        ("<title>A report</title>", "application/xml", "xml"),
        ('{"a": 1}', "application/xml", "json"),
        ("<data/>", "text/plain", "text"),
        (RSS, "application/pdf", "feed"),
        (PAGE, "application/pdf", "html"),
        ("<data/>", "application/pdf", "pdf"),
        ('{"a": 1}', "application/pdf", "json"),
        (b"junk %PDF-1.7", "application/octet-stream", "pdf"),
        (b"%PDF-1.7", "text/html", "pdf"),
    ],
)
def test_a_kind_is_told_by_type_and_bytes(body: str | bytes, content_type: str, kind: str) -> None:
    assert kind_of(document(body, content_type)) == kind


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "text/html"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"PK\x03\x04 word/document.xml", "application/octet-stream"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WEBP", "text/html"),
        (b"anything", "audio/mpeg"),
        (b"anything", "application/zip"),
        (bytes(range(256)) * 8, "text/html"),
    ],
)
def test_what_holds_no_text_is_unsupported(body: bytes, content_type: str) -> None:
    assert refusal(body, content_type).error_class is ErrorClass.UNSUPPORTED


@pytest.mark.parametrize("body", [b"", b" \r\n\t "])
def test_an_empty_body_is_empty(body: bytes) -> None:
    assert refusal(body).error_class is ErrorClass.EMPTY


def test_a_page_that_hides_itself_is_read_all_the_same() -> None:
    assert reading('<body style="display: none"><p>text</p></body>').text == "text"


def test_nul_bytes_are_taken_out_and_said() -> None:
    found = reading("<p>a\x00b</p>")
    assert (found.text, found.flags) == ("ab", ("cleaned:nul",))


def test_the_hash_is_of_the_text_alone() -> None:
    assert reading("<p>same</p>").text_hash == reading("same", "text/plain").text_hash
    assert reading("<p>same</p>").text_hash != reading("<p>other</p>").text_hash


def test_the_article_is_read_without_its_surroundings() -> None:
    words = "A sentence of the article which is long enough to count as one. " * 6
    page = f"<nav><a href=/>Home</a></nav><article><h1>Head</h1><p>{words}</p></article>"
    found = reading(page + "<footer>Imprint</footer>", main_content=True)
    assert found.extractor == "html-main-trafilatura/1"
    assert "sentence" in found.text
    assert "Imprint" not in found.text


def test_without_the_extra_the_article_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.extract.markup import article

    monkeypatch.setitem(sys.modules, "trafilatura", None)
    article._trafilatura.cache_clear()
    words = "A sentence of the article which is long enough to count as one. " * 6
    found = reading(f"<main><h1>Head</h1><p>{words}</p></main>", main_content=True)
    article._trafilatura.cache_clear()
    assert found.extractor == "html-main-resiliparse/2"


def test_a_page_that_is_no_article_is_read_whole() -> None:
    links = "".join(f"<p><a href=/{i}>Link number {i}</a></p>" for i in range(100))
    page = f"<article><p>Short.</p></article><footer>{links}</footer>"
    found = reading(page, main_content=True)
    assert (found.extractor, found.flags) == ("html/2", ("main:too_little",))


def test_a_page_too_large_for_the_article_finder_is_read_whole() -> None:
    found = reading("<p>word</p>" * 200_000, main_content=True)
    assert found.flags == ("main:too_large",)


def test_a_pdf_is_read_by_its_pages() -> None:
    found = reading(pdf(["First", "Second"], "Paper"), "application/pdf")
    assert (found.kind, found.title, found.text) == ("pdf", "Paper", "First\n\nSecond")


@pytest.mark.parametrize(
    ("body", "kind", "error_class"),
    [
        (pdf(["x"])[:200], "auto", ErrorClass.PARSE),
        (b"%PDF-1.4 nonsense", "auto", ErrorClass.PARSE),
        (pdf([""]), "auto", ErrorClass.EMPTY),
        (pdf(["x"]), "html", ErrorClass.PARSE),
        (b"<p>x</p>", "pdf", ErrorClass.PARSE),
    ],
)
def test_a_pdf_that_cannot_be_read_is_told(body: bytes, kind: str, error_class: ErrorClass) -> None:
    content_type = "application/pdf" if body.startswith(b"%PDF") else "text/html"
    assert refusal(body, content_type, kind=kind).error_class is error_class


def test_a_pdf_that_asks_for_a_password_is_unsupported() -> None:
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>"
    locked = pdf(["x"]).replace(b"/Info 4 0 R", f"/ID [<00> <00>] {lock}".encode())
    fault = refusal(locked, "application/pdf")
    assert fault.error_class is ErrorClass.UNSUPPORTED
    assert fault.detail == "the PDF asks for a password"


def test_a_page_of_control_characters_alone_is_empty() -> None:
    assert refusal("\x01").detail == "nothing but control characters"


def test_without_the_extra_a_pdf_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    fault = refusal(pdf(["x"]), "application/pdf")
    assert fault.error_class is ErrorClass.UNSUPPORTED
    assert "changelogger[pdf]" in fault.detail


RATES = (
    '<g:Envelope xmlns:g="urn:g" xmlns="urn:r" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="urn:r r.xsd"><g:subject xml:lang="en">Rates</g:subject>'
    '<Cube time="2026-01-01">'
    '<Cube currency="USD" rate="1.0832"/><Cube rate="161.2" currency="JPY"/></Cube>'
    '<g:rate unit=" per  cent" void="">2.5</g:rate></g:Envelope>'
)

CUBES = ('Cube: currency="USD" rate="1.0832"', 'Cube: currency="JPY" rate="161.2"')


def test_the_values_of_xml_are_read_from_attributes_too() -> None:
    assert reading(RATES, "text/xml").text.split("\n") == [
        "subject: Rates",
        'Cube: time="2026-01-01"',
        *CUBES,
        'rate: 2.5 (unit="per cent")',
    ]


@pytest.mark.parametrize(
    ("include", "text"),
    [
        ("//Cube[@currency='USD']", 'Cube: currency="USD" rate="1.0832"'),
        ("//Cube[@currency='USD']/@rate", "1.0832"),
        ("//rate", "2.5"),
        ("//Cube[@time]", "\n".join(('Cube: time="2026-01-01"', *CUBES))),
        ("//Nested", 'Nested: price="3"\nA\nlamp\nof glass\nlink: href="/l"'),
    ],
)
def test_chosen_elements_of_xml_without_text_give_their_values(include: str, text: str) -> None:
    nested = '<Nested price="3"><n t="x">A <b>lamp</b> of glass</n><link href="/l"/></Nested></g:E'
    body = RATES.replace("</g:E", nested)
    assert reading(body, "text/xml", include=(include,)).text == text


def test_the_order_of_attributes_says_nothing() -> None:
    one, other = '<a><b x="1" y="2"/></a>', "<a><b y='2'   x='1'></b></a>"
    assert reading(one, "text/xml") == reading(other, "text/xml")


def test_how_a_drawing_or_a_passage_in_xml_is_shown_is_no_value() -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/><text x="1">Plan</text></svg>'
    )
    passage = '<p xmlns="http://www.w3.org/1999/xhtml" class="x">Hello</p>'
    assert reading(drawing, "image/svg+xml").text == "text: Plan"
    assert reading(f'<a n="1">{passage}</a>', "text/xml").text == 'a: n="1"\np: Hello'


def test_xml_without_text_and_values_is_empty() -> None:
    assert refusal('<a><b c=""/></a>', "text/xml").error_class is ErrorClass.EMPTY


ZIP = b"PK\x03\x04" + bytes(range(256)) * 48
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(300)


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (ZIP, "application/zip", "12.3 kB, application/zip"),
        (ZIP, "", "12.3 kB, a ZIP archive or an office document"),
        (IMAGE, "application/octet-stream", "308 B, a PNG image"),
        (b"plain", "application/octet-stream", "5 B, application/octet-stream"),
        (b"<html><p>x</p></html>", "text/html", "21 B, text/html"),
    ],
)
def test_a_file_is_its_hash_its_size_and_its_type(
    body: bytes, content_type: str, told: str
) -> None:
    found = reading(body, content_type, kind="file")
    assert found.text == f"sha256 {sha256(body).hexdigest()}, {told}"
    assert (found.kind, found.title) == ("file", "page")


def test_the_source_is_read_as_it_is() -> None:
    body = "<p>a  b</p>\r\n\r\n\r\n\r\n\t<!-- x -->\n  end "
    assert reading(body, raw=True).text == "<p>a  b</p>\n\n\n\n\t<!-- x -->\n  end "
    assert reading(body, raw=True, extract=(r"<!-- (\w) -->",)).text == "x"
    assert reading('{"b":1,\n"a":1.10}', "application/json", raw=True).text.endswith('"a":1.10}')


@pytest.mark.parametrize(("body", "raw"), [(ZIP, False), (ZIP, True), (b"%PDF-1.4 x", True)])
def test_what_is_no_text_can_be_watched_by_its_hash(body: bytes, raw: bool) -> None:
    fault = refusal(body, "application/octet-stream", raw=raw)
    assert fault.error_class is ErrorClass.UNSUPPORTED
    assert fault.detail.endswith('; `kind = "file"` watches it by its hash')


def test_rules_of_text_do_not_go_with_a_file_nor_selectors_with_the_source() -> None:
    file = Rules(kind="file", include=("p",), replace=("a ->",), sort_lines=True, watch="region")
    assert [field for field, _ in check_rules(file)] == [
        "include",
        "replace",
        "sort_lines",
        "watch",
    ]
    raw = Rules(raw=True, kind="json", exclude=("p",), links=True, extract=("a",))
    assert [field for field, _ in check_rules(raw)] == ["raw", "exclude", "links", "links"]
