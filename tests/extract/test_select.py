from __future__ import annotations

import pytest

from daemon.extract import check_rules
from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.extract.documents import reading, refusal

PAGE = """<body><h1>Title</h1><div class="a">one <b>two</b></div> tail
<table><tr><td>x</td><td>y</td></tr></table><ul><li>i</li></ul><script>data = 1</script>
<a href="/l" hidden>link</a></body>"""


@pytest.mark.parametrize(
    ("include", "text"),
    [
        ((".a",), "one two"),
        (("h1", "body b"), "Title\ntwo"),
        (("body", "h1"), "Title\n\none two\ntail\nx | y\n  • i"),
        (("tr",), "x | y"),
        (("td",), "x\ny"),
        (("script",), "data = 1"),
        (("a",), "link"),
        (("a::attr(href)",), "/l"),
        (("//td/text()",), "x\ny"),
        (("xpath: count(//td)",), "2"),
        (("xpath:boolean(//h1)",), "true"),
        (("xpath:concat(//h1, '-', 'document(')",), "Title-document("),
        (("//div[has-class('a')]",), "one two"),
    ],
)
def test_selectors_give_the_text_of_what_they_match(include: tuple[str, ...], text: str) -> None:
    assert reading(PAGE, include=include).text == text


@pytest.mark.parametrize(
    ("include", "part"),
    [
        ("p:::x", "Expected ident"),
        ("//p[", "Invalid expression"),
        ("//h1[$secret]", "Undefined variable"),
        ("xpath:document('/etc/passwd')", "document() is not available"),
        ("//p[re:test(., 'x')]", "re:test() is not available"),
        ("//p[ unparsed-text ( 'x' )]", "unparsed-text() is not available"),
        ("//p[str:tokenize('x')]", "str:tokenize() is not available"),
    ],
)
def test_a_selector_that_cannot_serve_is_named(include: str, part: str) -> None:
    fault = refusal(PAGE, include=(include,))
    assert fault.error_class is ErrorClass.SELECTOR
    assert fault.detail.startswith("include[0]")
    assert part in fault.detail


@pytest.mark.parametrize(
    "include", [".absent", "xpath:string(//absent)", "xpath:number('x')", "//p/@absent"]
)
def test_a_selector_that_matches_nothing_chooses_nothing_yet(include: str) -> None:
    found = reading(PAGE, include=(include,))
    assert (found.text, found.text_hash) == ("", NOTHING_CHOSEN)
    assert found.is_nothing
    assert found.flags == ("missing:include[0]",)


def test_an_element_without_text_is_nothing_yet() -> None:
    assert reading(PAGE + "<div id=x></div>", include=("#x",)).flags == ("missing:include[0]",)


@pytest.mark.parametrize("body", ["<div id=app></div><script>1</script>", "<p> </p>"])
def test_nothing_is_not_read_from_a_page_that_is_empty(body: str) -> None:
    assert refusal(body, include=(".absent",)).error_class is ErrorClass.EMPTY


@pytest.mark.parametrize(
    ("exclude", "detail"),
    [
        ("html", "exclude[0]: 'html' selects the whole page"),
        ("//@class", "exclude[0]: '//@class' must select elements"),
    ],
)
def test_an_exclude_that_cannot_be_cut_is_told(exclude: str, detail: str) -> None:
    assert refusal(PAGE, exclude=(exclude,)).detail == detail


def test_a_page_without_elements_has_nothing_to_select() -> None:
    assert refusal("<!-- nothing -->", include=("p",)).error_class is ErrorClass.EMPTY


def test_equal_strings_from_two_places_are_both_given() -> None:
    assert reading("<b>x</b><i>x</i>", include=("b::text", "i::text")).text == "x\nx"


def test_what_follows_a_cut_element_stays() -> None:
    found = reading(PAGE, exclude=("div", "b", "h1", "table", "ul"))
    assert found.text == "tail"


def test_selectors_do_not_fit_json() -> None:
    assert refusal("{}", "application/json", include=("p",)).error_class is ErrorClass.SELECTOR


def test_selectors_read_feeds_as_xml_without_namespaces() -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title></entry></feed>'
    assert reading(feed, "application/atom+xml", include=("//entry/title",)).text == "T"


def test_an_exclude_cuts_out_of_xml() -> None:
    assert reading("<a><b>x</b><c>y</c></a>", "text/xml", exclude=("b",)).text == "c: y"


@pytest.mark.parametrize(
    ("include", "text", "flags"),
    [
        ((".absent", "h1"), "Title", ("missing:include[0]",)),
        (
            ("h1", ".absent", "tr", "//absent"),
            "Title\nx | y",
            ("missing:include[1]", "missing:include[3]"),
        ),
        (("h1", "tr"), "Title\nx | y", ()),
    ],
)
def test_of_several_parts_those_that_are_there_are_read(
    include: tuple[str, ...], text: str, flags: tuple[str, ...]
) -> None:
    found = reading(PAGE, include=include)
    assert (found.text, found.flags) == (text, flags)


def test_a_part_of_xml_may_be_missing_too() -> None:
    found = reading("<?xml version='1.0'?><r><a>1</a></r>", include=("a", "b"))
    assert (found.text, found.flags) == ("1", ("missing:include[1]",))


def test_a_faulty_selector_beside_a_good_one_is_named() -> None:
    fault = refusal(PAGE, include=("h1", "//h1[$secret]"))
    assert fault.error_class is ErrorClass.SELECTOR
    assert fault.detail.startswith("include[1]: '//h1[$secret]': ")


NAMES = (
    '<md:All xmlns:md="urn:md" xmlns:x="urn:x" xmlns="urn:d"><md:One x:at="1">'
    "<md:Name>Office</md:Name>"
    "<Name>plain</Name></md:One><div><div>b</div><or>o</or></div>"
    '<e:Deep xmlns:e="urn:e"><e:Name>deep</e:Name></e:Deep></md:All>'
)


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("//md:One/md:Name", "Office"),
        ("//md:One/Name", "Office\nplain"),
        ("//Name[2]", "plain"),
        ("//One/child::md:Name", "Office"),
        ("//md:One/@x:at", "1"),
        ("//*[@x:at = '1']/md:*", "Office"),
        ("//e:Name", "deep"),
        ("//*[name()='md:Name']", "Office"),
        ("xpath:name(//One/*[1])", "md:Name"),
        ("//*[local-name()='Name' and namespace-uri()='urn:d']", "plain"),
        ("//div[div and or]/or | //e:Deep", "o\ndeep"),
        ("xpath:count(//Name) * count(//md:Name) div 2", "1.5"),
        ("xpath:concat(//md:Name, ' md:Name')", "Office md:Name"),
        ("md|One > md|Name", "Office"),
        ("One Name", "Office\nplain"),
    ],
)
def test_xml_is_selected_by_the_names_that_stand_in_it(selector: str, text: str) -> None:
    assert reading(NAMES, "text/xml", include=(selector,)).text == text


def test_one_prefix_of_two_namespaces_matches_both() -> None:
    body = '<r><n:a xmlns:n="urn:1">x</n:a><n:a xmlns:n="urn:2">y</n:a></r>'
    assert reading(body, "text/xml", include=("//n:a",)).text == "x\ny"


def test_a_prefix_that_is_not_declared_can_be_used_all_the_same() -> None:
    body = "<rss><item><media:title>T</media:title></item></rss>"
    assert reading(body, "text/xml", include=("//media:title",)).text == "T"


def test_prefixed_parts_are_cut_out_of_xml_and_picked_from_a_feed_and_html() -> None:
    assert reading(NAMES, "text/xml", exclude=("//md:One", "//div")).text == "Name: deep"
    feed = (
        '<rss xmlns:media="urn:m"><channel><item><title>A</title><media:title>B</media:title>'
        "</item></channel></rss>"
    )
    assert reading(feed, "application/rss+xml", include=("//media:title",)).text == "B"
    assert reading("<g:price>9</g:price>", include=("//g:price",)).text == "9"


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (NAMES, "its prefixes are e, md, x"),
        ("<a><b>x</b></a>", "it has none"),
        ("<a><m:b>x</m:b></a>", "its prefixes are m"),
    ],
)
@pytest.mark.parametrize("field", ["include", "exclude"])
@pytest.mark.parametrize("selector", ["//no:One", "xpath:count(//no:*)", "//@no:x", "no|One"])
def test_an_unknown_prefix_is_told_with_those_of_the_document(
    selector: str, field: str, body: str, known: str
) -> None:
    fault = refusal(body, "text/xml", **{field: (selector,)})
    detail = (
        f"{field}[0]: {selector!r}: the document has no prefix 'no': {known}; a name alone"
        " matches with any"
    )
    assert (fault.error_class, fault.detail) == (ErrorClass.SELECTOR, detail)


def test_the_prefix_of_every_document_needs_no_declaration() -> None:
    body = '<a><b xml:lang="de">x</b><b>y</b></a>'
    assert reading(body, "text/xml", include=("//b[@xml:lang]",)).text == "x"


def test_rules_with_prefixes_pass_the_check_and_faults_are_told_as_written() -> None:
    assert check_rules(Rules(include=("//md:One", "md|One", "//a/@x:href"))) == []
    assert check_rules(Rules(include=("//md:One[",))) == [("include[0]", "Invalid expression")]


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("xpath:name(/*)", "md:r"),
        ("xpath:name(//One)", "md:One"),
        ("xpath:concat(name(//two), ' ', local-name(//md:One))", "two One"),
        ("//*[name() = 'md:One']", "x"),
        ("//One[name(.) = 'md:One']", "x"),
        ("xpath:count(//*[starts-with(name(), 'md:')])", "2"),
        ("//*[name() = 'q:three']", "z"),
    ],
)
def test_names_in_xml_are_those_that_are_written_in_it(selector: str, text: str) -> None:
    body = (
        '<md:r xmlns:md="urn:m" xmlns="urn:d"><md:One>x</md:One><two>y</two>'
        "<q:three>z</q:three></md:r>"
    )
    assert reading(body, "text/xml", include=(selector,)).text == text
