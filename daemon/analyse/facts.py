"""Finds stock, versions and warnings in changed blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from daemon.analyse.blocks import Block
from daemon.compare.dates import dates
from daemon.lexicon.availability import Availability, asks_to_wait, offers_to_buy, stock_of
from daemon.lexicon.importance.advisories import advisory_numbers, security_phrases
from daemon.lexicon.money_marks import SIGNS
from daemon.lexicon.prose.references import is_reference
from daemon.lexicon.warnings import warning_in

_NUMBER = (
    r"\d{1,4}\.\d{1,4}(?:\.\d{1,6}){0,2}(?:[-+.]?(?:alpha|beta|rc|pre|dev|post)[\w.]{0,12})?"
    r"(?![\w%]|[.,]\d|\s?/\s?10\b)"
)
_VERSION = re.compile(
    rf"(?<![\w.,/{SIGNS}])(?:(?P<name>[a-z][a-z-]{{0,20}})(?P<gap>\s?))?(?P<number>{_NUMBER})"
    r"(?!\s?(?:[€£$]|per\s?cent|EUR|USD|GBP|CHF|million|billion|hours?|days?|years?|inch)\b)",
    re.IGNORECASE,
)
# What makes the number behind it a version, and what does so behind a number that begins a line.
_SAYS_VERSION = re.compile(
    r"\b(?:v|vers(?:ions?|i[oó]n|ão|ione)|releases?d?|build|upgraded?(?:\sto)?|updated?\sto|patch"
    r"|ausgabe|fassung|stable|latest|current|beta|alpha|lts|tag)\W{0,3}(?:v\.?|is|was|now|to)?\W{0,3}$",
    re.IGNORECASE,
)
_BEGINS_LINE = re.compile(r"(?:^|\n)\W{0,4}v?$", re.IGNORECASE)
_ENDS_LINE = re.compile(r"\s*(?:$|\n|[(（|·:–—]|\d{4}-\d\d)")
_STOPS_OF_A_RELEASE = 2  # in 1.14.2
# Words whose number is a severity or a rating, not a release.
_NO_VERSION = re.compile(
    r"\b(?:CVSS(?:\s?v?\d(?:\.\d)?)?|scores?|scored|ratings?|rated|severity)"
    r"(?:\s(?:base|score|rating|is|of|was|now)){0,3}\W{0,3}$|\bCVSS\s?(?=v?\d)v?$",
    re.IGNORECASE,
)
_ANNOUNCED = 40  # characters in which that is announced
_STATED = re.compile(
    r"^[\s-]*[\"']?(?:(?:\w+ ){0,2}|[\w.-]*[_.-]|[a-z]\w*(?=V))(?:[vV]ersion|VERSION)[\"']?\s?[:=]"
    rf"\s{{0,4}}[\"']?v?(?P<number>{_NUMBER})",
    re.MULTILINE,
)
# A short line that only states a version.
_LABELLED = re.compile(
    r"^[^\d\n.]{0,40}?(?:(?<![^\W\d_])(?:versions?|releases?|versi(?:ón|one|e|unea?)|versão|ausgabe"
    r"|fassung|wersja|verze|verzia|verzió|versjon|utg[aå]v[ae]|udgave|sürüm|версия|версія|выпуск)"
    r"(?![^\W\d_])(?:\s[^\W\d_]{1,12}){0,2}|版本|バージョン|リリース|버전)"
    rf"[\s:：=|·–—-]{{0,5}}v?(?P<number>{_NUMBER})(?=\s*(?:$|[(（|·/]))",
    re.IGNORECASE | re.MULTILINE,
)
_LONE = re.compile(
    r"^[^\d\n:：=]{0,40}?(?<![\w.,/:-])(?:v(?=\d)|(?=\d{1,4}\.\d{1,4}\.\d))"
    rf"(?P<number>{_NUMBER})(?=\s*(?:$|[(（|]))",
    re.IGNORECASE | re.MULTILINE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}|\d{3}\.\d{3}\.\d{4}|\d+(?:\.\d+){3}")
# Words that begin sentences, but no product names.
_NO_NAME = frozenset(
    """
    a about after and are as at before below by for from if in into is it of on or over since than
    the this through to under until up upgrade use using v ver version versions was when with
    release released releases update updated
    """.split()
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
_BREAKING = re.compile(
    r"\bbreaking[\s-]changes?\b|\bbackwards?[\s-]incompatib\w+|\bincompatible\s(?:api\s)?changes?\b"
    r"|\bnicht\sabwärtskompatibel\w*|\binkompatible\sänderung\w*|\bchangements?\sincompatibles?\b"
    r"|\bruptures?\sde\scompatibilité\b|\bcambios?\sincompatibles?\b|\bmodifiche\sincompatibili\b"
    r"|破壊的変更|不兼容",
    re.IGNORECASE,
)

_MAX_STOCK_WORDS = 14
_MAX_LABEL_WORDS = 6  # of a button
_MAX_SCANNED = 400
_MAX_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Facts:
    """The important facts that the difference concerns."""

    prices: tuple[tuple[str, str], ...] = ()  # old and new
    price_gone: str = ""  # and the main content has no other
    price_come: str = ""  # where the main content had none
    stock: tuple[str, str] | None = None
    versions: tuple[str, ...] = ()
    is_release: bool = False
    is_stated: bool = False  # the version is the value of a key that says version
    is_breaking: bool = False  # a release that may break what worked
    security: tuple[str, ...] = ()
    state: tuple[str, str] | None = None  # a word of state and its contrary: closed, open
    warning: str = ""  # new warning of a danger to people

    @property
    def has_price(self) -> bool:
        """Whether a price changed, went or came."""
        return bool(self.prices or self.price_gone or self.price_come)


def facts_of(removed: Sequence[Block], added: Sequence[Block]) -> Facts:
    """The facts that differ between the removed and the added blocks."""
    came, gone = _text(added), _text(removed)
    stated = _stated(came, gone)
    versions = stated or _new_versions(came, gone)
    is_release = bool(stated or (versions and _announces_release(came)))
    security = _new_security(came, gone)
    if is_release and not security:
        security = _new_security(came, "")
    return Facts(
        versions=tuple(versions),
        is_release=is_release,
        is_stated=bool(stated),
        is_breaking=is_release and _BREAKING.search(came) is not None,
        security=tuple(security),
        warning="" if warning_in(gone) else warning_in(came),
    )


def _text(blocks: Sequence[Block]) -> str:
    return " \n".join(block.text[:_MAX_CHARS] for block in blocks[:_MAX_SCANNED])


def _announces_release(text: str) -> bool:
    return bool(_NAMED_VERSION.search(text) and _RELEASE_WORDS.search(text))


def _new_security(came: str, gone: str) -> list[str]:
    """The vulnerabilities not mentioned before, by number, else by name."""
    numbers = _fresh(advisory_numbers(came), advisory_numbers(gone))
    return numbers or _fresh(security_phrases(came), security_phrases(gone))


def _fresh(came: Iterable[str], gone: Iterable[str]) -> list[str]:
    known = {text.casefold() for text in gone}
    return [text for text in came if text.casefold() not in known]


def _stated(came: str, gone: str) -> list[str]:
    """The new versions that are the value of a key, or all that a short line states."""
    keyed = _new(_STATED, came, gone, "number")
    if keyed:
        return keyed
    if labelled := _new(_LABELLED, came, gone, "number"):
        return labelled
    known = _lone(gone)
    return [number for number, around in _lone(came).items() if around in known.values()]


def _lone(text: str) -> dict[str, str]:
    """The versions at the end of a short line, each with the text before it."""
    found = {}
    for one in _LONE.finditer(text):
        number, around = one["number"], text[one.start() : one.start("number")]
        is_thousands = _THOUSANDS.fullmatch(number) or dates(number)
        if not (is_thousands or _NO_VERSION.search(around) or is_reference(around)):
            found[number] = around.strip().casefold()
    return found


def _new(pattern: re.Pattern[str], came: str, gone: str, group: int | str = 0) -> list[str]:
    found = (one[group] for one in pattern.finditer(came))
    return _fresh(dict.fromkeys(found), (one[group] for one in pattern.finditer(gone)))


def _new_versions(came: str, gone: str) -> list[str]:
    """The versions not mentioned before, each once, with its product if named."""
    known = {text.casefold() for pair in _versions(gone) for text in pair}
    found: dict[str, str] = {}
    for number, quote in _versions(came):
        if quote.casefold() not in known and len(quote) > len(found.get(number, "")):
            found[number] = quote
    return list(found.values())


def _versions(text: str) -> Iterator[tuple[str, str]]:
    """Each version as its number, and as it is quoted."""
    for found in _VERSION.finditer(text):
        start = found.start()
        around = text[max(found.start("number") - _ANNOUNCED, 0) : found.start("number")]
        if _NO_VERSION.search(around) or is_reference(around):
            continue
        name = found["name"] or ""
        is_name = name[:1].isupper() and name.casefold() not in _NO_NAME
        if is_name or _is_version(found, text, around):
            yield found["number"], text[start : found.end()] if is_name else found["number"]


def _is_version(found: re.Match[str], text: str, around: str) -> bool:
    """Whether a word or its place makes a number a version: no sum and no section has these."""
    if (found["name"] and not found["gap"]) or _SAYS_VERSION.search(around):
        return True
    rest = text[found.end() : found.end() + _ANNOUNCED]
    if _BEGINS_LINE.search(text[: found.start("number")][-_ANNOUNCED:]):
        return _ENDS_LINE.match(rest) is not None or rest.strip()[:1].islower()
    return found["number"].count(".") >= _STOPS_OF_A_RELEASE


def stock_change(removed: Sequence[Block], added: Sequence[Block]) -> tuple[str, str] | None:
    """The availability before and after, in words, when short blocks name it and it differs."""
    return stock_difference(stock_named(removed), stock_named(added))


def stock_besides(
    changed: tuple[Sequence[Block], Sequence[Block]], rest: tuple[Sequence[Block], Sequence[Block]]
) -> tuple[str, str] | None:
    """The availability before and after, when only one side's changed blocks name one.

    Shape: what they do not say, the unchanged blocks do, a button most often; `rest` holds all
           blocks before and after.
    """
    old, new = map(stock_named, changed)
    if (old is None) == (new is None):
        return None
    told = old or new
    if told is None or not told.is_out:
        return None
    return stock_difference(old or stock_named(rest[0]), new or stock_named(rest[1]))


def stock_difference(old: Availability | None, new: Availability | None) -> tuple[str, str] | None:
    """Both states in words, when both are known and are not of one kind."""
    if old is None or new is None or _kind(old) == _kind(new):
        return None
    return old.words, new.words


def stock_named(blocks: Sequence[Block]) -> Availability | None:
    """The first availability that one of the blocks names."""
    states = (availability(block) for block in blocks[:_MAX_SCANNED])
    return next((state for state in states if state is not Availability.UNKNOWN), None)


def availability(block: Block) -> Availability:
    """The availability that a short block names, or that the label of a button implies."""
    if block.words > _MAX_STOCK_WORDS:
        return Availability.UNKNOWN
    state = stock_of(block.text)
    if state is Availability.UNKNOWN and block.words <= _MAX_LABEL_WORDS:
        return _of_button(block.text)
    return state


def _of_button(label: str) -> Availability:
    if asks_to_wait(label):
        return Availability.OUT_OF_STOCK
    return Availability.IN_STOCK if offers_to_buy(label) else Availability.UNKNOWN


def _kind(state: Availability) -> object:
    """The kind of a state: low stock is still available, discontinued is still gone."""
    return "out" if state.is_out else "there" if state.is_buyable else state
