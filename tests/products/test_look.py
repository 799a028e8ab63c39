"""What one look means for a product: checks, repeats, failures, doubts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from daemon.lexicon.availability import Availability
from daemon.model.outcome import ProductOutcome
from daemon.model.product import AlertKind, Product, ProductRules, offer_hash
from daemon.model.status import ErrorClass, Verdict
from daemon.money.offer import Offer
from daemon.packing import pack
from daemon.prices import judge_offer, unread, with_evidence

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ID = UUID(int=7)


def product(**more: Any) -> Product:
    fields: dict[str, Any] = {
        "id": ID,
        "name": "Kettle",
        "owner_id": "local",
        "rules": ProductRules(),
        "target_price": Decimal(80),
        "currency": "EUR",
        "read_with": "rules:offer/1",
    }
    return Product(**(fields | more))


def offer(price: str | None = "100", **more: Any) -> Offer:
    fields: dict[str, Any] = {
        "price": None if price is None else Decimal(price),
        "currency": "EUR",
        "availability": Availability.IN_STOCK,
        "availability_confidence": 0.9,
        "confidence": 0.9,
        "source": "jsonld",
        "path": "div/span",
    }
    return Offer(**(fields | more))


def look(one: Product, found: Offer, at: datetime = NOW) -> ProductOutcome:
    return judge_offer(one, found, offer_hash(found), (), at)


def after(outcome: ProductOutcome) -> Product:
    """The product as the next claim reads it."""
    return replace(outcome.product, state=outcome.state or outcome.product.state)


def test_the_first_look_remembers_and_tells_nothing():
    first = look(product(), offer("70"))
    assert first.verdict is Verdict.INITIAL
    assert not first.alerts
    assert first.check is not None
    assert first.check.is_believed
    assert after(first).hint.last_source == "jsonld"
    assert after(first).is_up_to_date


def test_a_crossed_target_is_told_with_the_price_before():
    second = look(after(look(product(), offer("100"))), offer("79"), NOW + DAY)
    [alert] = second.alerts
    assert (alert.kind, alert.rule, alert.previous_price) == (
        AlertKind.PRICE_DROP, "target", Decimal(100),
    )  # fmt: skip
    assert second.verdict is Verdict.CHANGED


def test_the_same_offer_again_is_a_repeat_without_evidence():
    again = with_evidence(look(after(look(product(), offer())), offer("100.00")), ID, pack(b"x"))
    assert again.verdict is Verdict.UNCHANGED
    assert again.check is not None
    assert again.check.repeats
    assert again.check.source is None


def test_evidence_goes_with_what_is_new():
    first = with_evidence(look(product(), offer()), ID, pack(b"x"))
    assert first.check is not None
    assert (first.check.id, first.check.source) == (ID, pack(b"x"))


@pytest.mark.parametrize(
    ("found", "error_class"),
    [
        (Offer(flags=("no_product:wall",)), ErrorClass.BOT_WALL),
        (Offer(flags=("no_product:queue",)), ErrorClass.BOT_WALL),
        (Offer(flags=("no_product:missing",)), ErrorClass.GONE),
        (Offer(flags=("no_product:empty",)), ErrorClass.EMPTY),
        (Offer(), ErrorClass.PARSE),
        (Offer(price=Decimal(10) ** 12), ErrorClass.PARSE),
    ],
)
def test_a_page_without_an_offer_is_a_failure_that_moves_nothing(found, error_class):
    outcome = look(after(look(product(), offer())), found)
    assert (outcome.verdict, outcome.error_class) == (Verdict.FAILED, error_class)
    assert (outcome.check, outcome.state, outcome.alerts) == (None, None, ())


def test_a_selector_that_finds_nothing_is_the_owners_to_mend():
    mine = product(rules=ProductRules(selector=".price"))
    outcome = look(mine, Offer(flags=("hint_lost",)))
    assert outcome.error_class is ErrorClass.SELECTOR
    assert ".price" in outcome.error_detail


@pytest.mark.parametrize(
    "found",
    [offer(None, availability=Availability.OUT_OF_STOCK), Offer(flags=("on_request",))],
)
def test_a_page_that_states_its_stock_or_asks_to_inquire_is_no_failure(found):
    outcome = look(product(), found)
    assert outcome.error_class is None
    assert outcome.check is not None
    assert not outcome.check.is_believed


def test_a_strange_price_waits_for_a_second_look_which_comes_once_soon():
    doubted = look(after(look(product(), offer())), offer("9.99"))
    assert doubted.looks_again
    assert not after(doubted).is_up_to_date
    stranger = look(after(doubted), offer("3"))
    assert not stranger.looks_again
    confirmed = look(after(doubted), offer("9.99"))
    assert [alert.kind for alert in confirmed.alerts] == [AlertKind.PRICE_DROP]


def test_a_page_that_proves_unchanged_is_told_once_a_day():
    known = after(look(product(), offer()))
    assert unread(known, Verdict.NOT_MODIFIED, NOW + DAY / 2).check is None
    daily = unread(known, Verdict.NOT_MODIFIED, NOW + DAY)
    assert daily.check is not None
    assert daily.check.repeats
    assert daily.check.offer.price == Decimal(100)
    assert unread(after(daily), Verdict.NOT_MODIFIED, NOW + DAY * 1.5).check is None
    assert unread(product(), Verdict.UNCHANGED, NOW).check is None


def test_other_rules_or_a_failure_make_the_page_worth_reading():
    known = after(look(product(), offer()))
    assert not replace(known, read_with="other").is_up_to_date
    assert not replace(known, error_class="parse").is_up_to_date
    assert not product().is_up_to_date
