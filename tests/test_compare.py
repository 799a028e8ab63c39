from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.compare import (
    Mark,
    Segment,
    compare,
    diff_text,
    inline,
    rewritten,
    unified,
    word_segments,
)
from daemon.compare.ignore import without_ignored
from daemon.compare.lines import MAX_LINES, opcodes, split
from daemon.compare.structure import json_lines
from daemon.compare.tokens import tokens
from daemon.extract import read
from daemon.extract.jsonlines import as_lines
from daemon.model.change import Change
from daemon.model.errors import ExtractError
from daemon.model.reading import FeedEntry, Reading
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass


def reading(text: str, kind: str = "text", entries: tuple[FeedEntry, ...] = ()) -> Reading:
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return Reading(kind, "", text, digest, "test/1", entries)


def changed(before: str, after: str, rules: Rules | None = None) -> Change | None:
    return compare(reading(before), reading(after), rules or Rules())


def difference(before: str, after: str) -> Change:
    return found(reading(before), reading(after))


def found(before: Reading, after: Reading) -> Change:
    change = compare(before, after, Rules())
    assert change is not None
    return change


def feed(*entries: FeedEntry) -> Reading:
    text = "\n".join(f"{entry.title} {entry.text}" for entry in entries)
    return reading(text, "feed", entries)


def test_equal_readings_differ_in_nothing() -> None:
    assert changed("one\ntwo", "one\ntwo") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Posted 3 hours ago", "Posted 5 hours ago"),
        ("il y a 2 jours", "il y a 3 jours"),
        ("vor 3 Stunden", "vor 4 Stunden"),
        ("12 people are viewing this right now", "7 people are viewing this right now"),
        ("1,204 views", "1,310 views"),
        ("3 out of 5 found this helpful", "4 out of 6 found this helpful"),
        ("Page generated in 0.16 s by web-01", "Page generated in 0.31 s by web-07"),
        ("Ray ID: 7d3f9a1c2b", "Ray ID: 8e4f0b2d3c"),
        ("session 0a1b2c3d4e5f6a7b", "session 9f8e7d6c5b4a3f2e"),
        ("© 2024 Example", "© 2025 Example"),
        ("as of 2024-05-01T10:00:00Z", "as of 2024-05-01T11:30:00Z"),
        ("[logo](/a.png?v=12ab)", "[logo](/a.png?v=99ff)"),
        ("it’s “new”", 'it\'s "new"'),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_what_moves_at_every_visit_is_no_change(before: str, after: str) -> None:
    assert changed(f"top\n{before}\nend", f"top\n{after}\nend") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Price: 20.24 €", "Price: 20.99 €"),
        ("Updated 12 March 2024", "Updated 14 March 2024"),
        ("within 14 days", "within 30 days"),
        ("Version 1.2.3", "Version 1.2.4"),
    ],
)
def test_prices_dates_terms_and_versions_are_never_masked(before: str, after: str) -> None:
    change = difference(before, after)
    assert change.hunks[0].removed == (before,)
    assert change.hunks[0].added == (after,)


def test_a_replaced_line_is_one_hunk_with_its_numbers() -> None:
    change = difference("a\nb\nc", "a\nB\nc")
    (hunk,) = change.hunks
    assert (hunk.before_line, hunk.after_line) == (2, 2)
    assert (hunk.removed, hunk.added) == (("b",), ("B",))
    assert (change.added_lines, change.removed_lines) == (1, 1)


def test_an_inserted_line_says_where_it_stands() -> None:
    (hunk,) = difference("a\nb", "a\nnew\nb").hunks
    assert (hunk.before_line, hunk.after_line, hunk.removed) == (2, 2, ())


def test_an_appended_line_stands_after_the_last() -> None:
    (hunk,) = difference("a\nb", "a\nb\nnew").hunks
    assert (hunk.before_line, hunk.after_line) == (3, 3)


def test_moved_lines_are_counted_and_not_listed() -> None:
    change = difference("one\ntwo\nthree\nfour", "three\nfour\none\ntwo")
    assert change.hunks == ()
    assert change.moved_lines == 2
    assert change.similarity == 1


def test_what_an_owner_ignores_does_not_differ() -> None:
    assert changed("build 17\nx", "build 18\nx", Rules(ignore=(r"build \d+",))) is None


@pytest.mark.parametrize("pattern", ["(a|a|aa)+$", "(unclosed"])
def test_a_faulty_or_endless_pattern_is_the_rules_fault(pattern: str) -> None:
    with pytest.raises(ExtractError) as caught:
        changed("a" * 40 + "!", "a" * 41 + "!x", Rules(ignore=("ok", pattern)))
    assert caught.value.error_class is ErrorClass.SELECTOR
    assert caught.value.detail.startswith("ignore[1]")
    assert repr(pattern) in caught.value.detail


def test_a_pattern_over_lines_leaves_their_numbers_and_is_ended_like_any_other() -> None:
    known = reading("a\nAD\nx\nEND\nb")
    left = without_ignored(known, Rules(ignore=("(?s)AD.*END", "a")))
    assert (left.text.split("\n"), left.text_hash) == (["a", " ", "", "", "b"], known.text_hash)
    long = replace(known, text="a" * 5000 + "!")
    with pytest.raises(ExtractError, match=r"ignore\[0\] took longer than 1 s: '\(\?s\)"):
        without_ignored(long, Rules(ignore=("(?s)(a|aa)+$",)))


def test_too_many_lines_are_compared_as_sets_and_say_so() -> None:
    before = "\n".join(f"old {number}" for number in range(MAX_LINES + 1))
    change = difference(f"{before}\nsame", before.replace("old", "new") + "\nsame")
    assert change.flags == ("too_different",)
    assert change.added_lines == MAX_LINES + 1


def test_too_many_characters_that_differ_are_compared_as_sets() -> None:
    def text(word: str) -> str:
        return "\n".join(f"{number} {word * 400}" for number in range(400)) + "\nsame"

    change = difference(text("ab"), text("cd"))
    assert (change.flags, change.added_lines) == (("too_different",), 400)
    assert difference(text("ab"), text("ab").replace("399 ab", "ba")).flags == ()


def test_an_edit_in_a_long_line_is_found_where_it_is() -> None:
    line = " ".join(f"word{number}" for number in range(60_000))
    change = difference(line, line.replace("word30000", "other"))
    assert change.similarity > 0.99
    assert all(hunk.before_line == 1 for hunk in change.hunks)


def test_a_long_word_without_spaces_is_cut() -> None:
    assert len(split("x" * 100_000)) > 10


def test_a_new_entry_is_one_hunk_and_the_oldest_rolls_off() -> None:
    first, second, third = (FeedEntry(str(number), f"title {number}") for number in range(3))
    change = found(feed(second, first), feed(third, second))
    assert [hunk.added for hunk in change.hunks] == [("title 2",)]
    assert change.flags == ("rolled_off:1",)


def test_an_edited_entry_is_compared_with_itself() -> None:
    entry = FeedEntry("1", "title", text="old words")
    change = found(feed(entry), feed(replace(entry, text="new words")))
    (hunk,) = change.hunks
    assert (hunk.removed, hunk.added) == (("old words",), ("new words",))


def test_a_withdrawn_entry_is_a_removal() -> None:
    one, two = FeedEntry("1", "one"), FeedEntry("2", "two")
    change = found(feed(one, two), feed(two))
    assert change.hunks[0].removed == ("one",)


def test_entries_in_another_order_are_no_change() -> None:
    one, two = FeedEntry("1", "one"), FeedEntry("2", "two")
    assert compare(feed(one, two), feed(two, one), Rules()) is None


def test_json_is_compared_by_path() -> None:
    before = {"items": [{"id": 1, "price": 3}, {"id": 2, "price": 4}]}
    after = {"items": [{"id": 9, "price": 1}, {"id": 1, "price": 3}, {"id": 2, "price": 5}]}
    change = found(reading(as_lines(before), "json"), reading(as_lines(after), "json"))
    lines = [line for hunk in change.hunks for line in (*hunk.removed, *hunk.added)]
    assert sorted(lines) == [
        "items[id=2].price: 4",
        "items[id=2].price: 5",
        "items[id=9].id: 9",
        "items[id=9].price: 1",
    ]


def test_items_with_many_values_are_known_by_what_names_them() -> None:
    more = {f"a{place}": place for place in range(20)}
    items = json.dumps([{**more, "name": "Anna", "id": 7}])
    document = Document(items.encode(), "application/json", None, "http://site.test/")
    assert "[id=7].a19: 19" in json_lines(read(document, Rules()).text)


def test_json_lists_in_lists_are_named_by_place() -> None:
    assert json_lines(as_lines({"n": [[1, 2], [3]]})) == ["n[0][0]: 1", "n[0][1]: 2", "n[1][0]: 3"]


def test_a_unified_difference_keeps_some_context() -> None:
    text = "\n".join(map(str, range(20)))
    lines = unified(text, text.replace("\n10\n", "\nten\n"), context=1)
    assert [(line.mark, line.text) for line in lines] == [
        (Mark.GAP, ""),
        (Mark.SAME, "9"),
        (Mark.REMOVED, "10"),
        (Mark.ADDED, "ten"),
        (Mark.SAME, "11"),
        (Mark.GAP, ""),
    ]


def test_a_difference_as_text_has_a_sign_before_each_line() -> None:
    assert diff_text("a\nb\nc\nd", "a\nB\nc\nd", context=1) == " a\n-b\n+B\n c\n…"


def test_a_difference_as_text_ends_where_its_room_does() -> None:
    assert diff_text("a\nb", "c\nd", limit=5) == "-a\n-b\n\n… cut"
    assert diff_text("a\nb", "c\nd", limit=12) == "-a\n-b\n+c\n+d"


def test_equal_texts_have_no_unified_difference() -> None:
    assert unified("a\nb", "a\nb") == ()


def test_a_unified_difference_of_too_many_lines_lists_what_is_new() -> None:
    before = "\n".join(map(str, range(MAX_LINES + 1)))
    assert [line.text for line in unified(before, before + "\nnew")] == ["new"]


def test_word_segments_mark_what_differs() -> None:
    removed, added = word_segments("costs 5 EUR now", "costs 6 EUR now")
    assert [part.text for part in removed if part.mark is Mark.REMOVED] == ["5 EUR"]
    assert [part.text for part in added if part.mark is Mark.ADDED] == ["6 EUR"]


@pytest.mark.parametrize(
    "whole",
    [
        "24.90", "24.90 €", "$1,299.00", "1.299,00 EUR", "1 299,00 zł", "1’299.00", "24,-",
        "₹1,29,900", "۱۲۹٬۰۰۰",
        "-20 %", "3.5%", "12.5 °C", "1.5 kg", "100 GB",
        "1.2.3", "v1.2.3-rc.1", "CVE-2026-12345",
        "2026-11-23", "23.11.2026", "11/23/2026", "2026-11-23T14:30:00Z", "14:30", "2:30 pm",
        "+49 30 1234567", "(030) 123 45 67", "+1 (555) 123-4567",
        "info@example.org", "https://example.org/a?b=1&c=2", "www.example.org/x", "config.toml",
    ],
)  # fmt: skip
def test_what_is_read_as_one_is_one_piece(whole: str) -> None:
    assert tokens(f"see {whole}, and") == ["see", " ", whole, ",", " ", "and"]


@pytest.mark.parametrize("apart", ["5 100 200 rows", "3, 4, 5", "end. Next", "12 in stock"])
def test_what_is_read_apart_is_no_piece(apart: str) -> None:
    assert tokens(apart) == re.findall(r"\w+|\s+|[^\w\s]", apart)


def test_endless_lines_are_one_segment() -> None:
    removed, added = word_segments("a " * 5_000, "b")
    assert len(removed) == len(added) == 1


@given(st.text(max_size=60), st.text(max_size=60))
def test_segments_joined_give_the_lines(old: str, new: str) -> None:
    removed, added = word_segments(old, new)
    assert "".join(part.text for part in removed) == old
    assert "".join(part.text for part in added) == new


@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12)
)
def test_opcodes_cover_both_sides_in_order(before: list[str], after: list[str]) -> None:
    rebuilt = []
    for tag, a, b, c, d in opcodes(before, after):
        rebuilt += before[a:b] if tag == "equal" else after[c:d]
    assert rebuilt == after


@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="ab \n", max_size=60))
def test_comparing_never_fails_and_counts_what_it_lists(before: str, after: str) -> None:
    change = changed(before, after)
    if change is not None:
        assert change.added_lines == sum(len(hunk.added) for hunk in change.hunks)
        assert 0 <= change.similarity <= 1


def test_a_rewritten_line_reads_the_same_in_two_lines_and_in_one() -> None:
    [(old, new)] = rewritten(["the lamp costs 24 today"], ["the red lamp costs 19 today"])
    one = inline(old, new)
    assert "".join(s.text for s in one if s.mark is not Mark.ADDED) == "the lamp costs 24 today"
    assert "".join(s.text for s in one if s.mark is not Mark.REMOVED) == (
        "the red lamp costs 19 today"
    )


def test_lines_with_little_in_common_stay_whole() -> None:
    assert list(rewritten(["one thing", "gone"], ["quite another matter"])) == [
        ((Segment(Mark.REMOVED, "one thing"),), (Segment(Mark.ADDED, "quite another matter"),)),
        ((Segment(Mark.REMOVED, "gone"),), ()),
    ]
