from __future__ import annotations

from collections.abc import Sequence

import pytest

from daemon.analyse import genre, judge
from daemon.analyse.delta import WordRun
from daemon.analyse.words import without_markup
from daemon.model.change import ChangeType, Finding
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, page, state, text_state
from tests.analyse.test_parts import found_runs

SPEC = (
    "<p>The user agent MUST call the method of the interface with each attribute of the"
    " dictionary, and the algorithm returns undefined or a boolean parameter.</p>"
)


def judged(before: str, after: str, history: Sequence[str] = (), **kinds: str | None) -> Finding:
    past = [state(body) for body in history]
    return judge(state(before), state(after), past, Rules(), kinds.get("site_type"))


def test_scattered_rewording_of_a_technical_text_is_minor() -> None:
    before = page("".join(SPEC.replace("each", f"each {name}") for name in "abcdefgh"))
    after = before.replace("user agent", "browser").replace("call the", "invoke one")
    finding = judged(before, after)
    assert (finding.change_type, finding.category) == (ChangeType.MINOR, "wording")
    assert any(reason.signal == "slight" for reason in finding.reasons)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPEC * 8, genre.TECHNICAL),
        ("These terms and conditions of the agreement limit our liability. " * 8, genre.LEGAL),
        ("The river runs below the house and the garden lies behind it. " * 8, genre.PLAIN),
    ],
)
def test_a_genre_is_known_by_its_words(text: str, expected: str) -> None:
    assert genre.genre_of("", text) == expected


def test_a_title_alone_can_tell_a_legal_text() -> None:
    assert genre.genre_of("Privacy policy", "words") == genre.LEGAL


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[=dfn/term=]", "term"),
        ("{{Interface/member}}", "member"),
        ("[[Page|name]]", "name"),
        ("|value:Type|", "value"),
        ("<https://site.test/>", "site.test/"),
        ("![alt](a.png) text", "  text"),
    ],
)
def test_source_shorthand_is_read_as_it_is_shown(source: str, shown: str) -> None:
    assert without_markup(source) == shown


def test_numbers_given_to_lines_do_not_count() -> None:
    before = "\n".join(f"the part of {name}" for name in "abcd")
    after = "\n".join(f"{place}.{place} the part of {name}" for place, name in enumerate("abcd", 1))
    assert found_runs(before, after) == []
    assert found_runs(after, before) == []


def test_numbers_that_differ_at_random_do_count() -> None:
    assert found_runs("pay 5 now and 7 then", "pay 6 now and 12 then") == [
        WordRun(("5",), ("6",)),
        WordRun(("7",), ("12",)),
    ]


def test_only_numbers_are_slight() -> None:
    before = page(PROSE + "<p>Seats: 12, 17, 25, 48, 90</p>")
    finding = judged(before, before.replace("12, 17, 25, 48, 90", "14, 11, 29, 33, 95"))
    assert (finding.change_type, finding.category) == (ChangeType.MINOR, "numbers")


def test_a_price_in_a_changed_sentence_is_still_a_price() -> None:
    before = page(PROSE + "<p>Stay for just 80 € a night</p>")
    finding = judged(before, before.replace("for just 80 €", "with us for 95 €"))
    assert finding.summary.startswith("Price: 80 € → 95 €.")


def test_an_amount_without_currency_counts_on_a_product_page() -> None:
    offer = '<script type="application/ld+json">{"offers": {"price": "9"}}</script>'
    before = page(f"{offer}<p>12.90</p>{PROSE}")
    assert judged(before, before.replace("12.90", "14.50")).category == "price"


@pytest.mark.parametrize(
    ("before", "after", "summary"),
    [
        ("seen on 1 May 2024", "seen on", "Date gone: 1 May 2024."),
        ("seen on", "seen on 1 May 2024", "New date: 1 May 2024."),
    ],
)
def test_dates_that_come_or_go_are_named(before: str, after: str, summary: str) -> None:
    finding = judged(page(f"<p>{before}</p>{PROSE}"), page(f"<p>{after}</p>{PROSE}"))
    assert finding.summary == summary


def test_a_title_alone_is_minor() -> None:
    finding = judged(page(title="Old name"), page(title="New name") + "<p></p>")
    assert finding.change_type in (None, ChangeType.MINOR)


def test_removed_paragraphs_are_said_to_be_removed() -> None:
    extra = "<p>Dogs are welcome in the garden, but not in the rooms upstairs at night.</p>"
    finding = judged(page(PROSE * 2 + extra), page(PROSE * 2))
    assert finding.summary.startswith("Removed: “Dogs are welcome")


def test_many_places_are_counted() -> None:
    parts = [f"<p>Rule {name}: {name * 3} must be kept by all guests</p>" for name in "abcde"]
    after = page("".join(PROSE + part for part in parts))
    assert "(and 2 places more)" in judged(page(PROSE * 5), after).summary


def test_a_new_heading_is_a_reason() -> None:
    finding = judged(
        page(PROSE * 2), page(PROSE * 2 + "<h2>The boat house and its seven rules</h2>")
    )
    assert any(reason.signal == "heading" for reason in finding.reasons)


def test_a_restless_page_is_known_as_such() -> None:
    history = [page(PROSE + f"<p>Guest {name} came by</p>") for name in "abc"]
    finding = judged(
        page(), page(PROSE + "<p>The house has a new roof of fine old slate</p>"), history
    )
    [reason] = [one for one in finding.reasons if one.signal == "restless"]
    assert reason.text == "the text differed at each of the last 3 visits"


def test_a_security_page_needs_no_version() -> None:
    finding = judged(
        page(PROSE),
        page(PROSE + "<p>We fixed CVE-2024-11111 in the gate of the house last night.</p>"),
        site_type="security",
    )
    assert finding.change_type is ChangeType.CRITICAL


def test_a_huge_page_is_judged_by_its_text() -> None:
    filler = "<p>" + "word " * 900_000 + "</p>"
    finding = judged(page(filler), page(filler + "<p>and one new line of a good many words</p>"))
    assert finding.change_type in (ChangeType.MINOR, ChangeType.MODERATE)


def test_text_nested_beyond_the_parser_is_judged_by_the_reading() -> None:
    before = "<div>" * 3_000 + "words of the old kind " * 60
    finding = judged(before, before.replace("old kind", "new sort and more"))
    assert finding.change_type is ChangeType.MAJOR


def test_thousands_of_changed_blocks_are_judged_by_the_first() -> None:
    before = text_state("\n".join(f"line {number} of the old house" for number in range(4_000)))
    after = text_state("\n".join(f"row {number} in a new place" for number in range(4_000)))
    assert judge(before, after, [], Rules(), None).change_type is ChangeType.MAJOR


def test_very_long_paragraphs_are_not_paired_for_the_summary() -> None:
    before = "\n\n".join(" ".join(f"w{n}x{i}" for i in range(2_500)) for n in range(6))
    finding = judge(text_state(before), text_state(before.replace("x1", "y1")), [], Rules(), None)
    assert finding.summary
