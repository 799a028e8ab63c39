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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"b": {"x": 1, "y": [3, 2]}, "a": "t"}', '{"a": "t", "b": {"y": [3, 2], "x": 1}}'),
        ('[{"b": 1, "a": {}}]', '[ {"a": {} ,"b": 1} ]'),
        (r'{"\u00e4": "\/"}', '{"ä": "/"}'),
        ('{"a": 1, "b": 2, "a": 3}', '{"a": 1, "a": 3, "b": 2}'),
    ],
)
def test_the_order_of_keys_and_the_spelling_say_nothing(one: str, other: str) -> None:
    assert reading(one, JSON) == reading(other, JSON)


@pytest.mark.parametrize(
    ("one", "other"), [("[1, 2]", "[2, 1]"), ('{"a": 1}', '{"a": "1"}'), ("[0.1]", "[0.10001]")]
)
def test_the_order_of_a_list_the_type_and_every_digit_count(one: str, other: str) -> None:
    assert reading(one, JSON).text_hash != reading(other, JSON).text_hash


@pytest.mark.parametrize("query", ["keys(@)", "values(@)", "*.n", "to_string(@)"])
def test_what_a_query_makes_of_an_object_has_one_order(query: str) -> None:
    one = reading('{"b": {"n": 1.0}, "a": {"n": 2}}', JSON, query=query)
    other = reading('{"a": {"n": 2}, "b": {"n": 1}}', JSON, query=query)
    assert one.text == other.text


@pytest.mark.parametrize(
    ("forms", "text"),
    [
        (("1", "1.0", "1e0", "10E-1", "0.1e+1"), "1"),
        (("1000", "1e3", "1000.000", "0.1E4"), "1000"),
        (("-1.5", "-1.50", "-15e-1"), "-1.5"),
        (("0", "-0", "0.0", "-0.0", "0e9"), "0"),
        (("0.00000123", "1.23e-6"), "0.00000123"),
        (("6.02e-34", "602e-36"), "6.02e-34"),
        (("1e300", "1" + "0" * 300), "1e300"),
        (("12345678901234567890123", "12345678901234567890123.0"), "12345678901234567890123"),
        (("0.10000000000000000001", "1.0000000000000000001e-1"), "0.10000000000000000001"),
        (("1e-999999999999", "10e-1000000000000"), "1e-999999999999"),
    ],
)
def test_a_number_has_one_form_however_it_is_written(forms: tuple[str, ...], text: str) -> None:
    assert {reading(form, JSON).text for form in forms} == {text}


def test_a_query_sees_the_last_value_of_a_key() -> None:
    found = reading('{"v": "1.0", "v": "2.0"}', JSON, query="v")
    assert (found.text, found.flags) == ("2.0", ("duplicate_keys",))


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
        ("v", "1.2"),
        ("items[].n", "- a\n- b"),
        ("items[?p > `1.6`].n", "- b"),
        ("items[?p == `1.5`].p | [0]", "1.5"),
        ("sum(items[].p)", "3.5"),
        ("avg(items[].p)", "1.75"),
        ("sort_by(items, &p)[0].p", "1.5"),
        ("length(items)", "2"),
        ("avg(`[1, 3]`)", "2"),
        ("keys(items[0])", "- n\n- p"),
        ("{v: v, first: items[0].n}", 'v: "1.2"\nfirst: a'),
    ],
)
def test_a_query_picks_its_part(query: str, text: str) -> None:
    assert reading(ITEMS, JSON, query=query).text == text


@pytest.mark.parametrize("query", ["absent", "items[?p > `9`]", "items[0].absent", "`{}`"])
def test_a_query_that_gives_nothing_chooses_nothing_yet(query: str) -> None:
    found = reading(ITEMS, JSON, query=query)
    assert (found.text, found.flags) == ("", ("missing:query",))


@pytest.mark.parametrize("query", ["items[?p > `9`] == `[]`", "length(items[?p > `9`])"])
def test_no_and_zero_are_something(query: str) -> None:
    assert not reading(ITEMS, JSON, query=query).is_nothing


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("items[", "Incomplete expression"),
        ("join(v, items)", "invalid type"),
        ("no_such(v)", "no_such"),
        ("(" * 900, ""),
        ("a" * 3000, "longer than"),
    ],
)
def test_a_query_that_does_not_fit_is_our_rules_fault(query: str, part: str) -> None:
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


RECORDS = '{"a": 1, "at": 5.0}\n\n{"at": 6, "a": 2}\r\n'
LINES = "application/x-ndjson"


@pytest.mark.parametrize(
    "content_type",
    [
        LINES, "application/jsonl", "application/jsonlines", "application/json-lines", "text/jsonl",
        "application/stream+json", JSON, "text/plain", "application/octet-stream", "",
    ],
)  # fmt: skip
def test_a_value_on_each_line_is_a_list_of_values(content_type: str) -> None:
    found = reading(RECORDS, content_type)
    assert (found.kind, found.text) == ("json", "- a: 1\n  at: 5\n- a: 2\n  at: 6")


def test_a_query_picks_from_lines() -> None:
    assert reading(RECORDS, LINES, query="[-1].a").text == "2"
    assert reading(RECORDS, "text/plain", query="[?a == `1`].at").text == "- 5"


def test_a_first_line_alone_is_a_list_where_lines_are_declared() -> None:
    assert reading('{"a": 1}\n', LINES).text == "- a: 1"
    assert reading('{"a": 1}\n', JSON).text == "a: 1"
    assert reading("1\n", LINES).text == "- 1"


def test_one_document_on_many_lines_is_read_where_lines_are_declared() -> None:
    assert reading('{\n "a": 1\n}', LINES).text == "a: 1"


@pytest.mark.parametrize("content_type", [LINES, JSON])
def test_a_line_that_is_not_json_is_refused_with_its_place(content_type: str) -> None:
    fault = refusal('{"a": 1}\n{"a": 2}\n{"a": NaN}\n', content_type)
    detail = "NaN is not a JSON value (line 3, column 7)"
    assert (fault.error_class, fault.detail) == (ErrorClass.PARSE, detail)


def test_text_that_begins_with_a_line_of_json_stays_text() -> None:
    assert reading("[1]\nA footnote.", "text/plain").kind == "text"


def test_a_key_that_comes_twice_in_a_line_is_flagged() -> None:
    assert reading('{"a": 1}\n{"a": 2, "a": 3}', LINES).flags == ("duplicate_keys",)


@pytest.mark.parametrize(
    "guard",
    [
        ")]}'\n", ")]}',\n", ")]}\n", "while(1);", "while (true) ;", "for(;;);", "for (;;);\n",
        "\n&&&START&&&", "{}&& ", "throw 1; <dont be evil>\n", "])}while(1);</x>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("content_type", [JSON, "text/plain", "text/javascript", ""])
def test_json_behind_a_guard_is_read(guard: str, content_type: str) -> None:
    found = reading(guard + '{"b": [1], "a": 2}', content_type)
    assert (found.kind, found.text) == ("json", "a: 2\nb:\n  - 1")
    assert reading(guard + '{"b": 1}', content_type, query="b").text == "1"


def test_lines_behind_a_guard_are_read() -> None:
    assert reading(f"for(;;);{RECORDS}", JSON, query="[].a").text == "- 1\n- 2"


def test_a_fault_behind_a_guard_has_its_place_in_the_document() -> None:
    assert refusal(")]}',\n{\n x}", JSON).detail.endswith("(line 3, column 2)")
    assert refusal("while(1);[NaN]", JSON).detail.endswith("(line 1, column 11)")


@pytest.mark.parametrize("script", ["for(;;);next()", "while(1);", "while (1) {wait()}"])
def test_a_script_is_not_json_behind_a_guard(script: str) -> None:
    assert reading(script, "text/javascript").kind == "text"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"1.10"', "1.10"),
        ('"1.1"', "1.1"),
        ("1.10", "1.1"),
        ("1.1", "1.1"),
        ("11e-1", "1.1"),
        ('"007"', "007"),
        ('"true"', "true"),
        ('"a\\nb"', "a\nb"),
    ],
)
def test_a_string_that_stands_alone_reads_as_it_is_and_a_number_by_its_value(
    written: str, read: str
) -> None:
    assert reading(f'{{"v": {written}}}', JSON, query="v").text == read
