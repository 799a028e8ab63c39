"""Rules of other programs that mean something here only in other words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.extract import read
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.transfer.formats import translate
from tests.transfer.test_foreign import (
    URL,
    from_watches,
    imported_bytes,
    notes,
    the_site,
    zipped,
)
from tests.transfer.test_ours import brought


@pytest.mark.parametrize(
    ("watch", "rules"),
    [
        ({"trigger_text": ["On sale", "/back (in|on)/"]},
         Rules(appears=("On sale", "re:(?i)back (in|on)"))),
        ({"trigger_text": ["css: new"]}, Rules(appears=(r"re:(?i)css:\ new",))),
        ({"text_should_not_be_present": ["Sold out"]}, Rules(disappears=("Sold out",))),
        ({"conditions": [{"field": "extracted_number", "operator": "<", "value": "50"}],
          "include_filters": ["b"]}, Rules(include=("b",), below="50")),
        ({"conditions": [{"field": "extracted_number", "operator": ">", "value": "80"}],
          "include_filters": ["b"]}, Rules(include=("b",), above="80")),
        ({"conditions": [{"field": "page_filtered_text", "operator": "in", "value": "a.b"}]},
         Rules(appears=(r"re:(?i)a\.b",))),
        ({"conditions": [{"field": "page_filtered_text", "operator": "!contains_regex",
                          "value": "x+"}]}, Rules(disappears=("re:x+",))),
        ({"conditions": [{"field": "", "operator": "", "value": ""}]}, Rules()),
    ],
)  # fmt: skip
def test_what_a_watch_waits_for_is_a_condition(watch: dict[str, Any], rules: Rules) -> None:
    result = from_watches({"url": URL} | watch)
    assert the_site(result).rules == rules
    assert result.losses == []


def test_conditions_that_mean_something_else_here_are_named() -> None:
    conditions = [
        {"field": "levenshtein_ratio", "operator": ">", "value": "0.5"},
        {"field": "extracted_number", "operator": ">", "value": "10"},
        {"field": "extracted_number", "operator": ">", "value": "20"},
        {"field": "page_filtered_text", "operator": "in", "value": "x"},
    ]
    result = from_watches({"url": URL, "conditions": conditions, "include_filters": ["b"]})
    assert the_site(result).rules == Rules(include=("b",), above="10", appears=("re:(?i)x",))
    assert notes(result).splitlines() == [
        "without its condition `levenshtein_ratio >` '0.5'",
        "without its condition `extracted_number >` '20'",
        "without that its conditions hold at once: each is told by itself",
    ]


GROUPED = {
    "changedetection.json": json.dumps(
        {"settings": {"application": {"global_ignore_text": ["visitors"]}}}
    ),
    "9999/tag.json": json.dumps(
        {"uuid": "9999", "title": "Harbour", "include_filters": ["#news"], "trigger_text": ["x"]}
    ),
    "1111/watch.json": json.dumps({"url": URL, "tags": ["9999"], "include_filters": ["h1"]}),
    "2222/watch.json": json.dumps(
        {"url": URL + "/2", "tags": ["9999"], "processor": "restock_diff"}
    ),
}


def test_the_rules_of_a_group_stand_in_its_sites() -> None:
    result = imported_bytes(zipped(GROUPED))
    [site] = result.sites
    assert site.rules == Rules(
        include=("h1", "#news"), ignore=("(?i).*(?:visitors).*",), appears=("x",)
    )
    assert site.tags == ("harbour",)
    [[product]] = result.products
    assert product.category == "Harbour"
    told = [(note.text, note.is_loss) for note in result.notes if not note.name]
    assert told == [
        ("the global ignore_text now stand in each site", False),
        ("the include_filters, trigger_text of the tag 'Harbour' now stand in its sites", False),
    ]
    assert [note.text for note in result.losses] == [
        "without its include_filters: see `selector`",
        "without its trigger_text: see `selector`",
        "without its ignore_text: see `selector`",
    ]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (
            "//m:a/m:*",
            "//*[local-name()='a' and namespace-uri()='urn:m']/*[namespace-uri()='urn:m']",
        ),
        (
            "//m:*/@m:id",
            "//*[namespace-uri()='urn:m']/@*[local-name()='id' and namespace-uri()='urn:m']",
        ),
        (
            "//a[.='m:b']/child::m:c",
            "//a[.='m:b']/child::*[local-name()='c' and namespace-uri()='urn:m']",
        ),
        ("//n:a[.='m:b']", "//n:a[.='m:b']"),
    ],
)  # fmt: skip
def test_namespaces_of_a_job_are_part_of_its_path(path: str, rule: str) -> None:
    filters = [{"xpath": {"path": path, "method": "xml", "namespaces": {"m": "urn:m"}}}]
    job = json.dumps({"url": URL, "filter": filters})
    result = brought(job, "urlwatch")
    assert the_site(result).rules == Rules(include=(rule,))


def test_a_document_with_other_prefixes_is_read_by_an_imported_path() -> None:
    rule = translate.without_prefixes("//m:a/@m:id", {"m": "urn:m"})
    document = Document(
        b'<x xmlns="urn:m" xmlns:q="urn:m"><a q:id="7"/></x>', "text/xml", None, URL
    )
    assert read(document, Rules(include=(rule,))).text == "7"


FRESH = (
    '<opml version="2.0" xmlns:frss="https://freshrss.org/opml"><body>'
    '<outline text="S" type="{}" xmlUrl="https://h.example/news" {}/></body></opml>'
)


@pytest.mark.parametrize(
    ("kind", "attributes", "rules"),
    [
        ("HTML+XPath", 'frss:xPathItem="//div" frss:xPathItemTitle="h2"',
         Rules(kind="html", include=("//div",), additions_only=True)),
        ("XML+XPath", 'frss:xPathItem="//item"', Rules(include=("//item",), additions_only=True)),
        ("JSON+DotNotation", 'frss:jsonItem="data.items" frss:jsonItemTitle="t"',
         Rules(kind="json", query="data.items", additions_only=True)),
    ],
)  # fmt: skip
def test_a_page_made_a_feed_is_read_by_its_items(kind: str, attributes: str, rules: Rules) -> None:
    result = brought(FRESH.format(kind, attributes), "opml")
    assert the_site(result).rules == rules
    lost = "within an entry" in notes(result)
    assert lost == ("Title" in attributes)


def test_a_page_made_a_feed_without_its_items_is_paused() -> None:
    result = brought(FRESH.format("HTML+XPath", ""), "opml")
    assert not the_site(result).is_active
