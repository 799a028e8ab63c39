"""Prices whose parts stand apart, are hundredths or instalments, or have three decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.money.parse import parse_price

# What is written, in which locale, and the amount and currency that a person reads there.
READ = [
    ("2.415, 80 €", None, "2415.80", "EUR"),
    ("247, 60 TL", None, "247.60", "TRY"),
    ("Price $ 19 . 50", "en_US", "19.50", "USD"),
    ("£ 7 .25 each", "en_GB", "7.25", "GBP"),
    ("€ 36, 38 and 40", None, "36", "EUR"),
    ("€5, 10% off", None, "5", "EUR"),
    ("1.250,€80", "fr_FR", "1250.80", "EUR"),
    ("9€95", None, "9.95", "EUR"),
    ("1.899⁹⁵ lei", "ro_RO", "1899.95", "RON"),
    ("12,⁵⁰ €", "de_DE", "12.50", "EUR"),
    ("49 €²", "de_DE", "49", "EUR"),
    ("75¢", "en_US", "0.75", "USD"),
    ("5 ¢", "en_CA", "0.05", "CAD"),
    ("85p", "en_GB", "0.85", "GBP"),
    ("£1.20", "en_GB", "1.20", "GBP"),
    ("2,345.60 US Dollars", None, "2345.60", "USD"),
    ("120 Swedish kronor", None, "120", "SEK"),
    ("15 dollars", "en_AU", "15", "AUD"),
    ("1,479 €", "de_DE", "1.479", "EUR"),
    ("£3.350", "en_GB", "3.350", "GBP"),
    ("£1.299", "de_DE", "1299", "GBP"),  # not the money of the place: a group
    ("1.479 €", "de_DE", "1479", "EUR"),
    ("1,479 €", None, "1479", "EUR"),
    ("1,299 Ft", "hu_HU", "1299", "HUF"),  # no cents are in use
    ("Цена: 1 299 руб. 50 коп.", None, "1299.50", "RUB"),
    ("5 zł 99 gr", None, "5.99", "PLN"),
    ("71 kr 60 kr", "sv_SE", "71", "SEK"),
    ("12 € 90 TTC", "fr_FR", "12.90", "EUR"),
    ("1299:50 kr", "sv_SE", "1299.50", "SEK"),
    ("1 299:-", "sv_SE", "1299", "SEK"),
    ("1299€95", None, "1299.95", "EUR"),
    ("50 pence", None, "0.50", "GBP"),
    ("499 ⁹⁵ €", None, "499.95", "EUR"),
    ("1.85⁹ €", "de_DE", "1.859", "EUR"),
    ("AU $12.50", None, "12.50", "AUD"),
    ("iPhone 12 $499", "en_US", "499", "USD"),
    ("33,60 € zzgl. MwSt. (39,99 € inkl. MwSt.)", None, "39.99", "EUR"),
    ("1 496,56 $ CA", "fr_CA", "1496.56", "CAD"),
    ("82 514 ₽82 514₽", None, "82514", "RUB"),
    ("Fr. 967 kr", "sv_SE", "967", "SEK"),
    ("2 483 ,92 zł", None, "2483.92", "PLN"),
    ("3 x 20 € or 55 € at once", None, "55", "EUR"),
    ("€9.99 / month", None, "9.99", "EUR"),
]
INSTALMENTS = [
    "3 interest-free payments of $20.00",
    "4 payments of $12.50",
    "$18.75/month for 12 months",
    "12,50 € mtl. x 24",
]


@pytest.mark.parametrize(("raw", "locale", "amount", "currency"), READ)
def test_a_price_is_read_as_a_person_does(
    raw: str, locale: str | None, amount: str, currency: str
) -> None:
    price = parse_price(raw, locale=locale)
    assert (price.amount, price.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize("raw", INSTALMENTS)
def test_one_payment_of_several_is_no_price(raw: str) -> None:
    assert parse_price(raw).amount is None


def test_a_picture_size_is_no_pence() -> None:
    assert parse_price("720p").amount is None
