"""The bytes of an HTML page in; the price and availability its markup claims out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.extract.offer.stated import availability_of
from daemon.lexicon.availability import Availability

_PRICE = re.compile(
    rb"\"(?:price|lowPrice)\"\s{0,4}:\s{0,4}(?:\[\s*)?\"?\s{0,3}([\d.,]{1,16})", re.IGNORECASE
)
_STATE = re.compile(
    rb"\"availability\"\s{0,4}:\s{0,4}\"(?:https?:)?[^\"]{0,40}?(\w{4,24})\"", re.IGNORECASE
)
_META_PRICE = re.compile(
    rb"(?:product:price:amount|og:price:amount|product:sale_price:amount)[\"'][^>]{0,100}?"
    rb"content\s*=\s*[\"']\s*([\d.,]{1,16})"
    rb"|itemprop\s*=\s*[\"'](?:price|lowPrice)[\"'][^>]{0,200}?content\s*=\s*[\"']\s*([\d.,]{1,16})"
    rb"|content\s*=\s*[\"']\s*([\d.,]{1,16})[\"'][^>]{0,60}?itemprop\s*=\s*[\"']price[\"']",
    re.IGNORECASE,
)
_META_STATE = re.compile(
    rb"itemprop\s*=\s*[\"']availability[\"'][^>]{0,200}?(?:href|content)\s*=\s*[\"'][^\"'>]{0,40}?"
    rb"(\w{4,24})[\"']"
    rb"|(?:product|og):availability[\"'][^>]{0,100}?content\s*=\s*[\"']\s*([\w ]{4,24})",
    re.IGNORECASE,
)
_MAX_BYTES = 3_000_000
_AROUND = 300
_PRICE_MARKS = (b"price:amount", b"sale_price:amount", b'itemprop="price"', b'itemprop="lowPrice"')
_STATE_MARKS = (b'itemprop="availability"', b":availability")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a page's markup says of the one thing it sells."""

    price: str | None = None
    stock: Availability | None = None

    @property
    def is_product(self) -> bool:
        return self.price is not None or self.stock is not None


def claim(body: bytes) -> Claim:
    """The first price and availability in JSON-LD, else in metadata.

    Shape: a hint for comparing two fetches of one page, not a reading of the offer.
    """
    body = body[:_MAX_BYTES]
    data = _linked_data(body)
    price, stock = _price(_PRICE.search(data)), _state(_STATE.search(data))
    if price is None and stock is None and b"itemprop" not in body and b"price:amount" not in body:
        return Claim()
    return Claim(
        price or _price(_near(_META_PRICE, body, _PRICE_MARKS)),
        stock or _state(_near(_META_STATE, body, _STATE_MARKS)),
    )


def _linked_data(body: bytes) -> bytes:
    """The JSON-LD scripts that speak of offers."""
    scripts = []
    start = body.find(b"ld+json")
    while start >= 0:
        end = body.find(b"</script", start)
        script = body[start : end if end >= 0 else len(body)]
        if b"ffer" in script:
            scripts.append(script)
        start = body.find(b"ld+json", start + max(len(script), 1))
    return b" ".join(scripts)


def _near(
    pattern: re.Pattern[bytes], body: bytes, marks: tuple[bytes, ...]
) -> re.Match[bytes] | None:
    """The pattern's first match around one of the marks: a plain search is far quicker."""
    for mark in marks:
        place = body.find(mark)
        while place >= 0:
            found = pattern.search(body, max(place - _AROUND, 0), place + _AROUND)
            if found:
                return found
            place = body.find(mark, place + _AROUND)
    return None


def _first(found: re.Match[bytes] | None) -> str | None:
    if found is None:
        return None
    return next((group.decode("ascii", "replace") for group in found.groups() if group), None)


def _price(found: re.Match[bytes] | None) -> str | None:
    text = _first(found)
    if text is None or not any(mark.isdigit() for mark in text):
        return None
    return text.strip(".,")


def _state(found: re.Match[bytes] | None) -> Availability | None:
    return availability_of(_first(found))
