from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.compare import masks
from daemon.compare.dates import dates, mask_dates
from daemon.compare.masks import mask
from daemon.lexicon.spelling import fold


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01",
        "01.05.2024",
        "12 March 2024",
        "March 12, 2024",
        "12 mars 2024",
        "12. März 2024",
        "12 de marzo de 2024",
        "12 марта 2024",
        "29. studenog 2021",
        "2024年3月12日",
        "Nov 2025",
        "10:30",
    ],
)
def test_dates_of_many_languages_are_masked(text: str) -> None:
    assert mask_dates(text).strip() == ""
    assert dates(text) == [text]


@pytest.mark.parametrize(
    "months",
    [
        "januari februari maart april mei juni juli augustus september oktober november december",
        "januari februari mars april maj juni juli augusti september oktober november december",
        "januar februar mars april mai juni juli august september oktober november desember",
        "januar februar marts april maj juni juli august september oktober november december",
        "januar februar marec april maj junij julij avgust september oktober november december",
        "януари февруари март април май юни юли август септември октомври ноември декември",
        (
            "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november "
            "detsember"
        ),
        (
            "janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris "
            "novembris decembris"
        ),
        "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
        "јануар фебруар март април мај јун јул август септембар октобар новембар децембар",
    ],
)
def test_every_month_of_a_language_is_known(months: str) -> None:
    written = [f"3 {month} 2026" for month in months.split()]
    assert len(written) == 12
    assert [text for text in written if mask_dates(text).strip() or dates(text) != [text]] == []


@pytest.mark.parametrize(
    "text", ["20.24 €", "12,000 items", "section 4.2", "you may do 5", "1.2.3"]
)
def test_what_only_looks_like_a_date_stays(text: str) -> None:
    assert mask_dates(text) == text
    assert dates(text) == []


@pytest.mark.parametrize("text", ["3 items left", "Price 4,99", "14 days to return", "a1b2c3"])
def test_plain_numbers_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "generiert am 12.03.2026 um 10:22",
        "generada en 0,3 s",
        "fa 3 giorni",
        "17 personen ont",
    ],
)
def test_what_moves_by_itself_goes_wherever_it_stands_in_the_line(text: str) -> None:
    assert not any(map(str.isdigit, mask(text)))


# Of these the lower case is another letter than the one that the pattern takes them for.
_LETTERS = st.characters(exclude_characters="ſKİıẞ", exclude_categories=["Cs"])


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (masks.RELATIVE, masks._AGE_WORDS),
        (masks.COUNTERS, masks._COUNTER_WORDS),
        (masks.GENERATED, masks._GENERATED_WORDS),
    ],
    ids=["ages", "counters", "generated"],
)
def test_words_looked_for_first_hide_nothing_from_their_pattern(
    pattern: re.Pattern[str], words: tuple[str, ...]
) -> None:
    @given(st.from_regex(pattern, fullmatch=True, alphabet=_LETTERS))
    def holds(text: str) -> None:
        line = " ".join(text.split())
        assert not pattern.search(line) or any(word in line.lower() for word in words)

    holds()


@pytest.mark.parametrize("unit", ["1 ", "1,", "a1B", "vor 1 ", "12 people a ", "2024-", "views: "])
def test_masks_end_on_lines_made_to_trap_them(unit: str) -> None:
    line = unit * (19_000 // len(unit))
    assert isinstance(mask_dates(mask(line)), str)


def test_a_line_beyond_the_limit_is_left_alone() -> None:
    line = "3 hours ago " * 3_000
    assert mask(line) == line
    assert mask_dates(line) == line
    assert dates(line) == []


def test_folding_gives_quotes_dashes_and_spaces_one_spelling() -> None:
    assert fold("“a” – b\u00a0c\u200b ﬁ") == '"a" - b c fi'
