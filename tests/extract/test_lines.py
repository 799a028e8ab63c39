from __future__ import annotations

import pytest

from daemon.extract import check_rules
from daemon.extract.chain.whitespace import squeeze
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.extract.documents import reading, refusal

TEXT = "b 1\na 2\nb 1\n\n\n\nc 3"


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({}, "b 1\na 2\nb 1\n\nc 3"),
        ({"keep_lines": ("^a", "3$")}, "a 2\nc 3"),
        ({"drop_lines": ("^b",)}, "a 2\n\nc 3"),
        ({"unique_lines": True}, "b 1\na 2\n\nc 3"),
        ({"sort_lines": True}, "a 2\nb 1\nb 1\nc 3"),
        ({"keep_lines": (r"\w",), "drop_lines": ("c",), "unique_lines": True}, "b 1\na 2"),
        ({"collapse_whitespace": False}, TEXT),
    ],
)
def test_lines_are_kept_dropped_and_ordered(rules: dict[str, object], text: str) -> None:
    assert reading(TEXT, "text/plain", **rules).text == text


@pytest.mark.parametrize(
    ("loose", "tight"),
    [
        ("a  b\tc", "a b c"),
        ("a\xa0\u3000b ", "a b"),
        ("  • a  b", "  • a b"),
        ("\t indent", "\t indent"),
        ("   \n \t\n", ""),
        ("a\n \n\n\nb\n", "a\n\nb"),
        ("x  y" * 30_000, "x y" * 30_000),
    ],
)
def test_whitespace_shrinks_but_indentation_stays(loose: str, tight: str) -> None:
    assert squeeze(loose) == tight


@pytest.mark.parametrize(
    ("rules", "detail"),
    [
        ({"drop_lines": (".",)}, "drop_lines left no line"),
        ({"drop_lines": ("(",)}, "drop_lines[0]: missing ) at position 1 in '('"),
        ({"keep_lines": ("x" * 1001,)}, "keep_lines[0]: longer than 1000 characters"),
    ],
)
def test_rules_that_leave_nothing_are_told(rules: dict[str, object], detail: str) -> None:
    fault = refusal(TEXT, "text/plain", **rules)
    assert (fault.error_class, fault.detail) == (ErrorClass.SELECTOR, detail)


@pytest.mark.parametrize(
    ("rules", "flag"),
    [
        ({"keep_lines": ("zzz",)}, "missing:keep_lines"),
        ({"keep_lines": ("b",), "drop_lines": (".",)}, "missing:drop_lines"),
    ],
)
def test_lines_that_are_not_there_yet_are_nothing(rules: dict[str, object], flag: str) -> None:
    found = reading(TEXT, "text/plain", **rules)
    assert (found.text, found.flags) == ("", (flag,))


def test_entries_of_a_feed_are_not_read_beside_nothing() -> None:
    feed = "<rss><channel><title>A</title><item><title>b</title></item></channel></rss>"
    assert reading(feed, "application/rss+xml", keep_lines=("zzz",)).entries == ()


def test_a_pattern_without_end_is_given_up() -> None:
    fault = refusal("a" * 5000 + "!", "text/plain", drop_lines=("x", "(a|aa)+$"))
    assert fault.detail == "drop_lines[1] took longer than 1 s: '(a|aa)+$'"


def test_every_rule_that_cannot_work_is_found_before_use() -> None:
    rules = Rules(
        kind="odd",
        include=("p", "//a[", "p:::x", "xpath:document('/etc/passwd')", "x" * 2001),
        exclude=("",),
        query="a[",
        keep_lines=("(",),
        drop_lines=("ok",),
        ignore=(r"\d+", "*"),
    )
    assert [field for field, _ in check_rules(rules)] == [
        "kind",
        "query",
        "include",
        "include",
        "include[1]",
        "include[2]",
        "include[3]",
        "include[4]",
        "exclude[0]",
        "query",
        "keep_lines[0]",
        "ignore[1]",
    ]


def test_good_rules_have_no_problems() -> None:
    rules = Rules(
        include=("main > p:nth-child(2)::text", "//div[has-class('x')]", "(//a)[1]/@href"),
        ignore=(r"\d+ (?:minutes|hours) ago",),
    )
    assert check_rules(rules) == []
