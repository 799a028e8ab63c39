"""Alternatives that are tried by their first letter match what they matched one by one."""

from __future__ import annotations

import re

from daemon.lexicon.phrases import by_first_letter

WORDS = r"terms|tiers|third part\w+|licen[cs]e|liab\w+|cookies?|όροι"
TEXT = "the terms of third parties, a licence, liability, cookies, a cookie; ciers, όροι, term"


def test_grouped_alternatives_match_the_same() -> None:
    apart, grouped = (re.compile(rf"\b(?:{one})\b") for one in (WORDS, by_first_letter(WORDS)))
    assert grouped.findall(TEXT) == apart.findall(TEXT)
    assert len(grouped.findall(TEXT)) == 7
