"""How a difference is laid out: its forms, what is folded, and what there is no room for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.compare import Mark, Segment, diff_text
from daemon.display.differences import (
    LONGEST_LINE,
    MOST_CHARS,
    MOST_FOLDED,
    MOST_ROWS,
    Form,
    Kind,
    Layout,
    Row,
    layout,
    patch,
    recorded_layout,
)

LINES = [f"line {number}" for number in range(1, 101)]
TEXT = "\n".join(LINES)
HOSTILE = "\u202e\u200b\x1b[2J\x85\u2028\ufeff"


def rows(one: Layout) -> list[Row]:
    return [row for block in one.blocks for row in block.rows]


def text_of(row: Row, *without: Mark) -> str:
    """A row without the segments of these marks."""
    return joined((*row.before, *row.after), *without)


def joined(segments: Iterable[Segment], *without: Mark) -> str:
    return "".join(one.text for one in segments if one.mark not in without)


def changed(*numbers: int) -> str:
    """The text with another word in these lines."""
    return "\n".join(
        line.replace("line", "row") if number in numbers else line
        for number, line in enumerate(LINES, start=1)
    )


def test_what_is_far_from_a_difference_is_folded_and_counted() -> None:
    one = layout(TEXT, changed(10, 90), Form.WORDS, 2)
    assert [
        (block.kind, len(block.rows), block.left_out, block.number) for block in one.blocks
    ] == [
        (Kind.FOLDED, 7, 0, 0),
        (Kind.SAME, 2, 0, 0),
        (Kind.DIFFERENCE, 1, 0, 1),
        (Kind.SAME, 2, 0, 0),
        (Kind.FOLDED, 75, 0, 0),
        (Kind.SAME, 2, 0, 0),
        (Kind.DIFFERENCE, 1, 0, 2),
        (Kind.SAME, 2, 0, 0),
        (Kind.FOLDED, 8, 0, 0),
    ]
    assert [row.before_line for row in rows(one)] == list(range(1, 101))
    assert (one.differences, one.removed, one.added, one.is_whole) == (2, 2, 2, True)


def test_lines_that_are_not_sent_are_counted() -> None:
    long = "\n".join(f"line {number}" for number in range(1, 1001))
    one = layout(long, long.replace("line 500\n", "row 500\n"), Form.LINES, 3)
    assert [(block.kind, len(block.rows), block.left_out) for block in one.blocks] == [
        (Kind.FOLDED, 50, 446),
        (Kind.SAME, 3, 0),
        (Kind.DIFFERENCE, 2, 0),
        (Kind.SAME, 3, 0),
        (Kind.FOLDED, 50, 447),
    ]


def test_no_context_shows_the_differences_alone() -> None:
    one = layout(TEXT, changed(10), Form.WORDS, 0)
    assert [block.kind for block in one.blocks] == [Kind.FOLDED, Kind.DIFFERENCE, Kind.FOLDED]


def test_one_unchanged_line_is_not_folded() -> None:
    one = layout(TEXT, changed(10, 18), Form.WORDS, 3)
    assert [block.kind for block in one.blocks if block.kind is Kind.FOLDED] == [Kind.FOLDED] * 2


def test_equal_texts_have_an_empty_layout() -> None:
    one = layout(TEXT, TEXT, Form.SIDES)
    assert (one.blocks, one.differences, one.is_whole) == ((), 0, True)


def test_by_words_a_rewritten_line_is_there_once() -> None:
    [row] = rows(layout("it costs 5 EUR now", "it costs 6 EUR now", Form.WORDS))
    assert [(one.mark, one.text) for one in row.before] == [
        (Mark.SAME, "it costs "),
        (Mark.REMOVED, "5 EUR"),
        (Mark.ADDED, "6 EUR"),
        (Mark.SAME, " now"),
    ]
    assert (row.kind, row.before_line, row.after_line) == (Kind.REWRITTEN, 1, 1)


def test_words_that_differ_in_a_row_are_one_phrase() -> None:
    before = "we open the shop every day at ten in the morning for you"
    after = before.replace("every day", "some nights")
    [row] = rows(layout(before, after, Form.WORDS))
    assert [one.text for one in row.before if one.mark is not Mark.SAME] == [
        "every day",
        "some nights",
    ]


def test_by_words_blank_lines_do_not_stand_beside_words() -> None:
    one = layout("a", "a\n\nb", Form.WORDS)
    assert [text_of(row) for row in rows(one)] == ["a", "b"]
    alone = layout("a", "a\n\n", Form.WORDS)
    assert [row.kind for row in rows(alone)] == [Kind.SAME, Kind.ADDED, Kind.ADDED]


def test_by_sides_both_lines_stand_in_one_row() -> None:
    [first, second] = rows(layout("a b c d\nother", "a b c e\nnothing alike", Form.SIDES))
    assert [one.mark for one in first.before] == [Mark.SAME, Mark.REMOVED]
    assert [one.mark for one in first.after] == [Mark.SAME, Mark.ADDED]
    assert (text_of(second, Mark.ADDED), text_of(second, Mark.REMOVED)) == (
        "other",
        "nothing alike",
    )


WORDS = st.text(alphabet="abc 12.\n", max_size=80)


@given(WORDS, WORDS, st.sampled_from(Form), st.integers(0, 3))
def test_the_rows_give_back_the_lines_that_they_have(
    before: str, after: str, form: Form, context: int
) -> None:
    one = layout(before, after, form, context)
    old, new = before.split("\n"), after.split("\n")
    for row in rows(one):
        if row.before_line is not None:
            assert joined(row.before, Mark.ADDED) == old[row.before_line - 1]
        if row.after_line is not None:
            assert joined(row.after or row.before, Mark.REMOVED) == new[row.after_line - 1]
    numbers = [row.before_line for row in rows(one) if row.before_line is not None]
    if form is not Form.WORDS and before != after:  # by words, blank lines may be left out
        assert numbers == list(range(1, len(old) + 1))


def test_a_difference_without_room_is_cut_and_says_so() -> None:
    one = layout("", "\n".join(f"new {n}" for n in range(MOST_ROWS + 500)), Form.LINES)
    assert (len(rows(one)), one.is_cut, one.added) == (MOST_ROWS, True, MOST_ROWS + 500)
    many = layout(
        "\n".join(f"{n} a" if n % 2 else "same" for n in range(3 * MOST_ROWS)),
        "\n".join(f"{n} b" if n % 2 else "same" for n in range(3 * MOST_ROWS)),
        Form.LINES,
        0,
    )
    assert many.shown < many.differences
    assert not many.is_whole


def test_what_fits_exactly_is_not_cut() -> None:
    one = layout("x", "\n".join(["x", *(f"new {n}" for n in range(MOST_ROWS - 1))]), Form.LINES)
    assert (len(rows(one)), one.is_cut) == (MOST_ROWS, False)


def test_unchanged_lines_do_not_crowd_out_differences() -> None:
    lines = [f"line {n}" for n in range(5_000)]
    other = [f"{line} new" if n % 100 == 50 else line for n, line in enumerate(lines)]
    one = layout("\n".join(lines), "\n".join(other), Form.WORDS)
    assert (one.shown, one.differences, one.is_cut) == (50, 50, False)
    folded = [block for block in one.blocks if block.kind is Kind.FOLDED]
    assert sum(len(block.rows) for block in folded) <= MOST_FOLDED
    assert len(rows(one)) + sum(block.left_out for block in one.blocks) == 5_000


def test_a_long_line_is_cut_around_what_differs() -> None:
    start, end = "word " * 1_500, " word" * 1_500
    one = layout(f"{start}old{end}", f"{start}new{end}", Form.WORDS)
    [row] = rows(one)
    assert one.long_lines == 1
    assert len(text_of(row)) < 500
    assert [one.text for one in row.before if one.mark is not Mark.SAME] == ["old", "new"]


@pytest.mark.parametrize("form", Form)
def test_a_very_long_line_that_is_all_new_is_cut(form: Form) -> None:
    one = layout("", "x" * 1_000_000, form)
    assert all(len(text_of(row)) <= LONGEST_LINE + 2 for row in rows(one))
    assert (one.long_lines, one.is_whole) == (1, False)


def test_all_rows_together_have_a_limit() -> None:
    one = layout("", "\n".join("x" * 3_000 for _ in range(100)), Form.LINES)
    assert sum(len(text_of(row)) for row in rows(one)) <= MOST_CHARS
    assert one.is_cut


def test_too_many_lines_are_not_aligned() -> None:
    one = layout("old\n" * 20_001, "new\n" * 20_001, Form.WORDS)
    assert (one.is_aligned, one.is_cut) == (False, True)


@pytest.mark.parametrize("form", Form)
def test_what_nobody_sees_is_marked(form: Form) -> None:
    one = layout("tea", f"tea {HOSTILE}", form)
    shown = "".join(text_of(row) for row in rows(one))
    assert shown.isprintable()
    assert "[U+202E][U+200B][U+001B][2J[U+0085][U+2028][U+FEFF]" in shown


def test_the_recorded_difference_is_laid_out_alike() -> None:
    recorded = diff_text(TEXT, changed(10, 90), context=2)
    kept, gone = layout(TEXT, changed(10, 90), Form.WORDS, 2), recorded_layout(recorded, Form.WORDS)
    differing = [
        [
            [text_of(row) for row in block.rows]
            for block in one.blocks
            if block.kind is Kind.DIFFERENCE
        ]
        for one in (kept, gone)
    ]
    assert differing[0] == differing[1]
    assert [block.kind for block in gone.blocks] == [block.kind for block in kept.blocks]
    assert recorded_layout("", Form.WORDS).blocks == ()


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no `patch` here")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEXT, changed(1, 50, 100)),
        ("", "new\n\nlines"),
        ("a\nb\n", "a"),
        ("tea\u2028x\x0b\r", "coffee\u2028x\r"),
    ],
)
def test_a_patch_makes_one_download_the_other(tmp_path: Path, before: str, after: str) -> None:
    old, made = tmp_path / "old.txt", tmp_path / "made.txt"
    old.write_bytes(f"{before}\n".encode())
    told = patch(before, after, ("old.txt", "new.txt")).encode()
    command = ["patch", "--binary", "--fuzz=0", "--output", str(made), str(old)]
    subprocess.run(command, input=told, check=True, capture_output=True)
    assert made.read_bytes() == f"{after}\n".encode()


def test_a_patch_of_too_many_lines_says_that_it_is_none() -> None:
    told = patch("old\n" * 20_001, "new\n" * 20_001, ("old.txt", "new.txt"))
    assert told.startswith("Over 20,000 lines: only those that one of the texts lacks.\n-old\n")
    assert patch(TEXT, TEXT, ("old.txt", "new.txt")) == ""
