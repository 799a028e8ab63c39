"""The words by which a text is found, whatever its language, letter case and accents.

Both databases are given these words, not the text, so that they find the same: their own parsers
take addresses and numbers for one word, and drop or keep what their locale says. Scripts that put
no spaces between words, and Korean, which joins them, are found by each of their characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_WORD = 64  # what comes after it is not compared
_ACCENTS = re.compile("[\u0300-\u036f]")
# Cf but for these separates words: soft hyphens and joiners stand within one.
_WITHIN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"\S+")


class _Folds(dict[int, str]):
    """What `str.translate` makes of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


_FOLDS = _Folds()


def _folded(char: str) -> str:
    """A character as it stands in words: a letter without accents, or a space between words."""
    if char in _WITHIN:
        return ""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", char.casefold()))
    kept = "".join(c if _is_of_a_word(c) else " " for c in plain)
    whole = unicodedata.normalize("NFC", kept)
    return f" {whole} " if _UNSPACED.search(whole) else whole


def _is_of_a_word(char: str) -> bool:
    """Whether this is a letter, a mark on one, or a figure."""
    return unicodedata.category(char)[0] in "LMN"


def words_of(text: str) -> list[str]:
    """The words of a text, in their order."""
    whole = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return [word[:LONGEST_WORD] for word in whole.translate(_FOLDS).split()]


def is_open_ended(word: str) -> bool:
    """Whether longer words can begin with this one: not where each character is a word."""
    return not _UNSPACED.search(word)


def placed_words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text, each with where it begins and ends in it."""
    folded = text.translate(_FOLDS)
    if text.isascii():  # as long as the text
        for found in _WORD.finditer(folded):
            yield found[0][:LONGEST_WORD], found.start(), found.end()
        return
    word, start, end = "", 0, 0
    for place, char in enumerate([*text, " "]):
        part = _FOLDS[ord(char)]
        if word and (not part or not part[0].isspace()):
            head, *others = (word + part).split(" ")
        else:
            if word:
                yield word[:LONGEST_WORD], start, end
            head, *others = part.lstrip().split(" ") if part.strip() else ("",)
            start = place
        word, end = head, place + 1 if head else end
        for other in others:
            if word:
                yield word[:LONGEST_WORD], start, end
            word, start, end = other, place, place + 1
