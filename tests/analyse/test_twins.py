"""Two states of a page are divided into the same blocks together as each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.analyse import twins, view
from daemon.analyse.view import PageView
from daemon.extract.markup.merged import MARK, merged
from daemon.extract.markup.roots import parse_root
from daemon.model.reading import Reading, State
from daemon.model.response import Document
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, SEEN_AT, page, state

TAGS = (
    "<div> </div> <p> </p> <a> </a> <br> <li> <b> </b> <span> <table> <td> <textarea> </textarea>"
    " <script> </script> <style> </style> <title> </title> <head> <body> <!-- --> <!--> <svg> <ul>"
    " <noscript> </noscript> <select> <option> <pre> <dialog> <plaintext> <xmp> </xmp> <img>"
).split()
ODD = (
    '<div class="nav a">',
    '<div class="nav b" id=\'c"d\'>',
    '<p style="display:none">',
    "<span hidden>",
    "<div data-x='<p class=\"y\">word'>",
    '<div data-x="<b>word">',
    '<a href="/x?a=1&b=2" title="a > b">',
    "<a href=foo<b>",
    '<meta property="og:price:amount" content="13">',
    '<script type="application/ld+json">{"@type":"Product","offers":{"price":"12"}}</script>',
    '<i itemscope itemtype="http://schema.org/Product"><i itemprop="price">14</i></i>',
    '<td colspan="2">',
    '<li role="navigation">',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "x">',
    "<!-- made 12:00 -->",
)
WORDS = (
    "word 12 it's &amp; &nbsp; &eacute;t&eacute; caf&eacute > -- --> x=y hidden é price \x0b \u200b"
).split(" ")
PARTS = st.sampled_from((*TAGS, *ODD, *WORDS, *(f"{word} " for word in WORDS), " ", "\r\n"))
SOME = st.sampled_from((*WORDS, *(f"{word} word" for word in WORDS), "13", "nav c", "footer"))


def of(source: str) -> State:
    document = Document(source.encode(), "text/html", "utf-8", "http://site.test/")
    return State(Reading("html", "", "word", "0", "test/1"), document, SEEN_AT)


def apart(before: State, after: State) -> tuple[PageView, PageView]:
    return view.view_of(before, Rules()), view.view_of(after, Rules())


@settings(max_examples=250, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=25), st.data())
def test_pages_are_read_together_as_apart(parts: list[str], data: st.DataObject) -> None:
    others = list(parts)
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(parts) - 1))
        is_word = others[number].strip() in WORDS
        old = others[number] if is_word else data.draw(st.sampled_from(("word", "12", "nav a")))
        others[number] = others[number].replace(old, data.draw(SOME))
    before, after = of("<body>" + "".join(parts)), of("<body>" + "".join(others))
    assert view.views_of(before, after, Rules()) == apart(before, after)


SHOP = page(
    f'<p itemscope itemtype="http://schema.org/Product"><b itemprop="price">9</b></p>{PROSE}'
)
OFFER = '{"@type":"Product","offers":{"price":"9"}}'
DATA = page(f'<script type="application/ld+json">{OFFER}</script>{PROSE}')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (page(), page().replace("third rooms", "nine &eacute;t&eacute; rooms")),
        (page(), page().replace("The House</title>", "The Other's House</title>")),
        (page(title="A"), page(title="B")),
        (page(), page().replace("The garden", "the 'garden'")),
        (SHOP, SHOP.replace(">9<", ">7<")),
        (DATA, DATA.replace('"9"', '"7"')),
        (page(around='<div class="nav">a</div>'), page(around='<div class="nav">b c d</div>')),
        (page(around='<div class="x1">a</div>'), page(around='<div class="x2">a</div>')),
        (page(around='<div class="nav">a</div>'), page(around='<div class="main">a</div>')),
        (page(around="<p>a</p>"), page(around="<p>a</p><p>b</p>")),
        (page(), page()),
    ],
)
def test_every_kind_of_difference_is_read_as_apart(before: str, after: str) -> None:
    states = state(before), state(after)
    found = view.views_of(*states, Rules())
    assert found == apart(*states)
    assert MARK not in repr(found)


def test_entities_that_are_shown_as_written_are_left_so() -> None:
    before, after = (of(f"<body><plaintext>{words}") for words in ("a&eacute;", "b&eacute;"))
    assert view.views_of(before, after, Rules()) == apart(before, after)


def test_one_parse_serves_pages_of_which_words_alone_differ() -> None:
    both = merged(page(), page().replace("third rooms", "'third' r&ouml;ms"))
    assert both is not None
    tree = parse_root(both.source.encode())
    assert tree is not None
    assert twins.from_merged(tree, both) is not None
