from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.extract import clean_text

TROUBLE = st.sampled_from(
    [
        "\x00",
        "\r",
        "\r\n",
        "\x85",
        "\u2028",
        "\ud800",
        "\udfff",
        "\u202e",
        "\ufdd0",
        "\uffff",
        "\U0001fffe",
        "\U0010ffff",
        "\ufeff",
        "e\u0301",
        "\u0301" * 40,
        "\u1100\u1161",
        "a",
        "😀",
    ]
)
ANY_TEXT = st.one_of(st.text(), st.lists(TROUBLE, max_size=12).map("".join))


@pytest.mark.parametrize(
    ("dirty", "clean", "flags"),
    [
        ("plain", "plain", ()),
        ("schön", "schön", ()),
        ("a\x00b", "ab", ("cleaned:nul",)),
        ("a\r\nb\rc\u2028d\x0ce\x85f", "a\nb\nc\nd\ne\nf", ()),
        ("a\tb\nc", "a\tb\nc", ()),
        ("\x01a\x9f", "a", ("cleaned:controls",)),
        ("\ud83d!", "\ufffd!", ("cleaned:surrogates",)),
        ("user\u202egpj.exe", "usergpj.exe", ("cleaned:bidi",)),
        ("\ufdd0a\ufffe\U0003ffff", "a", ("cleaned:noncharacters",)),
        ("\U0010fffe", "", ("cleaned:noncharacters",)),
        ("\ufeffa", "a", ()),
        ("e\u0301", "é", ()),
        ("👨\u200d👩\u200d👧 \u0645\u200c\u0646", "👨\u200d👩\u200d👧 \u0645\u200c\u0646", ()),
        ("x" + "\u0489" * 9, "x" + "\u0489" * 9, ()),
    ],
)
def test_what_no_store_or_screen_takes_is_taken_out(
    dirty: str, clean: str, flags: tuple[str, ...]
) -> None:
    assert clean_text(dirty) == (clean, flags)


def test_towers_of_marks_are_cut() -> None:
    text, flags = clean_text("a" + "\u0316\u0301" * 100_000)
    assert len(text) <= 32
    assert flags == ("cleaned:marks",)


@given(ANY_TEXT)
def test_clean_text_is_storable_and_stays_as_it_is(dirty: str) -> None:
    text, _ = clean_text(dirty)
    assert text.encode().decode() == text
    assert unicodedata.is_normalized("NFC", text)
    assert not {"\x00", "\r", "\u2028", "\u202e"} & set(text)
    assert clean_text(text) == (text, ())
