"""The steps that a text passes through, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.extract import check_rules
from daemon.extract.chain.patterns import reaches_over_lines
from daemon.extract.chain.steps import STEPS
from daemon.model.site import CHAIN, Rules
from daemon.model.status import ErrorClass
from daemon.store.core.json_columns import rules_hash, rules_to_json
from tests.extract.documents import reading, refusal

TEXT = "Kettle: 79.00 EUR\nPan: 24.50 EUR\nBEGIN\nad\nEND\nPan: 24.50 EUR"
PAGE = """<html><head><base href="/shop/"></head><body>
<nav><a href="/home">Home</a></nav>
<main><h1 title="All of them">Offers</h1>
<p>Take <a href="kettle?id=1">the kettle</a> or <a href="mailto:us@x.test">write</a>,
see <a href="#x">below</a>,
<a href="javascript:buy()">buy</a>.</p>
<table><tr data-id="5"><td>Pan</td><td>24.50</td></tr></table>
<ul><li data-price="79">Kettle</li></ul><img src="k.png" alt="A kettle"></main></body></html>"""


def text(body: str = TEXT, content_type: str = "text/plain", **rules: Any) -> str:
    return reading(body, content_type, **rules).text


def test_each_step_works_on_what_the_one_before_left() -> None:
    body = '{"items": [{"n": "b 2"}, {"n": "a 1"}, {"n": "c 3"}, {"n": "a 1"}], "n": "z 9"}'
    rules = {
        "query": "items",
        "extract": (r"n: (\w) (\d)",),  # the keys are those of what the query chose
        "replace": (r"^(\w) (\d)$ -> \2\1", "3c -> 3 d"),  # the second sees what the first made
        "keep_lines": (r"^\d\w$",),  # of what was replaced: not `3 d`
        "drop_lines": ("^9",),
        "sort_lines": True,
        "unique_lines": True,
    }
    assert text(body, "application/json", **rules) == "1a\n2b"


def test_selectors_come_before_addresses_and_those_before_extraction() -> None:
    found = text(PAGE, "text/html", include=("p",), links=True, extract=(r"\((http.*?)\)",))
    assert found == "http://site.test/shop/kettle?id=1"


@pytest.mark.parametrize(
    ("patterns", "lines"),
    [
        ((r"\d+\.\d+",), "79.00\n24.50\n24.50"),
        ((r"(\w+): (\d+)\.(\d+)",), "Kettle 79 00\nPan 24 50\nPan 24 50"),
        ((r"(Kettle)|Pan",), "Kettle"),
        ((r"Pan", r"Kettle"), "Pan\nPan\nKettle"),
        ((r"(?s)BEGIN(.*)END",), "ad"),
        ((r"^END\n(.*)",), "Pan: 24.50 EUR"),
    ],
)
def test_each_match_is_a_line_of_its_groups_or_of_all(
    patterns: tuple[str, ...], lines: str
) -> None:
    assert text(extract=patterns) == lines


def test_a_pattern_that_matches_nothing_is_named_and_the_others_read() -> None:
    found = reading(TEXT, "text/plain", extract=("Kettle", "Pot"))
    assert (found.text, found.flags) == ("Kettle", ("missing:extract[1]",))
    found = reading(TEXT, "text/plain", extract=("Pot", "(x?)END"))
    assert (found.text, found.flags) == ("", ("missing:extract[0]", "missing:extract[1]"))


def test_extracted_lines_of_json_and_feeds_are_compared_as_lines() -> None:
    assert reading('{"a": 1}', "application/json", extract=(r"\d",)).kind == "text"
    feed = "<rss><channel><item><guid>1</guid><title>One 1</title></item></channel></rss>"
    found = reading(feed, "application/rss+xml", extract=(r"One (\d)",))
    assert (found.kind, found.text, found.entries) == ("text", "1", ())


def test_what_is_replaced_in_a_feed_is_replaced_in_its_entries() -> None:
    feed = "<rss><channel><item><guid>1</guid><title>One (3 views)</title></item></channel></rss>"
    found = reading(feed, "application/rss+xml", replace=(r" \(\d+ views\) ->",))
    assert (found.kind, found.entries[0].title) == ("feed", "One")
    assert "views" not in found.text


@pytest.mark.parametrize(
    ("rules", "changed"),
    [
        ((r"(\d+)\.(\d+) EUR -> \1,\2 €",), TEXT.replace(".", ",").replace("EUR", "€")),
        ((r"(?P<what>\w+): .* -> \g<what>",), "Kettle\nPan\nBEGIN\nad\nEND\nPan"),
        ((r"(?s)BEGIN.*?END ->",), "Kettle: 79.00 EUR\nPan: 24.50 EUR\n\nPan: 24.50 EUR"),
        ((r"BEGIN\nad\nEND\n ->",), "Kettle: 79.00 EUR\nPan: 24.50 EUR\nPan: 24.50 EUR"),
        ((r": -> \n",), TEXT.replace(": ", "\n ")),
        (("nothing of it -> x",), TEXT),
    ],
)
def test_replacements_are_made_with_groups_and_over_lines(
    rules: tuple[str, ...], changed: str
) -> None:
    assert text(replace=rules, collapse_whitespace=False).replace("\n\n", "\n") == changed.replace(
        "\n\n", "\n"
    )


def test_what_is_put_in_is_cleaned_and_tidied() -> None:
    assert text("a1b", replace=(r"\d -> \x00  \x1b[0m",)) == "a [0mb"


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ({"drop_lines": (r"(?s)BEGIN.*?END",)}, TEXT.replace("BEGIN\nad\nEND\n", "")),
        ({"keep_lines": (r"(?s)BEGIN.*?END",)}, "BEGIN\nad\nEND"),
        ({"keep_lines": (r"\nad\n",)}, "ad"),
        ({"keep_lines": (r"(?s:N.a)",)}, "BEGIN\nad"),
        ({"keep_lines": ("Kettle", "END\nPan")}, "Kettle: 79.00 EUR\nEND\nPan: 24.50 EUR"),
    ],
)
def test_a_match_over_lines_takes_every_line_that_it_touches(
    rules: dict[str, Any], lines: str
) -> None:
    assert text(**rules) == lines


@pytest.mark.parametrize(
    ("pattern", "is_over"),
    [
        ("(?s).", True),
        ("(?is)x", True),
        ("a(?s:.)b", True),
        (r"a\nb", True),
        ("a\nb", True),
        (r"\R", True),
        (r"a\\nb", False),
        (r"a\\\nb", True),
        ("(?i)s", False),
        ("(?-s:x)", False),
        (r"\(?s)", False),
        ("(?P<s>x)", False),
        (r"\s+$", False),
    ],
)
def test_a_pattern_says_that_it_reaches_over_lines(pattern: str, is_over: bool) -> None:
    assert reaches_over_lines(pattern) is is_over


def test_the_rules_are_listed_in_the_order_of_the_steps() -> None:
    steps = [name for name in CHAIN if name in STEPS]
    assert steps == list(STEPS)
    assert CHAIN.index("attributes") < CHAIN.index(steps[0])


def test_states_are_read_again_where_a_pattern_now_reaches_over_lines() -> None:
    known, new = (
        reading(TEXT, "text/plain", keep_lines=(one,)).extractor for one in ("P", "(?s)P")
    )
    assert (known, new) == ("text/1", "text/1+over/1")


def test_addresses_stand_behind_the_words_of_links() -> None:
    found = text(PAGE, "text/html", links=True)
    assert "Home (http://site.test/home)" in found
    assert (
        "Take the kettle (http://site.test/shop/kettle?id=1) or write (mailto:us@x.test),"
        " see below, buy." in found
    )


def test_values_stand_behind_the_words_of_their_elements() -> None:
    names = ("title", "data-id", "data-price", "ALT", "lang")
    found = reading(PAGE, "text/html", include=("main",), attributes=names)
    lines = found.text.splitlines()
    assert 'Offers (title="All of them")' in lines
    assert 'Pan | 24.50 (data-id="5")' in lines
    assert '  • Kettle (data-price="79")' in lines
    assert '(alt="A kettle")' in lines
    assert found.flags == ("missing:attributes[4]",)
    assert text(PAGE, "text/html", include=("img",), attributes=("alt",)) == '(alt="A kettle")'


def test_values_of_hidden_elements_stay_hidden() -> None:
    body = (
        '<p>Seen</p><p hidden title="a">x</p><img hidden alt="b"><img style="display:none" alt="c">'
    )
    assert text(body, "text/html", attributes=("title", "alt")) == "Seen"


def test_of_xml_the_wanted_attributes_alone_are_shown() -> None:
    body = '<r><a x="1" y="2">t<b z="3">u</b>v</a><c y="4"/></r>'
    assert text(body, "text/xml", attributes=("x", "z")) == 'a: t v (x="1")\nb: u (z="3")'
    chosen = reading(body, "text/xml", include=("//a",), attributes=("x", "q"))
    assert chosen.text == 't (x="1")\nu\nv'
    assert chosen.flags == ("missing:attributes[1]",)


@pytest.mark.parametrize(
    ("rules", "detail"),
    [
        ({"replace": ("(?s).* ->",)}, "replace[0] left no text: '(?s).*' replaces all of it"),
        ({"replace": ("x -> y", ".* ->")}, "replace[1] left no text: '.*' replaces all of it"),
        ({"links": True}, "`links` reads HTML, and this is text"),
        ({"attributes": ("a",)}, "`attributes` reads HTML and XML, and this is text"),
    ],
)
def test_rules_that_cannot_be_followed_are_told(rules: dict[str, Any], detail: str) -> None:
    fault = refusal(TEXT, "text/plain", **rules)
    assert (fault.error_class, fault.detail) == (ErrorClass.SELECTOR, detail)


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("extract", "(a|aa)+$"),
        ("extract", "(?s)(a|aa)+$"),
        ("replace", "(a|aa)+$ -> x"),
        ("keep_lines", "(?s)(a|aa)+$"),
        ("drop_lines", "(a|aa)+$"),
    ],
)
def test_a_pattern_that_runs_away_is_ended_and_named(field: str, rule: str) -> None:
    fault = refusal("a" * 5000 + "!", "text/plain", **{field: (rule,)})
    assert fault.error_class is ErrorClass.SELECTOR
    assert fault.detail == f"{field}[0] took longer than 1 s: {rule.partition(' -> ')[0]!r}"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (r"(a) -> \1 \2", "invalid group reference in the replacement"),
        (r"(a) -> \1 \2", "the pattern has 1 group"),
        (r"a -> \1", "the pattern has no groups"),
        (r"(?P<n>a)(b) -> \g<m>", "unknown group in the replacement"),
        (r"a -> \q", r"bad escape \q at position 2 in the replacement"),
        ("( -> x", "missing ) at position 1 in '('"),
        (" -> x", "' -> x' has no pattern before the arrow"),
        ("a", "'a' has no arrow; write 'pattern -> replacement', or 'pattern ->' to delete"),
        ("a -> " + "x" * 1001, "replacement longer than 1000 characters"),
    ],
)
def test_faulty_replacements_are_found_before_use(rule: str, problem: str) -> None:
    [(field, told)] = check_rules(Rules(replace=("ok ->", rule)))
    assert (field, problem in told) == ("replace[1]", True)


def test_rules_that_exclude_each_other_are_found_before_use() -> None:
    rules = Rules(kind="json", query="a", links=True, attributes=("data x", "[x]"), extract=("(",))
    assert [field for field, _ in check_rules(rules)] == [
        "links",
        "links",
        "attributes",
        "attributes",
        "attributes[0]",
        "attributes[1]",
        "extract[0]",
    ]


def test_the_identity_of_known_rules_stays() -> None:
    known = Rules(include=("main",), keep_lines=("a",), ignore=(r"\d",))
    assert rules_hash(rules_to_json(known)) == "feb465bbec979e48"
    assert rules_hash(rules_to_json(Rules())) == "plain"
    new = Rules(include=("main",), keep_lines=("a",), ignore=(r"\d",), links=True)
    assert rules_hash(rules_to_json(new)) != "feb465bbec979e48"
