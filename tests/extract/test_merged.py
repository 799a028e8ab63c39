"""Two sources of a page are merged where they differ in words, values and remarks alone."""

from __future__ import annotations

import pytest

from daemon.extract.markup.merged import MARK, Merged, merged

PAGE = '<html><body><p class="a">The {} is open.</p><script>x = "{}"</script><!-- {} --></body>'


def both(before: str, after: str) -> Merged:
    found = merged(before, after)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after", "slots"),
    [
        ("<p>Open until 5.</p>", "<p>Open until 6.</p>", [("5.", "6.")]),
        ("<p>Open</p>", "<p>Open from noon</p>", [("Open", "Open from noon")]),
        ("<p>a b</p><p>c</p><p>d</p>", "<p>a x</p><p>c</p><p>y</p>", [("b", "x"), ("d", "y")]),
        ("<p>5&nbsp;EUR now</p>", "<p>6&nbsp;EUR now</p>", [("5&nbsp;EUR", "6&nbsp;EUR")]),
        ('<a href="/1">a</a>', '<a href="/2">a</a>', [("/1", "/2")]),
        ("<p>a</p><!-- at 12:00 -->", "<p>a</p><!-- at 12:01 -->", [("12:00", "12:01")]),
        ("<script>a='1'</script>", "<script>a='2'</script>", [("a='1'", "a='2'")]),
        ("<p>a\r\nb</p>", "<p>c\r\nd</p>", [("a\nb", "c\nd")]),
        ("<p>the same</p>", "<p>the same</p>", []),
    ],
)
def test_words_values_and_remarks_are_merged(
    before: str, after: str, slots: list[tuple[str, str]]
) -> None:
    found = both(before, after)
    assert list(map(tuple, found.slots.values())) == slots


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>a</p>", "<p>a</p><p>b</p>"),
        ("<p>a</p>", "<div>a</div>"),
        ("<p></p>", "<p>a</p>"),
        ("<p> </p>", "<p>a</p>"),
        ("<p>a</p>", "<p> a</p>"),
        ("<p>a > b</p>", "<p>c</p>"),
        ("<p>a\x0b</p>", "<p>b</p>"),
        ('<p style="a">b</p>', '<p style="c">b</p>'),
        ('<p class="a">b</p>', "<p class='c'>b</p>"),
        ('<p class="a">b</p>', '<p id="c">b</p>'),
        ("<p class=a>b</p>", "<p class=c>b</p>"),
        ('<a title="&amp;">b</a>', '<a title="&lt;">b</a>'),
        ('<meta charset="utf-8">', '<meta charset="latin1">'),
        ("<!-- a hidden b -->", "<!-- a shown b -->"),
        ("<!---a-->", "<!---b-->"),
        ("<!doctype html><p>a", "<!doctype xml><p>a"),
        ("<p>a <3 b", "<p>a <4 b"),
        ("a", "b"),
    ],
)
def test_other_differences_are_not_merged(before: str, after: str) -> None:
    assert merged(before, after) is None


def test_what_both_say_is_left_as_it_is() -> None:
    before, after = PAGE.format("house", 1, "a"), PAGE.format("shop", 2, "b")
    found = both(before, after)
    assert found.source.count(MARK) == len(found.slots) == 3
    assert found.put(found.source, lambda slot: slot.before) == before
    assert found.put(found.source, lambda slot: slot.after) == after
