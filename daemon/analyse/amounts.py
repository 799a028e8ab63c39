"""Finds the amounts of money in changed blocks, and which replaced which.

An amount is money when a currency stands beside it, or when its block mentions a price. One that
ends as prices do and is the only number of a short block is money on pages that speak of prices:
price lists rarely repeat the currency, and elsewhere two decimals may be a height or a time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import TypeAlias

from daemon.analyse.blocks import Block
from daemon.compare.tokens import UNITS
from daemon.lexicon.availability import offers_to_buy
from daemon.lexicon.money_marks import SURE_MARKS, WORDS_TOO, after_number, before_number
from daemon.lexicon.spelling import fold
from daemon.money.words import NOT_MONEY_AFTER

_AMOUNT = (
    r"\d{1,2}(?:,\d\d){1,4},\d{3}(?:\.\d{1,2})?(?!\d)"  # 1,29,999 as in India
    r"|\d{1,3}(?:[.,'\u00a0\u202f ]\d{3}){0,4}(?:[.,]\d{1,2}|,-|[.,]-)?(?!\d)"
    r"|\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
)
# Beside a mark that is also a word, only numbers written as prices: "R 1 299", not "Q4".
_PRICED = (
    r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3}){1,4}(?:[.,]\d{2})?(?![\d.,]\d|\d)"
    r"|\d{1,9}[.,]\d{2}(?![\d.,]\d|\d)"
)
_BARE_AMOUNT = re.compile(rf"^\D{{0,12}}(?P<bare>{_AMOUNT})\D{{0,12}}$")
_NOT_WITHIN = r"(?<![\w.,:/#-])"
_UNMARKED = re.compile(rf"{_NOT_WITHIN}(?:{_AMOUNT})(?!\w|[.,:/-]\d|\s?{UNITS})")
_PRICE_NAME = (
    r"(?<![^\W\d_])(?:(?:eintritts|fahr|kauf|verkaufs|gesamt)?preise?|prices?|costs?|fees?|fares?|rents?|tariffs?|kosten|gebühr(?:en)?|miete|prix|tarifs?|coûts?|loyer"
    r"|precios?|costes?|costos?|tarifas?|prezz[oi]|tariff[ae]|preços?|cen[ay]|pris|priser|prij[sz]en?|hinta|hinnat|árak?|preț(?:uri)?|preturi|цен[аы]|стоимость|ціна|ціни|τιμή|τιμές|fiyatı?"
    r"|価格|料金|价格|價格|가격|السعر|מחיר)(?![^\W\d_])"
)
_NAMES_PRICE = re.compile(
    rf"{_PRICE_NAME}|\b(?:pricing|preisliste|tickets?|admission|eintritt|(?:per|pro) person)\b",
    re.IGNORECASE,
)
_PRICE_WORD = re.compile(rf"{_PRICE_NAME}\W{{0,3}}(?:[^\W\d_]+\W{{1,3}}){{0,2}}$", re.IGNORECASE)
_NO_PRICE_WORD = re.compile(
    r"\b(?:rating|rated|scores?|versions?|releases?|chapters?|sections?|average|index|ratio|rates?"
    r"|note|bewertung|kapitel|abschnitt|kurs|durchschnitt)\b|§",
    re.IGNORECASE,
)
_PRICE_ENDING = re.compile(r"[.,]\d[059]$")
_DIGIT = re.compile(r"\d")
_MAX_SCANNED = 400
_MAX_CHARS = 4_000
_MAX_WORDS = 14  # of a block whose only number may be its price
_WORDS_BEFORE = 60  # characters

Span: TypeAlias = tuple[int, int]
Finder: TypeAlias = Callable[[str], list[Span]]
Priced: TypeAlias = list[tuple[str, list[str]]]  # the text of a block around its amounts, and these


def price_changes(
    removed: Sequence[Block], added: Sequence[Block], may_guess: Callable[[], bool]
) -> list[tuple[str, str]]:
    """The old and new prices of blocks that differ only in an amount of money.

    Shape: `may_guess` says whether a number may be a price with neither a currency nor a word
           for prices; it is asked only when there is such a number.
    """
    old, new = _priced(removed, _marked), _priced(added, _marked)
    found = _alike(old, new) or _lone_change(old, new)
    if found:
        return found
    named = _alike(_priced(removed, _named), _priced(added, _named))
    guessed = _alike(_priced(removed, _unmarked), _priced(added, _unmarked))
    return guessed if guessed != named and may_guess() else named


def speaks_of_prices(about: str, blocks: Iterable[Block]) -> bool:
    """Whether a title or a short block has a currency, a word for prices, or something to buy."""
    short = (block.text for block in blocks if block.words <= _MAX_WORDS)
    return any(
        _NAMES_PRICE.search(fold(text)) or offers_to_buy(text) or prices(text)
        for text in chain([about], short)
    )


def only_in(blocks: Iterable[Block], others: Iterable[Block], may_guess: Callable[[], bool]) -> str:
    """The price of the first short block that names one, when none of the others does; else "".

    Shape: not for prose, where an amount of money is rarely the price of something;
           `may_guess` as in `price_changes`.
    """
    short = [block.text for block in blocks if block.words <= _MAX_WORDS]
    first = next(filter(None, map(_price_of, short)), "")
    if not first or any(_price_of(block.text) for block in others if block.words <= _MAX_WORDS):
        return ""
    is_sure = any(prices(text) or _cut(text, _named)[1] for text in short)
    return first if is_sure or may_guess() else ""


def _price_of(text: str) -> str:
    return next(iter(prices(text) or _cut(text, _unmarked)[1]), "")


def prices(text: str) -> list[str]:
    """The amounts of money in a text, with their currency, as written."""
    return _cut(text, _marked)[1]


def _alike(old: Priced, new: Priced) -> list[tuple[str, str]]:
    waiting: dict[str, list[list[str]]] = {}
    for around, amounts in old:
        waiting.setdefault(around, []).append(amounts)
    changes: list[tuple[str, str]] = []
    for around, amounts in new:
        partners = waiting.get(around)
        if partners:
            pairs = zip(partners.pop(0), amounts, strict=False)
            changes.extend(pair for pair in pairs if pair[0] != pair[1])
    return list(dict.fromkeys(changes))


def _priced(blocks: Sequence[Block], finder: Finder) -> Priced:
    found = (_cut(block.text, finder) for block in blocks[:_MAX_SCANNED])
    return [(around, amounts) for around, amounts in found if amounts]


def _cut(text: str, finder: Finder) -> tuple[str, list[str]]:
    """The text around the amounts, in lower case, and the amounts."""
    if len(text) > _MAX_CHARS or not _DIGIT.search(text):
        return "", []
    text = fold(text)
    around, amounts, place = [], [], 0
    for start, end in finder(text):
        around.append(text[place:start])
        amounts.append(" ".join(text[start:end].split()))
        place = end
    around.append(text[place:])
    return " ".join("¤".join(around).casefold().split()), amounts


def _lone_change(removed: Priced, added: Priced) -> list[tuple[str, str]]:
    gone = Counter(amount for _, amounts in removed for amount in amounts)
    came = Counter(amount for _, amounts in added for amount in amounts)
    old, new = list(gone - came), list(came - gone)
    return [(old[0], new[0])] if len(old) == len(new) == 1 else []


def _marked(text: str) -> list[Span]:
    return [found.span() for found in _price().finditer(text)]


@cache
def _price() -> re.Pattern[str]:
    """Compiled on first use: it contains every currency mark, and few pages change."""
    return re.compile(
        rf"{before_number(SURE_MARKS)}\s{{0,2}}(?:{_AMOUNT})"
        rf"|{before_number(WORDS_TOO)}\s{{0,2}}(?:{_PRICED})"
        rf"|(?<![\d.,])(?:{_AMOUNT})\s{{0,2}}{after_number(SURE_MARKS)}"
        rf"|(?<![\d.,])(?:{_PRICED})\s{{0,2}}{after_number(WORDS_TOO)}"
        r"|(?<![\d.,])\d{1,3}(?:[. ]\d{3}){0,3}(?:[.,:]-)(?![\d-])"
    )


def _numbers(text: str) -> list[Span]:
    """The numbers without a unit of measure."""
    spans = (found.span() for found in _UNMARKED.finditer(text))
    return [span for span in spans if not NOT_MONEY_AFTER.match(text, span[1])]


def _named(text: str) -> list[Span]:
    """The numbers that a word before them calls a price."""
    return [
        (start, end)
        for start, end in _numbers(text)
        if _PRICE_WORD.search(text, max(start - _WORDS_BEFORE, 0), start)
    ]


def _unmarked(text: str) -> list[Span]:
    """Numbers that are called a price, or the only one of a short text when it looks like one."""
    named = _named(text)
    if named or len(text.split()) > _MAX_WORDS or _NO_PRICE_WORD.search(text):
        return named
    spans = _numbers(text)
    is_price = len(spans) == 1 and _PRICE_ENDING.search(text, *spans[0])
    return spans if is_price else []


def bare_changes(removed: Iterable[Block], added: Iterable[Block]) -> list[tuple[str, str]]:
    """Short blocks that are an amount without its currency, replaced by another."""
    old = [block.text for block in removed if _BARE_AMOUNT.match(block.text)]
    new = [block.text for block in added if _BARE_AMOUNT.match(block.text)]
    return [pair for pair in zip(old, new, strict=False) if _is_bare_pair(*pair)]


def _is_bare_pair(old: str, new: str) -> bool:
    digits = re.compile(r"\d+")
    return old != new and digits.sub("#", old) == digits.sub("#", new)
