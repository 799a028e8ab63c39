from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from daemon.lexicon.availability import Availability
from daemon.model.product import ProductRules
from daemon.money.offer import Offer
from daemon.prices import (
    AlertRules,
    AlertState,
    Decision,
    PricePoint,
    decide_alerts,
    statistics,
)

START = datetime(2025, 3, 1, tzinfo=UTC)
IN, OUT = Availability.IN_STOCK, Availability.OUT_OF_STOCK
ANY = AlertRules()
TARGET = AlertRules(target_price=Decimal(80), currency="EUR")


def offer(
    price: str | None,
    currency: str | None = "EUR",
    stock: Availability = IN,
    *,
    confidence: float = 0.95,
    sure: float = 0.9,
    flags: tuple[str, ...] = (),
    variant: str | None = None,
) -> Offer:
    return Offer(
        price=None if price is None else Decimal(price),
        currency=currency,
        availability=stock,
        availability_confidence=sure,
        confidence=confidence,
        flags=flags,
        variant=variant,
    )


class Product:
    """A product under watch: each look keeps the state and the history as the store would."""

    def __init__(self, rules: AlertRules = ANY) -> None:
        self.rules = rules
        self.state: AlertState | None = None
        self.history: list[PricePoint] = []
        self.now = START

    def look(self, seen: Offer) -> Decision:
        decision = decide_alerts(self.rules, self.state, seen, self.history, self.now)
        self.state = decision.state
        if decision.is_believed:
            self.history.append(
                PricePoint(self.now, seen.price, seen.currency, seen.availability, seen.variant)
            )
        self.now += timedelta(days=1)
        return decision

    def told(self, *offers: Offer) -> list[list[str]]:
        return [
            [f"{alert.kind}:{alert.rule}" for alert in self.look(seen).alerts] for seen in offers
        ]


def test_the_first_check_tells_nothing() -> None:
    assert Product(TARGET).told(offer("50")) == [[]]


def test_a_drop_is_told_once() -> None:
    told = Product().told(offer("100"), offer("90"), offer("90"), offer("95"), offer("90"))
    assert told == [[], ["price_drop:any"], [], [], ["price_drop:any"]]


def test_a_target_is_told_at_its_crossing_and_again_only_after_a_clear_rise() -> None:
    prices = ("100", "80", "79", "80.50", "79.90", "90", "75")
    told = Product(TARGET).told(*map(offer, prices))
    assert told == [[], ["price_drop:target"], [], [], [], [], ["price_drop:target"]]


def test_a_target_met_at_the_first_check_is_no_crossing() -> None:
    assert Product(TARGET).told(*map(offer, ("70", "69"))) == [[], []]


def test_a_target_in_another_currency_is_never_crossed() -> None:
    rules = replace(TARGET, currency="USD")
    assert Product(rules).told(*map(offer, ("100", "79"))) == [[], []]


def test_a_slow_drift_is_told_when_it_adds_up() -> None:
    rules = AlertRules(drop_percent=Decimal(5))
    told = Product(rules).told(*(offer(str(price)) for price in range(100, 89, -1)))
    assert [place for place, alerts in enumerate(told) if alerts] == [5, 10]


def test_a_drop_by_an_amount_counts_from_where_the_price_last_stood_high() -> None:
    rules = AlertRules(drop_amount=Decimal(10), currency="EUR")
    told = Product(rules).told(*map(offer, ("100", "95", "110", "101", "100")))
    assert told == [[], [], [], [], ["price_drop:amount"]]


def test_the_lowest_price_in_days_is_told() -> None:
    rules = AlertRules(lowest_in_days=3, any_drop=False)
    told = Product(rules).told(*map(offer, ("100", "90", "95", "96", "97", "94")))
    assert told == [[], ["price_drop:lowest"], [], [], [], ["price_drop:lowest"]]


def test_a_rise_is_told_where_asked() -> None:
    rules = AlertRules(price_rise=True, rise_percent=Decimal(10))
    told = Product(rules).told(*map(offer, ("100", "105", "116")))
    assert told == [[], [], ["price_rise:rise"]]


def test_back_in_stock_is_told_although_the_price_did_not_move() -> None:
    told = Product(TARGET).told(offer("100"), offer("100", stock=OUT), offer("100"), offer("100"))
    assert told == [[], [], ["back_in_stock:stock"], []]


@pytest.mark.parametrize(
    "between",
    [
        offer("100", stock=Availability.UNKNOWN, sure=0.0),
        offer(None, None, Availability.UNKNOWN, sure=0.0),
        offer("100", stock=IN, sure=0.4),
    ],
    ids=["unknown", "nothing", "guess"],
)
def test_what_is_not_known_in_between_is_neither_out_nor_in(between: Offer) -> None:
    assert Product().told(offer("100"), between, offer("100")) == [[], [], []]
    told = Product().told(offer("100", stock=OUT), between, offer("100"))
    assert told == [[], [], ["back_in_stock:stock"]]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Availability.PREORDER, IN, "back_in_stock:stock"),
        (Availability.DISCONTINUED, Availability.LIMITED, "back_in_stock:stock"),
        (IN, OUT, "out_of_stock:stock"),
        (OUT, Availability.DISCONTINUED, "discontinued:stock"),
        (IN, Availability.DISCONTINUED, "discontinued:stock"),
        (IN, Availability.LIMITED, None),
        (OUT, Availability.PREORDER, None),
    ],
)
def test_each_move_of_the_stock_has_its_alert(
    before: Availability, after: Availability, kind: str | None
) -> None:
    rules = AlertRules(out_of_stock=True, discontinued=True)
    told = Product(rules).told(offer("9", stock=before), offer("9", stock=after))
    assert told[1] == ([kind] if kind else [])


@pytest.mark.parametrize("strange", ["39", "10", "1", "0.1", "1000", "300"])
def test_a_strange_price_that_does_not_return_tells_nothing(strange: str) -> None:
    rules = AlertRules(any_drop=True, price_rise=True)
    assert Product(rules).told(*map(offer, ("100", strange, "100"))) == [[], [], []]


def test_a_strange_price_is_told_once_a_second_look_confirms_it() -> None:
    product = Product()
    product.look(offer("100"))
    first, second = product.look(offer("30")), product.look(offer("30"))
    assert (first.is_believed, first.looks_again, first.reason) == (False, True, "jump")
    assert [str(alert.kind) for alert in second.alerts] == ["price_drop"]
    assert second.alerts[0].previous_price == Decimal(100)


def test_two_different_strange_prices_confirm_nothing() -> None:
    assert Product().told(*map(offer, ("100", "30", "3", "100"))) == [[], [], [], []]


@pytest.mark.parametrize(
    "doubted",
    [
        offer("10"),
        offer("30"),
        offer("300"),
        offer("0", flags=("free",)),
        offer("100", "USD"),
        offer("100", None),
        offer("99", confidence=0.2),
        offer("99", "USD", confidence=0.2),
    ],
    ids=["scale", "drop", "rise", "free", "currency", "no currency", "unsure", "unsure currency"],
)
@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (OUT, IN, "back_in_stock"),
        (IN, OUT, "out_of_stock"),
        (IN, Availability.DISCONTINUED, "discontinued"),
    ],
)
def test_stock_is_told_without_a_price_that_is_not_believed(
    doubted: Offer, before: Availability, after: Availability, kind: str
) -> None:
    product = Product(
        AlertRules(out_of_stock=True, discontinued=True, any_drop=True, price_rise=True)
    )
    product.look(offer("100", stock=before))
    decision = product.look(replace(doubted, availability=after))
    [alert] = decision.alerts
    assert not decision.is_believed
    assert (str(alert.kind), alert.price) == (kind, None)
    assert (alert.previous_price, alert.currency) == (Decimal(100), "EUR")


def test_a_doubted_price_told_of_without_its_amount_is_a_drop_once_it_is_confirmed() -> None:
    product = Product()
    told = product.told(offer("69.90", stock=OUT), offer("6.99"))
    assert told == [[], ["back_in_stock:stock"]]
    [alert] = product.look(offer("6.99")).alerts
    assert (str(alert.kind), alert.rule) == ("price_drop", "any")
    assert (alert.previous_price, alert.price) == (Decimal("69.90"), Decimal("6.99"))


def test_a_doubted_price_that_a_second_look_refutes_is_never_told() -> None:
    rules = AlertRules(any_drop=True, price_rise=True, lowest_in_days=30)
    product = Product(rules)
    told = product.told(offer("69.90", stock=OUT), offer("6.99"), offer("69.90"), offer("69.90"))
    assert told == [[], ["back_in_stock:stock"], [], []]
    assert product.state is not None
    assert product.state.quarantine is None
    [alert] = product.look(offer("69.00")).alerts
    assert (alert.previous_price, alert.price) == (Decimal("69.90"), Decimal("69.00"))


@pytest.mark.parametrize("rule", ["target", "amount", "percent", "lowest"])
def test_no_rule_meets_a_price_before_it_is_confirmed(rule: str) -> None:
    wishes = {
        "target": AlertRules(target_price=Decimal(20), currency="EUR"),
        "amount": AlertRules(drop_amount=Decimal(5), currency="EUR"),
        "percent": AlertRules(drop_percent=Decimal(5)),
        "lowest": AlertRules(lowest_in_days=30),
    }
    told = Product(wishes[rule]).told(*map(offer, ("100", "10", "10", "10")))
    assert told == [[], [], [f"price_drop:{rule}"], []]


def test_prices_of_two_currencies_stand_in_no_alert_together() -> None:
    product = Product()
    product.look(offer("100", stock=OUT))
    product.look(offer("90", "USD", stock=OUT))
    [alert] = product.look(offer("90", "USD")).alerts
    assert (str(alert.kind), alert.price, alert.currency) == ("back_in_stock", Decimal(90), "USD")
    assert alert.previous_price is None


def test_another_currency_is_never_compared() -> None:
    rules = AlertRules(any_drop=True, price_rise=True)
    looks = [offer("100"), offer("90", "USD"), offer("90", "USD"), offer("85", "USD")]
    assert Product(rules).told(*looks) == [[], [], [], ["price_drop:any"]]


def test_a_currency_that_switches_once_leaves_no_trace() -> None:
    product = Product()
    assert product.told(offer("100"), offer("90", "USD"), offer("100"), offer("99")) == [
        [],
        [],
        [],
        ["price_drop:any"],
    ]


def test_another_variant_is_another_thing() -> None:
    told = Product().told(offer("100", variant="L"), offer("90", variant="S"))
    assert told == [[], []]


@pytest.mark.parametrize(
    "seen",
    [
        offer("50", confidence=0.2),
        offer(None),
        offer("0"),
        offer("-5"),
        offer("NaN"),
        offer("Infinity"),
    ],
)
def test_no_alert_comes_from_a_price_that_is_not_sure(seen: Offer) -> None:
    product = Product()
    product.look(offer("100"))
    decision = product.look(seen)
    assert (decision.alerts, decision.is_believed) == ((), False)
    assert decision.state.price == Decimal(100)


def test_a_thing_given_away_is_believed_at_the_second_look() -> None:
    free = offer("0", flags=("free",))
    assert Product().told(offer("100"), free, free) == [[], [], ["price_drop:any"]]


def test_drops_can_wait_until_the_thing_can_be_had() -> None:
    rules = replace(TARGET, only_when_buyable=True)
    told = Product(rules).told(offer("100"), offer("70", stock=OUT), offer("70"), offer("70"))
    assert told == [[], [], ["price_drop:target", "back_in_stock:stock"], []]


EVERY = ProductRules(notify_on="every", drop_percent=Decimal(20), only_when_buyable=True).alerts(
    Decimal(80), "EUR"
)


def test_where_every_move_is_asked_for_each_is_told() -> None:
    told = Product(EVERY).told(
        offer("100"),
        offer("99.99"),
        offer("99.99"),
        offer("101"),
        offer("79"),
        offer("79", stock=Availability.LIMITED),
        offer("78", stock=OUT),
        offer("77", stock=OUT),
        offer("77", stock=Availability.DISCONTINUED),
        offer("77"),
    )
    assert told == [
        [],
        ["price_drop:any"],
        [],
        ["price_rise:rise"],
        ["price_drop:target"],
        ["availability_change:stock"],
        ["price_drop:any", "out_of_stock:stock"],
        ["price_drop:any"],
        ["discontinued:stock"],
        ["back_in_stock:stock"],
    ]


def test_a_rise_below_an_older_high_is_a_rise() -> None:
    product = Product(ProductRules(drop_percent=Decimal(20)).alerts(None, None))
    assert product.told(offer("100"), offer("95")) == [[], []]
    product.rules = EVERY
    assert product.told(offer("95"), offer("97"), offer("96")) == [
        [],
        ["price_rise:rise"],
        ["price_drop:any"],
    ]


@pytest.mark.parametrize("notify_on", ["significant", "none"])
def test_what_is_recorded_of_a_product_is_what_its_alerts_ask_for(notify_on: str) -> None:
    rules = ProductRules(notify_on=notify_on)
    assert rules.alerts(None, None) == ProductRules().alerts(None, None)
    told = Product(rules.alerts(None, None)).told(offer("100"), offer("99", stock=OUT))
    assert told == [[], ["price_drop:any"]]


def test_each_event_has_a_key_of_its_own_that_a_repeated_check_repeats() -> None:
    product = Product()
    product.look(offer("100"))
    before = product.state
    first = decide_alerts(ANY, before, offer("90"), (), START)
    again = decide_alerts(ANY, before, offer("90"), (), START + timedelta(hours=1))
    later = decide_alerts(ANY, first.state, offer("80"), (), START)
    assert first.alerts[0].key == again.alerts[0].key != later.alerts[0].key


def points(*prices: tuple[int, str, str]) -> list[PricePoint]:
    return [
        PricePoint(START + timedelta(days=day), Decimal(price), code) for day, price, code in prices
    ]


NOW = START + timedelta(days=40)


def test_figures_are_weighed_by_how_long_a_price_stood() -> None:
    figures = statistics(points((10, "100", "EUR"), (30, "80", "EUR")), NOW, 30)
    assert figures is not None
    assert (figures.latest, figures.lowest, figures.highest, figures.average) == (
        Decimal(80),
        Decimal(80),
        Decimal(100),
        Decimal("93.33"),
    )
    assert figures.changed_at == START + timedelta(days=30)


def test_a_price_that_stood_when_the_period_began_counts_from_there() -> None:
    figures = statistics(points((0, "100", "EUR"), (39, "80", "EUR")), NOW, 7)
    assert figures is not None
    assert (figures.highest, figures.average) == (Decimal(100), Decimal("97.14"))


def test_currencies_and_variants_are_never_mixed() -> None:
    history = points((1, "5", "USD"), (10, "100", "EUR"), (20, "90", "EUR"))
    history.append(PricePoint(START + timedelta(days=21), Decimal(1), "EUR", variant="S"))
    figures = statistics(history, NOW, 365)
    assert figures is not None
    assert (figures.currency, figures.lowest, figures.count) == ("EUR", Decimal(90), 2)


def test_never_cheaper_is_a_hundred_and_the_best_deal() -> None:
    figures = statistics(points((0, "100", "EUR"), (39, "60", "EUR")), NOW, 90)
    assert figures is not None
    assert (figures.percentile, figures.deal_score) == (100, Decimal("10.0"))


def test_never_dearer_is_no_deal() -> None:
    figures = statistics(points((0, "60", "EUR"), (39, "100", "EUR")), NOW, 90)
    assert figures is not None
    assert figures.percentile <= 2
    assert figures.deal_score <= Decimal("0.1")


def test_a_price_that_never_moved_is_neither_good_nor_bad() -> None:
    figures = statistics(points((0, "60", "EUR")), NOW, 90)
    assert figures is not None
    assert (figures.deal_score, figures.changed_at) == (Decimal(5), None)


def test_a_short_history_is_not_sure() -> None:
    figures = statistics(points((38, "60", "EUR"), (39, "50", "EUR")), NOW, 90)
    assert figures is not None
    assert not figures.is_sure


def test_no_price_gives_no_figures() -> None:
    assert statistics([], NOW, 30) is None
    assert statistics([PricePoint(START, None, None)], NOW, 30) is None
    assert statistics(points((50, "1", "EUR")), NOW, 30) is None


def test_a_poisoned_history_gives_finite_figures() -> None:
    history = [*points((0, "10", "EUR")), PricePoint(START, Decimal("NaN"), "EUR")]
    figures = statistics(history, NOW, 90)
    assert figures is not None
    assert figures.lowest == Decimal(10)
