"""Which pages a sitemap or a page with links names, and which of them patterns choose."""

from __future__ import annotations

import gzip

import pytest

from daemon.extract import check_rules, read
from daemon.extract.index import sitemaps, values
from daemon.extract.index.listing import listing_of, name_pages, read_listing
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

HOME = "https://a.example/docs/"
SITEMAP, LINKS = Rules(discover="sitemap"), Rules(discover="links")
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {XMLNS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://a.example/one</loc><lastmod>2026-01-01</lastmod>
<image:image><image:loc>https://a.example/one.png</image:loc></image:image></url>
<url><loc>
  https://a.example/two?a=1&amp;b=2
</loc></url></urlset>"""
PAGES = ["https://a.example/one", "https://a.example/two?a=1&b=2"]


def document(body: str | bytes, content_type: str = "", url: str = HOME) -> Document:
    return Document(body if isinstance(body, bytes) else body.encode(), content_type, None, url)


def named(body: str | bytes, content_type: str = "", rules: Rules = SITEMAP) -> list[str]:
    return list(name_pages(document(body, content_type), rules).pages)


def refused(body: str | bytes, rules: Rules = SITEMAP, content_type: str = "") -> ExtractError:
    with pytest.raises(ExtractError) as raised:
        name_pages(document(body, content_type), rules)
    return raised.value


def chosen(pages: dict[str, str], *patterns: str, url: str = HOME) -> list[str]:
    rules = Rules(discover="links", discover_match=patterns)
    return read(document(listing_of(pages), url=url), rules).text.split("\n")


@pytest.mark.parametrize("content_type", ["", "text/xml", "application/xml", "text/html"])
def test_a_sitemap_names_its_pages_and_not_their_images(content_type: str) -> None:
    assert named(URLSET, content_type) == PAGES


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(URLSET.encode()),
        gzip.compress(URLSET[:90].encode()) + gzip.compress(URLSET[90:].encode()),
        ("﻿" + "\r\n".join(PAGES)).encode(),
        URLSET.replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
    ids=["packed", "packed in parts", "text", "utf-16"],
)
def test_a_sitemap_is_read_in_whatever_form_it_comes(body: bytes) -> None:
    assert named(body) == PAGES


def test_a_feed_is_a_sitemap_too() -> None:
    feed = "<rss><channel><item><title>One</title><link>https://a.example/1</link></item></channel>"
    assert named(f"{feed}</rss>", "application/rss+xml") == ["https://a.example/1"]


def test_an_index_names_sitemaps() -> None:
    body = f"<sitemapindex {XMLNS}><sitemap><loc>/s1.xml.gz</loc></sitemap></sitemapindex>"
    found = name_pages(document(body), SITEMAP)
    assert (found.pages, found.sitemaps) == ({}, ("https://a.example/s1.xml.gz",))


def test_robots_txt_names_sitemaps_in_any_case() -> None:
    body = "User-agent: *\nDisallow: /x\n\nSitemap: https://a.example/a.xml\nsitemap:/b.xml\n"
    found = name_pages(document(body, "text/plain"), SITEMAP)
    assert found.sitemaps == ("https://a.example/a.xml", "https://a.example/b.xml")


def test_a_page_is_no_sitemap() -> None:
    found = name_pages(document("<!doctype html><a href='/one'>one</a>", "text/html"), SITEMAP)
    assert (found.pages, found.is_index) == ({}, False)


def test_addresses_that_cannot_be_followed_are_passed_over() -> None:
    body = "<urlset><url><loc>ftp://a.example/x</loc></url><url><loc>/one</loc></url></urlset>"
    assert named(body) == ["https://a.example/one"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (URLSET[:-30], "broken"),
        (URLSET.replace("&amp;", "&"), "broken"),
        ("<note><loc>/one</loc></note>", "this is <note>"),
        (gzip.compress(URLSET.encode())[:-12], "damaged"),
        (b"\x1f\x8b not gzip at all", "damaged"),
    ],
)
def test_what_cannot_be_read_whole_is_not_read(body: str | bytes, words: str) -> None:
    fault = refused(body)
    assert fault.error_class is ErrorClass.PARSE
    assert words in fault.detail


def test_entities_of_a_sitemap_are_never_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{i} "{9 * f"&e{i - 1};"}">' for i in range(1, 12))
    pages = "<urlset><url><loc>/&e11;</loc></url></urlset>"
    [found] = named(f'<!DOCTYPE u [<!ENTITY e0 "xxxxxxxxx">{bomb}]>{pages}')
    assert found.startswith("https://a.example/&e11")


def test_a_packed_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MOST_BYTES", 1_000_000)
    fault = refused(gzip.compress(b" " * 1_000_001))
    assert fault.error_class is ErrorClass.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "rules"),
    [("".join(f"https://a.example/{i}\n" for i in range(3)), SITEMAP), (URLSET * 0, LINKS)],
)
def test_more_pages_than_the_protocol_allows_are_refused(
    monkeypatch: pytest.MonkeyPatch, body: str, rules: Rules
) -> None:
    monkeypatch.setattr(values, "MOST_PAGES", 2)
    body = body or "<html>" + "".join(f"<a href={i}>{i}</a>" for i in range(3))
    assert refused(body, rules).error_class is ErrorClass.TOO_LARGE


PAGE = """<html><head><base href="/base/"></head><body>
<nav><a href="/imprint">Imprint</a></nav>
<ul><li><a href="one#part"><b>One</b> and all</a><a href="one">again</a>
<a href="mailto:a@a.example">mail</a><a href="javascript:x()">x</a><a href="">none</a>
<a href="https://a.example/docs/">itself</a><a href="https://b.example/">there</a></ul>"""


def test_links_are_resolved_each_once_with_their_words() -> None:
    rules = Rules(discover="links", discover_within=("ul",))
    found = name_pages(document(PAGE, "text/html"), rules)
    assert found.pages == {
        "https://a.example/base/one": "One and all",
        "https://b.example/": "there",
    }


def test_a_selector_without_a_match_is_a_fault() -> None:
    fault = refused(PAGE, Rules(discover="links", discover_within=("ul", ".list")), "text/html")
    assert fault.error_class is ErrorClass.SELECTOR
    assert "discover_within[1]" in fault.detail


def test_links_of_json_are_none() -> None:
    assert "this is json" in refused('{"a": 1}', LINKS).detail


def test_pages_of_other_sites_are_left_out_and_counted() -> None:
    pages = {"https://a.example/1": "", "https://docs.a.example/2": "", "https://b.example/3": ""}
    reading = read(document(listing_of(pages, ["sitemaps_missing:2"])), SITEMAP)
    assert reading.text == "https://a.example/1\nhttps://docs.a.example/2"
    assert reading.flags == ("sitemaps_missing:2", "elsewhere:1")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/guide/*", ["/guide/a", "/guide/b?x=1"]),
        ("/guide/?", ["/guide/a"]),
        ("*.pdf", ["/paper.pdf"]),
        ("https://a.example/paper.*", ["/paper.pdf"]),
        ("a.example/guide/a", ["/guide/a"]),
        ("re:/(guide|news)/.$", ["/guide/a"]),
        ("re:^(?!.*guide)", ["/paper.pdf"]),
    ],
)
def test_patterns_choose_by_path_by_address_or_by_expression(
    pattern: str, expected: list[str]
) -> None:
    paths = ("/guide/a", "/guide/b?x=1", "/paper.pdf")
    found = chosen({f"https://a.example{path}": "" for path in paths}, pattern)
    assert found == [f"https://a.example{path}" for path in expected]


def test_one_of_several_patterns_is_enough() -> None:
    assert chosen({"https://a.example/1": "", "https://a.example/2": ""}, "/2", "/3") == [
        "https://a.example/2"
    ]


@pytest.mark.parametrize(
    ("pages", "error_class", "words"),
    [
        ({}, ErrorClass.EMPTY, "no page is named"),
        ({"https://b.example/": ""}, ErrorClass.EMPTY, "belong to other sites"),
        ({"https://a.example/": ""}, ErrorClass.SELECTOR, "matches none of the 1"),
    ],
)
def test_a_list_without_pages_says_why(
    pages: dict[str, str], error_class: ErrorClass, words: str
) -> None:
    with pytest.raises(ExtractError) as raised:
        read_listing(document(listing_of(pages)), Rules(discover="links", discover_match=("/x",)))
    assert raised.value.error_class is error_class
    assert words in raised.value.detail


def test_a_pattern_without_end_is_ended_and_named() -> None:
    with pytest.raises(ExtractError) as raised:
        chosen({"https://a.example/" + "a" * 5000 + "!": ""}, "re:(a|aa)+$")
    assert "discover_match[0]" in raised.value.detail


def test_other_rules_are_for_the_pages_and_not_for_the_list() -> None:
    rules = Rules(discover="links", include=("article",), drop_lines=("example",), kind="file")
    assert read(document(listing_of({"https://a.example/1": "One"})), rules).text == (
        "https://a.example/1 One"
    )


def test_faulty_patterns_and_selectors_are_found_before_any_page() -> None:
    rules = Rules(discover="links", discover_match=("re:(", " "), discover_within=("a[",))
    places = [place for place, _ in check_rules(rules)]
    assert places == ["discover_match[0]", "discover_match[1]", "discover_within[0]"]


def test_each_page_takes_the_rules_that_are_for_it() -> None:
    rules = Rules(include=("main",), notify_on="none", discover="links", discover_limit=3)
    assert rules.for_found_pages == Rules(include=("main",), notify_on="none")
    assert rules.for_own_page == Rules(notify_on="none", discover="links", discover_limit=3)
    assert Rules(include=("main",)).for_own_page == Rules(include=("main",))
