"""Words of state by their scales: one list, in many languages."""

from __future__ import annotations

import pytest

from daemon.analyse import judge
from daemon.lexicon.states import has_flipped
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, page, state

FLIPS = [
    ("Registration is closed", "Registration is open"),
    ("Status: pending", "Status: approved"),
    ("Application approved.", "Application rejected."),
    ("Das Bad ist geöffnet", "Das Bad ist geschlossen"),
    ("Guichet ouvert", "Guichet fermé"),
    ("Estado: pendiente", "Estado: aprobado"),
    ("Stato: aperto", "Stato: chiuso"),
    ("Loket gesloten", "Loket open"),
    ("Запись открыта", "Запись закрыта"),
    ("All systems operational", "All systems down"),
    ("Wi-Fi: yes", "Wi-Fi: no"),
    ("Room 12: free", "Room 12: occupied"),
    ("Entry is (permitted)", "Entry is (forbidden)"),
]


@pytest.mark.parametrize(("before", "after"), FLIPS)
def test_a_state_flips_between_the_poles_of_its_scale(before: str, after: str) -> None:
    assert has_flipped(before, after)
    assert has_flipped(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The office is open", "The office is large"),
        ("open and closed", "closed and open"),
        ("approved", "accepted"),
        ("open", "approved"),
        ("Opening hours", "Closing hours"),
        ("", "open"),
    ],
)
def test_words_of_one_pole_or_of_two_scales_are_no_flip(before: str, after: str) -> None:
    assert not has_flipped(before, after)


@pytest.mark.parametrize(("before", "after"), FLIPS)
def test_a_state_that_flips_on_a_whole_page_is_significant(before: str, after: str) -> None:
    old, new = (state(page(PROSE + f"<p>{text}</p>")) for text in (before, after))
    found = judge(old, new, [], Rules(), None)
    assert found.is_significant
    assert any(reason.signal == "state" for reason in found.reasons)


def test_a_sentence_that_was_written_anew_is_no_flip() -> None:
    old = state(page(PROSE + "<p>We are open to ideas from readers.</p>"))
    new = state(page(PROSE + "<p>Our minds were never closed, as everybody knows who asks.</p>"))
    found = judge(old, new, [], Rules(), None)
    assert all(reason.signal != "state" for reason in found.reasons)
