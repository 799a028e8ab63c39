from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.money.currencies import REGION_CURRENCY, Evidence, mark_of, resolve_currency
from daemon.money.numbers import amount_text, read_number
from daemon.money.parse import parse_price

# text, locale: amount, currency
PRICES = [
    ("£84.00", None, "84.00", "GBP"),
    ("Was £120.00 Now £84.00", None, "84.00", "GBP"),
    ("De R$ 199,90 por R$ 149,90", None, "149.90", "BRL"),
    ("statt 249,00 € jetzt nur 199,00 €", None, "199.00", "EUR"),
    ("R$ 1.299,90 à vista", None, "1299.90", "BRL"),
    ("$19 99", None, "19.99", None),
    ("499 95 €", None, "499.95", "EUR"),
    ("19€99", None, "19.99", "EUR"),
    ("£120£84", None, "120", "GBP"),
    ("1 299,95 zł", None, "1299.95", "PLN"),
    ("1\u202f299,00\u00a0€", None, "1299.00", "EUR"),
    ("CHF 1'299.–", None, "1299", "CHF"),
    ("CHF\u00a01’299.90", None, "1299.90", "CHF"),
    ("1.299,- kr", "nb_NO", "1299", "NOK"),
    ("kr 1 299", "da_DK", "1299", "DKK"),
    ("49:-", None, "49", None),
    ("₹1,29,999", None, "129999", "INR"),
    ("Rs. 1,29,999/-", "en_IN", "129999", "INR"),
    ("$1.299", "es_CL", "1299", "CLP"),
    ("1.299 €", None, "1299", "EUR"),
    ("1,299 €", None, "1299", "EUR"),
    ("0.750 KWD", None, "0.750", "KWD"),
    ("KD 12.750", None, "12.750", "KWD"),
    ("1,250 KWD", "en_KW", "1250", "KWD"),
    ("1,250 KWD", "fr_FR", "1.250", "KWD"),
    ("25,900 TND", None, "25.900", "TND"),
    ("12,345,678.9", None, "12345678.9", None),
    ("12⋅50 €", None, "12.50", "EUR"),
    ("20% off $49.00", "en_US", "49.00", "USD"),
    ("BD 3.500", None, "3.500", "BHD"),
    ("8,800円", None, "8800", "JPY"),
    ("￥1,299", "ja_JP", "1299", "JPY"),
    ("¥999.99", "zh_CN", "999.99", "CNY"),
    ("129.000₫", None, "129000", "VND"),
    ("Rp1.299.000,00", None, "1299000.00", "IDR"),
    ("٢٤٩٫٥٠ ر.س", None, "249.50", "SAR"),
    ("۱۲۳٬۴۵۶ تومان", None, "123456", "IRT"),
    ("৳১,২৯৯", None, "1299", "BDT"),
    ("2,49 € (1 l = 1,66 €)", None, "2.49", "EUR"),
    ("59,90 EUR 599,00 EUR pro Kilogramm", None, "59.90", "EUR"),
    ("10 – 20 €", None, "10", "EUR"),
    ("$1,299.00 – $1,599.00", "en_US", "1299.00", "USD"),
    ("2 for £5", None, "5", "GBP"),
    ("$119.99 (You save $15.01)", "en_US", "119.99", "USD"),
    ("US $12.99", None, "12.99", "USD"),
    ("NZD $100.70", None, "100.70", "NZD"),
    ("$.75", "en_US", ".75", "USD"),
    ("16 GB 499 €", None, "499", "EUR"),
    ("Free", None, "0", None),
    ("Kostenlos", None, "0", None),
    ("100 RUR", None, "100", "RUB"),
]


@pytest.mark.parametrize(
    ("raw", "locale", "amount", "currency"), PRICES, ids=[repr(case[0]) for case in PRICES]
)
def test_a_price_is_read_as_people_read_it(
    raw: str, locale: str | None, amount: str, currency: str | None
) -> None:
    price = parse_price(raw, locale=locale)
    assert (price.amount, price.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "call us",
        "NaN",
        "Infinity",
        "1e999",
        "9" * 400,
        "-$12.50",
        "−20 %",
        "12.12.2020",
        "12.345.67",
        "(4.5 out of 5) 1,204 reviews",
        "12x de R$ 99,90",
        "Save $20",
        "SKU 123456",
        "5 % Rabatt",
        "1.5 L",
    ],
)
def test_what_is_no_price_gives_none(raw: str) -> None:
    assert parse_price(raw).amount is None


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("ab 3,99 €", "from"),
        ("£1.66 / l", "unit"),
        ("$45/month", "monthly"),
        ("RRP £20", "was"),
        ("10 – 20 €", "range"),
        ("Free", "free"),
        ("zzgl. 0,25 € Pfand", "shipping"),
    ],
)
def test_what_the_words_say_is_a_flag(raw: str, flag: str) -> None:
    assert flag in parse_price(raw).flags


@pytest.mark.parametrize(
    ("raw", "hint", "currency"),
    [
        ("15,55", "€", "EUR"),
        ("1 075", "грн.", "UAH"),
        ("549.00", "PLN 599.00", "PLN"),
        ("11,13 €", "£", "EUR"),
        ("1 298,00", "1 298,00", None),
    ],
)
def test_a_hint_gives_the_currency_that_the_text_lacks(
    raw: str, hint: str, currency: str | None
) -> None:
    assert parse_price(raw, hint).currency == currency


def test_an_open_mark_stays_open_but_is_kept() -> None:
    price = parse_price("$12")
    assert (price.currency, price.symbol) == (None, "$")


def test_bulgaria_pays_in_euro_but_a_mark_of_its_past_stays_what_it_is() -> None:
    assert REGION_CURRENCY["bg"] == "EUR"
    assert resolve_currency(mark_of("лв."), Evidence(regions=("bg",))) == "BGN"


def test_the_owners_currency_settles_a_shared_mark_but_not_another_one() -> None:
    evidence = Evidence(expected="CAD")
    assert resolve_currency(mark_of("$"), evidence) == "CAD"
    assert resolve_currency(mark_of("€"), evidence) == "EUR"
    assert resolve_currency(mark_of("kr"), evidence) is None


@given(st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False))
def test_an_amount_printed_in_any_custom_is_read_back(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for printed in (english, german, english.replace(",", " "), english.replace(",", "'")):
        assert read_number(printed) == value


@given(st.text(max_size=300))
def test_any_text_gives_a_finite_amount_or_none(raw: str) -> None:
    amount = parse_price(raw).amount
    assert amount is None or (amount.is_finite() and amount >= 0)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("79.9", "EUR", "79.90"),
        ("79.9000", None, "79.90"),
        ("1E+3", "EUR", "1000.00"),
        ("1500", "JPY", "1500"),
        ("1.5", "KWD", "1.500"),
        ("0.0375", "EUR", "0.0375"),
    ],
)
def test_an_amount_is_written_with_whole_minor_units(
    amount: str, currency: str | None, text: str
) -> None:
    assert amount_text(Decimal(amount), currency) == text
