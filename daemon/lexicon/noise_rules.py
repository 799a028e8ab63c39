"""The noise rules by their names: what may be left out of a comparison because it is no news."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class NoiseRule(StrEnum):
    """One kind of noise, by the name that `mask` takes."""

    AGES = "ages"
    CACHE_BUSTERS = "cache_busters"
    GENERATION_TIMES = "generation_times"
    CLOCKS = "clocks"
    COUNTERS = "counters"
    COPYRIGHT_YEARS = "copyright_years"
    REFERENCES = "references"
    TOKENS = "tokens"
    CHECKSUMS = "checksums"
    DATES = "dates"
    MOVING_LINES = "moving_lines"
    FLICKERING_LINES = "flickering_lines"


# What each takes out, with an example where there is one.
MEANINGS: Mapping[NoiseRule, str] = MappingProxyType(
    {
        NoiseRule.AGES: 'how long ago something was: "3 hours ago"',
        NoiseRule.CACHE_BUSTERS: (
            "parameters of addresses that only avoid caches or say where a visitor came from: "
            '"?v=8", "?utm_source=mail"'
        ),
        NoiseRule.GENERATION_TIMES: 'when or how fast a page was made: "generated in 0.2 s"',
        NoiseRule.CLOCKS: 'times to the second, and one time of day that keeps pace: "12:30:05"',
        NoiseRule.COUNTERS: 'how many saw, liked or rated it: "1,204 views"',
        NoiseRule.COPYRIGHT_YEARS: 'the year beside a copyright: "© 2026"',
        NoiseRule.REFERENCES: 'the number of this request: "Ray ID: 8f0a11"',
        NoiseRule.TOKENS: "UUIDs, long random words, session keys, the visitor's own address",
        NoiseRule.CHECKSUMS: "hexadecimal numbers of twelve digits or more",
        NoiseRule.DATES: 'dates, years, times of day and weekdays: "3 May 2026"',
        NoiseRule.MOVING_LINES: "lines that were different at every visit, also twice in a row",
        NoiseRule.FLICKERING_LINES: "short lines that came and went in the states before",
    }
)
# These are learned from earlier visits; the others follow from the text alone.
LEARNED = frozenset({NoiseRule.MOVING_LINES, NoiseRule.FLICKERING_LINES})


def applies(rule: NoiseRule, mask: tuple[str, ...] | None) -> bool:
    """Whether a noise rule applies to a region or a whole page: all do unless some are named."""
    return mask is None or rule in mask
