"""Whatever the bytes: a storable reading, or one of our own errors."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.extract import read
from daemon.extract.explain.explaining import explain
from daemon.extract.explain.values import amount_of
from daemon.model.errors import CheckError
from daemon.model.reading import Reading, missing_parts
from daemon.model.response import Document
from daemon.model.site import Rules

PIECES = st.sampled_from(
    [
        b"<html>",
        b"<p>",
        b"</p>",
        b"<table><tr><td>",
        b"<ul><li>",
        b"<script>",
        b"<!--",
        b"<title>",
        b"<rss><channel>",
        b"<item>",
        b"<guid>1</guid>",
        b"<pubDate>5</pubDate>",
        b"</item>",
        b"]]>",
        b"<feed>",
        b"<entry>",
        b"<![CDATA[",
        b"<?xml version='1.0'?>",
        b"<!DOCTYPE x [",
        b"<!ENTITY",
        b'{"a":',
        b"[",
        b"]",
        b"}",
        b"1e5",
        b'"\\ud800"',
        b"NaN",
        b"&#0;",
        b"&x;",
        b"\x00",
        b"\xff\xfe",
        b"%PDF-1.4",
        b"\xc3\xa9",
        b"\xe2\x80\xae",
        b"\r\n",
        b"\t\t",
        b"word ",
        b'="',
        b"<",
        b">",
    ]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=30).map(b"".join),
)
TYPES = st.sampled_from(
    [
        "",
        "text/html",
        "text/plain",
        "application/json",
        "application/rss+xml",
        "text/xml",
        "application/pdf",
        "application/octet-stream",
        "image/svg+xml",
    ]
)
CHARSETS = st.sampled_from(
    [None, "utf-8", "utf-16", "latin1", "gbk", "iso-2022-jp", "utf-7", "\x00"]
)
RULES = st.builds(
    Rules,
    kind=st.sampled_from(["auto", "auto", "html", "feed", "json", "text", "pdf", "file"]),
    raw=st.sampled_from([False, False, False, True]),
    main_content=st.booleans(),
    include=st.sampled_from([(), (), ("p",), ("//title", "xpath:count(//*)")]),
    exclude=st.sampled_from([(), (), ("script", "//td"), ("title",)]),
    query=st.sampled_from([None, None, None, "a", "[0]"]),
    links=st.booleans(),
    attributes=st.sampled_from([(), (), ("title", "X:y", "a")]),
    extract=st.sampled_from([(), (), (r"\w+", "(?s).*"), ("zzz",)]),
    replace=st.sampled_from([(), (), ("w(.) -> \\1\\x00\\n", r"\s ->"), ("(?s).+ ->",)]),
    keep_lines=st.sampled_from([(), (), ("", "(?s)a.*1")]),
    drop_lines=st.sampled_from([(), ("^w",), (r"w\n",)]),
    unique_lines=st.booleans(),
    sort_lines=st.booleans(),
    collapse_whitespace=st.booleans(),
)


def attempt(document: Document, rules: Rules) -> Reading | tuple[str, str]:
    try:
        return read(document, rules)
    except CheckError as exc:
        return exc.error_class, exc.detail


def told_by(found: Reading) -> list[str]:
    told = [found.text, found.title, *found.flags]
    for entry in found.entries:
        told += [entry.id, entry.title, entry.link, entry.published_at, entry.text]
    return told


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, TYPES, CHARSETS, RULES)
def test_any_document_is_read_or_refused(
    body: bytes, content_type: str, charset: str | None, rules: Rules
) -> None:
    document = Document(body, content_type, charset, "http://site.test/")
    found = attempt(document, rules)
    assert attempt(document, rules) == found
    for text in found if isinstance(found, tuple) else told_by(found):
        assert text.encode().decode() == text
        assert "\x00" not in text
    if isinstance(found, tuple):
        assert found[1]
    else:
        assert found.text.strip() or (found.is_nothing and missing_parts(found.flags))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, TYPES, RULES)
def test_what_is_explained_ends_as_the_reading_does(
    body: bytes, content_type: str, rules: Rules
) -> None:
    document = Document(body, content_type, None, "http://site.test/")
    found, told = attempt(document, rules), explain(document, rules)
    if isinstance(found, tuple):
        assert (told.error_class, told.error_detail) == found
    else:
        assert (told.kind, told.flags, told.error_class) == (found.kind, found.flags, "")
        assert told.steps[-1].after == amount_of(found.text)
