"""What a document says of conditions: words, patterns, selectors, queries and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.conditions.observing import observe
from daemon.conditions.values import Observed, conditions_of
from daemon.extract import read
from daemon.model.errors import ExtractError
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.extract.documents import document

PAGE = """<html lang="{lang}"><title>Shop</title><nav>Home</nav><p>Currently unavailable</p>
<p>Straße   zum
<b>Hafen</b></p><ul><li class=slot>May 4</li><li class=slot>May 5</li></ul>
<button disabled>Buy</button><p class=price>{price}</p>"""
JSON = "application/json"
SLOTS = '{"slots": [{"day": "May 4", "free": true}, {"day": "May 5", "free": false}], "left": 7}'


def seen(
    body: str = PAGE, content_type: str = "text/html", lang: str = "en", price: str = "48.00 €",
    **rules: Any,
) -> list[Observed]:  # fmt: skip
    text = body.replace("{lang}", lang).replace("{price}", price)
    one, given = document(text, content_type), Rules(**rules)
    return list(observe(one, read(one, given), given))


@pytest.mark.parametrize(
    ("target", "holds"),
    [
        ("currently UNAVAILABLE", True),
        ("available", False),  # whole words, not a part of "unavailable"
        ("straße zum hafen", True),
        ("Hafen May 4", False),
        ("re:(?i)UNAVAIL", True),
        ("re:May [45]$", True),
        ("re:May 6", False),
        ("css:li.slot", True),
        ("css:button:not([disabled])", False),
        ("xpath://li[text()='May 5']", True),
        ("xpath:count(//li) > 2", False),
        ("xpath:count(//li) = 2", True),
        ("xpath:count(//h1)", False),
    ],
)
def test_a_target_is_there_or_not(target: str, holds: bool) -> None:
    [there, gone] = seen(appears=(target,), disappears=(target,))
    assert (there.holds, gone.holds) == (holds, not holds)


@pytest.mark.parametrize(
    ("text", "target", "holds"),
    [
        ("只今在庫ありです", "在庫あり", True),  # no spaces between the words
        ("สินค้าหมดแล้ว", "หมด", True),
        ("товар недоступен", "доступен", False),
        ("товар доступен!", "ДОСТУПЕН", True),
        ("Preis: 5 €", "5 €", True),
        ("C++ (neu)", "c++", True),
    ],
)
def test_words_end_where_their_script_ends_them(text: str, target: str, holds: bool) -> None:
    [one] = seen(text, "text/plain", appears=(target,))
    assert one.holds is holds


def test_what_was_found_is_shown_in_its_line() -> None:
    assert [one.shown for one in seen(appears=("unavailable", "css:li.slot"))] == [
        "Currently unavailable",
        "May 4",
    ]


def test_words_are_looked_for_in_what_was_read_and_selectors_in_the_whole_page() -> None:
    words, element = seen(include=(".price",), appears=("Currently unavailable", "css:li.slot"))
    assert (words.holds, element.holds) == (False, True)
    [cut] = seen(exclude=("ul",), appears=("css:li.slot",))
    assert cut.holds is False


def test_all_of_what_is_to_be_contained_must_be_there() -> None:
    [both] = seen(contains=("unavailable", "css:li.slot"))
    [one] = seen(contains=("unavailable", "css:li.none"))
    assert (both.holds, one.holds, one.shown) == (True, False, "without 'li.none'")


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ("css:li.slot", "2"),
        ("css:li.none", "0"),
        ("xpath2://li[matches(., 'May [45]')]", "2"),
        ("xpath:count(//li) * 3", "6"),
        ("May", "2"),
        ("re:[45]", "3"),
    ],
)
def test_targets_are_counted(target: str, number: str) -> None:
    [one] = seen(count=(target,))
    assert (one.holds, one.number) == (None, number)
    assert one.shown == f"{number} of {target.partition(':')[2] or target}"


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ("query:slots", "2"),
        ("query:slots[?free]", "1"),
        ("query:slots[?day == 'May 9']", "0"),
        ("query:left", "7"),
        ("query:none", "0"),
        ("query:slots[1].free", "0"),
        ("query:slots[0]", "1"),
        ("jq:[.slots[] | select(.free)]", "1"),
        ("query:jq:.left", "7"),
        ("jsonpath:$.slots[*].day", "2"),
        ("May", "2"),
    ],
)
def test_json_is_queried(target: str, number: str) -> None:
    [one] = seen(SLOTS, JSON, count=(target,))
    assert one.number == number


def test_a_count_is_compared() -> None:
    below, above = seen(count=("css:li.slot",), below="3", above="5")
    assert (below.holds, above.holds, below.number) == (True, False, "2")


@pytest.mark.parametrize(
    ("price", "lang", "number", "shown"),
    [
        ("48.00 €", "en", "48", "48.00 €"),
        ("Now only 1.299,95 € instead of 1.500 €", "de", "1299.95", "1.299,95 €"),
        ("2 pieces for $1,299.50", "en", "1299.5", "$1,299.50"),
        ("1.234 m", "en", "1.234", "1.234"),
        ("1.234 m", "de", "1234", "1.234"),
        ("1,234 m", "de", "1.234", "1,234"),
        ("3,42 m", "de", "3.42", "3,42"),
        ("12 of 40 seats", "en", "12", "12"),
        ("-3.5 °C", "en", "-3.5", "-3.5"),
        ("٤٨ seats", "ar", "48", "48"),
        ("Room A4: 7 free", "en", "7", "7"),
    ],
)
def test_a_number_is_read_as_people_of_the_language_write_it(
    price: str, lang: str, number: str, shown: str
) -> None:
    [one] = seen(price=price, lang=lang, include=(".price",), below="10000")
    assert (one.number, one.shown, one.holds) == (number, shown, True)


@pytest.mark.parametrize(
    ("body", "content_type", "rules", "number"),
    [
        ('{"rate": 1.234}', JSON, {"query": "rate"}, "1.234"),
        ('{"rate": -0.5}', JSON, {"query": "rate"}, "-0.5"),
        ('{"rate": "1.299,95 €"}', JSON, {"query": "rate"}, "1299.95"),
        ("<r><c rate='1.234'/></r>", "text/xml", {"include": ("//c/@rate",)}, "1.234"),
        ("Tide 3.42 m", "text/plain", {"extract": (r"Tide (\S+)",)}, "3.42"),
    ],
)
def test_machines_write_a_decimal_point(
    body: str, content_type: str, rules: dict[str, Any], number: str
) -> None:
    [one] = seen(body, content_type, above="-9", **rules)
    assert one.number == number


@pytest.mark.parametrize(
    ("price", "include", "problem"),
    [
        ("Sold out", ".price", "no number in 'Sold out'"),
        ("48", ".none", "nothing is chosen"),
    ],
)
def test_what_has_no_number_is_undecided(price: str, include: str, problem: str) -> None:
    [one] = seen(price=price, include=(include,), below="50")
    assert (one.holds, one.number, one.problem) == (None, "", problem)


@pytest.mark.parametrize(
    ("body", "content_type", "rules", "detail"),
    [
        (SLOTS, JSON, {"appears": ("css:li",)}, "appears[0]: css selects from HTML and XML"),
        (
            PAGE,
            "text/html",
            {"count": ("query:a",)},
            "count[0]: query reads JSON, and this is html",
        ),
        (SLOTS, JSON, {"appears": ("query:join(left, slots)",)}, "appears[0] 'join(left, slots)'"),
        ("a" * 5000 + "!", "text/plain", {"appears": ("re:(a|aa)+$",)}, "appears[0] took longer"),
    ],
)
def test_a_target_that_does_not_fit_or_runs_away_is_named(
    body: str, content_type: str, rules: dict[str, Any], detail: str
) -> None:
    with pytest.raises(ExtractError) as caught:
        seen(body, content_type, **rules)
    assert caught.value.error_class is ErrorClass.SELECTOR
    assert caught.value.detail.startswith(detail)


def test_without_a_source_only_the_text_is_observed() -> None:
    rules = Rules(appears=("Home", "css:nav"), count=("Home",), contains=("css:nav", "Home"))
    reading = read(document(PAGE), rules)
    keys = [one.key for one in observe(None, reading, rules)]
    assert keys == ["appears Home", "count Home"]


def test_keys_do_not_depend_on_the_order_of_the_file() -> None:
    one, other = Rules(appears=("a", "re:b")), Rules(appears=("re:b", "a"))
    keys = [{condition.key for condition in conditions_of(rules)} for rules in (one, other)]
    assert keys[0] == keys[1] == {"appears a", "appears re:b"}
