"""Parses a price string, with its context, into an amount and a currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from daemon.money import words
from daemon.money.currencies import (
    CurrencyMark,
    evidence_from_locale,
    mark_ending_at,
    mark_starting_at,
    resolve_currency,
)
from daemon.money.numbers import NUMBER_PATTERN, plain, read_number

_LONGEST = 600  # prices are shorter; the rest is not read
_NUMBER = re.compile(NUMBER_PATTERN)
# "1.299,-", "49:-", "1'299.–", "1,299/-": whole units, and a currency mark of its own.
_NO_CENTS = re.compile(r"[.,:]\s?[-–—]{1,2}(?!\w)|[-–—](?=\s*$)|/-(?!\w)")
_MARKED_CENTS = re.compile(r"\d{2}(?![\d.,])(?!\s*[€$£])|\s\d{2}$")
_SPACED_CENTS = re.compile(r"(?<![\d.,' ])(\d{1,4}) (\d{2})(?=\s*(?:\D|$))(?![ .,']?\d)")
_RANGE = re.compile(r"^\s*(?:[-–—~]|to|bis|à|a|až|до|al)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """One number in a text that may be money, and its role by the words beside it.

    Shape: `role` is now, plain, from, unit, was, member, monthly, shipping, instalment or save.
    """

    start: int
    end: int
    number: str
    mark: CurrencyMark | None
    role: str
    negative: bool = False

    def value(self, currency: str | None = None, locale: str | None = None) -> Decimal | None:
        """The exact amount, given what is known about the place."""
        return read_number(self.number, currency, locale)


@dataclass(frozen=True, slots=True)
class ParsedPrice:
    """What a price string says; `symbol` is the mark as written, even when it stays ambiguous."""

    amount: Decimal | None
    currency: str | None = None
    symbol: str | None = None
    confidence: float = 0.0
    flags: tuple[str, ...] = ()


# In a text with several amounts, the first with the best role is the price.
_PREFERENCE = ("now", "plain", "from", "unit", "was", "member", "monthly", "shipping")
_NOTHING_TO_PAY = frozenset({"save", "instalment"})


def find_amounts(text: str, with_roles: bool = True) -> list[Amount]:
    """Every number in the text that may be money, in order; `text` must be `plain`.

    Shape: without roles all are called plain, which is much quicker.
    """
    found: list[Amount] = []
    end = 0
    for match in _NUMBER.finditer(text):
        if match.start() < end:
            continue
        amount = _amount(text, match, end, with_roles)
        if amount:
            found.append(amount)
            end = amount.end
    return found


def _amount(text: str, match: re.Match[str], previous_end: int, with_roles: bool) -> Amount | None:
    number, end = match[0], match.end()
    before, start = mark_ending_at(text, match.start())
    whole = _NO_CENTS.match(text, end)
    after, end = mark_starting_at(text, whole.end() if whole else end)
    if after and not before:
        number, end = _with_marked_cents(text, number, end)
    if not (before or after or whole) and _is_counted(text, match.start(), end):
        return None
    negative = _is_negative(text, start) or _is_negative(text, match.start())
    role = "plain"
    if with_roles:
        role = _role(text[max(previous_end, start - 48) : start], text[end : end + 32])
    return Amount(start, end, number, _plainer(before, after), role, negative)


def _with_marked_cents(text: str, number: str, end: int) -> tuple[str, int]:
    """A whole number with the cents behind its mark, which ends at `end`, and their end: "9€95"."""
    cents = _MARKED_CENTS.match(text, end) if number.isdigit() else None
    return (f"{number}.{cents[0].strip()}", cents.end()) if cents else (number, end)


def _is_negative(text: str, start: int) -> bool:
    """Whether a minus stands right before the number and nothing before the minus."""
    return text[start - 1 : start] in ("-", "–") and not text[: start - 1].rstrip()[-1:].isalnum()


def _plainer(before: CurrencyMark | None, after: CurrencyMark | None) -> CurrencyMark | None:
    """Of the marks around a number, the one that can stand for fewer currencies."""
    marks = [mark for mark in (before, after) if mark]
    return min(marks, key=lambda mark: len(mark.currencies), default=None)


def _is_counted(text: str, start: int, end: int) -> bool:
    """Whether a number without a mark counts or measures something other than money."""
    after = text[end : end + 24]
    if words.NOT_MONEY_AFTER.match(after) or after[:1].isalpha():
        return True
    before = text[max(0, start - 24) : start]
    return before[-1:].isalpha() or words.NOT_MONEY_BEFORE.search(before) is not None


_ROLES_BEFORE = (
    ("instalment", words.INSTALMENT),
    ("unit", words.UNIT_BEFORE),
    ("save", words.SAVE),
    ("shipping", words.SHIPPING),
    ("member", words.MEMBER),
    ("from", words.FROM),
)


def _role(before: str, after: str) -> str:
    if words.PER_UNIT.match(after):
        return "unit"
    near = after[: _next_number(after)]
    if words.SAVED_AFTER.match(near):
        return "save"
    if words.MONTHLY.match(near.lstrip(" *†(")):
        return "monthly"
    if not before.strip():
        return "plain"
    for role, pattern in _ROLES_BEFORE:
        if pattern.search(before):
            return role
    return _was_or_now(before)


def _was_or_now(before: str) -> str:
    was = max((match.end() for match in words.WAS.finditer(before)), default=-1)
    now = max((match.end() for match in words.NOW.finditer(before)), default=-1)
    if was < 0 and now < 0:
        return "plain"
    return "was" if was > now else "now"


def _next_number(text: str) -> int:
    match = re.search(r"\d", text)
    return match.start() if match else len(text)


def parse_price(raw: str, hint: str | None = None, locale: str | None = None) -> ParsedPrice:
    """The price that a string says, as a person of that locale would read it.

    Shape: amount finite and not negative, or None; currency an ISO code that the text, the hint
           or the locale settles, or None. `confidence` is that of the amount.
    """
    text = plain(raw[:_LONGEST])
    amounts = find_amounts(text)
    if any(amount.mark for amount in amounts) and _SPACED_CENTS.search(text):
        text = _SPACED_CENTS.sub(r"\1⋅\2", text)
        amounts = find_amounts(text)
    if not amounts:
        return _free_or_nothing(text, hint, locale)
    chosen = _choose(text, amounts)
    if chosen is None or chosen.negative:
        return ParsedPrice(None, confidence=0.7, flags=("not_a_price",))
    mark = chosen.mark or _mark_of_others(amounts) or _hinted_mark(hint)
    currency = resolve_currency(mark, evidence_from_locale(locale))
    value = chosen.value(currency, locale)
    flags = _flags(text, amounts, chosen)
    return ParsedPrice(
        value, currency, mark.text if mark else None, _confidence(value, mark, flags), flags
    )


def _choose(text: str, amounts: list[Amount]) -> Amount | None:
    marked = [amount for amount in amounts if amount.mark] or amounts
    payable = [amount for amount in marked if amount.role not in _NOTHING_TO_PAY]
    best = min(payable, key=lambda amount: _PREFERENCE.index(amount.role), default=None)
    return best and _lower_bound(text, amounts, best)


def _lower_bound(text: str, amounts: list[Amount], best: Amount) -> Amount:
    """The amount before a range's end, when the mark stands at the end only: "10 - 20 €"."""
    place = amounts.index(best)
    lower = amounts[place - 1] if place else None
    if lower and lower.mark is None and _RANGE.match(text[lower.end : best.start]):
        return replace(lower, mark=best.mark)
    return best


def _mark_of_others(amounts: list[Amount]) -> CurrencyMark | None:
    return next((amount.mark for amount in amounts if amount.mark), None)


def _hinted_mark(hint: str | None) -> CurrencyMark | None:
    """The mark in the neighbouring text, at a number or alone."""
    text = plain(hint[:_LONGEST]) if hint else ""
    shown = [amount.mark for amount in find_amounts(text) if amount.mark]
    if shown:
        return shown[0]
    alone = (mark_starting_at(word, 0)[0] for word in text.split())
    return next((mark for mark in alone if mark), None)


def _free_or_nothing(text: str, hint: str | None, locale: str | None) -> ParsedPrice:
    if not words.FREE.match(text):
        return ParsedPrice(None, confidence=0.9)
    mark = _hinted_mark(hint)
    currency = resolve_currency(mark, evidence_from_locale(locale))
    return ParsedPrice(Decimal(0), currency, mark.text if mark else None, 0.9, ("free",))


def _flags(text: str, amounts: list[Amount], chosen: Amount) -> tuple[str, ...]:
    flags = [] if chosen.role in ("plain", "now") else [chosen.role]
    after = [amount for amount in amounts if amount.start >= chosen.end]
    if after and _RANGE.match(text[chosen.end : after[0].start]):
        flags.append("range")
    if len(amounts) > 1:
        flags.append("several")
    return tuple(flags)


def _confidence(value: Decimal | None, mark: CurrencyMark | None, flags: tuple[str, ...]) -> float:
    if value is None:
        return 0.6
    doubt = 0.05 * len(flags) + (0.0 if mark else 0.05)
    return round(0.98 - doubt, 3)
