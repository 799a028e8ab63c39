"""A page that stands in place of another is one to whoever reads it."""

from __future__ import annotations

import pytest

from daemon.analyse import first_look
from daemon.extract.offer import read_offer
from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.block_pages import block_page, block_page_of_answer, block_pages
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, state
from tests.offer.pages import document

SAID = [
    ("Robot Check", BlindSpot.CHALLENGE, "wall"),
    ("Human Verification", BlindSpot.CHALLENGE, "wall"),
    ("Just a moment…", BlindSpot.CHALLENGE, "wall"),
    ("Please verify you are a human", BlindSpot.CHALLENGE, "wall"),
    ("Bestätigen Sie, dass Sie kein Roboter sind", BlindSpot.CHALLENGE, "wall"),
    ("Vérifiez que vous êtes humain", BlindSpot.CHALLENGE, "wall"),
    ("Comprobando su navegador", BlindSpot.CHALLENGE, "wall"),
    ("Подтвердите, что вы не робот", BlindSpot.CHALLENGE, "wall"),
    ("人机验证", BlindSpot.CHALLENGE, "wall"),
    ("Wartezimmer", BlindSpot.REFUSAL, "queue"),
    ("Salle d’attente", BlindSpot.REFUSAL, "queue"),
    ("You are now in line", BlindSpot.REFUSAL, "queue"),
    ("We'll be right back", BlindSpot.ERROR_PAGE, "queue"),
    ("We’ll be back soon!", BlindSpot.ERROR_PAGE, "queue"),
    ("Wir sind gleich wieder für Sie da", BlindSpot.ERROR_PAGE, "queue"),
    ("Site en maintenance", BlindSpot.ERROR_PAGE, "queue"),
    ("Access Denied", BlindSpot.LOGIN_WALL, "wall"),
    ("Acceso denegado", BlindSpot.LOGIN_WALL, "wall"),
    ("Page not found", BlindSpot.MISSING, "missing"),
    ("Sivua ei löydy", BlindSpot.MISSING, "missing"),
    ("ページが見つかりません", BlindSpot.MISSING, "missing"),
]


def page_that_says(words: str, more: str = "") -> str:
    return f"<html><head><title>{words}</title></head><body><h1>{words}</h1>{more}</body></html>"


@pytest.mark.parametrize(("words", "kind", "reason"), SAID)
def test_the_first_look_and_the_reader_of_offers_agree(
    words: str, kind: BlindSpot, reason: str
) -> None:
    html = page_that_says(words)
    found = first_look(state(html), Rules())
    assert (found.blind_spot if found else None) is kind
    assert read_offer(document(html)).flags == (f"no_product:{reason}",)


@pytest.mark.parametrize("words", [words for words, kind, _ in SAID if kind is BlindSpot.CHALLENGE])
def test_the_fetcher_knows_a_challenge_by_the_same_words(words: str) -> None:
    body = page_that_says(words).encode()
    found = block_page_of_answer(403, {}, body)
    assert found is not None
    assert found.kind is BlindSpot.CHALLENGE
    assert block_page_of_answer(200, {}, body) is None


@pytest.mark.parametrize("words", [words for words, *_ in SAID])
def test_a_whole_page_that_says_so_by_the_way_is_a_page(words: str) -> None:
    assert first_look(state(page_that_says("News", f"{PROSE}<p>{words}</p>")), Rules()) is None


def test_phrases_stand_apart_and_weak_ones_do_not_decide_alone() -> None:
    assert block_page("Herunterladen und entladen") is None
    assert block_page("temporarily unavailable") is None
    assert [one.kind for one in block_pages("temporarily unavailable")] == [BlindSpot.ERROR_PAGE]


def test_only_the_kinds_that_are_asked_for_are_found() -> None:
    assert block_page("Robot check", {BlindSpot.MISSING}) is None
