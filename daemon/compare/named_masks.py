"""The masks by the names of the noise rules, and a list of what they take out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from types import MappingProxyType

from daemon.compare import masks
from daemon.compare.dates import dates, mask_dates
from daemon.lexicon.noise_rules import NoiseRule
from daemon.lexicon.spelling import fold

Mask = Callable[[str], str]
_MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class NamedMask:
    """How one noise rule finds its first part of a line, and takes all of them out."""

    first: Callable[[str], str | None]
    remove: Mask


def _by_pattern(pattern: re.Pattern[str], left: str = " ") -> NamedMask:
    def first(line: str) -> str | None:
        hit = pattern.search(line)
        return None if hit is None else hit.group()

    return NamedMask(first, lambda line: pattern.sub(left, line))


def _first_date(line: str) -> str | None:
    return next(iter(dates(line)), None)


# In the order in which they are applied: what one takes, the next no longer finds.
NAMED_MASKS: Mapping[NoiseRule, NamedMask] = MappingProxyType(
    {
        NoiseRule.CACHE_BUSTERS: _by_pattern(masks.QUERY, r"\1"),
        NoiseRule.GENERATION_TIMES: _by_pattern(masks.GENERATED),
        NoiseRule.CLOCKS: _by_pattern(masks.CLOCK),
        NoiseRule.COUNTERS: _by_pattern(masks.COUNTERS),
        NoiseRule.COPYRIGHT_YEARS: _by_pattern(masks.COPYRIGHT, r"\1 "),
        NoiseRule.AGES: _by_pattern(masks.RELATIVE),
        NoiseRule.REFERENCES: _by_pattern(masks.REFERENCES),
        NoiseRule.TOKENS: _by_pattern(masks.TOKENS_ALONE),
        NoiseRule.CHECKSUMS: _by_pattern(masks.CHECKSUMS),
        NoiseRule.DATES: NamedMask(_first_date, mask_dates),
    }
)
# Dates alone are a small change, not none, unless `mask` names them.
_BY_ITSELF = tuple(rule for rule in NAMED_MASKS if rule is not NoiseRule.DATES)


def mask_of(names: Sequence[str] | None) -> Mask:
    """The mask of the named rules; by itself that of all but dates.

    Shape: a name may also be that of a rule which is learned: it takes nothing out of a line.
    """
    return masks.mask if names is None else _mask_of(frozenset(names))


@cache
def _mask_of(names: frozenset[str]) -> Mask:
    removing = [named.remove for rule, named in NAMED_MASKS.items() if rule in names]

    def mask(line: str) -> str:
        if len(line) > masks.MAX_MASKED_CHARS:
            return line
        return reduce(lambda left, remove: remove(left), removing, line)

    return mask


@dataclass(frozen=True, slots=True)
class Masked:
    """One kind of noise in a text: on how many lines, and the first of them."""

    rule: NoiseRule
    lines: int
    example: str


def masked(text: str, names: Sequence[str] | None = None) -> tuple[Masked, ...]:
    """What the masks of these names take out of a text, or out of its first 20,000 lines."""
    mask, rules = mask_of(names), _BY_ITSELF if names is None else _named(names)
    found: dict[NoiseRule, list[str]] = {}
    for line in text.split("\n")[:_MAX_LINES]:
        folded = fold(line)
        if mask(folded) != folded:
            for rule, part in _parts(folded, rules):
                found.setdefault(rule, []).append(part)
    return tuple(
        Masked(rule, len(found[rule]), found[rule][0]) for rule in NoiseRule if rule in found
    )


def _named(names: Sequence[str]) -> tuple[NoiseRule, ...]:
    return tuple(rule for rule in NAMED_MASKS if rule in names)


def _parts(line: str, rules: Sequence[NoiseRule]) -> Iterator[tuple[NoiseRule, str]]:
    """The first part that each rule takes out of one line."""
    for rule in rules:
        named = NAMED_MASKS[rule]
        if (part := named.first(line)) is not None:
            yield rule, " ".join(part.split())
            line = named.remove(line)
