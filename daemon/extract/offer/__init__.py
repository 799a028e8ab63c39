"""Reads the offer on a product page, with all candidates considered."""

from __future__ import annotations

from daemon.extract.offer.quotes import OfferHint
from daemon.extract.offer.read import read_offer

__all__ = ["OfferHint", "read_offer"]
