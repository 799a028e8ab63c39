"""Parses a price string, with its context, into an amount and a currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from daemon.lexicon.money_marks import MINOR_MARKS
from daemon.money import words
from daemon.money.currencies import (
    CurrencyMark,
    evidence_from_locale,
    mark_ending_at,
    mark_of,
    mark_starting_at,
    resolve_currency,
)
from daemon.money.numbers import NUMBER_PATTERN, POINT, plain, read_number

_LONGEST = 600  # prices are shorter; the rest is not read
_NUMBER = re.compile(NUMBER_PATTERN)
# "1.299,-", "49:-", "1'299.–", "1,299/-": whole units, and a currency mark of its own.
_NO_CENTS = re.compile(r"[.,:]\s?[-–—]{1,2}(?!\w)|[-–—](?=\s*$)|/-(?!\w)")
_MARKED_CENTS = re.compile(r"\d{2}(?![\d.,]|[ ']\d)(?!\s*[€$£])|\s\d{2}(?= ?(?:$|TTC|HT))")
# "2.405, 75 €", "$ 34 . 50": cents apart from their number, where a mark says that it is money.
_CENTS_APART = re.compile(r"(?P<gap> ?)(?P<point>[.,:]) ?(?P<cents>\d{2})(?![\d%]|[.,]\d)")
_MARK_INSIDE = re.compile(r"[.,](?=[^\w\s.,-]\d{2}(?!\d))")  # "1.250,€80"
_LETTER = re.compile(r"[^\W\d_]")
_GROUPED = re.compile(r"\d+|\d{1,3}(?:([.,' ])\d{3})+")
_MINOR = re.compile(r" ?(?:¢|cents|pence)(?!\w)|p(?![\w.])")
# "50 коп." after "1 299 руб.", "99 gr" after "5 zł".
_MINOR_PART = re.compile(
    r"\.? ?(?:and |und |et |y )?(\d{1,2}) ?(?:коп|gr|cents?|ct|cts|pence|p|øre|öre|hal|kuruş|"
    r"centimes?|céntimos?|centavos?|bani)(?![^\W\d_])",
    re.IGNORECASE,
)
_SPACED_CENTS = re.compile(r"(?<![\d.,' ])(\d{1,4}) (\d{2})(?=\s*(?:\D|$))(?![ .,']?\d)")
_RANGE = re.compile(r"^\s*(?:[-–—~]|to|bis|à|a|až|до|al)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """One number in a text that may be money, and its role by the words beside it.

    Shape: `role` is now, plain, from, piece, net, unit, was, member, monthly, shipping, instalment
           or save.
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
_PREFERENCE = (
    "now", "plain", "from", "piece", "net", "unit", "was", "member", "monthly", "shipping",
)  # fmt: skip
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
    return _with_net_settled(text, found) if with_roles and len(found) > 1 else found


def _amount(text: str, match: re.Match[str], previous_end: int, with_roles: bool) -> Amount | None:
    before, start = mark_ending_at(text, match.start())
    number, mark, end = _number_and_mark(text, match, before)
    is_marked = mark is not None or end > match.end()
    if not is_marked and _is_counted(text, match.start(), end):
        return None
    negative = _is_negative(text, start) or _is_negative(text, match.start())
    role = "plain"
    if with_roles:
        role = _role(text[_begin(text, previous_end, start) : start], text[end : end + 40])
        role = "instalment" if _is_one_of_several(text[max(0, start - 48) : start]) else role
    return Amount(start, end, number, mark, role, negative)


def _begin(text: str, previous_end: int, start: int) -> int:
    """Where the words before an amount begin: what is said of tax behind another is not of it."""
    behind = words.TAX_BEHIND.match(text, previous_end, start) if previous_end else None
    is_last = behind is None or not _LETTER.search(text[behind.end() : start])
    return max(previous_end if is_last or behind is None else behind.end(), start - 48)


def _number_and_mark(
    text: str, match: re.Match[str], before: CurrencyMark | None
) -> tuple[str, CurrencyMark | None, int]:
    """The number with the cents that stand apart from it, its mark, and where both end."""
    number, end = _with_cents_apart(text, match, is_marked=before is not None)
    whole = _NO_CENTS.match(text, end) or _MARK_INSIDE.match(text, end)
    after, end = mark_starting_at(text, whole.end() if whole else end)
    if after and not before:
        number, end = _with_marked_cents(text, number, end)
    if whole and not (before or after):
        after = mark_of(":-") if whole[0][0] == ":" else None
    minor = None if before or after else _MINOR.match(text, end)
    if minor and number.isdigit() and len(number) < 3:
        return f"0{POINT}{number:0>2}", mark_of(MINOR_MARKS[minor[0].strip()]), minor.end()
    return number, _plainer(before, after), end


def _with_cents_apart(text: str, match: re.Match[str], is_marked: bool) -> tuple[str, int]:
    """The number with the cents that spaces keep from it, if a mark says that both are money."""
    cents = _CENTS_APART.match(text, match.end())
    grouped = _GROUPED.fullmatch(match[0]) if cents else None
    if cents is None or grouped is None or grouped[1] == cents["point"]:
        return match[0], match.end()
    is_priced = mark_starting_at(text, cents.end())[0] is not None
    is_alone = (
        cents["point"] != ":"
        and is_marked
        and (cents["gap"] or not text[cents.end() :].lstrip()[:1].isalpha())
    )
    if not (is_priced or is_alone):
        return match[0], match.end()
    return f"{_digits(match[0])}{POINT}{cents['cents']}", cents.end()


def _with_marked_cents(text: str, number: str, end: int) -> tuple[str, int]:
    """A whole number with the cents behind its mark, which ends at `end`, and their end: "9€95"."""
    if _GROUPED.fullmatch(number) is None:
        return number, end
    if part := _MINOR_PART.match(text, end):
        return f"{_digits(number)}{POINT}{part[1]:0>2}", part.end()
    cents = _MARKED_CENTS.match(text, end)
    return (f"{_digits(number)}{POINT}{cents[0].strip()}", cents.end()) if cents else (number, end)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_negative(text: str, start: int) -> bool:
    """Whether a minus stands right before the number and nothing before the minus."""
    return text[start - 1 : start] in ("-", "–") and not text[: start - 1].rstrip()[-1:].isalnum()


def _plainer(before: CurrencyMark | None, after: CurrencyMark | None) -> CurrencyMark | None:
    """Of the marks around a number, the one that can stand for fewer currencies."""
    if before and after and before.text.endswith(".") and before.currencies != after.currencies:
        return after  # a short word before the number: "Fr. 967 kr" begins with "from"
    marks = [mark for mark in (before, after) if mark]
    return min(marks, key=lambda mark: len(mark.currencies), default=None)


def _is_counted(text: str, start: int, end: int) -> bool:
    """Whether a number without a mark counts or measures something other than money."""
    after = text[end : end + 24]
    if words.NOT_MONEY_AFTER.match(after) or after[:1].isalpha():
        return True
    before = text[max(0, start - 24) : start]
    return before[-1:].isalpha() or words.NOT_MONEY_BEFORE.search(before) is not None


def _is_one_of_several(before: str) -> bool:
    """Whether a number of payments stands right before the amount: "4 payments of "."""
    ends = [match.end() for match in words.INSTALMENT.finditer(before)]
    return bool(ends) and not any(map(str.isdigit, before[ends[-1] :]))


_ROLES_BEFORE = (
    ("monthly", words.MONTHLY_BEFORE),
    ("piece", words.PIECE_BEFORE),
    ("unit", words.UNIT_BEFORE),
    ("save", words.SAVE),
    ("shipping", words.SHIPPING),
    ("shipping", words.FREE_BEFORE),
    ("member", words.MEMBER),
    ("from", words.FROM),
)


def _role(before: str, after: str) -> str:
    near = after[: _next_number(after)]
    role = _role_by_words_after(after, near)
    if role is None and _is_net(before, near):
        role = "net"
    if role or not before.strip():
        return role or "plain"
    before = words.WITHOUT_TAX.sub(" ", before)
    if words.FROM.search(before) and words.SENT_FREE.search(near):
        return "shipping"
    named = (role for role, pattern in _ROLES_BEFORE if pattern.search(before))
    return next(named, None) or _was_or_now(before)


def _role_by_words_after(after: str, near: str) -> str | None:
    """The role by what follows the amount; `near` ends before the next number."""
    if words.PER_PIECE.match(after):
        return "piece"
    if words.PER_UNIT.match(after):
        return "unit"
    if words.SAVED_AFTER.match(near) or (near == after and words.SAVE.match(near.lstrip())):
        return "save"  # "7 € saved"; in "29 € save 25 %" the word belongs to what follows
    if words.OR_MORE.match(near):
        return "shipping"
    monthly = words.MONTHLY.match(near.lstrip(" *†("))
    if monthly and words.TERM.search(after):
        return "instalment"
    if monthly and (near == after or not monthly[0][:1].isalpha() or " " in monthly[0].strip()):
        return "monthly"
    return None


def _is_net(before: str, after: str) -> bool:
    """Whether the words right behind the amount, or right before it, say that tax is missing."""
    found = words.WITHOUT_TAX.search(after)
    if found and not _LETTER.search(words.PRICE_NOUN.sub("", after[: found.start()])):
        return after[found.end() :].lstrip()[:1] != ":"
    last = max(words.WITHOUT_TAX.finditer(before), key=lambda match: match.end(), default=None)
    if last is None or _LETTER.search(before[last.end() :]):
        return False
    # Shops for traders lead with the price that they mean, under a bare "excl. VAT".
    return bool(_LETTER.search(before[: last.start()])) or before.rstrip()[-1:] in ":)"


def _with_net_settled(text: str, found: list[Amount]) -> list[Amount]:
    """The amounts, of two with a lack of tax between them the lower as the one without it."""
    for place, (one, other) in enumerate(pairwise(found)):
        between = text[one.end : other.start]
        if ":" in between or not words.WITHOUT_TAX.search(between) or _says_more(between):
            continue
        is_first_lower = (one.value() or 0) <= (other.value() or 0)
        roles = ("net", "plain") if is_first_lower else ("plain", "net")
        found[place : place + 2] = [
            replace(amount, role=role if amount.role in ("net", "plain") else amount.role)
            for amount, role in zip((one, other), roles, strict=True)
        ]
    return found


def _says_more(between: str) -> bool:
    """Whether words between two amounts are of more than the price and its tax."""
    for pattern in (words.WITHOUT_TAX, words.WITH_TAX, words.PRICE_NOUN):
        between = pattern.sub(" ", between)
    return _LETTER.search(between) is not None


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
