"""What goes out to a model is masked and fenced; what comes back is believed when it is held."""

from __future__ import annotations

import pytest

from daemon.llm import Masks, ModelAnswer, Subject, Wording, believed, question_of
from daemon.llm.answer import Cited
from daemon.llm.private import without_private
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from daemon.runtime.llm_worker import pause_seconds
from daemon.store.queue.awaiting_llm import Pending
from daemon.store.tables.ids import new_id

WORDING = Wording("m")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail ada.b+c@mail.example.org now", "mail [email] now"),
        ("call +49 30 123 456 78", "call [phone]"),
        ("call (030) 1234-56789", "call [phone]"),
        ("call +4930123456789", "call [phone]"),
        ("from 2024-05-01 to 2024-06-01", "from 2024-05-01 to 2024-06-01"),
        ("12.05.2024 and 13/05/2024", "12.05.2024 and 13/05/2024"),
        ("version 10.0.19045.3930", "version 10.0.19045.3930"),
        ("costs 1,299.00 EUR", "costs 1,299.00 EUR"),
        ("1 299 000 000 inhabitants", "1 299 000 000 inhabitants"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("password: hunter2hunter", "password: [token]"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: [token] abcdefghijkl"),
        ("sk-proj-abcdefghijklmnop", "[token]"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.abc", "[token]"),
        ("d41d8cd98f00b204e9800998ecf8427e", "[token]"),
        ("a-rather-long-name-of-a-page-2024", "a-rather-long-name-of-a-page-2024"),
    ],
)
def test_what_is_private_is_masked_and_what_is_not_stays(text: str, expected: str) -> None:
    assert without_private(text, Masks()) == expected


def test_masks_can_be_lifted_one_by_one() -> None:
    text = "ada@example.org +49 30 123 456 78 sk-abcdefghijklmnop"
    assert without_private(text, Masks(emails=False, phones=False, tokens=False)) == text


def question(diff: str, **more: str) -> tuple[str, tuple[str, ...]]:
    facts = {"site_name": "Shop", "url": "https://shop.example/a?key=secret", "title": "T"}
    graded = {"change_type": "minor", "category": "content", "summary": "S"}
    found = question_of(Subject(**(facts | graded | more), diff=diff), WORDING)
    return found.body.decode(), found.lines


def test_equal_changes_are_equal_questions() -> None:
    assert question("+a\n-b") == question("+a\n-b")
    assert question("+a\n-b") != question("+a\n-c")
    assert question("+a", intent="x") != question("+a", intent="y")


def test_only_what_went_or_came_is_shown_as_much_as_there_is_room_for() -> None:
    _, lines = question(" same\n-old\n+new\n…\n+  ")
    assert lines == ("- old", "+ new")
    _, many = question("\n".join(f"+line number {number}" for number in range(10_000)))
    assert 0 < len(many) < 1000
    assert all(len(line) <= 600 for line in question("+" + "x" * 100_000)[1])


def test_the_query_of_an_address_does_not_leave() -> None:
    body, _ = question("+a")
    assert "shop.example/a" in body
    assert "secret" not in body


LINES = (
    "- The plan costs 1,299.00 EUR since 3 May 2024",
    "+ The plan costs 1.499,00 EUR and Ada Lovelace of ACME sells it",
    "+ CVE-2024-1234 was fixed in v3.2.1",
)


@pytest.mark.parametrize(
    ("text", "lines", "holds"),
    [
        ("The plan costs 1499.00 EUR now.", [2], True),
        ("The plan costs 1,499 EUR now.", [2], True),
        ("The price rose from 1299 to 1499 EUR.", [1, 2], True),
        ("The price rose from 1299 to 1499 EUR.", [2], False),
        ("The plan costs 15 % more.", [1, 2], False),
        ("Ada Lovelace sells the plan.", [2], True),
        ("The plan is sold by Grace Hopper.", [2], False),
        ("The plan is sold by the Shop.", [2], True),
        ("CVE-2024-1234 was fixed.", [3], True),
        ("CVE-2024-9999 was fixed.", [3], False),
        ("Upgrade to v3.2.1, fixed there.", [3], True),
        ("Globex bought everything.", [2], False),
        ("See evil.example for the plan.", [2], False),
        ("The plan is dearer.", [0, 4], False),
        ("", [1], False),
    ],
)
def test_a_sentence_stands_when_its_lines_hold_it(text: str, lines: list[int], holds: bool) -> None:
    answer = ModelAnswer("minor", "content", (Cited(text, tuple(lines)),))
    found = believed(answer, LINES, "site: Shop")
    assert (len(found.summary), found.dropped) == ((1, 0) if holds else (0, 1))


def test_what_is_believed_is_plain_and_short() -> None:
    markup = "**The plan** <b>costs</b> [more](http://x.example)\x1b " + "plan " * 200
    answer = ModelAnswer("minor", "content", (Cited(markup, (1,)),) * 9, (Cited("plan", (1,)),) * 9)
    found = believed(answer, LINES, "")
    assert (len(found.summary), len(found.insights)) == (3, 5)
    assert found.summary[0].text.startswith("The plan costs more")
    assert len(found.summary[0].text) <= 300
    assert "\x1b" not in found.summary[0].text


def waiting(tries: int) -> Pending:
    return Pending(new_id(), 1, tries, "minor", False, None, "", "", "", "", "", "", "")


def test_pauses_grow_and_heed_the_server() -> None:
    fault = FetchError(ErrorClass.HTTP_5XX, "no")
    assert [pause_seconds(waiting(tries), fault) for tries in (1, 2, 3)] == [30, 120, 480]
    assert pause_seconds(waiting(19), fault) == 6 * 3600
    slow = FetchError(ErrorClass.RATE_LIMITED, "no", retry_after_seconds=600)
    assert pause_seconds(waiting(1), slow) == 600
