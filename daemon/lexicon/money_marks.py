"""Currency marks: signs, short words and ISO 4217 codes.

The only such list, used to read prices, to judge changes and to split lines into tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Codes in use, then those that were replaced but still appear on pages.
CODES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    ATS BEF CUC DEM EEK ESP FIM FRF GRD HRK IEP IRT ITL LTL LVL NLG PTE SIT SKK
    """.split()
)
# ISO 4217 codes that were renamed or are misused so often that their meaning is clear.
RENAMED = {"RUR": "RUB", "BYR": "BYN", "RMB": "CNY", "NTD": "TWD", "NIS": "ILS", "KCS": "CZK"}
# Marks that mean one currency. Letters count as a mark only where a word could not be.
_PLAIN = """
€ EUR|EURO EUR|Euro EUR|EUROS EUR|Eur EUR|евро EUR|ευρώ EUR|欧元 EUR
R$ BRL|US$ USD|U$S USD|US $ USD|AU$ AUD|A$ AUD|CA$ CAD|NZ$ NZD|S$ SGD|HK$ HKD|NT$ TWD|MX$ MXN
Mex$ MXN|CL$ CLP|COL$ COP|AR$ ARS|RD$ DOP|J$ JMD|TT$ TTD|BZ$ BZD|N$ NAD|T$ TOP|MOP$ MOP|CUC$ CUC
FJ$ FJD|EC$ XCD|GY$ GYD|Bds$ BBD|B$ BND|$U UYU|MN$ MXN
$ CA CAD|$ US USD|$CA CAD|$US USD|AU $ AUD|CA $ CAD|NZ $ NZD|HK $ HKD|SG $ SGD
CHF CHF|SFr. CHF|SFr CHF|Fr. CHF
zł PLN|zl PLN|złotych PLN|Kč CZK|Kc CZK|Kčs CZK|Ft HUF|Ft. HUF|лв. BGN|лв BGN|kn HRK
₽ RUB|₴ UAH|грн. UAH|грн UAH|гривень UAH|₸ KZT|тг KZT|тенге KZT|₼ AZN|₾ GEL|֏ AMD|₮ MNT|сум UZS
₺ TRY|TL TRY|₪ ILS|ש"ח ILS|ден MKD|дин. RSD|дин RSD|din. RSD
₹ INR|৳ BDT|₩ KRW|￦ KRW|원 KRW|円 JPY|JP¥ JPY|CN¥ CNY|人民币 CNY|NT＄ TWD
฿ THB|บาท THB|₫ VND|đ VND|VNĐ VND|VNđ VND|₱ PHP|₭ LAK|៛ KHR|RM MYR|Rp. IDR|Rp IDR
₦ NGN|₵ GHS|GH₵ GHS|GH¢ GHS|KSh KES|Ksh KES|KSH KES|Kshs KES|TSh TZS|TSH TZS|USh UGX|UGX UGX
Dhs AED|S/. PEN|S/ PEN|₡ CRC|₲ PYG|Gs. PYG|Gs PYG|B/. PAB
KD KWD|K.D. KWD|BD BHD|B.D. BHD|JD JOD|QR QAR|SR SAR|OMR OMR|LE EGP|L.E. EGP|E£ EGP|LL LBP|LBP LBP
د.إ AED|د.إ. AED|ر.س SAR|ر.س. SAR|ريال سعودي SAR|ج.م EGP|ج.م. EGP|جنيه EGP|د.ك KWD|د.ك. KWD
د.ب BHD|د.ب. BHD|ر.ق QAR|ر.ق. QAR|ر.ع OMR|ر.ع. OMR|د.ا JOD|د.ا. JOD|د.م MAD|د.م. MAD|د.ت TND
د.ت. TND|د.ج DZD|د.ج. DZD|ل.ل LBP|ل.ل. LBP|تومان IRT|ریال IRR|﷼ IRR|ع.د IQD|ع.د. IQD
"""
# Marks shared by several, or too short to stand alone.
_DOLLARS = (
    "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP UYU JMD BBD TTD BZD FJD NAD LRD DOP CUP XCD "
    "BND BMD BSD GYD KYD SBD SRD"
)
SHARED = {
    "$": _DOLLARS,
    "dollars": _DOLLARS,
    "Dollars": _DOLLARS,
    "rupees": "INR PKR LKR NPR MUR SCR",
    "kroner": "NOK DKK",
    "C$": "CAD NIO",
    "£": "GBP EGP LBP GIP FKP SHP SDG SSP SYP",
    "₤": "GBP ITL TRY",
    "¥": "JPY CNY",
    "元": "CNY TWD HKD",
    "圓": "TWD HKD CNY",
    "kr": "SEK NOK DKK ISK",
    "kr.": "DKK ISK SEK NOK",
    "Kr": "SEK NOK DKK ISK",
    "Kr.": "DKK ISK SEK NOK",
    "KR": "SEK NOK DKK ISK",
    ":-": "SEK NOK",
    "Rs": "INR PKR LKR NPR MUR SCR",
    "Rs.": "INR PKR LKR NPR MUR SCR",
    "₨": "INR PKR LKR NPR MUR SCR",
    "R": "ZAR",
    "lei": "RON MDL",
    "Lei": "RON MDL",
    "LEI": "RON MDL",
    "руб.": "RUB BYN",
    "руб": "RUB BYN",
    "рублей": "RUB BYN",
    "р.": "RUB BYN",
    "р": "RUB BYN",
    "Р": "RUB BYN",
    "Br": "BYN ETB",
    "Bs": "BOB VES",
    "Bs.": "BOB VES",
    "CFA": "XOF XAF",
    "FCFA": "XOF XAF",
    "F CFA": "XOF XAF",
    "₣": "CHF FRF",
    "₶": "FRF",
    "درهم": "AED MAD",
    "دينار": "KWD BHD JOD IQD TND DZD",
    "ريال": "SAR QAR OMR YER IRR",
    "din": "RSD MKD DZD",
    # Short words that mean money only in their own country.
    "FBu": "BIF",
    "FG": "GNF",
    "MK": "MWK",
    "ZK": "ZMW",
    "Db": "STN",
    "Rf": "MVR",
    "KM": "BAM",
    "DA": "DZD",
    "DT": "TND",
    "DH": "MAD AED",
    "Dh": "MAD AED",
    "Q": "GTQ",
    "L.": "HNL",
}
# Hundredths that are printed alone, "75¢" and "85p", with the mark of their whole.
MINOR_MARKS = {"¢": "$", "cents": "$", "p": "£", "pence": "£"}
# Currencies by name, written small or as a title; "pounds" alone are a weight.
_NAMED = """
US dollars USD|U.S. dollars USD|US dollar USD|US-dollar USD|Canadian dollars CAD
Australian dollars AUD|New Zealand dollars NZD|Singapore dollars SGD|Hong Kong dollars HKD
pounds sterling GBP|British pounds GBP|Japanese yen JPY|yen JPY|Chinese yuan CNY|Swiss francs CHF
Schweizer Franken CHF|Indian rupees INR|Swedish kronor SEK|kronor SEK|Norwegian kroner NOK
Danish kroner DKK|Polish zlotys PLN|zlotys PLN|Czech korunas CZK|Hungarian forints HUF|forint HUF
Mexican pesos MXN|Brazilian reais BRL|reais BRL|South African rand ZAR|Turkish lira TRY
Russian rubles RUB|roubles RUB
"""
# Codes are read in capitals only, except a few: "all", "top" and "try" are words.
_LOWER_CODES = {
    text: text.upper()[:3]
    for text in "eur euro euros usd gbp pln czk sek nok dkk chf huf ron uah inr".split()
}
# Read before a number only: after one they are a unit, a size or a footnote.
PREFIX_ONLY = frozenset({"R", "Q", "L."})
# Outside shops these measure or name something else: kilometres, a law, a chip, a vulnerability.
WORDS_TOO = frozenset(
    """
    KM MK DA DT DH Dh ZK Db Rf FG Q L. LE LL SR QR BD JD KD TL din Br Bs Gs R р р. Р EURO
    ALL AMD BAM BOB CUP CVE ESP GEL MAD MOP PEN PTE SIT SOS TOP :-
    """.split()
)


def _coded(listed: str) -> dict[str, tuple[str, ...]]:
    entries = (entry.strip().rpartition(" ") for entry in listed.replace("\n", "|").split("|"))
    return {text: (code,) for text, _, code in entries if text}


def _titled(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


def _named_marks() -> dict[str, tuple[str, ...]]:
    named = _coded(_NAMED)
    return named | {_titled(name): codes for name, codes in named.items()}


# Each mark with the currencies that it can stand for; one when unambiguous.
MARKS = (
    _coded(_PLAIN)
    | _named_marks()
    | {text: tuple(codes.split()) for text, codes in SHARED.items()}
    | {code: (RENAMED.get(code, code),) for code in CODES | RENAMED.keys()}
    | {text: (code,) for text, code in _LOWER_CODES.items()}
)
SURE_MARKS = frozenset(MARKS) - WORDS_TOO
# A character class for patterns: the single signs that mean money.
SIGNS = re.escape("".join(sorted(mark for mark in MARKS if len(mark) == 1 and not mark.isalpha())))


def before_number(marks: Iterable[str]) -> str:
    """A pattern for a mark before a number: a sign, or letters as a word of their own."""
    before = [mark for mark in marks if mark != ":-"]
    words = [mark for mark in before if mark[0].isalpha()]
    signs = [mark for mark in before if not mark[0].isalpha()]
    found = [rf"(?<![^\W\d_])(?:{_any_of(words)})"] if words else []
    # Where no spaces part words a sign follows a letter; a Latin one would make another mark of it.
    found += [rf"(?<![A-Za-z])(?:{_any_of(signs)})"] if signs else []
    return f"(?:{'|'.join(found)})"


def after_number(marks: Iterable[str]) -> str:
    """A pattern for a mark after a number, as separate words."""
    return rf"(?:(?:{_any_of(set(marks) - PREFIX_ONLY)})(?![^\W_]))"


def _any_of(marks: Iterable[str]) -> str:
    """An alternation, the longest first, grouped by first character for speed."""
    by_first: dict[str, list[str]] = {}
    for mark in sorted(marks, key=lambda mark: (-len(mark), mark)):
        by_first.setdefault(mark[0], []).append(re.escape(mark[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items())
