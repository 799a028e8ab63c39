"""What a text is found by, and what is made of the words that a person searches for."""

from __future__ import annotations

import string

import pytest

from daemon.search.query import NO_WORDS, ONLY_UNWANTED, Query, Term, parse_query, pieces
from daemon.search.words import LONGEST_WORD, placed_words, words_of

WORDS = {
    "Prices fell to 1,299.00 €": "prices fell to 1 299 00",
    "don't.tear:example.com/a_b": "don t tear example com a b",
    "CAFÉ Ünïcode e\u0301te\u0301": "cafe unicode ete",
    "Straße ﬁne ＡＢＣ İstanbul Ёлка": "strasse fine abc istanbul елка",
    "soft\u00adhyphen zero\u200bwidth": "softhyphen zerowidth",
    "東京abc カﾞス": "東 京 abc ガ ス",
    "가격이": "가 격 이",
    "ภาษา": "ภ า ษ า",
    "हिन्दी भाषा": "हिन्दी भाषा",
    "\0\ud800\u202e'\"*(){}:^-+": "",
}


@pytest.mark.parametrize("text", WORDS, ids=ascii)
def test_a_text_is_its_words(text: str) -> None:
    assert " ".join(words_of(text)) == WORDS[text]


def test_a_very_long_word_is_compared_by_its_beginning() -> None:
    assert words_of("x" * 10_000) == ["x" * LONGEST_WORD]


@pytest.mark.parametrize(
    "text", ["Prices fell", "CAFÉ Ünïcode e\u0301te\u0301", "東京abc 가격", "ein ﬁx", "ß", ""]
)
def test_words_are_found_where_they_stand(text: str) -> None:
    placed = list(placed_words(text))
    assert [word for word, _, _ in placed] == words_of(text)
    assert [words_of(text[start:end]) for _, start, end in placed] == [[one[0]] for one in placed]


QUERIES = {
    "price": Query((Term(("price",), is_beginning=True),)),
    "Price drop": Query((Term(("price",)), Term(("drop",), is_beginning=True))),
    '"free shipping" now': Query(
        (Term(("free", "shipping")), Term(("now",), is_beginning=True)),
    ),
    "“free shipping”": Query((Term(("free", "shipping")),)),
    '"not closed': Query((Term(("not", "closed")),)),
    'price -demo -"for free"': Query((Term(("price",)),), (Term(("demo",)), Term(("for", "free")))),
    "1,299.00": Query((Term(("1", "299", "00"), is_beginning=True),)),
    "a s": Query((Term(("a",)), Term(("s",)))),  # half of all words begin with some letter
    "東京": Query((Term(("東", "京")),)),
    "NOT x* NEAR(a b, 5) AND": Query(
        (
            *(Term(row) for row in (("not",), ("x",), ("near", "a"), ("b",), ("5",))),
            Term(("and",), is_beginning=True),
        )
    ),
}


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_is_what_must_occur_and_what_must_not(text: str) -> None:
    assert parse_query(text) == QUERIES[text]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *(
            (text, NO_WORDS)
            for text in ("", "   ", string.punctuation, '"', "- -", "\0", "*" * 200)
        ),
        *((text, ONLY_UNWANTED) for text in ("-price", '-"free shipping"', "-a -b")),
    ],
)
def test_what_asks_for_nothing_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_query(text)


@pytest.mark.parametrize(
    ("text", "query", "hits"),
    [
        (
            "Free shipping, café prices",
            '"free shipping" cafe pri',
            ["Free shipping", "café", "prices"],
        ),
        ("price price", "price", ["price", "price"]),
        ("in a row, in two", '"in two"', ["in two"]),
        ("東京の天気", "天気", ["天気"]),
        ("<b>bold</b>", "bold", ["bold"]),
        ("one two", '"one two" two', ["one two"]),
        ("nothing of it", "price", []),
    ],
)
def test_what_was_found_is_told_from_the_rest(text: str, query: str, hits: list[str]) -> None:
    parts = list(pieces(text, parse_query(query)))
    assert "".join(part for part, _ in parts) == text
    assert [part for part, is_hit in parts if is_hit] == hits
