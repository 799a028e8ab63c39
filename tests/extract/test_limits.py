"""Documents that are made to hurt."""

from __future__ import annotations

import pytest

from daemon.model.status import ErrorClass
from tests.extract.documents import pdf, reading, refusal

BOMBS = {
    "valued": "<p " + " ".join(f'a{i}="x"' for i in range(30_000)) + ">x</p>",
    "bare": "<p " + " ".join(f"a{i}" for i in range(30_000)) + ">x</p>",
    "quoted": "<p " + " ".join(f'attr{i}=">"' for i in range(40_000)) + ">x</p>",
    "unclosed": "<p " + " ".join(f"a{i}=1" for i in range(30_000)),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("include", [(), ("p",)])
def test_an_element_with_endless_attributes_is_too_large(
    bomb: str, include: tuple[str, ...]
) -> None:
    assert refusal(bomb, include=include).error_class is ErrorClass.TOO_LARGE


def test_long_scripts_are_no_attributes() -> None:
    script = "var a = " + " ".join(f"b{i}=1;" for i in range(30_000))
    assert reading(f"<script>{script}</script><p>text</p>").text == "text"


def test_deep_nesting_is_read_to_its_end() -> None:
    assert reading("<div>" * 100_000 + "deep").text == "deep"


def test_text_below_the_parsers_depth_is_said_to_be_cut() -> None:
    found = reading("<p>seen</p>" + "<div>" * 3_000 + "deep", include=("body",))
    assert (found.text, found.flags) == ("seen", ("truncated:depth",))


def test_deep_nesting_is_not_given_to_the_article_finder() -> None:
    found = reading("<p>seen</p>" + "<div>" * 3_000 + "deep", main_content=True)
    assert found.flags == ("main:too_deep",)
    assert "deep" in found.text


def test_deep_lists_do_not_unfold() -> None:
    found = reading("<ul><li>x" * 30_000)
    assert len(found.text) < 1_000_000
    assert found.flags == ("simplified:lists",)


@pytest.mark.parametrize("tag", ["option", "optgroup", "rt", "rp"])
def test_elements_that_are_slow_in_numbers_are_taken_away(tag: str) -> None:
    found = reading("<p>seen</p>" + f"<{tag}>x" * 60_000)
    assert found.text.startswith("seen")
    assert found.flags == ("simplified:options",)


@pytest.mark.parametrize(
    "page",
    [
        "<" * 300_000,
        "<p>" + "word  " * 200_000,
        "<p>" + "&amp;&#65;&#0;" * 50_000,
        "<i>x</i>" * 50_000,
        "<p>x" + "<!--" * 50_000,
    ],
    ids=["angles", "line", "entities", "siblings", "comments"],
)
def test_odd_but_harmless_pages_are_read(page: str) -> None:
    assert reading(page).text


def test_a_title_of_a_megabyte_is_cut_and_said() -> None:
    found = reading(f"<title>{'x' * 1_000_000}</title><p>y</p>")
    assert len(found.title) == 500
    assert found.flags == ("truncated:title",)


def test_a_wide_json_is_too_large() -> None:
    assert refusal("[" + "1," * 600_000 + "1]", "text/json").error_class is ErrorClass.TOO_LARGE


def test_a_feed_without_end_is_cut_at_its_first_entries() -> None:
    items = "".join(f"<item><title>t{i}</title><guid>{i}</guid></item>" for i in range(10_050))
    found = reading(f'<rss version="2.0"><channel>{items}</channel></rss>', "text/xml")
    assert [len(found.entries), found.entries[0].id, found.entries[-1].id] == [10_000, "0", "9999"]
    assert found.flags == ("truncated:entries",)


def test_a_json_feed_without_end_is_cut_at_its_first_entries() -> None:
    items = ",".join(f'{{"id": {i}, "title": "t"}}' for i in range(10_050))
    version = '"version": "https://jsonfeed.org/version/1"'
    found = reading(f'{{{version}, "items": [{items}]}}', "application/feed+json")
    assert len(found.entries) == 10_000
    assert found.flags == ("truncated:entries",)


def test_a_large_feed_that_never_ends_is_read() -> None:
    found = reading("<rss><channel>" + "<item><title>x" * 100_000, "text/xml")
    assert found.flags[0] == "incomplete:feed"


def test_more_text_than_is_worth_keeping_is_too_large() -> None:
    fault = refusal("x" * 16_000_001, "text/plain")
    assert fault.error_class is ErrorClass.TOO_LARGE


def test_many_attributes_over_many_elements_are_none_of_a_bomb() -> None:
    found = reading("<i a=1 b=2 c=3>x</i>" * 16_000)
    assert len(found.text) == 16_000


def test_many_lists_side_by_side_keep_their_bullets() -> None:
    found = reading("<ul><li>x</li></ul>" * 100)
    assert found.text.count("•") == 100


def test_only_the_first_pages_of_a_pdf_are_read() -> None:
    found = reading(pdf(["page"] * 205), "application/pdf")
    assert found.text.count("page") == 200
    assert found.flags == ("truncated:pages",)


def test_words_in_a_value_are_no_attributes() -> None:
    words = " ".join(f"word{i}=1 a" for i in range(30_000))
    quoted = f"""<meta name="keywords" content="{words}"><p title='{words}'>text</p>"""
    assert reading(quoted).text == "text"
