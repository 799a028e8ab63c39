"""Selectors for what somebody points at: exact, short, and of names that last."""

from __future__ import annotations

import pytest
from parsel import Selector

from daemon.extract import read
from daemon.extract.proposing.names import is_telling
from daemon.extract.proposing.parts import parts_of
from daemon.extract.proposing.values import Part
from daemon.model.request import MOST_PARTS, PART_MARK
from daemon.model.response import Document
from daemon.model.site import Rules

_PAGE = """<!doctype html><title>Shop</title><body><header id=top><p>Free returns</p></header>
<main class="css-1x2y3z"><h1>Kettle</h1><div class="price-box mt-4">
<span class="sc-bdVaJa">Now</span>
<span class="amount is-new">79.90</span></div>
<ul class=shows><li>Monday<li>Tuesday<li>Wednesday</ul>
<p data-testid=stock>In stock</p><div><div><em>deep</em></div></div></main>
<script>var hidden = 1</script>"""


def _parts(page: str, *numbers: int) -> list[Part]:
    document = Document(page.encode(), "text/html", "utf-8", "https://example.org/")
    return list(parts_of(document, numbers)[0])


def _said(text: str) -> Part:
    return next(one for one in _parts(_PAGE) if one.text == text)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("Free returns", "#top p"),
        ("Kettle", "h1"),
        ("79.90", "span.amount"),
        ("Now", "div.price-box > span:nth-of-type(1)"),
        ("Tuesday", "ul.shows > li:nth-of-type(2)"),
        ("In stock", 'p[data-testid="stock"]'),
        ("deep", "em"),
    ],
)
def test_a_selector_is_of_names_that_people_gave(text: str, selector: str) -> None:
    assert _said(text).selector == selector


def test_each_selector_reads_its_part_alone() -> None:
    document = Document(_PAGE.encode(), "text/html", "utf-8", "https://example.org/")
    found = _parts(_PAGE)
    assert {one.text for one in found} >= {"Kettle", "Monday", "Tuesday", "deep"}
    assert "var hidden" not in str(found)
    for part in found:
        assert len(Selector(_PAGE).css(part.selector)) == 1
        assert read(document, Rules(include=(part.selector,))).text.endswith(part.text)


def test_all_of_a_kind_are_offered() -> None:
    assert _said("Tuesday").like == "ul.shows li"
    assert _said("Kettle").like == ""


def test_marked_parts_are_told_by_their_numbers() -> None:
    page = f"<body><p {PART_MARK}=7>One</p><div {PART_MARK}=3><p>Two</p></div>"
    assert [(one.number, one.text, one.selector) for one in _parts(page, 3, 7, 9)] == [
        (3, "Two", "div"),
        (7, "One", "body > p"),
    ]


def test_of_a_page_of_many_parts_the_main_content_comes_first_and_the_rest_is_told() -> None:
    menu = "".join(f"<li>Entry {number}</li>" for number in range(500))
    page = f"<body><nav><ul>{menu}</ul></nav><main><p class=price>9.99</p></main>"
    document = Document(page.encode(), "text/html", "utf-8", "https://example.org/")
    parts, left_out = parts_of(document)
    assert len(parts) == MOST_PARTS
    assert (parts[-1].text, parts[-1].selector) == ("9.99", "p.price")
    assert left_out == 501 - MOST_PARTS


def test_a_page_without_a_body_has_parts() -> None:
    assert [one.text for one in _parts("<title>x</title><main><p>9.99</p></main>")] == ["9.99"]


@pytest.mark.parametrize("page", ["<", "<a><b", "<p id='a\"b' class='x:y [z]'>Odd", "\x00<p>Nul"])
def test_any_page_has_parts_or_none(page: str) -> None:
    for part in _parts(page):
        Selector(page.replace("\x00", "")).css(part.selector)


def test_names_that_tools_make_are_no_names() -> None:
    given = "price product-title productTitle entry-content offer__price nav-item main shows"
    made = (
        "css-1x2y3z sc-bdVaJa gcroUb style-xlvxe rating_stars__q_iuW card-title_3hYdQ svelte-1abcde"
        " mt-4 md:flex w-1/2 col-md-6 text-lg is-active open js-menu item-3 x 3d a.b"
    )
    assert [name for name in given.split() if not is_telling(name)] == []
    assert [name for name in made.split() if is_telling(name)] == []
