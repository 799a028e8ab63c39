"""Parses money as people write it: an exact amount and an ISO 4217 code."""

from __future__ import annotations

from daemon.money.currencies import CurrencyMark, Evidence, mark_of, resolve_currency
from daemon.money.numbers import read_number
from daemon.money.parse import Amount, ParsedPrice, find_amounts, parse_price

__all__ = [
    "Amount",
    "CurrencyMark",
    "Evidence",
    "ParsedPrice",
    "find_amounts",
    "mark_of",
    "parse_price",
    "read_number",
    "resolve_currency",
]
