"""Removes people's addresses, numbers and keys from a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.redaction import SECRET_WORDS

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+|\(0|00|0)?\(?\d{1,5}\)?(?:[ ./()-]{1,2}\d{1,5}){2,6}(?![\w%])"
    r"|(?<![\w.,/-])\+\d{9,15}(?!\w)"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?: \d{3}){2,}")
_YEAR_FIRST = re.compile(r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}")
_DAY_FIRST = re.compile(r"\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d")
_PHONE_DIGITS = range(9, 16)
_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d.,])")
# Pages use these words without a credential after them: "cookie settings".
_SPOKEN_OF = frozenset({"cookie", "signature", "authentication"})
_NAMES = "|".join(word.replace(" ", "[ _-]?") for word in SECRET_WORDS if word not in _SPOKEN_OF)
_NAMED = re.compile(
    rf"((?:{_NAMES})[a-z]{{0,4}}[\"']?\s{{0,3}}[:= ]\s{{0,3}}[\"']?)([^\s\"',;]{{6,}})",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|xox[abp]|AKIA|AIza|glpat|hf|ya29)[-_]?[\w-]{12,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
)
_OPAQUE = re.compile(r"(?<![\w/-])[\w+/-]{24,}={0,2}(?![\w/-])")


@dataclass(frozen=True, slots=True)
class Masks:
    """What is removed before a text is sent."""

    emails: bool = True
    phones: bool = True
    tokens: bool = True


def without_private(text: str, masks: Masks) -> str:
    """The text with `[email]`, `[phone]`, `[number]` and `[token]` in place of what is private.

    Shape: errs on the side of too much; dates, prices and versions stay.
    """
    if masks.emails:
        text = _EMAIL.sub("[email]", text)
    if masks.tokens:
        text = _NAMED.sub(r"\1[token]", text)
        text = _KEY.sub("[token]", text)
        text = _OPAQUE.sub(_opaque, text)
    if masks.phones:
        text = _PHONE.sub(_phone, text)
    return _CARD.sub("[number]", text) if masks.tokens else text


def _opaque(found: re.Match[str]) -> str:
    """Mask only machine-made strings: mixed-case or hexadecimal letters with digits."""
    word = found.group()
    digits = sum(character.isdigit() for character in word)
    cases = any(c.islower() for c in word) and any(c.isupper() for c in word)
    is_hexadecimal = all(c in "0123456789abcdefABCDEF-" for c in word)
    return "[token]" if digits >= 3 and (cases or is_hexadecimal) else word


def _phone(found: re.Match[str]) -> str:
    text = found.group()
    digits = sum(character.isdigit() for character in text)
    is_date = _YEAR_FIRST.search(text) or _DAY_FIRST.search(text)
    is_version = set(text) <= set("0123456789.") and not text.startswith("0")
    is_other = is_date or is_version or _THOUSANDS.fullmatch(text)
    return text if digits not in _PHONE_DIGITS or is_other else "[phone]"
