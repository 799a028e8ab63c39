"""A product page comes in, the offer it makes goes out, with all that was considered."""

from __future__ import annotations

from daemon.extract.offer.claims import OfferHint
from daemon.extract.offer.read import read_offer

__all__ = ["OfferHint", "read_offer"]
