"""Normalises spelling that people and their editors vary."""

from __future__ import annotations

import re
import unicodedata

_FOLDED = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "…": "...", "\u00a0": " ", "\u202f": " ", "\u00ad": "", "\u200b": "", "\u200c": "",
    "\u200d": "", "\u2060": "", "\ufeff": "", "\u200e": "", "\u200f": "",
}  # fmt: skip
_FOLDABLE = re.compile(f"[{''.join(_FOLDED)}]")


def fold(text: str) -> str:
    """One spelling for quotes, dashes, spaces, ligatures and widths; invisible marks gone."""
    if text.isascii():
        return text
    # Few characters of a text are meant; a table would be asked about each.
    return unicodedata.normalize("NFKC", _FOLDABLE.sub(_folded, text))


def _folded(found: re.Match[str]) -> str:
    return _FOLDED[found[0]]


def plain(text: str) -> str:
    """The text in one spelling and one letter case, for looking up words."""
    return fold(text).casefold()
