from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.analyse import ANALYSER, judge
from daemon.extract import read
from daemon.model.change import ChangeType, Finding
from daemon.model.reading import FeedEntry, Reading, State
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from tests.analyse.pages import MENU, PROSE, SEEN_AT, page, state, text_state

NEW_CLAUSE = (
    "<p>From next spring on, guests may also book the boat house, which has two beds, a stove"
    " and a view over the water meadows.</p>"
)


def judged(
    before: str,
    after: str,
    history: Sequence[str] = (),
    rules: Rules | None = None,
    site_type: str | None = None,
) -> Finding:
    rules = rules or Rules()
    past = [state(body, rules) for body in history]
    return judge(state(before, rules), state(after, rules), past, rules, site_type)


def release(*items: tuple[str, str]) -> str:
    listed = "".join(f"<p id='{name}'>{text}</p>" for name, text in items)
    return page(f"<h2>Release history</h2>{PROSE}<h3>Minor revisions</h3>{listed}")


def json_state(value: object) -> State:
    document = Document(json.dumps(value).encode(), "application/json", "utf-8", "http://a.test/")
    return State(read(document, Rules()), document, SEEN_AT)


def test_the_same_page_is_no_change() -> None:
    finding = judged(page(), page())
    assert finding.change_type is None
    assert finding.change is None


@pytest.mark.parametrize(
    "after",
    [
        page(around="<div class='cookie-banner'><p>We use cookies. Accept all of them?</p></div>"),
        page(around="<div class='promo-slot'>Sponsored: three months of free music for you</div>"),
        page(around="<div>This website uses cookies to make your visit a better one</div>"),
    ],
)
def test_banners_and_adverts_are_noise(after: str) -> None:
    finding = judged(page(), after)
    assert finding.change_type is None
    assert finding.category == "noise"
    assert not finding.is_significant


@pytest.mark.parametrize(
    ("after", "place"),
    [
        (page(menu=MENU + "<li><a href='/c'>Our new tours of the valley</a></li>"), "navigation"),
        (page(footer="© 2025 The House, a member of the society of old houses"), "footer"),
        (
            page(around="<aside class='related'><p>See also our houses abroad</p></aside>"),
            "sidebar",
        ),
    ],
)
def test_what_stands_around_the_content_is_kept_as_minor(after: str, place: str) -> None:
    finding = judged(page(), after)
    assert finding.change_type is ChangeType.MINOR
    assert not finding.is_significant
    assert place in finding.summary


def test_surroundings_that_change_at_most_visits_are_noise() -> None:
    footers = [f"© The House, said {name} of Kent" for name in ("Anna", "Bert", "Carl", "Dora")]
    *history, before, after = (page(footer=footer) for footer in footers)
    assert judged(before, after, history=history).change_type is None


def test_a_new_paragraph_is_moderate_and_quoted() -> None:
    finding = judged(page(PROSE * 2), page(PROSE * 2 + NEW_CLAUSE))
    assert finding.change_type is ChangeType.MODERATE
    assert finding.is_significant
    assert finding.summary.startswith("Added: “From next spring on, guests may also book")
    assert finding.analyser == ANALYSER
    assert finding.confidence_score > 0.8


def test_a_rewritten_page_is_major() -> None:
    other = PROSE.replace("the house offers to its guests", "nobody has told us before now")
    finding = judged(page(), page(other.replace("river", "motorway that is loud")))
    assert finding.change_type is ChangeType.MAJOR


def test_a_few_words_are_minor() -> None:
    finding = judged(page(), page(PROSE.replace("first rooms", "best rooms")))
    assert finding.change_type is ChangeType.MINOR
    assert finding.category == "wording"
    assert finding.summary.startswith("Changed: “Paragraph first speaks at length")
    assert finding.summary.endswith("the river that runs below.” (was: first).")


def test_a_date_alone_is_minor_and_named() -> None:
    before = page("<p>Last updated: 12 March 2024</p>" + PROSE)
    finding = judged(before, before.replace("12 March", "14 April"))
    assert finding.change_type is ChangeType.MINOR
    assert finding.category == "date"
    assert finding.summary == "Date: 12 March 2024 → 14 April 2024."


def test_numbering_sections_is_minor() -> None:
    headings = [f"<h2>{name}</h2>{PROSE}" for name in ("Rooms", "Meals", "Garden", "River")]
    numbered = [part.replace("<h2>", f"<h2>{place}. ", 1) for place, part in enumerate(headings, 1)]
    finding = judged(page("".join(headings)), page("".join(numbered)))
    assert finding.change_type is ChangeType.MINOR


def test_paragraphs_that_only_moved_are_not_significant() -> None:
    moved = "</p><p>".join(reversed(PROSE[3:-4].split("</p><p>")))
    finding = judged(page(), page(f"<p>{moved}</p>"))
    assert finding.change_type is ChangeType.MINOR
    assert finding.summary.endswith("moved; no word differs.")


def test_a_price_matters_however_few_its_words() -> None:
    before = page(f"<p class='price'>499,00 €</p>{PROSE}")
    finding = judged(before, before.replace("499,00", "449,00"))
    assert finding.change_type is ChangeType.MAJOR
    assert finding.category == "price"
    assert finding.summary.startswith("Price: 499,00 € → 449,00 €.")
    assert any(reason.signal == "price" and reason.weight > 0 for reason in finding.reasons)


def test_a_price_of_another_product_does_not_matter() -> None:
    before = page(PROSE, around="<div class='related'><p>Lamp</p><p>19.99 €</p></div>")
    assert not judged(before, before.replace("19.99", "17.99")).is_significant


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("In stock", "Sold out"),
        ("Add to cart", "Notify me"),
        ("Auf Lager", "Ausverkauft"),
        ("En stock", "Rupture de stock"),
        ("Pre-order now", "In stock"),
    ],
)
def test_availability_matters(old: str, new: str) -> None:
    before = page(f"<button>{old}</button>{PROSE}")
    finding = judged(before, before.replace(old, new))
    assert finding.change_type is ChangeType.MAJOR
    assert finding.category == "availability"


def test_what_the_markup_says_of_the_price_counts() -> None:
    offer = (
        '<script type="application/ld+json">{"@type": "Product", "offers": {"price": "12.50",'
        ' "availability": "https://schema.org/InStock"}}</script>'
    )
    before = page(f"{offer}<span>now</span><div><b>12</b><i>50</i></div>{PROSE}")
    after = before.replace("12.50", "13.75").replace("<b>12</b><i>50</i>", "<b>13</b><i>75</i>")
    finding = judged(before, after)
    assert finding.category == "price"
    assert finding.summary.startswith("Price: 12.50 → 13.75.")


def ld(price: str, before: str = "") -> str:
    """JSON-LD of a lamp with its price, after that of other things."""
    lamp = f'{{"@type": "Product", "name": "The House lamp", "offers": {price}}}'
    return f'<script type="application/ld+json">[{before}{lamp}]</script>'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"price": 1299}', '{"price": "1299.00"}'),
        ('{"price": "1299.00"}', '{"price": "1,299.00"}'),
        ('{"price": "1.299,00 €"}', '{"price": "1299", "priceCurrency": "EUR"}'),
        ('{"highPrice": "1500", "lowPrice": 1299}', '{"lowPrice": 1299.0, "highPrice": "1400"}'),
    ],
)
def test_one_price_written_in_two_ways_is_no_change(old: str, new: str) -> None:
    before = page(ld(old) + "<p>Made of oak and brass</p>" + PROSE)
    finding = judged(before, before.replace(old, new).replace("oak", "ash"))
    assert finding.category != "price"
    assert "Price" not in finding.summary


def test_the_price_of_another_thing_in_the_markup_is_not_the_pages() -> None:
    rug = '{"@type": "Product", "name": "Rug", "offers": {"price": "80.00"}}, '
    before = page(ld('{"price": "49.90"}', rug) + "<p>Made of oak and brass</p>" + PROSE)
    finding = judged(before, before.replace("80.00", "60.00").replace("oak", "ash"))
    assert finding.category != "price"


def test_a_price_of_the_markup_is_told_with_its_currency() -> None:
    offer = ld('{"price": "499.9", "priceCurrency": "EUR"}')
    before = page(f"{offer}<p>499<sup>90</sup> €</p>{PROSE}")
    finding = judged(before, before.replace("499", "449"))
    assert finding.summary.startswith("Price: 499.90 EUR → 449.90 EUR.")


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        (("1299", "1199"), ("1.299,00 €", "1.199,00 €")),
        (("1299.00", "1199.00"), ("1 299,- Kč", "1 199,- Kč")),
        (("24.990", "19.990"), ("$ 24.990", "$ 19.990")),
    ],
)
def test_a_visible_price_that_the_markup_confirms_is_told_as_it_stands(
    stated: tuple[str, str], shown: tuple[str, str]
) -> None:
    before = page(ld(f'{{"price": "{stated[0]}"}}') + f"<p>Now {shown[0]} each</p>{PROSE}")
    after = before.replace(stated[0], stated[1]).replace(shown[0], shown[1])
    assert judged(before, after).summary.startswith(f"Price: {shown[0]} → {shown[1]}.")


def test_a_release_is_moderate() -> None:
    old = ("1", "tool1.4.1 (released 2024/03/19) includes fixes to the parser.")
    new = ("2", "tool1.4.2 (released 2024/04/08) includes fixes to the linker.")
    finding = judged(release(old), release(old, new))
    assert (finding.change_type, finding.category) == (ChangeType.MODERATE, "release")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Breaking changes since Django 5.2: added the linker, lower than 4.0.1.", "Django 5.2"),
        ("An upgrade from 4.0.0 fixes the parser.", "4.0.0"),
        ("Tool v2.3.1 was released with fixes.", "2.3.1"),
        ("A patch of Tool 3.1, for an issue rated 9.8 by us (CVSS v3.1 score 7.5).", "Tool 3.1"),
    ],
)
def test_a_version_is_quoted_alone_or_with_its_product(text: str, said: str) -> None:
    old = ("1", "The first of them (2024/03/19) includes fixes to the parser.")
    finding = judged(release(old), release(old, ("2", text)))
    [reason] = [one.text for one in finding.reasons if one.signal == "release"]
    assert reason.partition(": ")[2].split(", ")[0] == said
    assert not any(word in reason for word in ("than", "from", "9.8", "7.5"))


def test_a_score_is_no_version() -> None:
    old = ("1", "An issue was fixed in the parser.")
    new = ("2", "An issue was fixed in the linker, with a CVSS score of 9.8, CVSS 7.5 before.")
    finding = judged(release(old), release(old, new))
    assert "release" not in {one.signal for one in finding.reasons}


@pytest.mark.parametrize("key", ["version", "app_version", "latestVersion", "dist.version"])
def test_the_value_of_a_key_that_says_version_is_one(key: str) -> None:
    before, after = (json_state({"name": "tool", key: number}) for number in ("1.2.0", "1.3.0"))
    finding = judge(before, after, [], Rules(), None)
    assert (finding.change_type, finding.category) == (ChangeType.MODERATE, "release")
    assert "names a new version: 1.3.0" in [one.text for one in finding.reasons]


@pytest.mark.parametrize("key", ["conversion", "versions_seen", "ratio"])
def test_the_value_of_another_key_is_none(key: str) -> None:
    before, after = (json_state({"name": "tool", key: number}) for number in ("1.2.0", "1.3.0"))
    finding = judge(before, after, [], Rules(), None)
    assert "release" not in {one.signal for one in finding.reasons}


@pytest.mark.parametrize("what", ["two security fixes", "a fix for CVE-2024-12345"])
def test_a_security_release_is_critical(what: str) -> None:
    old = ("1", "tool1.4.1 (released 2024/03/19) includes fixes to the parser.")
    new = ("2", f"tool1.4.2 (released 2024/04/08) includes {what} in the parser.")
    finding = judged(release(old), release(old, new))
    assert (finding.change_type, finding.category) == (ChangeType.CRITICAL, "security")


def test_lines_that_come_and_go_are_ignored() -> None:
    with_line = page("<ul><li>Special: breakfast on the terrace today</li></ul>" + PROSE)
    finding = judged(page(), with_line, history=[with_line, page(), with_line])
    assert finding.change_type is not ChangeType.MODERATE
    [told] = [reason.text for reason in finding.reasons if reason.signal == "volatile"]
    assert told.startswith("1 line comes and goes on this page: ")


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("lately", "1 word of the main content differs ("),
        ("lately again", "2 words of the main content differ ("),
    ],
)
def test_reasons_agree_with_their_numbers(added: str, told: str) -> None:
    before, after = (text_state(f"The boat house has two beds{end}.") for end in ("", f" {added}"))
    finding = judge(before, after, [], Rules(), None)
    assert any(reason.text.startswith(told) for reason in finding.reasons)


WALLS = [
    ("<h1>Page not found</h1><p>Sorry.</p>", ErrorClass.GONE),
    ("<h1>Seite nicht gefunden</h1>", ErrorClass.GONE),
    ("<p>Nous n'avons pas trouvé la page que vous recherchez</p>", ErrorClass.GONE),
    ("<p>An internal error has occurred.</p>", ErrorClass.HTTP_5XX),
    ("<p>Le site est en maintenance pour quelques heures.</p>", ErrorClass.HTTP_5XX),
    ("<h1>Too many requests</h1>", ErrorClass.RATE_LIMITED),
    ("<title>Just a moment...</title><p>Checking your browser</p>", ErrorClass.BOT_WALL),
    ("<form>E-mail <input><input type='password'></form><p>Welcome</p>", ErrorClass.AUTH),
    ("<h1>Please log in to continue</h1>", ErrorClass.AUTH),
    ("<h1>Before you continue</h1><button>Accept all</button>", ErrorClass.AUTH),
    ("<p>You should be redirected quickly, if not click here.</p>", ErrorClass.REDIRECT),
    ("<div id='root'>Loading</div>", ErrorClass.EMPTY),
    ("<div id='app'>MyApp</div>", ErrorClass.EMPTY),
]


@pytest.mark.parametrize(("body", "error_class"), WALLS)
def test_a_wall_is_a_failure_and_no_change(body: str, error_class: ErrorClass) -> None:
    finding = judged(page(PROSE * 2), f"<html><body>{body}</body></html>")
    assert finding.failure is error_class
    assert finding.change_type is None
    assert not finding.is_significant
    assert finding.category == "error"
    assert finding.summary.startswith("Instead of the page stands")


def test_a_page_that_speaks_of_errors_in_its_content_is_no_wall() -> None:
    after = page(PROSE + "<h2>Internal error and page not found: what they mean</h2>" + NEW_CLAUSE)
    finding = judged(page(), after)
    assert finding.failure is None
    assert finding.is_significant


def test_a_short_page_that_is_edited_is_no_wall() -> None:
    before = "<html><body><p>The gate is open from nine to five.</p></body></html>"
    finding = judged(before, before.replace("nine to five", "ten; access denied at night"))
    assert finding.failure is None


def test_a_page_that_lost_a_part_is_a_change() -> None:
    finding = judged(page(PROSE), page(PROSE[: len(PROSE) // 2]))
    assert finding.failure is None
    assert finding.change_type is ChangeType.MAJOR


def test_without_documents_the_texts_are_judged() -> None:
    finding = judge(
        text_state("one line\nand another one"),
        text_state("one line\nand another one\nthe third line brings seven more new words"),
        [],
        Rules(),
        None,
    )
    assert finding.is_significant


def test_markdown_links_and_emphasis_are_no_words() -> None:
    before = "# Terms\n\nRead the **rules** of the [house](/a) before you come\n"
    after = "# Terms\n\nRead the _rules_ of the [house](https://other.test/b?c=1) before you come\n"
    finding = judge(text_state(before), text_state(after), [], Rules(), None)
    assert finding.change_type is None


def test_a_new_feed_entry_is_news_however_short() -> None:
    before, after = (
        State(Reading("feed", "", text, text, "test/1", entries), None, SEEN_AT)
        for text, entries in (
            ("Crane out", (FeedEntry("1", "Crane out"),)),
            ("Pier shut\nCrane out", (FeedEntry("2", "Pier shut"), FeedEntry("1", "Crane out"))),
        )
    )
    assert judge(before, after, [], Rules(), None).is_significant
    edited = replace(after.reading.entries[0], title="Pier closed")
    reading = replace(
        after.reading, text="x", text_hash="x", entries=(edited, *after.reading.entries[1:])
    )
    assert not judge(after, replace(after, reading=reading), [], Rules(), None).is_significant


def test_a_new_feed_entry_is_judged_by_itself() -> None:
    old = FeedEntry("1", "An older headline about the river")
    new = FeedEntry("2", "A new headline", text="with a text of several words about the bridge")
    before, after = (
        State(Reading("feed", "", text, text, "test/1", entries), None, SEEN_AT)
        for text, entries in (("a", (old,)), ("b", (new, old)))
    )
    finding = judge(before, after, [], Rules(), "news")
    assert finding.is_significant
    assert "A new headline" in finding.summary


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "New: “Headline 1”: “A text of many words, number 1”."),  # its address is no news
        (2, "New: “Headline 1”, “Headline 2”."),
        (
            7,
            "New: “Headline 1”, “Headline 2”, “Headline 3”, “Headline 4”, “Headline 5” and 2 more.",
        ),
    ],
)
def test_new_feed_entries_are_told_by_their_headlines(count: int, told: str) -> None:
    old = FeedEntry("0", "An older headline about the river")
    new = tuple(
        FeedEntry(
            f"{n}", f"Headline {n}", f"http://a.test/{n}", text=f"A text of many words, number {n}"
        )
        for n in range(1, count + 1)
    )
    before, after = (
        State(Reading("feed", "", text, text, "test/1", entries), None, SEEN_AT)
        for text, entries in (("a", (old,)), ("b", (*new, old)))
    )
    assert judge(before, after, [], Rules(), None).summary == told


def test_what_an_owner_chose_is_the_content() -> None:
    rules = Rules(include=("footer",))
    before = page(footer="Opening hours are from nine to five on every working day")
    finding = judged(
        before,
        before.replace("nine to five", "ten to six, and longer on many Fridays"),
        rules=rules,
    )
    assert finding.change_type is not None


def test_what_an_owner_excludes_does_not_matter() -> None:
    rules = Rules(exclude=(".hours",))
    before = page(PROSE + "<p class='hours'>Open from nine to five on every single working day</p>")
    after = before.replace("from nine to five on every", "never again and certainly not on any")
    assert judged(before, after, rules=rules).change_type is None


def test_every_reason_is_a_line_for_people() -> None:
    finding = judged(page(), page(PROSE + NEW_CLAUSE, menu=MENU + "<li>Tours</li>", title="New"))
    signals = {reason.signal for reason in finding.reasons}
    assert {"main_words", "chrome_words", "title"} <= signals
    assert all(reason.text and "\n" not in reason.text for reason in finding.reasons)


def test_a_judgement_is_the_same_each_time() -> None:
    pair = page(), page(PROSE + NEW_CLAUSE)
    first, second = judged(*pair), judged(*pair)
    assert replace(first, change=None) == replace(second, change=None)


def test_a_price_in_pieces_is_named_by_the_markup() -> None:
    offer = '<script type="application/ld+json">{"offers": {"price": "499.95"}}</script>'
    before = page(f"{offer}<p>499<sup>95</sup> €</p>{PROSE}")
    finding = judged(before, before.replace("499", "449"))
    assert finding.summary.startswith("Price: 499.95 → 449.95.")


def test_entities_tags_and_link_targets_of_a_source_text_are_no_words() -> None:
    before = "Bed &amp; breakfast<br>with [us][1]\n\n[1]: https://site.test/old"
    after = "Bed & breakfast\nwith [us][1]\n\n[1]: https://site.test/new"
    finding = judge(text_state(before), text_state(after), [], Rules(), None)
    assert finding.change_type in (None, ChangeType.MINOR)
    assert not finding.is_significant


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("24.90", "19.90", "Price: 24.90 → 19.90."),
        ("Coffee grinder 24,90", "Coffee grinder 19,90", "Price: 24,90 → 19,90."),
        ("Ticket 24.90 per person", "Ticket 19.90 per person", "Price: 24.90 → 19.90."),
        ("Our price: 1,299", "Our price: 1,199", "Price: 1,299 → 1,199."),
        ("Miete 900 im Monat", "Miete 950 im Monat", "Price: 900 → 950."),
        ("Rent 900 € / month", "Rent 950 € / month", "Price: 900 € → 950 €."),
    ],
)
def test_a_price_needs_no_currency_to_matter(old: str, new: str, told: str) -> None:
    around = f"{PROSE}<h2>Price list</h2>"
    finding = judged(page(f"{around}<p>{old}</p>"), page(f"{around}<p>{new}</p>"))
    assert (finding.change_type, finding.category) == (ChangeType.MAJOR, "price")
    assert finding.summary == told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Rated 4.50 of 5", "Rated 4.55 of 5"),
        ("Weight 1.50 kg", "Weight 1.60 kg"),
        ("Water 12.50 °C", "Water 13.50 °C"),
        ("Rooms 12", "Rooms 13"),
        ("Moisture 19.50 %", "Moisture 16.50 %"),
        ("Series 3.1415", "Series 3.1425"),
        ("High water 10.15", "High water 16.40"),
        ("tide 3.45", "tide 3.60"),
        ("3.45", "3.60"),
    ],
)
def test_other_numbers_are_no_prices(old: str, new: str) -> None:
    finding = judged(page(f"{PROSE}<p>{old}</p>"), page(f"{PROSE}<p>{new}</p>"))
    assert (finding.change_type, finding.category) == (ChangeType.MINOR, "numbers")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Call +49 30 1234567", "Call +49 30 7654321"),
        ("Go 1.2.3 is here", "Go 1.2.4 is here"),
        ("Mail info@a.org now", "Mail help@a.org now"),
    ],
)
def test_a_summary_tears_nothing_apart(old: str, new: str) -> None:
    finding = judged(page(f"{PROSE}<p>{old}</p>"), page(f"{PROSE}<p>{new}</p>"))
    assert finding.summary == f"“{old}” → “{new}”."


@pytest.mark.parametrize(
    "around",
    [
        "<p>Shirts 12 €, each</p>",
        "<table><tr><th>Item</th><th>Preis</th></tr></table>",
        "<button>Add to cart</button>",
        "<p>Two days, per person</p>",
    ],
)
def test_two_decimals_are_a_price_where_prices_are_spoken_of(around: str) -> None:
    before, after = (page(f"{PROSE}{around}<p>Mug {cost}</p>") for cost in ("8.50", "9.90"))
    assert judged(before, after).summary == "Price: 8.50 → 9.90."


@pytest.mark.parametrize(
    "rules", [Rules(include=("p.price",)), Rules(include=("p",), watch="region")]
)
def test_the_selector_of_a_part_may_say_that_it_is_a_price(rules: Rules) -> None:
    before, after = (page(f"<p class='price'>{cost}</p>") for cost in ("8.50", "9.90"))
    found = judge(state(before, rules), state(after, rules), [], rules, None)
    assert (found.category == "price") is ("p.price" in rules.include)


def test_a_height_that_comes_is_no_new_price() -> None:
    assert judged(page(PROSE), page(f"{PROSE}<p>tide 3.45</p>")).category != "price"


@pytest.mark.parametrize("price", ["24.90", "Price: 24.90", "<b>24.90 €</b>"])
def test_a_price_that_goes_or_comes_is_told(price: str) -> None:
    around = f"{PROSE}<h2>Price list</h2>"
    without, with_price = page(around), page(f"{around}<p>{price}</p>")
    gone, came = judged(with_price, without), judged(without, with_price)
    assert gone.change_type is came.change_type is ChangeType.MODERATE
    assert gone.category == came.category == "price"
    assert gone.summary.startswith("Price gone: 24.90")
    assert came.summary.startswith("New price: 24.90")


def test_one_of_many_prices_that_goes_is_no_price_that_went() -> None:
    others = "".join(f"<p>Room {name} {cost} €</p>" for name, cost in (("A", 90), ("B", 70)))
    finding = judged(page(f"{PROSE}{others}<p>24.90 €</p>"), page(f"{PROSE}{others}"))
    assert finding.summary == "Removed: “24.90 €”."


def test_several_prices_are_counted() -> None:
    def menu(*prices: str) -> str:
        return page(PROSE + "".join(f"<p>Dish {i}: {cost} €</p>" for i, cost in enumerate(prices)))

    finding = judged(menu("9,50", "12,50", "7"), menu("10,50", "13,50", "8"))
    assert finding.summary == "Price: 9,50 € → 10,50 € (and 2 more)."


def test_a_sentence_is_much_of_a_small_page() -> None:
    lines = "<h1>Lamp</h1><p>24.90 €</p><p>We send it within two days, to all of the country.</p>"
    more = "<p>The offer ends when all lamps are sold.</p>"
    body = "<html><body>{}</body></html>"
    finding = judged(body.format(lines + more), body.format(lines))
    assert finding.change_type is ChangeType.MAJOR
    assert finding.summary == "Removed: “The offer ends when all lamps are sold.”"


def steps(line: str, *values: str) -> list[Finding]:
    """What is made of each value after the first, one look a value."""
    bodies = [page(f"{PROSE}<p>{line.format(value)}</p>") for value in values]
    return [
        judged(bodies[place], bodies[place + 1], bodies[:place]) for place in range(len(bodies) - 1)
    ]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Each key may send {} requests per minute", ("100", "90", "80", "50", "90")),
        ("Höchstens {} Gäste zur selben Zeit", ("12", "8", "120", "8", "12")),
        ("Tageskarte {} €", ("9,50", "10,01", "10,02", "10,03", "9,50")),
        ("Eintritt: CHF {}", ("10", "12", "9", "10", "12")),
        ("一人様 {} 名まで", ("4", "6", "8", "6")),
    ],
)
def test_every_value_of_a_short_line_is_told(line: str, values: Sequence[str]) -> None:
    for value, finding in zip(values[1:], steps(line, *values), strict=True):
        assert finding.change_type is not None
        assert value in finding.summary


@pytest.mark.parametrize(("line", "mark"), [("Price: {} €", "€"), ("Day ticket USD {}", "USD")])
def test_every_price_is_told_with_its_currency(line: str, mark: str) -> None:
    values = ("10.01", "10.02", "10.03", "9.50", "10.02")
    for old, new, finding in zip(values, values[1:], steps(line, *values), strict=False):
        assert finding.change_type is ChangeType.MAJOR
        assert finding.summary.count(mark) == 2
        assert finding.summary.index(old) < finding.summary.index(new)


@pytest.mark.parametrize(
    "line",
    [
        "Latest release: {}",
        "Version {}",
        "Orbit CLI {}",
        "Stable version {} (see the notes)",
        "Aktuelle Fassung: {}",
        "Versión actual: v{}",
        "最新版本：{}",
    ],
)
def test_every_version_that_is_all_a_line_says_is_told(line: str) -> None:
    versions = ("4.2.0", "4.2.1", "4.3.0", "5.0.0")
    for version, finding in zip(versions[1:], steps(line, *versions), strict=True):
        assert (finding.change_type, finding.category) == (ChangeType.MODERATE, "release")
        assert version in finding.summary


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("Ring us: {}", "555.123.4567", "555.123.4568"),
        ("Our server answers at {}", "10.0.20.1", "10.0.20.7"),
        ("See section {}", "4.2.1", "4.2.2"),
        ("Members: {}", "1.234.567", "1.234.570"),
    ],
)
def test_other_numbers_with_dots_are_no_versions(line: str, old: str, new: str) -> None:
    [finding] = steps(line, old, new)
    assert finding.category != "release"


def test_lines_that_come_again_with_the_same_words_are_noise() -> None:
    quotes = ("Be bold", "Stay calm", "Eat well and sleep long")
    *_, again = steps("{}", *quotes, *quotes)
    assert again.change_type is None
    again = steps("{} – 12 views", *quotes, *quotes)[-1]
    assert again.change_type is None


def test_a_stock_that_goes_back_to_what_it_was_is_news() -> None:
    found = steps("{}", "In stock", "Sold out", "In stock")
    assert [finding.category for finding in found] == ["availability", "availability"]


@pytest.mark.parametrize(("old", "new"), [("2011", "2000"), ("1999", "2031")])
def test_a_counter_that_looks_like_a_year_is_no_date(old: str, new: str) -> None:
    [finding] = steps("Guests so far: {}", old, new)
    assert "Date" not in finding.summary
    assert finding.category != "date"
    [later] = steps("Programme of the season {}", "2025", "2026")
    assert later.summary == "Date: 2025 → 2026."


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Breaking changes: the old endpoint is gone, and clients need a token.", ChangeType.MAJOR),
        ("Inkompatible Änderungen: der alte Zugang entfällt ohne Ersatz.", ChangeType.MAJOR),
        ("The old endpoint answers faster, and tokens last longer.", ChangeType.MODERATE),
    ],
)
def test_a_release_that_breaks_what_worked_is_major(text: str, grade: ChangeType) -> None:
    old = ("1", "tool1.4.1 (released 2024/03/19) includes fixes to the parser.")
    new = ("2", f"tool2.0.0 (released 2024/04/08) is here. {text}")
    finding = judged(release(old), release(old, new))
    assert (finding.change_type, finding.category) == (grade, "release")


ITEMS = [
    ("Ferry halves its timetable", "Boats leave every two hours until spring."),
    ("Repairs of the bridge begin", "One lane stays open; buses stop at the market."),
    ("School picks its apples", "The juice is sold at the autumn fair."),
]
LIBRARY = (
    "Library opens on Sundays",
    "From next month the town library is open on Sundays from 11 to 17; the council voted so.",
)


def listing(*items: tuple[str, str]) -> str:
    shown = "".join(f"<article><h2>{head}</h2><p>{text}</p></article>" for head, text in items)
    return page(f"<h1>Local news</h1>{shown}")


def test_one_more_item_of_a_short_list_is_moderate() -> None:
    finding = judged(listing(*ITEMS), listing(LIBRARY, *ITEMS))
    assert finding.change_type is ChangeType.MODERATE


def test_an_item_that_replaces_the_whole_list_is_more() -> None:
    assert judged(listing(*ITEMS), listing(LIBRARY)).change_type is ChangeType.MAJOR


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("Do not drink tap water in Lower Mill", "Bacteria were found in two wells this morning."),
        ("Trinkwasser abkochen", "In zwei Brunnen wurden heute Morgen Keime gefunden."),
        ("Rappel de produits laitiers", "Les lots de mars contiennent des éclats de verre."),
        ("Alerta sanitaria en el puerto", "Se detectaron bacterias en dos pozos esta mañana."),
        ("Отзыв партии молока", "В двух партиях нашли осколки стекла, верните товар."),
    ],
)
def test_a_new_warning_of_a_danger_is_major(head: str, text: str) -> None:
    before = listing(LIBRARY, *ITEMS)
    finding = judged(before, listing((head, text), LIBRARY, *ITEMS))
    assert finding.change_type is ChangeType.MAJOR
    assert any(reason.signal == "warning" for reason in finding.reasons)


def test_a_warning_that_stood_there_before_is_no_news() -> None:
    warned = (("Do not drink tap water", "Bacteria were found in two wells."), *ITEMS)
    assert judged(listing(*warned), listing(LIBRARY, *warned)).change_type is ChangeType.MODERATE


CLOCKS = [
    ("It is 08:15 now", "It is 10:40 now"),
    ("Uhrzeit 08:15 Uhr", "Uhrzeit 10:40 Uhr"),
    ("Local time: 11:15 am", "Local time: 1:40 pm"),
    ("Hora local 22:15 h", "Hora local 00:41 h"),
    ("Monday, 30 November 2026 21:50", "Tuesday, 1 December 2026 00:15"),
]


@pytest.mark.parametrize(("shown", "later"), CLOCKS)
def test_a_clock_that_goes_on_as_time_does_is_noise(shown: str, later: str) -> None:
    before = state(page(PROSE, around=f"<div>{shown}</div>"))
    after = state(page(PROSE, around=f"<div>{later}</div>"))
    after = replace(after, seen_at=before.seen_at + timedelta(hours=2, minutes=25))
    assert judge(before, after, [], Rules(), None).change_type is None


@pytest.mark.parametrize(
    ("old", "new"),
    [("Doors open at 08:15", "Doors open at 09:00"), ("Mon 08:15 to 17:00", "Mon 10:40 to 17:00")],
)
def test_a_time_that_moves_by_itself_alone_is_told(old: str, new: str) -> None:
    before, after = (state(page(f"{PROSE}<p>{text}</p>")) for text in (old, new))
    after = replace(after, seen_at=before.seen_at + timedelta(hours=2, minutes=25))
    assert judge(before, after, [], Rules(), None).change_type is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Temperature −6 °C", "Temperature 6 °C"), ("Balance: -$6", "Balance: $6"),
        ("Age > 18", "Age < 18"), ("From 18", "From 18+"), ("Rate: 5", "Rate: 5 %"),
        ("Grade A+", "Grade A-"), ("Written in C", "Written in C#"),
        ("Backup ✓", "Backup ✗"), ("✓", "✗"), ("API 🟢", "API 🔴"), ("★★★★☆", "★★★☆☆"),
    ],
)  # fmt: skip
def test_a_sign_that_says_something_is_a_change(old: str, new: str) -> None:
    finding = judged(page(f"{PROSE}<p>{old}</p>"), page(f"{PROSE}<p>{new}</p>"))
    assert finding.change_type is ChangeType.MINOR
    assert "spelling, signs" in " ".join(reason.text for reason in finding.reasons)


@pytest.mark.parametrize(
    ("old", "new"),
    [("The river – the house", "The river — the house"), ("Rooms → Start", "Rooms › Start"),
     ("The House™ ●", "The HouseTM ○"), ("10 – 12 guests", "10-12 guests")],
)  # fmt: skip
def test_a_mark_that_only_adorns_is_no_change(old: str, new: str) -> None:
    finding = judged(page(f"{PROSE}<p>{old}</p>"), page(f"{PROSE}<p>{new}</p>"))
    assert finding.change_type is None


def test_the_same_amount_in_another_currency_is_a_price_change() -> None:
    finding = judged(page(f"{PROSE}<p>Price: €50</p>"), page(f"{PROSE}<p>Price: $50</p>"))
    assert finding.summary == "Price: €50 → $50."


def test_an_amount_grouped_as_in_india_is_told_whole() -> None:
    before, after = (page(f"<p>Price: ₹{price}</p>") for price in ("1,29,900", "1,19,900.50"))
    assert judged(before, after).summary == "Price: ₹1,29,900 → ₹1,19,900.50."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"best": [120, 87, 45]}, {"best": [45, 120, 87]}),
        (["red", "green", "blue"], ["blue", "green", "red"]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}]),
    ],
)
def test_the_order_of_a_json_list_counts(before: object, after: object) -> None:
    finding = judge(json_state(before), json_state(after), [], Rules(), None)
    assert (finding.change_type, finding.is_significant) == (ChangeType.MINOR, False)
    assert [reason.signal for reason in finding.reasons] == ["moved"]
