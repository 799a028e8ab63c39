"""Feeds as authors write them: each row is one kind, with what a person should see of it."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from daemon.extract import read
from daemon.model.reading import NO_ENTRIES, FeedEntry
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.extract.documents import reading, refusal

URL = "http://site.test/dir/feed"
SPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:h="http://www.w3.org/1999/xhtml"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def rss(items: str) -> str:
    return f'<rss version="2.0" {SPACES}><channel><title>F</title>{items}</channel></rss>'


def item(inside: str) -> str:
    return rss(f"<item>{inside}</item>")


def atom(inside: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>'
        f"<entry><id>1</id>{inside}</entry></feed>"
    )


def entry(feed: str, content_type: str = "text/xml") -> FeedEntry:
    (found,) = reading(feed, content_type, kind="feed").entries
    return found


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Quiet <a href='/x'>photos</a> of the pier", "Quiet photos of the pier"),
        ("Quiet &lt;em>photos&lt;/em> &amp;amp; more", "Quiet photos & more"),
        ("<![CDATA[The <div> element in <b>bold</b>]]>", "The <div> element in bold"),
        ("Styling the &lt;title> element", "Styling the <title> element"),
        ("List&lt;String> and Map&lt;K, V>", "List<String> and Map<K, V>"),
        ("List<String> in Java", "List<String> in Java"),
        ("Why &lt;?php and &lt;!x matter", "Why <?php and <!x matter"),
        ("1 < 2 & R&D, Q&A; &lt;3", "1 < 2 & R&D, Q&A; <3"),
        ("It&#146;s &#x1F600; &nbsp;&eacute;&#0;", "It’s 😀 é"),
        ("safe&lt;iframe src='/x'>&lt;/iframe> words", "safe words"),
        ("One&lt;br>two", "One two"),
        ("a&lt;!-- never closed >b", "ab"),
    ],
)
def test_a_title_is_read_as_it_was_meant(written: str, title: str) -> None:
    assert entry(item(f"<title>{written}</title>")).title == title


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>One</p><p>Two <b>big</b></p>", "One\n\nTwo big"),
        ("<p>One<p>Two<br>Three", "One\n\nTwo\nThree"),
        ("<h:p>One</h:p><h:p>Two</h:p>", "One\n\nTwo"),
        ("&lt;p>Use Map&lt;K, V> &amp;amp; &lt;title> tags&lt;/p>", "Use Map<K, V> & <title> tags"),
        ("if (a&lt;b &amp;&amp; c>d)", "if (a<b && c>d)"),
        ("Bob &lt;bob@a.test> at &lt;https://a.test/>", "Bob <bob@a.test> at <https://a.test/>"),
        ("<![CDATA[<x-note>Kept</x-note><script>x</script>]]>", "Kept"),
        ("<![CDATA[a <video src='/v'> b]]>", "a b"),
        ("&amp;lt;p&amp;gt;", "<p>"),
    ],
)
def test_a_description_is_read_as_it_was_meant(written: str, text: str) -> None:
    assert entry(item(f"<description>{written}</description>")).text == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b></div>", "a b"),
        ("<content type='html'>a &lt;b>b&lt;/b>", "a b"),
        ("<content>a &lt;T> b", "a <T> b"),
        ("<content type='text/plain'>a &lt;b> &amp;lt; b", "a <b> &lt; b"),
        ("<content type='application/octet-stream'>YSA8Yj5iPC9iPg==", "a b"),
        ("<content type='text/html' mode='base64'>YSA8Yj5i\nPC9iPg", "a b"),
        ("<content type='application/octet-stream'>YSA*", "YSA*"),
        ("<content type='image/png'>iVBORw0KGgo=", ""),
        ("<content type='application/xml'><x xmlns='urn:x'>a</x><y xmlns='urn:x'>b</y>", "a\nb"),
        ("<content>a<svg><title>x</title></svg><script>y</script> b", "a b"),
    ],
)
def test_atom_content_is_read_by_its_type(content: str, text: str) -> None:
    assert entry(atom(f"<title>T</title>{content}</content>")).text == text


TITLE = "<title>T</title>"
MEDIA = "<media:description>m</media:description>"
FOREIGN = (
    "<media:title>M</media:title><itunes:title>I</itunes:title><dc:title>D</dc:title>"
    f"<atom:link href='/atom'/>{MEDIA}"
)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (item(f"{FOREIGN}<title>T</title><link>/l</link><description>d</description>"), "T /l d"),
        (item(f"<title>T</title><link>/l</link><description>d</description>{FOREIGN}"), "T /l d"),
        (item(f"<title/>{FOREIGN}"), "D /atom m"),
        (item("<image><title>x</title><link>/x</link></image><title>T</title>"), "T"),
        (item(f"{TITLE}<media:group>{MEDIA}</media:group>"), "T m"),
        (item(f"{TITLE}<link/><atom:link rel='self' href='/s'/><guid>/g</guid>"), "T /g"),
        (item("<title>T</title><guid isPermaLink='false'>http://site.test/g</guid>"), "T"),
        (item(f"{TITLE}<link href='/l?a=1&b=2'/><summary>R&D</summary>"), "T /l?a=1&b=2 R&D"),
        (item("<title>T</title><enclosure url='/e.mp3'/>"), "T /e.mp3"),
        (atom(f"{TITLE}<link rel='self' href='/s'/><link href='/l'/>"), "T /l"),
        (atom(f"{TITLE}<link rel='enclosure' href='/e'/><link href='/l'/>"), "T /l"),
        (atom(f"{TITLE}<link type='image/png' href='/p'/><link href='/l'/>"), "T /l"),
        (atom("<title>T</title><content src='/c'/>"), "T /c"),
        (atom("<title>T</title><summary>s</summary><content type='html'>c</content>"), "T c"),
        ("<CHANNEL><ITEM HREF='/l'><TITLE>T</TITLE></ITEM></CHANNEL>", "T /l"),
        ("<rss xmlns='urn:own'><channel><item><title>T</title></item></channel></rss>", "T"),
        ("<rss><item><media:title>M</media:title><title>T</title></item></rss>", "T"),
        ("<rss><item><content:encoded>c</content:encoded></item></rss>", "c"),
        ('{"items": [{"title": "A<B>", "url": "/l", "content_text": "<b>"}]}', "A<B> /l <b>"),
    ],
)
def test_an_entry_says_what_is_its_own(feed: str, said: str) -> None:
    one = entry(feed)
    link = one.link.removeprefix("http://site.test")
    assert " ".join(filter(None, (one.title, link, one.text))) == said


B = "http://site.test/b/"


@pytest.mark.parametrize(
    ("feed", "location", "link"),
    [
        (item("<link>x</link>"), "", "http://site.test/dir/x"),
        (item("<link>x</link>"), "http://other.test/a/", "http://other.test/a/x"),
        (item("<link>x</link>"), "javascript:x", "http://site.test/dir/x"),
        (item("<link>\n http://site.test/\n  a b.pdf </link>"), "", "http://site.test/a%20b.pdf"),
        (item("<link>www.other.test/x</link>"), "", "http://www.other.test/x"),
        (item("<link>//other.test/x</link>"), "", "http://other.test/x"),
        (atom("<link xml:base='/b/' href='x'/>"), "http://site.test/c/", f"{B}x"),
        (
            "<feed xml:base='/b/'><entry xml:base='c/'><link href='x'/></entry></feed>",
            "",
            f"{B}c/x",
        ),
    ],
)
def test_links_begin_where_the_feed_says(feed: str, location: str, link: str) -> None:
    document = Document(feed.encode(), "text/xml", None, URL, location)
    assert read(document, Rules()).entries[0].link == link


WARNING = "<br />\n<b>Warning</b>: x in <b>/srv/a.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize("declared", ["application/rss+xml", "text/xml", "text/html", ""])
@pytest.mark.parametrize("output", [WARNING, "Notice: x in /srv/a.php\n"])
def test_a_feed_is_read_behind_the_output_of_a_script(declared: str, output: str) -> None:
    feed = "<?xml version='1.0'?>" + item("<title>T</title>")
    found = reading(output + feed, declared)
    assert (found.kind, found.text) == ("feed", reading(feed, declared).text)
    assert found.flags == ("cleaned:output",)


def test_what_stands_behind_a_feed_is_no_part_of_it() -> None:
    found = reading(
        item("<title>T</title>") + "<!-- cached --><script>x</script>\nWarning", "text/xml"
    )
    assert (found.text, found.flags) == ("T", ())


def test_a_page_about_feeds_is_a_page() -> None:
    page = (
        "<html><body><pre><?xml version='1.0'?><rss version='2.0'></rss></pre>Words</body></html>"
    )
    assert reading(page, "text/html").kind == "html"


@pytest.mark.parametrize(
    ("feed", "text"),
    [
        (rss(""), "F"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "a feed without entries"),
        ('{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": []}', "J"),
    ],
)
def test_a_feed_without_entries_is_a_feed(feed: str, text: str) -> None:
    found = reading(feed, "application/rss+xml", kind="feed")
    assert (found.text, found.entries, found.flags) == (text, (), (NO_ENTRIES,))


@pytest.mark.parametrize(
    "other",
    [
        "<feed><product><price>9</price></product></feed>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><x>9</x></rdf:RDF>",
        "<channel><price>9</price></channel>",
    ],
)
def test_what_only_begins_like_a_feed_is_read_as_xml(other: str) -> None:
    found = reading(other, "text/xml")
    assert "9" in found.text
    assert found.extractor.startswith("xml/")
    assert refusal(other, "text/xml", kind="feed").error_class is ErrorClass.PARSE


def test_an_entry_that_breaks_off_is_left_out() -> None:
    found = reading("<rss><channel><item><title>T</title></item><item><title>Ha", "text/xml")
    assert (found.text, found.flags) == ("T", ("incomplete:feed",))


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_a_feed_that_is_too_long_the_newest_entries_are_read(newest_first: bool) -> None:
    numbers = ((n, n // 400 + 2000) for n in range(10_001))
    listed = [f"<item><title>{n}</title><date>{year}</date></item>" for n, year in numbers]
    found = reading(rss("".join(listed[::-1] if newest_first else listed)), "text/xml")
    assert {found.entries[0].title, found.entries[-1].title} == {"1", "10000"}
    assert found.flags == ("truncated:entries",)


def test_a_long_feed_that_is_ill_formed_is_read() -> None:
    listed = "".join(f"<item><title>{n} & <b>b</title></item>" for n in range(2_000))
    assert reading(rss(listed), "text/xml").entries[-1].title == "1999 & <b>b"


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("<description>a & <i>b", "a & b"),
        ("<description>a <br> b<link>/x</link>", "a\nb"),
        ("<description><![CDATA[a & b</description>", "a & b"),
        ("<description><![CDATA[a</description>b]]> & c</description>", "a</description>b & c"),
        ("<description kind=html>a</description>", "a"),
        ("<description>a<!-- x -- y -->b &bogus; <! c</description>", "ab &bogus; <! c"),
        ("<description>a</description><link>/x", "a"),
        ("<description>a</description></x>", "a"),
    ],
)
def test_a_feed_is_read_around_what_is_broken_in_it(broken: str, text: str) -> None:
    before, after = "<item><title>First</title>", "</item><item><title>Last</title></item>"
    found = reading(rss(f"{before}{broken}{after}"), "text/xml").entries
    assert [found[0].title, found[-1].title] == ["First", "Last"]
    assert found[0].text == text


def test_short_entities_are_words_and_a_bomb_of_them_is_none() -> None:
    declared = "<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY c SYSTEM '/etc/passwd'>"
    feed = f"<!DOCTYPE rss [{declared}]>" + item("<title>&a; &b; &c;</title>")
    assert reading(feed, "text/xml").text == "ha &b; &c;"


def test_an_element_with_countless_attributes_is_refused() -> None:
    bomb = " ".join(f"a{n}=''" for n in range(20_000))
    feed = item(f"<description>&lt;a {bomb}&gt;x</description>")
    assert refusal(feed, "text/xml", kind="feed").error_class is ErrorClass.TOO_LARGE


def test_entries_that_share_an_identity_are_two_when_they_say_different_things() -> None:
    guid = "<guid isPermaLink='false'>g</guid>"
    first, second = f"<item>{guid}<title>A</title></item>", f"<item>{guid}<title>B</title></item>"
    found = reading(rss(first + second + second), "text/xml").entries
    assert [astuple(one)[:2] for one in found] == [("g", "A"), ("g", "B")]
