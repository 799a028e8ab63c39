"""What is said of a difference: whole thoughts, joined with what took their place, in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import daemon
from daemon.analyse import judge
from daemon.analyse.saying import pieces
from daemon.analyse.saying.quotes import clause_around, cut, fitted, quoted
from daemon.analyse.saying.summary import MOST_CHARS
from daemon.analyse.thoughts.ends import is_ended, sentences
from daemon.analyse.thoughts.plain import quotable
from daemon.lexicon.prose.references import is_reference, without_references
from daemon.model.change import Finding
from daemon.model.site import Rules
from daemon.phrasebook import Phrase, ended
from tests.analyse.pages import PROSE, page, state, text_state


def judged(before: str, after: str) -> Finding:
    old, new = (page(f"{PROSE}{body}") for body in (before, after))
    return judge(state(old), state(new), [], Rules(), None)


def summary(before: str, after: str) -> str:
    return judged(before, after).summary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One is here. Another follows! And a third?", 3),
        ("See Dr. Miller and Mr. J. K. Smith of Acme Inc. in St. Ives.", 1),
        ("It costs 3.50 EUR, e.g. for two, i.e. one each.", 1),
        ("Es gilt ab dem 14. April 2024. Danach nicht mehr.", 2),
        ("See No. 7 and Art. 12 of it. He said no. Then he left.", 3),
        ("1. Rewards and conditions", 1),
        ("IV. Of the garden", 1),
        ("U.S. law applies. The U.K. is out.", 2),
        ("It is sold by Garden Pte. Ltd. (garden.example) or Acme Pty. Ltd. here.", 1),
        ("Go 1.14.2 is out. Read on.", 2),
        ("データは三十日間保存されます。お問い合わせは窓口まで。「はい。」", 3),
        ("هل لديك سؤال؟ اتصل بنا. شكرا", 3),
        ("यह नियम है। दूसरा नियम भी है।", 2),
        ("no mark at all, anywhere", 1),
        ("He wrote “Stop.” Then he left (at last.) She stayed.", 3),
        ("the range [-1.0 .. 1.0] is meant", 1),
    ],
)
def test_sentences_end_where_a_reader_sees_it(text: str, expected: int) -> None:
    found = sentences(text)
    assert len(found) == expected
    assert "".join("".join(found).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* **Price.** What [it costs](https://a.org/b) _today_", "Price. What it costs today"),
        ("### 7\\. Duration", "7. Duration"),
        ("our complaints page (opens in a new window).", "our complaints page."),
        ("Seite (öffnet in neuem Fenster)", "Seite"),
        ("[your-content]: /policies/terms#your-content", ""),
        ('"price":', ""),
        ("a snake_case_name and 2 * 3 * 4", "a snake_case_name and 2 * 3 * 4"),
    ],
)
def test_decoration_and_markup_are_not_quoted(text: str, expected: str) -> None:
    assert quotable(text) == expected


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("<p>Retention: 90 days</p>", "<p>Retention: 30 days</p>", "Retention: 90 days → 30 days."),
        (
            "<h2>Retention</h2><p>90 days</p>",
            "<h2>Retention</h2><p>30 days</p>",
            "Retention: 90 days → 30 days.",
        ),
        (
            "<dl><dt>Retention</dt><dd>90 days</dd></dl>",
            "<dl><dt>Retention</dt><dd>30 days</dd></dl>",
            "Retention: 90 days → 30 days.",
        ),
        (
            "<table><tr><th>Plan</th><th>Calls</th></tr><tr><td>Studio</td><td>800</td></tr></table>",
            "<table><tr><th>Plan</th><th>Calls</th></tr><tr><td>Studio</td><td>400</td></tr></table>",
            "Studio, Calls: 800 → 400.",
        ),
        (
            "<p>Refunds take ten days. We pay by bank.</p>",
            "<p>Refunds take thirty days. We pay by bank.</p>",
            "“Refunds take ten days.” → “Refunds take thirty days.”",
        ),
        (
            "<p>Monthly plan only in the states of the union, but not in Spain.</p>",
            "<p>Monthly plan in all countries in which we work.</p>",
            (
                "Changed: “Monthly plan in all countries in which we work.” (was: only in the"
                " states of the union, but not in Spain)."
            ),
        ),
        (
            (
                "<p>If you give us a name on social media like GitHub and Twitter through the"
                " website, we publish it with your mail address and your user name for all to"
                " see.</p>"
            ),
            (
                "<p>If you give us a name on social media like GitHub through the website, we"
                " publish it with your mail address and your user name for all to see.</p>"
            ),
            (
                "Changed: “If you give us a name on social media like GitHub through the website,"
                " we publish it with your mail address and your user name for all to see.” (no"
                " longer: and Twitter)."
            ),
        ),
        (
            "",
            "<h2>Returns</h2><p>You may send things back within 30 days.</p>",
            "New section “Returns”: “You may send things back within 30 days.”",
        ),
        (
            "<table><tr><td>Azure</td><td>Hosting</td></tr></table>",
            (
                "<table><tr><td>Azure</td><td>Hosting</td></tr><tr><td>Clarity</td><td>Analytics</td>"
                "</tr></table>"
            ),
            "Added: “Clarity | Analytics”.",
        ),
    ],
)
def test_a_change_is_said_so_that_it_is_understood(before: str, after: str, told: str) -> None:
    assert summary(before, after) == told


def test_each_piece_is_joined_with_what_took_its_place() -> None:
    before = (
        "<p>The deposit is kept for seven days. Tools are cleaned by our own staff. Damage is"
        " charged at cost and must be reported at once. Late returns cost one day.</p>"
    )
    after = before.replace("seven", "thirty").replace("one day", "one week")
    after = after.replace("at cost", "at twice the cost, with interest,")
    told = summary(before, after)
    assert "“The deposit is kept for seven days.” → “The deposit is kept for thirty days.”" in told
    assert "Tools are cleaned" not in told


def test_an_entry_of_a_list_is_joined_by_its_name() -> None:
    before = "<ul><li>User: for sales, support and chat with people</li></ul>"
    after = (
        "<ul><li>User: for sales</li><li>Inter: for sales, support and chat with people</li></ul>"
    )
    told = summary(before, after)
    assert "User: for sales, support and chat with people → for sales" in told
    assert "Added: “Inter: for sales, support and chat with people”" in told


def test_a_few_edits_come_before_renumbered_items() -> None:
    names = [f"Partner {'abcdefghijkl'[number]} of the house" for number in range(12)]
    before = "".join(f"<p>{number}. {name}</p>" for number, name in enumerate(names, 1))
    names.insert(2, "Partner new of the house and of its garden too")
    after = "".join(f"<p>{number}. {name}</p>" for number, name in enumerate(names, 1))
    assert summary(before, after).startswith("Added: “3. Partner new of the house")


def test_what_carries_a_figure_comes_before_other_passages() -> None:
    plain = "<p>We like to hear from our guests at any time of the year.</p>"
    weighty = "<p>We may end the agreement for any reason with 30 days of notice.</p>"
    told = summary("", f"{plain}<h2>Ending</h2>{PROSE}{weighty}")
    assert "30 days" in told


def test_the_same_edit_in_many_places_is_said_once() -> None:
    before = "".join(f"<p>{PROSE[3:90]}{name} is void.</p><p>Kept {name}.</p>" for name in "abcd")
    told = summary(before, before.replace("void", "undefined"))
    assert told.count("undefined") == 1
    assert "(in 4 places)" in told


def test_text_that_stands_there_twice_is_said_to_be_repeated() -> None:
    many = "".join(
        f"<p>Rule {'abcdefghijklmnopqrst'[n]} of the garden holds.</p>" for n in range(20)
    )
    assert summary(many, many + many).startswith(
        "Repeated: 20 lines stand on the page a second time, from “Rule a of the garden holds.” on."
    )


def test_a_rewritten_page_is_said_to_be_so_with_its_new_sections() -> None:
    def body(*what: str) -> str:
        return "".join(
            f"<h2>{name.title()}</h2><p>Here the {name} is told of, which {name}s have done.</p>"
            for name in what
        )

    old = body(*(f"garden {letter * 3}" for letter in "abcdefghijkl"))
    new = body(*(f"{letter * 4} motorway" for letter in "mnopqrstuvwx"))
    told = judge(state(page(old)), state(page(new)), [], Rules(), None).summary
    assert told.startswith("Mostly rewritten: ")
    assert "New sections: “Mmmm Motorway”" in told


def test_only_markup_that_differs_is_shown_as_it_is() -> None:
    before = text_state(f"{'Some text of the page. ' * 9}\nYou may [share it][terms] at will.")
    after = text_state(f"{'Some text of the page. ' * 9}\nYou may share it at will.")
    told = judge(before, after, [], Rules(), None).summary
    assert told == "“You may [share it][terms] at will.” → “You may share it at will.”"


def test_a_difference_beside_the_content_is_not_called_one_of_spelling() -> None:
    def body(version: str) -> str:
        return (
            f"<html><body><div><main><h1>House</h1>{PROSE * 3}</main></div>"
            f"<div><p>Version {version}</p></div></body></html>"
        )

    found = judge(state(body("1.261.0")), state(body("1.264.2")), [], Rules(), None)
    assert found.summary == "Beside the main content: “Version 1.261.0” → “Version 1.264.2”."


# What is written from right to left is not joined by an arrow: it would be read backwards.


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "<p>يتم الاحتفاظ بالبيانات تسعين يومًا. اتصل بنا.</p>",
            "<p>يتم الاحتفاظ بالبيانات ثلاثين يومًا. اتصل بنا.</p>",
            "“يتم الاحتفاظ بالبيانات ثلاثين يومًا.” (before: “يتم الاحتفاظ بالبيانات تسعين يومًا.”).",
        ),
        (
            "<table><tr><th>תוכנית</th><th>בקשות</th></tr><tr><td>סטודיו</td><td>800</td></tr></table>",
            "<table><tr><th>תוכנית</th><th>בקשות</th></tr><tr><td>סטודיו</td><td>400</td></tr></table>",
            "סטודיו, בקשות: 400 (before: 800).",
        ),
        (
            "<p>退会後のデータは九十日間保存されます。お問い合わせは窓口まで。</p>",
            "<p>退会後のデータは三十日間保存されます。お問い合わせは窓口まで。</p>",
            "“退会後のデータは九十日間保存されます。” → “退会後のデータは三十日間保存されます。”",
        ),
        (
            "",
            "<p>退会後のデータは保存されます。お問い合わせは窓口まで。</p>",
            "Added: “退会後のデータは保存されます。お問い合わせは窓口まで。”",
        ),
    ],
)
def test_every_script_is_said_in_whole_sentences(before: str, after: str, told: str) -> None:
    assert summary(before, after) == told


WORDS = " ".join(f"w{number % 977}" for number in range(150_000))
ROWS = [str(number) for number in range(3_000)]


def table(value: Callable[[int, int], object]) -> str:
    rows = "".join(
        "<tr>" + "".join(f"<td>{value(row, column)}</td>" for column in range(20)) + "</tr>"
        for row in range(500)
    )
    return f"<table>{rows}</table>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WORDS, WORDS.replace("w5 ", "x5 ")),
        ("x" * 1_000_000, "y" * 1_000_000),
        ("(" * 300_000, "(" * 300_000 + "b, c"),
        ("a. " * 100_000, "b. " * 100_000),
        ("\n".join(ROWS), "\n".join(f"{row}3" for row in ROWS)),
        (" ".join(ROWS), " ".join(ROWS).replace("77 ", "88 ")),
        ("\n".join(f"item {row}" for row in ROWS), "\n".join(f"thing {row}" for row in ROWS)),
    ],
    ids=["words", "letters", "brackets", "sentences", "numbers", "row", "items"],
)
def test_bad_text_is_said_shortly(before: str, after: str) -> None:
    told = judge(text_state(before), text_state(after), [], Rules(), None).summary
    assert 0 < len(told) <= MOST_CHARS
    assert told.endswith((".", "”"))


def test_a_table_of_ten_thousand_cells_is_said_by_its_first() -> None:
    before = table(lambda row, column: f"R{row}" if column == 0 else row * column)
    after = table(lambda row, column: f"R{row}" if column == 0 else row * column + 10)
    assert len(judge(state(before), state(after), [], Rules(), None).summary) <= MOST_CHARS


def test_work_is_bounded_whatever_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    likeness = pieces._likeness

    def counting(*sides: tuple[str, frozenset[str]]) -> float:
        nonlocal compared
        compared += 1
        return likeness(*sides)

    monkeypatch.setattr(pieces, "_likeness", counting)
    blocks = [
        "\n".join(f"{what} {n} stands here {'so ' * (n % 7)}" for n in range(1_400))
        for what in ("garden", "orchard")
    ]
    told = judge(text_state(blocks[0]), text_state(blocks[1]), [], Rules(), None).summary
    assert told
    assert compared <= pieces.MOST_WEIGHED


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("Short.", 60, "Short."),
        ("First of all. Then comes another one.", 20, "First of all."),
        (
            (
                "We may end the agreement (for good), close the account, or any of these, and so on"
                " without a reason that we would have to give to anybody at all"
            ),
            60,
            "We may end the agreement (for good), close the account …",
        ),
        ("A short text that has no end in the room that there is", 20, ""),
    ],
)
def test_a_quotation_is_cut_where_a_thought_ends(text: str, room: int, expected: str) -> None:
    assert fitted(text, room) == expected
    assert len(cut(text, room)) <= room


def test_a_clause_is_quoted_with_its_brackets() -> None:
    text = "In the north, all members (the old, the new, and the rest) pay 5 EUR, as before, a year"
    at = text.index("new")
    assert clause_around(text, at, at + 3, 60) == (
        "… all members (the old, the new, and the rest) pay 5 EUR …"
    )
    assert quoted("He said “no”") == "“He said ‘no’”"


def test_a_reference_is_no_number_of_weight() -> None:
    assert is_reference("as told in Section ")
    assert not is_reference("within ")
    assert (
        without_references("§ 3 and Article 6(1) apply for 30 days") == "  and   apply for 30 days"
    )


def test_a_sentence_is_ended_once() -> None:
    assert ended("Added: “It rains.”") == "Added: “It rains.”"
    assert ended("Added: “rain”") == "Added: “rain”."
    assert is_ended("It rains.”")
    assert Phrase.REPLACED.sentence(old="{a}", new="{b}") == "{a} → {b}."


@pytest.mark.parametrize(
    "clause",
    [
        "Claims of less than $100.00 are heard under rule 227.7202 as amended and updated.",
        "6.1 API License. The released party may use what was added under Section 12.212.",
        "Interest of 3.50 percent is added to the sum after each update of the fees.",
        "5.2.1 The parties keep what was released, changed or removed under No. 524.2013.",
    ],
)
def test_sums_and_sections_are_no_new_versions(clause: str) -> None:
    found = judged("", f"<p>{clause}</p>")
    assert not any("version" in reason.text for reason in found.reasons)


@pytest.mark.parametrize(
    "line",
    [
        "Go 1.14.2 is released and fixes the parser.",
        "We released version 4.2 with new features and fixes.",
        "1.13.7 (released 2020/01/28) fixes a bug.",
        "An upgrade to 4.0.1 fixes the parser.",
        "go1.13.8 includes fixes.",
    ],
)
def test_a_product_a_word_or_a_place_makes_a_version(line: str) -> None:
    found = judged("", f"<p>{line}</p>")
    assert any("names a new version" in reason.text for reason in found.reasons)


def test_every_phrase_of_the_table_is_said_somewhere() -> None:
    package = Path(daemon.__file__).parent
    source = "".join(
        path.read_text(encoding="utf-8")
        for room in ("analyse", "alerting")
        for path in (package / room).rglob("*.py")
    )
    assert [phrase.name for phrase in Phrase if f"Phrase.{phrase.name}" not in source] == []


def test_an_addition_is_told_without_the_comma_before_it() -> None:
    before = f"<p>{PROSE[3:160]} and we match the rate of an equal room with the same dates</p>"
    told = summary(before, before.replace("dates", "dates, including the type of its bed"))
    assert told.endswith("”: including the type of its bed.")


_TERMS = "".join(
    f"<p>These terms of agreement bind you and us alike, privacy and liability, clause {word}.</p>"
    for word in ("oak", "elm", "ash", "fir", "yew", "bay", "box")
)


def _first_told(before: str, after: str) -> str:
    return summary(f"{_TERMS}{before}", f"{_TERMS}{after}")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "<p>Gone are the notes on the watering of all the plants within 14 days.</p>",
            "<p>{kept}</p><p>These terms are governed by the laws of Norway.</p>",
            "Added: “These terms are governed by the laws of Norway.”",
        ),
        (
            "<p>Gone are the notes on the watering of all the plants within 14 days.</p>",
            (
                "<p>{kept}</p><h2>Access</h2><p>All our gardens are open to people in chairs.</p>"
                "<h2>About</h2><p>The garden is operated by Fjord Planting AS of Bergen.</p>"
            ),
            "The garden is operated by Fjord Planting AS of Bergen.",
        ),
        (
            "<p>Your address is kept in a list by Mossmail for the letters.</p>",
            (
                "<p>We love our plants and also take pictures of them all year round.</p>"
                "<p>Your address is kept in a list by Fernpost for the letters.</p><p>{kept}</p>"
            ),
            "Your address is kept in a list by",
        ),
    ],
)
def test_law_courts_and_parties_come_before_what_else_came(
    before: str, after: str, told: str
) -> None:
    kept = "You agree to this agreement, whose terms are legal."
    found = _first_told(f"{before}<p>{kept}</p>", after.format(kept=kept))
    assert told in found.split("” ")[0] + "”"


def test_a_duty_of_a_standard_comes_before_a_note() -> None:
    norm = "<p>The user agent MUST run the algorithm of this interface; its method returns it.</p>"
    note = "<p>The state does not reflect a connection until after the events have fired.</p>"
    duty = "<p>A caller MUST NOT dispatch the event from a context that is not secure.</p>"
    found = summary(norm * 8, f"{note}{norm * 8}{duty}")
    assert found.startswith("Added: “A caller MUST NOT dispatch")


def test_what_came_with_a_figure_is_told_before_what_went_with_one() -> None:
    gone = "<p>Plants that are sent back within 10 days are paid for by the garden again.</p>"
    came = "<p>Anybody may withdraw from the whole purchase within 14 days of it.</p>"
    kept = "<p>All else about our plants stays as it was before and as it ever will be.</p>"
    found = summary(f"{gone}{kept}", f"{kept}{came}")
    assert found.startswith("Added: “Anybody may withdraw")


def test_a_sentence_with_another_number_comes_before_what_came() -> None:
    rule = "<p>The garden keeps its roses in {} rows behind the old house by the lake.</p>"
    came = "<p>Nobody may share a password for the garden with anybody else at all.</p>"
    kept = "<p>All else about our plants stays as it was before and as it ever will be.</p>"
    found = summary(f"{kept}{rule.format(40)}", f"{came}{kept}{rule.format(41)}")
    assert found.index("The garden keeps") < found.index("Nobody may share")


def test_a_heading_that_a_passage_begins_with_is_told_once() -> None:
    kept = "<p>All else about our plants stays as it was before and as it ever will be.</p>"
    title = "<p>Of searches and lists and of all that is seen in the garden</p>"
    text = "<p>Whoever visits the garden may keep a list of plants. It is free of charge.</p>"
    found = summary(kept, f"{title}{kept}{title}{text}")
    assert found.count("Of searches") == 1


def test_a_crumb_of_a_broken_line_is_not_quoted() -> None:
    gone = "<p>El</p><p>producto queda a disposición del cliente durante quince (15) días</p>"
    found = summary(gone, "")
    assert "“El”" not in found
    assert "producto queda" in found


def test_no_quotation_ends_before_it_says_anything() -> None:
    text = (
        "When making material changes to this policy of ours, "
        + "we write a letter to each of our readers " * 5
    )
    assert fitted(text, 100) == ""
