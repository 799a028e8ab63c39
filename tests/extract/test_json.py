from __future__ import annotations

import pytest

from daemon.model.status import ErrorClass
from tests.extract.documents import reading, refusal

JSON = "application/json"
ITEMS = '{"items": [{"n": "a", "p": 1.50}, {"n": "b", "p": 2}], "v": "1.2"}'


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"a":\n NaN}', "NaN is not a JSON value (line 2, column 2)"),
        ("[-Infinity]", "-Infinity is not a JSON value (line 1, column 2)"),
        ('["NaN",\n1e400]', "the number 1e400 is out of range (line 2, column 1)"),
        ("[" + "9" * 5000 + "]", "a number of 5000 digits (line 1, column 2)"),
        ("[" * 100_000, "nested too deeply (line 1, column 100000)"),
        ("[" * 200 + "]" * 200, "nested deeper than 100 levels"),
        ('{"a": 1,\n"b"', "Expecting ':' delimiter (line 2, column 4)"),
        ('{"a": 1} x', "Extra data (line 1, column 10)"),
        ("{'a': 1}", "Expecting property name enclosed in double quotes (line 1, column 2)"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(body: str, detail: str) -> None:
    fault = refusal(body, JSON)
    assert (fault.error_class, fault.detail) == (ErrorClass.PARSE, detail)


def test_a_page_instead_of_json_is_told() -> None:
    fault = refusal("<html><body>Down</body></html>", JSON, kind="json")
    assert fault.detail == "an HTML page, not JSON (line 1, column 1)"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "a: 3\nb: 2"),
        ('{"x": [{"a": 1, "a": {"b": 2}}]}', "x:\n  - a:\n      b: 2"),
        ('{"title": "old", "title": "new"}', "title: new"),
    ],
)
def test_of_a_key_that_comes_twice_the_last_value_counts_and_is_flagged(
    body: str, text: str
) -> None:
    found = reading(body, JSON)
    assert (found.text, found.flags) == (text, ("duplicate_keys",))


def test_a_query_sees_the_last_value_of_a_key() -> None:
    found = reading('{"v": "1.0", "v": "2.0"}', JSON, query="v")
    assert (found.text, found.flags) == ('"2.0"', ("duplicate_keys",))


def test_keys_that_are_unlike_or_of_two_objects_are_no_duplicates() -> None:
    assert reading('[{"a": 1}, {"a": 2, "A": 3}]', JSON).flags == ()


def test_null_is_nothing_to_read() -> None:
    assert refusal("null", JSON).error_class is ErrorClass.EMPTY


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_in_other_encodings_is_read(encoding: str) -> None:
    assert reading('{"key": "hé"}'.encode(encoding), JSON).text == "key: hé"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("v", '"1.2"'),
        ("items[].n", "- a\n- b"),
        ("items[?p > `1.6`].n", "- b"),
        ("items[?p == `1.5`].p | [0]", "1.50"),
        ("sum(items[].p)", "3.5"),
        ("avg(items[].p)", "1.75"),
        ("sort_by(items, &p)[0].p", "1.50"),
        ("length(items)", "2"),
    ],
)
def test_a_query_picks_its_part(query: str, text: str) -> None:
    assert reading(ITEMS, JSON, query=query).text == text


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("absent", "matched nothing"),
        ("items[?p > `9`]", "matched nothing"),
        ("items[", "Incomplete expression"),
        ("join(v, items)", "invalid type"),
        ("no_such(v)", "no_such"),
        ("(" * 900, ""),
        ("a" * 3000, "longer than"),
    ],
)
def test_a_query_that_gives_nothing_is_our_rules_fault(query: str, part: str) -> None:
    fault = refusal(ITEMS, JSON, query=query)
    assert fault.error_class is ErrorClass.SELECTOR
    assert part in fault.detail


def test_a_query_that_unfolds_without_end_is_stopped() -> None:
    hundred = f"[{','.join('@' * 100)}]"
    fault = refusal(ITEMS, JSON, query="|".join([hundred] * 5))
    assert fault.error_class is ErrorClass.TOO_LARGE


def test_brackets_in_plain_text_do_not_make_it_json() -> None:
    assert reading("[draft] hello", "text/plain").kind == "text"


def test_lone_surrogates_in_json_become_visible() -> None:
    found = reading(r'["\ud800"]', JSON)
    assert (found.text, found.flags) == ("- \ufffd", ("cleaned:surrogates",))
