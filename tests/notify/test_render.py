"""Notices in words: what they say, and that nothing a page says is more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from daemon.model.status import ErrorClass
from daemon.notify import escaping
from daemon.notify.render import words_of
from tests.notify.things import facts, message

EVIL = (
    "<script>alert(1)</script> @everyone @here <@123> <!channel> [click](https://evil.example) "
    '"><img src=x onerror=alert(1)> **bold** `code` {{ 7 * 7 }} \x00\x1b[31m\u202e\r\nBcc: x@evil'
)


def test_a_change_says_what_why_and_where():
    words = words_of("change", facts())
    assert words.title == "[major] Blog: The price fell."
    for part in (
        "75% sure that it matters",
        "a price moved",
        "[-24 euros-]{+19 euros+}",
        "site.example/blog",
    ):
        assert part in words.text
    assert "~~24 euros~~**19 euros**" in words.markdown
    assert ">24 euros</del>" in words.html
    assert ">19 euros</ins>" in words.html


@pytest.mark.parametrize(
    ("summary", "subject"),
    [
        (
            "Price: 24 € → 19 €. Availability: sold out → in stock.",
            "Price: 24 € → 19 € (and 1 more)",
        ),
        (
            "Added: “It came. It saw.” Date: 1 May → 2 May.",
            "Added: “It came. It saw.” (and 1 more)",
        ),
        ("Added: “It came. It saw.”", "Added: “It came. It saw.”"),
        ("A: 1 → 2. B: 3 → 4. No. of seats: 5 → 6.", "A: 1 → 2 (and 2 more)"),
        ("", "it changed"),
    ],
)
def test_the_subject_says_the_first_fact_and_counts_the_others(summary: str, subject: str) -> None:
    words = message(summary=summary).words
    assert words.title == f"[major] Blog: {subject}"
    assert summary in words.text


def test_a_long_first_fact_leaves_room_for_the_count() -> None:
    title = message(summary=f"Added: “{'word ' * 60}”. B: 3 → 4.").words.title
    assert title.endswith("… (and 1 more)")
    assert len(title) <= 150


def test_the_prose_of_a_model_is_not_counted() -> None:
    told = "The price fell. It had been stable."
    assert message(summary=told, analyser="m").words.title == f"[major] Blog: {told}"


def test_lines_that_have_little_in_common_stand_one_after_the_other():
    hunk = {"removed": ["one two three"], "added": ["completely other words here"]}
    text = words_of("change", facts(hunks=[hunk])).text
    assert "- one two three\n+ completely other words here" in text


@pytest.mark.parametrize("error", [e for e in ErrorClass if not e.is_ours])
def test_every_failure_has_words_of_its_own(error: ErrorClass):
    told = facts(error_class=error.value, failures=3, failing_since="2026-01-01T12:00:00+00:00")
    words = words_of("failing", told)
    assert words.title == "Blog cannot be checked"
    assert "3 failures in a row since 2026-01-01 12:00 UTC" in words.text


def test_an_amount_with_its_currency_is_one_word():
    hunk = {"removed": ["the lamp costs 24.90 euros"], "added": ["the lamp costs 19.90 euros"]}
    assert "[-24.90 euros-]{+19.90 euros+}" in words_of("change", facts(hunks=[hunk])).text


def test_a_mail_can_be_read_in_the_dark_and_in_any_direction():
    page = words_of("change", facts(site="السعر")).html
    assert "prefers-color-scheme:dark" in page
    assert '<h2 dir="auto">السعر</h2>' in page


def test_a_message_of_many_changes_fits_into_a_mail():
    hunk = {"removed": ["word " * 90] * 5, "added": ["other " * 80] * 5}
    told = [{"kind": "change", **facts(site=f"S{i}", hunks=[hunk])} for i in range(100)]
    page = words_of("digest", {"why": "host", "count": 100, "notices": told}).html
    assert len(page) < 140_000
    assert all(f">S{i}<" in page for i in range(100))
    assert page.count("there is more") > 50


def test_a_certificate_that_ends_is_told_with_its_host_and_its_time():
    told = facts(
        certificate_host="site.example:443",
        certificate_ends_at="2026-01-08T12:00:00+00:00",
        seconds_left=6 * 86400 + 5 * 3600,
    )
    words = words_of("certificate", told)
    assert words.title == "Blog: its certificate ends in 6 d 5 h"
    assert "The certificate of site.example is good until 2026-01-08 12:00 UTC." in words.text


@pytest.mark.parametrize(("differs", "word"), [(True, "differs"), (False, "known from the old")])
def test_a_move_is_told_with_its_address(differs: bool, word: str):
    words = words_of("moved", facts(new_url="https://site.example/new", text_differs=differs))
    assert words.title == "Blog has moved"
    assert "its address is now https://site.example/new" in words.text
    assert word in words.text


def test_blocked_gone_and_an_empty_rule_are_not_the_same():
    leads = {
        words_of("failing", facts(error_class=name)).text.splitlines()[1]
        for name in ("bot_wall", "gone", "selector", "tls", "http_5xx", "blocked")
    }
    assert len(leads) == 6


def test_a_recovery_says_how_long_it_was():
    words = words_of("recovered", facts(outage_seconds=2 * 3600 + 300))
    assert "out of reach for 2 h 5 min" in words.text


@pytest.mark.parametrize(
    ("kind", "more"),
    [("change", {"update_id": ""}), ("recovered", {}), ("price", {"product": "Kettle"})],
)
def test_what_no_command_shows_names_none(kind: str, more: dict[str, str]):
    words = words_of(kind, facts(**more))
    assert words.text.endswith("\nhttps://site.example/blog")
    assert "`" not in words.markdown
    assert "<code>" not in words.html


def test_a_digest_names_its_products_too():
    price = {"kind": "price", **facts(site="", product="Kettle")}
    words = words_of("digest", {"why": "host", "count": 1, "notices": [price]})
    assert words.title == "1 notices: Kettle"


def test_a_digest_names_its_sites_and_tells_each():
    told = [{"kind": "change", **facts(site=f"S{i}", summary=f"sum {i}")} for i in range(5)]
    words = words_of("digest", {"why": "host", "count": 9, "notices": told})
    assert words.title == "9 notices: S0, S1, S2 and 2 more"
    assert "9 notices of one host at once; the first 5 follow." in words.text
    assert all(f"sum {i}" in words.text for i in range(5))


def test_a_kind_of_a_later_version_is_told_all_the_same():
    words = words_of("comet", {"title": "A comet", "summary": "It came."})
    assert (words.title, "It came." in words.text) == ("A comet", True)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links |= {value for name, value in attrs if name in ("href", "src")}
        assert not [name for name, _ in attrs if name.startswith("on")]


def evil_words(kind: str = "change"):
    hunk = {"removed": [EVIL, "same words here " + EVIL], "added": [EVIL, "same words now " + EVIL]}
    told = facts(
        site=EVIL, title=EVIL, summary=EVIL, reasons=[EVIL], hunks=[hunk], detail=EVIL,
        url="javascript:alert(1)",
    )  # fmt: skip
    return words_of(kind, told)


@pytest.mark.parametrize("kind", ["failing", "recovered"])
def test_a_product_is_called_by_its_name(kind: str) -> None:
    told = {**facts(product="Kettle", error_class="gone"), "site": ""}
    assert words_of(kind, told).title.startswith("Kettle can")


@pytest.mark.parametrize("kind", ["change", "failing", "recovered", "price", "other"])
def test_a_page_cannot_write_markup(kind: str):
    tags = Tags()
    tags.feed(evil_words(kind).html)
    assert tags.seen <= set("html head meta style body h2 p ul li div del ins code a".split())
    assert tags.links == set()


@pytest.mark.parametrize("kind", ["change", "failing", "recovered", "price"])
def test_a_page_mentions_nobody_and_hides_no_link(kind: str):
    words = evil_words(kind)
    assert not re.search(r"@(everyone|here|1)|<[@!#]|\]\(", words.text)
    assert not re.search(r"(?<!\\)@everyone|(?<!\\)\]\(", words.markdown)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", words.text + words.markdown + words.html)
    assert "\n" not in words.title
    assert "\r" not in words.title


def test_what_is_cut_says_so_in_the_receivers_own_units():
    text = escaping.cut("\N{GRINNING FACE}" * 100, 150)
    assert text.endswith("stored whole)")
    assert len(text.encode("utf-16-le")) // 2 <= 150
    assert escaping.cut("short", 150) == "short"


def test_a_page_that_is_not_found_is_told_as_such():
    told = {
        "site": "Blog",
        "error_class": "http_4xx",
        "failures": 3,
        "failing_since": "2026-01-01T12:00:00+00:00",
    }
    assert "The page is not found" in words_of("failing", told | {"status": 404}).text
    assert "Its server refuses the request." in words_of("failing", told | {"status": 400}).text
