"""Which entries of two states of a feed are the same one, and which are news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.addresses import page_key, path_key
from daemon.compare import compare
from daemon.model.reading import NO_ENTRIES, FeedEntry, Reading
from daemon.model.site import Rules

LINK = "http://site.test/a/pier"
STORY = FeedEntry(LINK, "The pier", LINK, "2026-01-01T00:00:00Z", "The pier is open.")


def feed(*entries: FeedEntry) -> Reading:
    text = "\n\n".join(f"{one.title}\n{one.link}\n{one.text}" for one in entries) or "F"
    flags = () if entries else (NO_ENTRIES,)
    return Reading("feed", "F", text, str(hash(text)), "feed/2", entries, flags)


def news(before: tuple[FeedEntry, ...], after: tuple[FeedEntry, ...]) -> list[str]:
    """The lines that came, those of edits marked."""
    change = compare(feed(*before), feed(*after), Rules())
    if change is None:
        return []
    return [
        ("edit: " if hunk.removed else "") + hunk.added[0]
        if hunk.added
        else f"gone: {hunk.removed[0]}"
        for hunk in change.hunks
    ]


def moved(address: str) -> FeedEntry:
    return replace(STORY, id=address, link=address)


@pytest.mark.parametrize(
    "address",
    [
        "https://site.test/a/pier",
        "http://www.site.test/a/pier/",
        "http://site.test/a/pier?utm_source=rss&utm_medium=feed",
        "https://new.test/a/pier",
        "https://new.test/a/pier?utm_campaign=x",
        "http://site.test/a/pier?from=feed&n=17",
    ],
)
def test_another_spelling_of_an_address_makes_nothing_new(address: str) -> None:
    bare = replace(STORY, text="", published_at="")
    assert news((bare,), (replace(bare, id=address, link=address),)) == []
    assert news((replace(bare, id="1"),), (replace(bare, id="1", link=address),)) == []
    other = FeedEntry("http://site.test/b", "Other", "http://site.test/b")
    assert news((STORY, other), (moved(address), other)) == []
    assert news((other, STORY), (FeedEntry("n", "New"), other, moved(address))) == ["New"]
    edited = replace(moved(address), text="The pier is closed.")
    assert news((STORY,), (edited,)) == ["edit: The pier is closed."]


def test_an_identity_made_anew_makes_nothing_new() -> None:
    for identity in ("urn:session:1", "http://site.test/?p=12"):
        assert news((STORY,), (replace(STORY, id=identity),)) == []
    slug = replace(STORY, id="urn:2", link="http://site.test/b/the-pier")
    assert news((STORY,), (slug,)) == ["edit: http://site.test/b/the-pier"]


def incident(number: int, day: int | None = None, link: str = "http://status.test/") -> FeedEntry:
    date = f"2026-01-{day:02}T00:00:00Z" if day else ""
    return FeedEntry(link, f"Incident {number}: crane {number} has stopped", link, date)


@pytest.mark.parametrize("day", [None, 4])
@pytest.mark.parametrize("shown", [1, 2, 3])
def test_entries_with_one_link_are_told_apart_by_what_they_say(shown: int, day: int | None) -> None:
    before = tuple(incident(n, day and n) for n in (3, 2, 1))[:shown]
    assert news(before, (incident(4, day), *before)[:shown]) == [incident(4).title]


def test_an_incident_with_the_title_of_the_last_one_is_new() -> None:
    first = replace(incident(1, 1), title="Slow", text="Slow since eight.")
    second = replace(first, published_at="2026-01-02T00:00:00Z", text="Slow since nine.")
    assert news((first,), (second, first)) == ["Slow"]
    assert news((first, incident(9)), (second, first)) == ["Slow"]


def test_a_shared_guid_says_nothing_of_which_entry_it_is() -> None:
    one, two = (
        FeedEntry("g", f"Story of the {word}", f"http://site.test/{word}") for word in ("a", "b")
    )
    assert news((one,), (two, one)) == [two.title]
    assert news((two, one), (one, two)) == []


def test_a_reworded_title_of_one_link_is_an_edit() -> None:
    reworded = replace(STORY, title="The old pier", text="The pier is open again.")
    assert news((STORY,), (reworded,)) == ["edit: The old pier"]


def test_an_article_with_another_number_in_its_address_is_another() -> None:
    one, two = (
        FeedEntry(link, "Minutes", link)
        for link in ("http://a.test/x?id=1", "http://a.test/x?id=2")
    )
    assert news((one,), (two,)) == ["Minutes"]
    assert news((one,), (two, one)) == ["Minutes"]


def test_an_entry_without_any_identity_is_known_by_what_it_says() -> None:
    one, two = FeedEntry("hash-1", "One"), FeedEntry("hash-2", "Two")
    assert news((one,), (two, one)) == ["Two"]


def test_the_first_entry_of_a_feed_without_any_is_news() -> None:
    assert news((), (STORY,)) == ["The pier"]
    assert news((STORY,), ()) == []


def test_an_entry_with_the_words_of_one_that_is_gone_is_new() -> None:
    one = FeedEntry("5", "Tickets are here", "http://site.test/5")
    assert news((one,), (replace(one, id="6", link="http://site.test/6"),)) == ["Tickets are here"]


@pytest.mark.parametrize("address", ["tag:site.test,2026:1", "12", "http://[x", "mailto:a@b"])
def test_what_is_no_address_of_a_page_is_its_own_key(address: str) -> None:
    assert (page_key(address), path_key(address)) == (address, None)
