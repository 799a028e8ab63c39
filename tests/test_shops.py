"""The made-up shops: the same pages from the same seed, and answers that anybody can see."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import lxml.html
import pytest

from benchmarks.shop_pages import scoring
from benchmarks.shop_pages.money import Form, Money, locales, rounded
from benchmarks.shop_pages.pages import Page, combinations, page, styles
from benchmarks.shop_pages.vocabulary import HALVES, languages
from benchmarks.shops import report, row, written

PAGES = 60
_UNSEEN = "//script | //style | //template | //*[@hidden] | //*[contains(@class, 'd-none')]"


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return [page(7, half, number) for half in HALVES for number in range(PAGES)]


def visible(made: Page) -> str:
    tree = lxml.html.document_fromstring(made.body.decode())
    for element in [*tree.xpath(_UNSEEN), *tree.xpath("//*[@style='display:none']")]:
        element.drop_tree()
    buttons = map(str, tree.xpath("//input[@type='submit']/@value | //input[@type='image']/@alt"))
    return " ".join([*tree.itertext(), *buttons])


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def test_a_seed_always_makes_the_same_pages(pages: list[Page]) -> None:
    again = [page(7, half, number) for half in HALVES for number in range(PAGES)]
    assert again == pages
    assert page(8, "develop", 0).body != pages[0].body


def test_every_answer_is_seen_on_its_page(pages: list[Page]) -> None:
    for made in pages:
        text, said = squeezed(visible(made)), made.expected
        assert squeezed(said["state_words"] or "") in text, made.name
        if said["shown"] is not None:
            digits = r"\D{0,3}".join(re.sub(r"\D", "", said["shown"]))
            assert re.search(digits, text), made.name
            assert any(mark in text for mark in re.findall(r"[^\s\d.,'’–-]+", said["shown"]))


def test_every_answer_names_a_price_and_a_currency_or_neither(pages: list[Page]) -> None:
    currencies = {locale.currency for locale in locales().values()}
    for made in pages:
        said = made.expected
        assert (said["price"] is None) == (said["currency"] is None), made.name
        assert said["price"] is None or Decimal(said["price"]) > 0
        assert said["currency"] in {None, *currencies}


def test_no_shop_of_one_half_is_in_the_other() -> None:
    develop, unseen = (set(combinations(half, styles())) for half in HALVES)
    assert not develop & unseen
    assert len(develop | unseen) == len(styles()) * len(languages())
    assert {style for style, _ in develop} == {style for style, _ in unseen} == set(styles())


def test_every_style_makes_a_page_with_a_heading(pages: list[Page]) -> None:
    for style in styles():
        for number in range(4):
            made = page(3, "develop", number, [style])
            tree = lxml.html.document_fromstring(made.body.decode())
            assert tree.xpath("string((//h1 | //h2)[1])").strip(), made.name
            assert made.style == style


@pytest.mark.parametrize(
    ("example", "written"),
    [
        ("1.234.567,89 €", "23.456,50 €"),
        ("₹12,34,567.89", "₹23,456.50"),
        ("1,234,567.890 KD", "23,456.500 KD"),
        ("1 234 567€89", "23 456€50"),
        ("CHF 1'234'567.–", "CHF 23'456.–"),
        ("¥1,234,567", "¥23,456"),
    ],
)
def test_money_is_written_as_its_example(example: str, written: str) -> None:
    form = Form.of(example)
    assert Money(rounded(Decimal("23456.5"), form), "XXX", form).text == written
    assert Money(Decimal("1234567.89"), "XXX", Form.of("₹12,34,567.89")).text == "₹12,34,567.89"


def test_a_wrong_amount_counts_against_precision_and_recall(pages: list[Page]) -> None:
    priced = [made for made in pages if made.expected["price"]][:2]
    right = Decimal(priced[0].expected["price"] or 0)
    rows = [
        scoring.Row(priced[0], right, priced[0].expected["currency"], "unknown", "", 1.0),
        scoring.Row(priced[1], Decimal("0.01"), None, "unknown", "", 1.0),
    ]
    said = scoring.totals(rows)
    assert (said["price F1"], said["currency"]) == ("0.500", "0.500")


def test_a_wrong_amount_is_called_by_its_role(pages: list[Page]) -> None:
    made = next(made for made in pages if made.expected["price"] and made.roles)
    role, amount = made.roles[0]
    wrong = scoring.Row(made, amount, made.expected["currency"], "unknown", "", 1.0)
    assert f"price: read {role}" in wrong.kinds
    assert scoring.Row(made, None, None, "unknown", "", 1.0).kinds[0] == "price: none read"


def test_the_unseen_half_shows_only_totals(pages: list[Page]) -> None:
    rows = [row(made) for made in pages[:10]]
    assert "Worst groups" in report(rows, is_open=True)
    assert "Worst groups" not in report(rows, is_open=False)
    assert "all three right" in report(rows, is_open=False)


def test_a_page_is_left_beside_its_answer(pages: list[Page], tmp_path: Path) -> None:
    written(pages[0], tmp_path)
    answer = json.loads((tmp_path / f"{pages[0].name}.json").read_text(encoding="utf8"))
    assert (tmp_path / f"{pages[0].name}.html").read_bytes() == pages[0].body
    assert {key: answer[key] for key in pages[0].expected} == pages[0].expected
