"""Splits a block's text into the words that count as content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import unescape
from unicodedata import category

from daemon.compare.dates import mask_dates
from daemon.compare.named_masks import Mask, mask_of
from daemon.lexicon.noise_rules import NoiseRule, applies
from daemon.lexicon.spelling import fold

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
_WORD = re.compile(rf"[^\W_{_CJK}]+|[{_CJK}]")
_PLAIN_WORD = re.compile(r"[^\W_]+")  # of a text without ideographs, read twice as fast
# Marks with a meaning of their own: -6 and -$6, < 18, A+, C#, 18+, 5 %, €, ✓ and ✗.
# Each is one character, which is looked for first.
_SIGN = re.compile(
    r"[-<>+#$%\x80-\U0010ffff](?:(?<=-)(?<![\w)\]]-)(?=[^\w\s]?\d)|(?<=[<>])(?=\s?\d)"
    r"|(?<=\b[^\W\d_][+#-])(?!\w)|(?<=[\d+]\+)|(?<=[$%])"
    r"|(?<=[^\w\s\x00-\x7f©®°←-⇿■-◿]))"
)
_SAYING = frozenset({"Sc", "Sm", "So"})
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\s]{0,2000}(?:\([^()\s]{0,200}\))?[^()\n]{0,200}\)")
_LINK = re.compile(
    r"\[((?:[^\[\]\n]|\[[^\[\]\n]{0,200}\]){0,2000})\]"
    r"\((?:<[^>\n]{0,2000}>|[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?)"
    r"(?:\s+[\"'][^\"'\n]{0,300}[\"'])?\s?\)"
)
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)([^>\s]{1,500})>")
# Shorthand of specification sources and wikis: [=dfn/for=], {{Interface/member}}, [[Page|name]].
_SHORTHAND = re.compile(
    r"\[=(?P<dfn>[^\]=\n]{1,120})=\]|\{\{(?P<idl>[^{}\n]{1,120})\}\}"
    r"|\[\[\[?(?P<cite>[^\[\]\n]{1,120})\]?\]\]|\|(?P<var>[\w\s]{1,60}):[^|\n]{1,60}\|"
)
_TAG = re.compile(
    r"</?(?:a|b|i|u|p|br|hr|em|li|ol|ul|td|th|tr|div|img|sub|sup|code|font|span|strong|table|tbody"
    r"|thead|h[1-6])(?:\s[^<>]{0,1000})?/?>",
    re.IGNORECASE,
)
MAX_CHARS = 200_000
_mask: ContextVar[tuple[Mask, tuple[str, ...] | None]] = ContextVar(
    "mask", default=(mask_of(None), None)
)


def without_markup(text: str) -> str:
    """The text with one spelling, without Markdown links, images and source shorthand."""
    text = fold(text[:MAX_CHARS])
    return text if text.isalpha() else unmarked(text)


def unmarked(text: str) -> str:
    """The text without Markdown links and images, tags, entities and source shorthand."""
    if "](" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub(" ", text))
    if "<" in text:
        text = _TAG.sub(" ", _AUTOLINK.sub(r"\1", text))
    if "&" in text:
        text = unescape(text)
    if "[" in text or "{{" in text or "|" in text:
        text = _SHORTHAND.sub(_shown, text)
    return text


def _shown(found: re.Match[str]) -> str:
    if found["var"]:
        return found["var"]
    if found["cite"]:
        return " " if found["cite"].isupper() else found["cite"].split("|")[-1]
    body = found["dfn"] or found["idl"]
    return body.split("|")[-1].split("/")[-1].strip()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in their order, lower case; each ideograph is a word."""
    word = _PLAIN_WORD if text.isascii() else _WORD
    return tuple(word.findall(text.casefold()))


@lru_cache(maxsize=4096)
def steady(text: str) -> tuple[str, ...]:
    """The words that stay from visit to visit: no ages, counters, clocks, tokens."""
    return words_of(masked(text))


@lru_cache(maxsize=4096)
def signs(text: str) -> tuple[str, ...]:
    """The marks with a meaning of their own: a minus, + and -, %, €, ✓, a coloured dot."""
    marks = _SIGN.findall(masked(text))
    return tuple(mark for mark in marks if mark.isascii() or category(mark) in _SAYING)


def said(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The steady words and the signs: what a text says, in any spelling."""
    return steady(text), signs(text)


@lru_cache(maxsize=4096)
def dateless(text: str) -> tuple[str, ...]:
    """The steady words without dates, years and times of day."""
    return words_of(mask_dates(masked(text)))


def undated(text: str) -> tuple[str, ...]:
    """The steady words, without dates unless these count as words in this judgement."""
    return dateless(text) if is_applied(NoiseRule.DATES) else steady(text)


@lru_cache(maxsize=4096)
def masked(text: str) -> str:
    """The text without Markdown and source shorthand, ages, counters, clocks, tokens."""
    mask, _ = _mask.get()
    return mask(without_markup(text))


def is_applied(rule: NoiseRule) -> bool:
    """Whether a noise rule applies in this judgement."""
    return applies(rule, _mask.get()[1])


def is_named(rule: NoiseRule) -> bool:
    """Whether the owner asked for a noise rule, which then has the last word."""
    return rule in (_mask.get()[1] or ())


@contextmanager
def judged_with(names: tuple[str, ...] | None) -> Iterator[None]:
    """Judge with the noise rules of these names; by itself with all of them.

    Shape: no text outlives its judgement.
    """
    _forget()
    before = _mask.set((mask_of(names), names))
    try:
        yield
    finally:
        _mask.reset(before)
        _forget()


def _forget() -> None:
    for cached in (steady, signs, dateless, masked):
        cached.cache_clear()
