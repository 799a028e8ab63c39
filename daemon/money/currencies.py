"""Resolves a currency mark to an ISO code, given what is known about the place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.lexicon.money_marks import CODES, MARKS, PREFIX_ONLY, RENAMED, SHARED

THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
NO_DECIMALS = frozenset(
    """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF IRR IRT IDR HUF COP TWD
    """.split()
)
# Those of ISO 4217 itself: the rest of NO_DECIMALS has cents that are no longer used.
_NO_MINOR_UNIT = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
)

# Shared marks with a default meaning, unless the place says otherwise.
_USUAL = {"£": "GBP", "руб.": "RUB", "руб": "RUB", "рублей": "RUB", "р.": "RUB", "р": "RUB"}
_USUAL |= {"Р": "RUB", "lei": "RON", "Lei": "RON", "LEI": "RON", "R": "ZAR"}

_REGIONS = """
ad EUR ae AED af AFN ag XCD al ALL am AMD ao AOA ar ARS at EUR au AUD aw AWG az AZN ba BAM bb BBD
bd BDT be EUR bf XOF bg EUR bh BHD bi BIF bj XOF bm BMD bn BND bo BOB br BRL bs BSD bt BTN bw BWP
by BYN bz BZD ca CAD cd CDF cf XAF cg XAF ch CHF ci XOF cl CLP cm XAF cn CNY co COP cr CRC cu CUP
cv CVE cy EUR cz CZK de EUR dj DJF dk DKK dm XCD do DOP dz DZD ec USD ee EUR eg EGP es EUR et ETB
fi EUR fj FJD fk FKP fo DKK fr EUR ga XAF gb GBP gd XCD ge GEL gg GBP gh GHS gi GIP gl DKK gm GMD
gn GNF gp EUR gr EUR gt GTQ gy GYD hk HKD hn HNL hr EUR ht HTG hu HUF id IDR ie EUR il ILS im GBP
in INR iq IQD ir IRR is ISK it EUR je GBP jm JMD jo JOD jp JPY ke KES kg KGS kh KHR kr KRW kw KWD
ky KYD kz KZT la LAK lb LBP li CHF lk LKR lr LRD ls LSL lt EUR lu EUR lv EUR ly LYD ma MAD mc EUR
md MDL me EUR mg MGA mk MKD ml XOF mm MMK mn MNT mo MOP mq EUR mr MRU mt EUR mu MUR mv MVR mw MWK
mx MXN my MYR mz MZN na NAD nc XPF ne XOF ng NGN ni NIO nl EUR no NOK np NPR nz NZD om OMR pa PAB
pe PEN pf XPF pg PGK ph PHP pk PKR pl PLN pr USD pt EUR py PYG qa QAR re EUR ro RON rs RSD ru RUB
rw RWF sa SAR sb SBD sc SCR sd SDG se SEK sg SGD si EUR sk EUR sl SLE sm EUR sn XOF so SOS sr SRD
sv USD sy SYP sz SZL td XAF tg XOF th THB tj TJS tm TMT tn TND to TOP tr TRY tt TTD tw TWD tz TZS
ua UAH ug UGX uk GBP us USD uy UYU uz UZS va EUR ve VES vn VND vu VUV ws WST ye YER za ZAR zm ZMW
zw ZWG xk EUR
"""
# Country domains that are sold worldwide say nothing about the place.
_SOLD_DOMAINS = frozenset("ai cc co dj fm gg im io is it la ly me sh so to tv ws".split()) - {
    "is",
    "it",
}
# Languages that shops mostly use in one country.
_LANGUAGES = {
    "bg": "bg", "bn": "bd", "cs": "cz", "da": "dk", "el": "gr", "et": "ee", "fa": "ir", "fi": "fi",
    "fil": "ph", "he": "il", "hi": "in", "hr": "hr", "hu": "hu", "id": "id", "is": "is", "it": "it",
    "ja": "jp", "ka": "ge", "kk": "kz", "ko": "kr", "lt": "lt", "lv": "lv", "ms": "my", "nb": "no",
    "nn": "no", "no": "no", "pl": "pl", "ro": "ro", "ru": "ru", "sk": "sk", "sl": "si", "sr": "rs",
    "sv": "se", "ta": "in", "th": "th", "tr": "tr", "uk": "ua", "ur": "pk", "vi": "vn", "zh": "cn",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CurrencyMark:
    """A mark as written, and the currencies it can stand for; one when unambiguous."""

    text: str
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about where a price is asked, strongest first.

    Shape: `expected` is the owner's or the history's currency; `codes` are ISO codes named by
           the page; `regions` are country codes; `languages` are language codes without region.
    """

    expected: str | None = None
    codes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    generic_domain: bool = False


REGION_CURRENCY = dict(zip(_REGIONS.split()[::2], _REGIONS.split()[1::2], strict=True))


_MARKS = {text: CurrencyMark(text, codes) for text, codes in MARKS.items()}


# A whole price right behind a mark, not its two digits of cents.
_OPENS_NEXT = re.compile(r"\d(?!\d(?![\d.,]))")


def _sizes(at: int) -> dict[str, list[int]]:
    """The lengths of the marks by their character at one end, the longest first."""
    found: dict[str, set[int]] = {}
    for text in _MARKS:
        found.setdefault(text[at], set()).add(len(text))
    return {end: sorted(sizes, reverse=True) for end, sizes in found.items()}


_ENDING, _BEGINNING = _sizes(-1), _sizes(0)


def mark_ending_at(text: str, end: int) -> tuple[CurrencyMark | None, int]:
    """The least ambiguous mark right before `end`, and where the run of marks begins."""
    best: CurrencyMark | None = None
    start = end
    for _ in range(2):
        stop = _skip_back(text, start)
        sizes = _ENDING.get(text[stop - 1], ()) if stop else ()
        size = next((n for n in sizes if n <= stop and _opens(text, stop, n)), 0)
        if not size:
            break
        start = stop - size
        best = _plainer(best, _MARKS[text[start:stop]])
    return best, start


def mark_starting_at(text: str, start: int) -> tuple[CurrencyMark | None, int]:
    """The least ambiguous mark right after `start`, and where the run of marks ends."""
    best: CurrencyMark | None = None
    end = start
    for _ in range(2):
        begin = _skip_forward(text, end)
        sizes = _BEGINNING.get(text[begin], ()) if begin < len(text) else ()
        size = next((n for n in sizes if _closes(text, begin, n)), 0)
        if not size:
            break
        end = begin + size
        best = _plainer(best, _MARKS[text[begin:end]])
    return best, end


def _skip_back(text: str, end: int) -> int:
    while end and text[end - 1] in " :":
        end -= 1
    return end


def _skip_forward(text: str, start: int) -> int:
    while start < len(text) and text[start] == " ":
        start += 1
    return start


def _opens(text: str, end: int, size: int) -> bool:
    start = end - size
    name = text[start:end]
    return name in _MARKS and not (name[0].isalpha() and start and text[start - 1].isalpha())


def _closes(text: str, start: int, size: int) -> bool:
    end = start + size
    name = text[start:end]
    if len(name) < size or name not in _MARKS or name in PREFIX_ONLY:
        return False
    if _OPENS_NEXT.match(text, end) and text[start - 1 : start] == " ":
        return False  # the mark of the next number: "12 $499"
    # A letter that opens an amount belongs to the next number: "12 R 15".
    return not (name[-1].isalpha() and end < len(text) and text[end].isalnum())


def _plainer(one: CurrencyMark | None, other: CurrencyMark) -> CurrencyMark:
    return one if one and len(one.currencies) <= len(other.currencies) else other


def iso_code(text: str) -> str | None:
    """The ISO 4217 code that `text` names, if it names one that exists."""
    code = text.strip().upper()
    code = RENAMED.get(code, code)
    return code if code in CODES else None


def mark_of(text: str) -> CurrencyMark | None:
    """What a currency mark can stand for; None when it is no mark."""
    return _MARKS.get(text.strip())


def minor_digits(currency: str | None) -> int:
    """Digits of the minor unit by ISO 4217; 2 for an unknown currency."""
    if currency in _NO_MINOR_UNIT:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def region_of_domain(host: str) -> str | None:
    """The country of a host's last label, unless it is sold worldwide."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last if last in REGION_CURRENCY and last not in _SOLD_DOMAINS else None


_LOCALE = re.compile(
    r"[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?P<region>[a-z]{2}|\d{3}))?(?:\.[a-z0-9-]{1,20})?",
    re.IGNORECASE,
)


def is_locale(text: str) -> bool:
    """Whether this is a language, with an optional script and region: "de", "zh-Hant-TW".

    Shape:  the region is a country with a currency, or a number of the United Nations.
    Source: BCP 47 (RFC 5646 §2.1), and POSIX's way of writing it.
    """
    found = _LOCALE.fullmatch(text)
    region = (found["region"] or "") if found else ""
    return found is not None and (
        not region.isalpha() or region.lower() in {*REGION_CURRENCY, "eu", "aq"}
    )


def split_locale(locale: str) -> tuple[str, str | None]:
    """Language and region of a locale such as "pt-BR", "zh_Hant_TW" or "fr"."""
    parts = [part for part in re.split(r"[-_]", locale.split(".", maxsplit=1)[0].strip()) if part]
    regions = [part.lower() for part in parts[1:] if len(part) == 2 and part.isalpha()]
    return (parts[0].lower() if parts else ""), (regions[0] if regions else None)


def evidence_from_locale(locale: str | None) -> Evidence:
    """What a locale alone says about the place."""
    language, region = split_locale(locale or "")
    return Evidence(regions=(region,) if region else (), languages=(language,) if language else ())


def resolve_currency(mark: CurrencyMark | None, evidence: Evidence) -> str | None:
    """The one currency that a mark means here; None when the evidence leaves it open.

    Shape: an unshared mark wins over all evidence; with no mark at all, only the owner's
           expectation or a single code named by the page decides.
    """
    if mark is None:
        return evidence.expected or (evidence.codes[0] if len(evidence.codes) == 1 else None)
    if mark.text not in SHARED:
        return mark.currencies[0]
    return _first_possible(mark, _supported(evidence)) or _usual(mark, evidence)


def _supported(evidence: Evidence) -> list[str]:
    """The currencies that the evidence supports, strongest first."""
    regions = [*evidence.regions, *(_LANGUAGES.get(code, "") for code in evidence.languages)]
    placed = [REGION_CURRENCY[region] for region in regions if region in REGION_CURRENCY]
    expected = [evidence.expected] if evidence.expected else []
    return [*expected, *evidence.codes, *placed]


def _first_possible(mark: CurrencyMark, supported: list[str]) -> str | None:
    return next((code for code in supported if code in mark.currencies), None)


def _usual(mark: CurrencyMark, evidence: Evidence) -> str | None:
    if mark.text in _USUAL:
        return _USUAL[mark.text]
    # A dollar shop on .com in English, or no stated language, that names no other place.
    at_home = set(evidence.languages) <= {"en"} and not evidence.regions
    is_dollar = mark.text in ("$", "dollars", "Dollars")
    return "USD" if is_dollar and evidence.generic_domain and at_home else None
