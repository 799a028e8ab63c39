"""What is done the quick way says the same as what is done the plain way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.analyse import places, words
from daemon.analyse.blocks import Block
from daemon.analyse.delta import differing
from daemon.analyse.noise.volatility import EarlierStates, template
from daemon.compare.lines import MAX_LINE_CHARS, diff, diff_texts, split
from daemon.extract.clean import clean_text
from daemon.extract.markup.roots import may_state_an_offer
from daemon.model.reading import Reading, State

AT = datetime(2024, 5, 1, tzinfo=UTC)
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "a b", " a"]), max_size=12)


@settings(max_examples=300)
@given(LINES, LINES)
def test_blocks_cancel_out_as_if_all_were_counted(old: list[str], new: list[str]) -> None:
    def blocks(texts: Sequence[str]) -> list[Block]:
        return [
            Block(text, places.LIST if place % 3 else places.MAIN, places.MAIN, 1)
            for place, text in enumerate(texts)
        ]

    def left(some: Sequence[Block], others: Sequence[Block]) -> list[Block]:
        quota = [block.text for block in others]
        found = []
        for block in some:
            if block.text in quota:
                quota.remove(block.text)
            else:
                found.append(block)
        return found

    before, after = blocks(old), blocks(new)
    assert differing(before, after) == (left(before, after), left(after, before))


@settings(max_examples=300)
@given(LINES, LINES, st.integers(0, 40))
def test_texts_differ_as_all_of_their_lines_do(old: list[str], new: list[str], at: int) -> None:
    long = "a sentence. " * (MAX_LINE_CHARS // 10)
    texts = ["\n".join([*lines[:at], *([long] if at < 3 else []), *lines]) for lines in (old, new)]
    before, after = texts
    assert diff_texts(before, after, str.strip) == diff(split(before), split(after), str.strip)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["Room 7", "room  8", "• Room 7", "Straße 1", "", "3 hours ago"])))
def test_a_state_holds_the_lines_that_it_holds_one_by_one(lines: list[str]) -> None:
    state = State(Reading("text", "", "\n".join(lines), "hash", "test/1"), None, AT)
    past = EarlierStates([state], AT + timedelta(days=1))
    for text in ("Room 7", "Room 9", "STRASSE 1", "5 hours ago"):
        held = any(
            "".join(line.strip("• ").split()).casefold() == "".join(text.split()).casefold()
            or (
                template(line.strip("• ")) == template(text)
                and words.steady(line) == words.steady(text)
            )
            for line in lines or [""]
        )
        assert past.presence(text) == [held], text


@pytest.mark.parametrize("before", range(0, 70, 7))
def test_a_tower_of_marks_is_cut_wherever_it_stands(before: int) -> None:
    tower = "e" * before + "\u0316\u0317" * 40
    text, flags = clean_text(f"{tower} and on")
    assert flags == ("cleaned:marks",)
    assert text.count("\u0316") + text.count("\u0317") == 30


def test_what_is_not_seen_is_found_whatever_stands_around_it() -> None:
    dice = random.Random(1)
    for code in (
        *range(9),
        *range(0xB, 0x20),
        0x7F,
        0x85,
        0x2028,
        0x202E,
        0x2066,
        0xFEFF,
        0xFDD0,
        0x1FFFE,
    ):
        around = "".join(dice.choices("ab \n\xa0é漢", k=20))
        text, _ = clean_text(around + chr(code) + around)
        assert chr(code) not in text, hex(code)


@pytest.mark.parametrize(
    ("markup", "may"),
    [
        ("<p class=price>The price is 5 EUR, of little availability", False),
        ("<meta name='description' content='a price'>", False),
        ("<META CONTENT=5 PROPERTY = 'Product:Price:Amount'>", True),
        ("<meta name=twitter:label1 content=Preis>", True),
        ("<span itemprop='name price'>5", True),
        ("<link itemprop=availability href=x>", True),
        ("<script type='application/ld+json'>{'price': 5}", True),
        ("<script type='application/ld+json'>{'name': 5}", False),
    ],
)
def test_markup_that_states_no_offer_is_seen_at_a_glance(markup: str, may: bool) -> None:
    assert may_state_an_offer(markup.encode()) is may
