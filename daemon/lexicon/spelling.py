"""Normalises spelling that people and their editors vary."""

from __future__ import annotations

import unicodedata

_FOLDED = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "«": '"',
        "»": '"', "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "\u00a0": " ", "\u202f": " ", "\u00ad": None, "\u200b": None, "\u200c": None,
        "\u200d": None, "\u2060": None, "\ufeff": None, "\u200e": None, "\u200f": None,
    }
)  # fmt: skip


def fold(text: str) -> str:
    """One spelling for quotes, dashes, spaces, ligatures and widths; invisible marks gone."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_FOLDED))


def plain(text: str) -> str:
    """The text in one spelling and one letter case, for looking up words."""
    return fold(text).casefold()
