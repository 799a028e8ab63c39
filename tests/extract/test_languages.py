"""jq, JSONPath and XPath 2: what they read, what they may not do, and life without them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from daemon.config import load
from daemon.config.doubts import doubts
from daemon.extract import check_rules, read
from daemon.extract.jsondoc import compile_query
from daemon.extract.languages.extra import not_installed
from daemon.extract.languages.results import MAX_RESULTS
from daemon.extract.offer import OfferHint, read_offer
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

SHELF = (
    b'{"title": "Shelf", "books": [{"name": "Dunes", "price": 5.10, "id": 12345678901234567890},'
    b' {"name": "Reefs", "price": 7, "out": true}], "env": {"input": 1}, "count": "2",'
    b' "note": "one\\ntwo"}'
)
PAGE = (
    b"<html><body><ul><li class=x>One</li><li>Two</li></ul><p>Price: 5.50</p>"
    b"<a href='/z'>more</a></body></html>"
)
XML = (
    b'<?xml version="1.0"?><shelf xmlns="urn:shelf" xmlns:m="urn:more"><book><m:name>Dunes</m:name>'
    b"</book><book><m:name>Reefs</m:name></book></shelf>"
)


def text_of(rules: Rules, body: bytes, content_type: str) -> str:
    assert check_rules(rules) == []
    return read(Document(body, content_type, None, "https://a.example/"), rules).text


def queried(query: str, body: bytes = SHELF, content_type: str = "application/json") -> str:
    return text_of(Rules(query=query), body, content_type)


def selected(selector: str, body: bytes = PAGE, content_type: str = "text/html") -> list[str]:
    text = text_of(Rules(include=(selector,)), body, content_type)
    return [line.strip(" •") for line in text.splitlines()]


def refusal(rules: Rules, body: bytes, content_type: str) -> ExtractError:
    with pytest.raises(ExtractError) as caught:
        read(Document(body, content_type, None, "https://a.example/"), rules)
    return caught.value


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("jq:.books[] | .name", "Dunes\nReefs"),
        ("jq:.books[].price", "5.1\n7"),
        ("jq:.books[0].id", "12345678901234567890"),
        ("jq:.books[] | select(.price > 6) | .name", "Reefs"),
        ("jq:.books", queried("books")),
        ("jq:.books[]", queried("books")),
        ("jq:.books[0]", queried("books[0]")),
        ("jq:.count", queried("count")),
        ("jq:.note", "one\ntwo"),
        ("jq:[.books[].name] | join(\", \") # a comment", "Dunes, Reefs"),
        ("jq:def twice: . * 2; .books[1].price | twice", "14"),
        ("jq:.env.input", "1"),
        ("jq:\"x\" * 3", "xxx"),
        (" jq: .books | length", "2"),
        ("jsonpath:$..price", "5.1\n7"),
        ("jsonpath:$.books[0].id", "12345678901234567890"),
        ("jsonpath:$.books[?(@.price > 6)].name", "Reefs"),
        ("jsonpath:$.books[?@.price > 6 & @.out].name", "Reefs"),
        ("jsonpath:$.books[?(@.name =~ 'D.*')].price", "5.1"),
        ("jsonpath:$.books.`len`", "2"),
        ("jsonpath:$.books", queried("books")),
        ("jsonpath:$.count", queried("count")),
    ],
)  # fmt: skip
def test_a_query_reads_in_its_language(query: str, text: str) -> None:
    assert queried(query) == text


def test_json_lines_are_one_list() -> None:
    lines = b'{"a": 1}\n{"a": 2}\n'
    assert queried("jq:.[].a", lines, "application/x-ndjson") == "1\n2"
    assert queried("jsonpath:$[*].a", lines, "application/x-ndjson") == "1\n2"


def test_one_more_result_is_one_more_line() -> None:
    assert queried("jq:.[]", b'["a"]') == "a"
    assert queried("jq:.[]", b'["a", "b"]') == "a\nb"


@pytest.mark.parametrize("query", ["jq:.books[].name", "jsonpath:$..name"])
def test_results_can_be_counted(query: str) -> None:
    search, _ = compile_query(query)
    assert len(search.search({"books": [{"name": "a"}, {"name": "b"}]})) == 2


@pytest.mark.parametrize(
    ("selector", "lines"),
    [
        ("xpath2://li[matches(., '^T')]", ["Two"]),
        ("xpath2:string-join(//li, ', ')", ["One, Two"]),
        ("xpath2:count(//li)", ["2"]),
        ("xpath2://a/@href", ["/z"]),
        ("xpath2://li[1]/text()", ["One"]),
        ("xpath2:for $one in //li return upper-case($one)", ["ONE", "TWO"]),
        ("xpath2://li ! lower-case(.)", ["one", "two"]),
        ("xpath2:if (//li) then 'open' else 'closed'", ["open"]),
        ("xpath2:xs:decimal(replace(//p, '[^0-9.]', '')) * 2", ["11"]),
        ("xpath2:1 = 1", ["true"]),
        (" xpath2: //li[2]", ["Two"]),
    ],
)
def test_xpath_2_selects(selector: str, lines: list[str]) -> None:
    assert selected(selector) == lines


@pytest.mark.parametrize(
    ("selector", "lines"),
    [
        ("xpath2://book/m:name", ["Dunes", "Reefs"]),
        ("xpath2:string-join(//book, '|')", ["Dunes|Reefs"]),
        ("xpath2://*:name[. = 'Reefs']", ["Reefs"]),
    ],
)
def test_xpath_2_knows_the_namespaces_of_a_document(selector: str, lines: list[str]) -> None:
    assert selected(selector, XML, "application/xml") == lines


def test_xpath_2_cuts_out_and_finds_prices() -> None:
    rules = Rules(include=("ul",), exclude=("xpath2://li[matches(., 'O')]",))
    assert text_of(rules, PAGE, "text/html").strip(" •") == "Two"
    document = Document(PAGE, "text/html", None, "https://a.example/")
    hint = OfferHint(price_selector="xpath2://p[matches(., '\\d')]", currency="EUR")
    assert str(read_offer(document, hint).price) == "5.50"


@pytest.mark.parametrize(
    ("rules", "place", "problem"),
    [
        (Rules(query="jq:.a |"), "query", "unexpected end of file at line 1, column 4"),
        (Rules(query="jq:.a\n| nope"), "query", "nope/0 is not defined at line 2, column 3"),
        (Rules(query="jq:"), "query", "program not given"),
        (Rules(query='jq:import "a" as $a; $a'), "query", "`import` is not available"),
        (Rules(query='jq:# mine\ninclude "a"; .'), "query", "`include` is not available"),
        (Rules(query="jq:$ENV.PATH"), "query", "`$ENV` is not available"),
        (Rules(query="jsonpath:$.books["), "query", "Parse error"),
        (Rules(include=("p", "xpath2://li[")), "include[1]", "unexpected end of source"),
        (Rules(include=("xpath2:nope(1)",)), "include[0]", "unknown function 'nope'"),
        (Rules(exclude=("xpath2:doc('file:///etc/passwd')",)), "exclude[0]", "function 'doc'"),
        (Rules(include=("xpath2:fn:unparsed-text('/etc/passwd')",)), "include[0]", "unknown"),
        (Rules(include=("xpath2:environment-variable('HOME')",)), "include[0]", "unknown"),
    ],
)
def test_a_fault_is_found_before_any_page_is_read(rules: Rules, place: str, problem: str) -> None:
    [(where, what)] = check_rules(rules)
    assert where == place
    assert problem in what


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("jq:env", "`env` is not available"),
        ("jq:\"\\(input)\"", "`input` is not available: there is one document"),
        ("jq:[inputs]", "`input` is not available"),
        ("jq:.books.name", 'Cannot index array with string ("name")'),
        ("jq:error(\"in my words\")", "in my words"),
        ("jq:\"x\" * ", "unexpected end of file"),
        ("jq:repeat(1)", f"it gives more than {MAX_RESULTS:,} results"),
    ],
)  # fmt: skip
def test_a_program_that_fails_says_why(query: str, problem: str) -> None:
    fault = refusal(Rules(query=query), SHELF, "application/json")
    assert fault.error_class is ErrorClass.SELECTOR
    assert problem in fault.detail
    assert "query 'jq:" in fault.detail


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("xpath2://g:price", "prefix 'g' is not declared"),
        ("xpath2:map{'a': 1}", "it gives a function, a map or an array"),
        ("xpath2:'/etc/passwd' => unparsed-text()", "unknown function"),
        ("xpath2:1 div 0", "Division by zero"),
    ],
)
def test_an_xpath_2_that_does_not_fit_says_why(selector: str, problem: str) -> None:
    fault = refusal(Rules(include=(selector,)), PAGE, "text/html")
    assert fault.error_class is ErrorClass.SELECTOR
    assert problem in fault.detail


@pytest.mark.parametrize(
    "rules",
    [
        Rules(query='jq:("x" * 100000000000) | length'),
        Rules(include=("xpath2:count(1 to 100000000000)",)),
        Rules(include=("xpath2:matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '(a+)+$')",)),
    ],
)
def test_nothing_is_computed_while_rules_are_checked(rules: Rules) -> None:
    assert check_rules(rules) == []


# Without the libraries

CONFIG = """
[site_types.jq]
query = "jq:.a"
[[site]]
name = "one"
url = "https://a.example/1"
type = "jq"
[[site]]
name = "two"
url = "https://a.example/2"
query = "jsonpath:$.a"
[[site]]
name = "three"
url = "https://a.example/3"
include = ["p", "xpath2://p"]
exclude = ["xpath2://b"]
appears = ["words", "xpath2://b"]
[[site]]
name = "five"
url = "https://a.example/5"
count = ["query: jq:.a"]
[[product]]
name = "four"
url = "https://a.example/4"
selector = "xpath2://p"
"""


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("jq", "jsonpath_ng", "elementpath"):
        monkeypatch.setitem(sys.modules, library, None)


def told(folder: Path) -> list[str]:
    path = folder / "config.toml"
    path.write_text(CONFIG)
    return [
        f"{'.'.join(map(str, one.path))}: {one.problem}; {one.hint}"
        for one in doubts(load(path, {}), {})
    ]


def test_what_is_installed_raises_no_doubt(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.usefixtures("without_libraries")
def test_a_missing_library_is_named_with_its_rules(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert [one.partition(":")[0] for one in found] == [
        "site_types.jq.query",
        "site.1.query",
        "site.2.include.1",
        "site.2.exclude.0",
        "site.2.appears.1",
        "site.3.count.0",
        "product.0.selector",
    ]
    assert "jq needs a library that is not installed; pip install 'changelogger[query]'" in found[0]


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize("query", ["jq:.unseen", "jsonpath:$.unseen"])
def test_without_its_library_a_query_fails_alone(query: str) -> None:
    rules = Rules(query=query)
    assert check_rules(rules) == []
    assert [place for place, _ in not_installed(rules)] == [("query",)]
    fault = refusal(rules, SHELF, "application/json")
    assert fault.error_class is ErrorClass.SELECTOR
    assert "pip install 'changelogger[query]'" in fault.detail


@pytest.mark.usefixtures("without_libraries")
def test_without_its_library_a_selector_fails_alone() -> None:
    fault = refusal(Rules(include=("xpath2://unseen",)), PAGE, "text/html")
    assert "XPath 2 needs a library that is not installed" in fault.detail
