"""Reads from a product page whether the product can be had."""

from __future__ import annotations

from daemon.extract.offer.stock.buttons import Button, find_button
from daemon.extract.offer.stock.verdict import NO_EVIDENCE, Stock, judge_stock

__all__ = ["NO_EVIDENCE", "Button", "Stock", "find_button", "judge_stock"]
