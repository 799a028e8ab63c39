"""Blocks that went and came in; prices, stock, versions and warnings they name out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.analyse import stock
from daemon.analyse.blocks import Block
from daemon.compare.masks import fold

_CODES = (
    "EUR|USD|GBP|CHF|JPY|CNY|INR|PLN|CZK|SEK|NOK|DKK|HUF|RON|BGN|HRK|RUB|UAH|TRY|AUD|CAD|NZD|BRL"
    "|MXN|ARS|CLP|COP|ZAR|KRW|SGD|HKD|TWD|THB|MYR|IDR|PHP|VND|AED|SAR|ILS|EGP|kr|Kč|zł|лв|руб|грн"
    "|Ft|lei|Rs"
)
_SIGNS = "€$£¥₹₽₺₩₪₫₴₱฿₦"
_AMOUNT = (
    r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3}){0,4}(?:[.,]\d{1,2}|,-|[.,]-)?(?!\d)"
    r"|\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
)
_PRICE = re.compile(
    rf"(?:(?<![A-Za-z])(?:US|CA|AU|NZ|HK|S)?[{_SIGNS}]|\b(?:{_CODES})\.?)\s{{0,2}}(?P<left>{_AMOUNT})"
    rf"|(?<![\d.,])(?P<right>{_AMOUNT})\s{{0,2}}(?:[{_SIGNS}]|(?:{_CODES})(?![A-Za-z]))"
    r"|(?<![\d.,])\d{1,3}(?:[. ]\d{3}){0,3}(?:[.,:]-)(?![\d-])"
)
_BARE_AMOUNT = re.compile(rf"^\D{{0,12}}(?P<bare>{_AMOUNT})\D{{0,12}}$")
_VERSION = re.compile(
    r"(?<![\w.,/])(?:[a-z][a-z-]{0,20}\s?)?(\d{1,4}\.\d{1,4}(?:\.\d{1,6}){0,2}"
    r"(?:[-+.]?(?:alpha|beta|rc|pre|dev|post)[\w.]{0,12})?)(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_NAMED_VERSION = re.compile(
    r"\b[a-z][a-z+-]{0,30}\s{0,2}v?\d{1,4}\.\d{1,4}(?:\.\d{1,6})?"
    r"|^\W{0,4}v?\d{1,4}\.\d{1,4}\.\d{1,6}",
    re.IGNORECASE | re.MULTILINE,
)
_RELEASE_WORDS = re.compile(
    r"\b(?:released|releases?|changelog|milestone|minor revisions?|hotfix|bug ?fix(?:es)?|fixe[sd]"
    r"|fixes|deprecat\w*|breaking changes?|new features?|improvements?|what's new|release notes"
    r"|upgrade|patch(?:es)?|added|removed|changed)\b",
    re.IGNORECASE,
)
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-\w{4}){3}\b", re.IGNORECASE)
_SECURITY = re.compile(
    r"\bsecurity[\s-](?:\w+\s){0,2}?(?:fix\w*|patch\w*|release\w*|update\w*|issue\w*|bug\w*"
    r"|vulnerab\w*|advisor\w*|hole\w*|flaw\w*|bulletin\w*|incident\w*)"
    r"|\bvulnerabilit(?:y|ies)\b|\bzero-?day\b|\bremote code execution\b|\bdata breach\b"
    r"|\bactively exploited\b|\bprivilege escalation\b|\bfaille de sécurité\b|\bsicherheitslücke\w*"
    r"|\bvulnérabilit\w+|\bvulnerabilidad\w*",
    re.IGNORECASE,
)

_DIGIT = re.compile(r"\d")
_MAX_STOCK_WORDS = 14
_MAX_SCANNED = 400
_MAX_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What of weight the difference touches."""

    prices: tuple[tuple[str, str], ...] = ()  # old and new
    stock: tuple[str, str] | None = None
    versions: tuple[str, ...] = ()
    is_release: bool = False
    security: tuple[str, ...] = ()


def of(removed: Sequence[Block], added: Sequence[Block]) -> Facts:
    """The facts that differ between what went and what came."""
    came = " \n".join(block.text[:_MAX_CHARS] for block in added[:_MAX_SCANNED])
    gone = " \n".join(block.text[:_MAX_CHARS] for block in removed[:_MAX_SCANNED])
    versions = _new(_VERSION, came, gone)
    is_release = bool(versions and _NAMED_VERSION.search(came) and _RELEASE_WORDS.search(came))
    security = _new(_CVE, came, gone) or _new(_SECURITY, came, gone)
    if is_release and not security:
        security = _new(_CVE, came, "") or _new(_SECURITY, came, "")
    return Facts(
        versions=tuple(versions),
        is_release=is_release,
        security=tuple(security),
    )


def _new(pattern: re.Pattern[str], came: str, gone: str) -> list[str]:
    known = {found.group().casefold() for found in pattern.finditer(gone)}
    fresh = (found.group() for found in pattern.finditer(came))
    return list(dict.fromkeys(text for text in fresh if text.casefold() not in known))


def price_changes(removed: Sequence[Block], added: Sequence[Block]) -> list[tuple[str, str]]:
    """Prices that were replaced: blocks alike but for an amount of money, old and new."""
    old, new = _priced(removed), _priced(added)
    waiting: dict[str, list[list[str]]] = {}
    for block, amounts in old:
        waiting.setdefault(_without_prices(block), []).append(amounts)
    changes: list[tuple[str, str]] = []
    for block, amounts in new:
        partners = waiting.get(_without_prices(block))
        if partners:
            pairs = zip(partners.pop(0), amounts, strict=False)
            changes.extend(pair for pair in pairs if pair[0] != pair[1])
    return list(dict.fromkeys(changes)) or _lone_change(old, new)


Priced = list[tuple[Block, list[str]]]


def _priced(blocks: Sequence[Block]) -> Priced:
    found = ((block, prices(block.text)) for block in blocks[:_MAX_SCANNED])
    return [(block, amounts) for block, amounts in found if amounts]


def _lone_change(removed: Priced, added: Priced) -> list[tuple[str, str]]:
    gone = Counter(amount for _, amounts in removed for amount in amounts)
    came = Counter(amount for _, amounts in added for amount in amounts)
    old, new = list(gone - came), list(came - gone)
    return [(old[0], new[0])] if len(old) == len(new) == 1 else []


def prices(text: str) -> list[str]:
    """The amounts of money in a text, with their currency, as written."""
    if len(text) > _MAX_CHARS or not _DIGIT.search(text):
        return []
    return [" ".join(found.group().split()) for found in _PRICE.finditer(fold(text))]


def _without_prices(block: Block) -> str:
    text = fold(block.text[:_MAX_CHARS])
    if _DIGIT.search(text):
        text = _PRICE.sub("¤", text)
    return " ".join(text.casefold().split())


def bare_changes(removed: Iterable[Block], added: Iterable[Block]) -> list[tuple[str, str]]:
    """Short blocks that are an amount without its currency, replaced by another."""
    old = [block.text for block in removed if _BARE_AMOUNT.match(block.text)]
    new = [block.text for block in added if _BARE_AMOUNT.match(block.text)]
    return [pair for pair in zip(old, new, strict=False) if _is_bare_pair(*pair)]


def _is_bare_pair(old: str, new: str) -> bool:
    digits = re.compile(r"\d+")
    return old != new and digits.sub("#", old) == digits.sub("#", new)


def stock_change(removed: Sequence[Block], added: Sequence[Block]) -> tuple[str, str] | None:
    """The availability before and after, when short blocks say it and it differs."""
    old, new = _stock(removed), _stock(added)
    if old is None or new is None or old == new:
        return None
    return old, new


def _stock(blocks: Sequence[Block]) -> str | None:
    for block in blocks[:_MAX_SCANNED]:
        if block.words <= _MAX_STOCK_WORDS:
            state = stock.of(block.text)
            if state is not None:
                return state
    return None
