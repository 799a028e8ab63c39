from __future__ import annotations

import pytest

from daemon.extract.feeds.dates import instant
from daemon.model.status import ErrorClass
from tests.extract.documents import reading, refusal


def rss(*items: str, tail: str = "</channel></rss>") -> str:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>F</title>{body}{tail}'


def ids(*items: str) -> list[str]:
    return [entry.id for entry in reading(rss(*items), "text/xml").entries]


def test_identity_is_the_guid_then_the_link_then_what_is_said() -> None:
    found = ids(
        "<guid>g</guid><link>/a</link>", "<link>/b</link>", "<title>t</title>", "<title>u</title>"
    )
    assert found[:2] == ["g", "http://site.test/b"]
    assert len(set(found)) == 4


def test_identity_does_not_hang_on_the_neighbours() -> None:
    one, two = "<title>t</title>", "<title>new</title><guid>n</guid>"
    assert ids(one)[0] == ids(two, one)[1]


def test_entries_of_one_identity_are_one() -> None:
    feed = rss("<guid>g</guid><link>/a</link>", "<guid>g</guid><link>/a</link><title>T</title>")
    (entry,) = reading(feed, "text/xml").entries
    assert (entry.id, entry.title) == ("g", "T")


def test_a_guid_that_all_items_share_tells_nothing() -> None:
    assert ids("<guid>g</guid><link>/a</link>", "<guid>g</guid><link>/b</link>") == [
        "http://site.test/a",
        "http://site.test/b",
    ]


def test_an_endless_guid_is_hashed() -> None:
    assert len(ids(f"<guid>{'g' * 5000}</guid><title>t</title>")[0]) == 32


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 01 Jan 2024 10:00:00 +0100", "2024-01-01T09:00:00Z"),
        ("1 Jan 24 10:00 EST", "2024-01-01T15:00:00Z"),
        ("2024-05", "2024-05-01T00:00:00Z"),
        ("2024-05-06T07:08Z", "2024-05-06T07:08:00Z"),
        ("2024-05-06 07:08:09 +0200", "2024-05-06T05:08:09Z"),
        ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09Z"),
        ("20240506T070809Z", "2024-05-06T07:08:09Z"),
        ("2024/05/06 07:08", "2024-05-06T07:08:00Z"),
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("31.12.2025 14:30", "2025-12-31T14:30:00Z"),
        ("mar. 10 janv. 2023 14:05:00 +0100", "2023-01-10T13:05:00Z"),
        ("mardi 14 mars 2023 à 14h05", "2023-03-14T14:05:00Z"),
        ("Di, 04. März 2025 10:00:00 +0100", "2025-03-04T09:00:00Z"),
        ("12. Oktober 2020 um 14:30 Uhr", "2020-10-12T14:30:00Z"),
        ("Sex, 03 Out 2025 10:00:00 -0300", "2025-10-03T13:00:00Z"),
        ("Segunda-feira, 6 de outubro de 2025", "2025-10-06T00:00:00Z"),
        ("2004-05-25 오후 11:23:17", "2004-05-25T23:23:17Z"),
        ("2026年1月2日", "2026-01-02T00:00:00Z"),
        ("Tuesday, November 12th, 2013 at 5:01 pm", "2013-11-12T17:01:00Z"),
        ("July 4, 2013 5pm EDT", "2013-07-04T21:00:00Z"),
        ("Thu, 1 Jan 2026 12:00 AM", "2026-01-01T00:00:00Z"),
        ("Thu, 1 Jan 2026 15:00 PM", "2026-01-01T15:00:00Z"),
        ("Thu, 1 Jan 2026 00:30 PM", ""),
        ("Thu, 1 Jan 2026 24:00:00 GMT", "2026-01-02T00:00:00Z"),
        ("Thu, 1 Jan 2026 25:00:00 GMT", ""),
        ("Thu, 1 Jan 2026 23:59:60 GMT", "2026-01-01T23:59:59Z"),
        ("Thu, 1 Jan 2026 23:59:61 GMT", ""),
        ("Lør., 03 Jan 2026 10:00:00 +0100", "2026-01-03T09:00:00Z"),
        ("May, 5 2026", "2026-05-05T00:00:00Z"),
        ("Thu, 1 Jan 2026 10:00 +2515", ""),
        ("Thursday, 01-Jan-26 10:00:00 GMT", "2026-01-01T10:00:00Z"),
        ("Mon Jan  2 15:04:05 MST 2006", "2006-01-02T22:04:05Z"),
        ("Mon Jan 01 2024 10:00:00 GMT+0100 (Central European Time)", "2024-01-01T09:00:00Z"),
        ("Mon, 1 Jan 2024 10:00:00 (PST)", "2024-01-01T18:00:00Z"),
        ("Mon, 1 Jan 2024 10:00 GMT-5", "2024-01-01T15:00:00Z"),
        ("Fri, 31 Mar 2017 20:19:00 America/Los_Angeles", "2017-04-01T03:19:00Z"),
        ("Fri, 31 Jul 2017 20:19:00 PT", "2017-08-01T03:19:00Z"),
        ("Thu, 1 Jan 2026 10:00 IST", ""),
        ("Thu, 1 Jan 2026 10:00 +0530 IST", "2026-01-01T04:30:00Z"),
        ("Thu, 1 Jan 2026 10:00 Nowhere/City", ""),
        ("12/23/1996", "1996-12-23T00:00:00Z"),
        ("23/12/1996 11:23 PM", "1996-12-23T23:23:00Z"),
        ("01/02/2026", ""),
        ("1/2/26", ""),
        ("05/05/2026", "2026-05-05T00:00:00Z"),
        ("12 listopada 2020", ""),
        ("Jan 5 Feb 2026", ""),
        ("Jan 24 10:00", ""),
        ("1 Jan", ""),
        ("Thu, 00 Jan 2026 10:00:00 GMT", ""),
        ("Thu, 31 Jun 2026 10:00:00 GMT", ""),
        ("2026-W01-1", ""),
        ("2003335", ""),
        ("2024-03-31T02:30:00+01:00", "2024-03-31T01:30:00Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("9999-12-31T23:59:59-01:00", ""),
        ("Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("2023-02-29", ""),
        ("5", ""),
        ("yesterday", ""),
        ("10:30", ""),
        ("Mon, 01 Jan 2024 10:00:00 +99999999999", ""),
        ("x" * 10_000, ""),
    ],
)
def test_dates_are_utc_or_nothing(written: str, read: str) -> None:
    assert instant(written) == read
    (entry,) = reading(rss(f"<title>t</title><pubDate>{written}</pubDate>"), "text/xml").entries
    assert entry.published_at == read


@pytest.mark.parametrize("guid", ["12", "item 5", "10:30", "monday", "2024-01-01"])
def test_a_guid_is_never_taken_for_a_date(guid: str) -> None:
    (entry,) = reading(rss(f"<title>t</title><guid>{guid}</guid>"), "text/xml").entries
    assert (entry.id, entry.published_at) == (guid, "")


def test_a_date_in_character_data_is_read_and_one_in_prose_is_left() -> None:
    prose = "<![CDATA[<pre>&lt;published&gt;<published>now</published></pre>]]>"
    date = "<pubDate><![CDATA[Mon, 01 Jan 2024 10:00:00 GMT]]></pubDate>"
    (entry,) = reading(rss(f"<description>{prose}</description>{date}"), "text/xml").entries
    assert entry.published_at == "2024-01-01T10:00:00Z"
    assert entry.text == "<published>now"


def test_a_feed_that_breaks_off_is_read_and_said_to() -> None:
    found = reading(rss("<title>one</title>", tail="<item><title>tw"), "text/xml")
    assert found.entries[0].title == "one"
    assert found.flags == ("incomplete:feed",)


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ("words", ErrorClass.PARSE),
        ("/etc/passwd", ErrorClass.PARSE),
        ("http://127.0.0.1:9/", ErrorClass.PARSE),
        ("<data><x>1</x></data>", ErrorClass.PARSE),
        ('{"items": 1}', ErrorClass.PARSE),
        ('{"items": []', ErrorClass.PARSE),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>", ErrorClass.PARSE),
    ],
)
def test_what_is_no_feed_is_refused(body: str, error_class: ErrorClass) -> None:
    assert refusal(body, "text/plain", kind="feed").error_class is error_class


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://[x", "x" * 3000, "", "mailto:a@b"])
def test_a_link_that_leads_nowhere_is_none(link: str) -> None:
    (entry,) = reading(rss(f"<title>t</title><link>{link}</link>"), "text/xml").entries
    assert entry.link == ""


def test_no_file_is_opened_for_a_body_that_names_one() -> None:
    assert "root:" not in refusal("file:///etc/passwd", "text/plain", kind="feed").detail


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "utf-8"])
def test_feeds_are_decoded_as_they_declare(encoding: str) -> None:
    feed = f'<?xml version="1.0" encoding="{encoding}"?>' + rss("<title>Café</title>")
    assert reading(feed.encode(encoding), "text/xml").entries[0].title == "Café"


def test_xml_entities_are_not_expanded() -> None:
    xml = (
        "<!DOCTYPE d [<!-- ' --><!ENTITY x SYSTEM 'file:///etc/passwd'>]><d><t a='&x;'>c&x;</t></d>"
    )
    found = reading(xml, "text/xml")
    assert found.text == 't: c&x; (a="&x;")'
    assert "cleaned:entities" in found.flags


def test_xml_that_is_none_is_refused() -> None:
    assert refusal("<<<", "application/xml").error_class is ErrorClass.PARSE


def test_a_json_feed_with_a_key_twice_is_read_by_its_last_value_and_flagged() -> None:
    feed = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "T",'
        ' "items": [{"id": "1", "title": "old", "title": "new", "content_text": "x"}]}'
    )
    found = reading(feed, "application/feed+json")
    assert [entry.title for entry in found.entries] == ["new"]
    assert "duplicate_keys" in found.flags
