"""What real exports say beside the usual: options by which feeds are asked, templates, lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.cli.commands.database.imports import _without_repeats as without_repeats
from daemon.transfer.importing import ImportNote
from tests.transfer.test_foreign import URL, notes, the_site
from tests.transfer.test_ours import brought


def from_watch(**more: Any) -> Any:
    return brought(json.dumps({"watching": {"a": {"url": URL, **more}}}), "changedetection")


def from_outline(attributes: str) -> Any:
    return brought(
        '<opml version="2.0" xmlns:frss="https://freshrss.org/opml"><body>'
        f'<outline text="A" type="rss" xmlUrl="{URL}" {attributes}/></body></opml>',
        "opml",
    )


@pytest.mark.parametrize(
    "url", ["https://x.example/{% now 'utc' %}", "https://x.example/{{now}}", "https://{{a}}/"]
)
def test_an_address_that_is_a_template_is_refused_as_such(url: str) -> None:
    [fault] = from_watch(url=url).faults
    assert "url: is a template, which is filled anew each time" in str(fault)


def test_lines_that_contain_words_are_kept_alone() -> None:
    result = from_watch(extract_lines_containing=["C++ (new)", "kettle"], llm_intent="prices")
    rules = the_site(result).rules
    assert rules.keep_lines == (r"(?i)C\+\+\ \(new\)", "(?i)kettle")
    assert rules.intent == "prices"
    assert result.notes == []


def test_a_feed_is_asked_for_as_there() -> None:
    result = from_outline(
        'frss:priority="important" frss:CURLOPT_USERAGENT="x/1" frss:CURLOPT_COOKIE="sid=hunter2" '
        'frss:CURLOPT_HTTPHEADER="X-A: b&#10;broken"'
    )
    request = the_site(result).request
    assert request.headers == {"X-A": "b", "Cookie": "sid=hunter2", "User-Agent": "x/1"}
    assert result.notes == []


def test_a_feed_that_posts_and_one_behind_a_proxy_are_no_others() -> None:
    posting = the_site(from_outline('frss:CURLOPT_POST="1" frss:CURLOPT_POSTFIELDS="a=b"')).request
    assert (posting.method, posting.body) == ("POST", "a=b")
    behind = from_outline('frss:CURLOPT_PROXY="socks5://u:hunter2@10.0.0.1:1080"')
    assert not the_site(behind).is_active
    assert "its proxy '10.0.0.1:1080' is not in the configuration" in notes(behind)
    assert "hunter2" not in notes(behind)


def test_the_table_of_losses_names_a_site_once() -> None:
    of_a, of_b = (ImportNote(place, place.upper(), f"of {place}") for place in "ab")
    rows = list(without_repeats([(of_a, ""), (of_a, ""), (of_b, ""), (of_b, " (as 3 others)")]))
    assert rows == [
        ("A", "a", "of a"),
        ("", "", "of a"),
        ("B", "b", "of b"),
        ("B (as 3 others)", "b", "of b"),
    ]
