"""Estimates how likely a difference is to matter, by its features and its owner's ratings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import exp, log, log1p
from pathlib import Path

from daemon.analyse import genre
from daemon.analyse.features import Features
from daemon.analyse.grade import MINOR_WORDS
from daemon.model.change import ChangeType
from daemon.model.site import NO_RATINGS, Ratings
from daemon.model.volatile_lines import VolatileLine

FLOOR, CEILING = 0.02, 0.98
BOUND = 1.5  # of the ratings; odds of 0.5 become 0.18 at the least and 0.82 at the most
_PRIOR = 2.0  # ratings of each kind assumed before the first
_SENTENCE_WORDS = 15
_WALL = {True: 0.95, False: 0.85}


def signals(found: Features) -> dict[str, float]:
    """The figures that the model weighs, by name.

    Units: `size` is the logarithm of the differing words over the threshold of minor, -2 to
           2.5; the other counts are logarithms; shares are 0 to 1; flags are 0 or 1.
    """
    longest = max(found.longest_added, found.longest_removed)
    is_scattered = found.genre == genre.TECHNICAL and 0 < longest < _SENTENCE_WORDS
    is_told = found.tells_more
    return {
        "size": _size(found.main_words),
        "facts": float(found.has_facts),
        "few_words": float(is_told and not found.has_facts),
        "release": float(found.facts.is_release and found.genre != genre.LEGAL),
        "slight": float((found.only_numbers or found.is_rewording) and not is_told),
        "scattered": float(is_scattered and not is_told),
        "outside_words": log1p(min(found.outside_words, 300)),
        "chrome_words": log1p(min(found.chrome_words, 300)),
        "restless": found.unrest.share,
    }


def _size(words: int) -> float:
    border = log1p(MINOR_WORDS + 0.5)
    return max(-2.0, min(2.5, log1p(words) - border))


@cache
def _model() -> Mapping[str, float]:
    text = Path(__file__).with_name("confidence.json").read_text("utf-8")
    coefficients: dict[str, float] = json.loads(text)["coefficients"]
    return coefficients


def contributions(found: Features) -> dict[str, float]:
    """What each signal adds to the log-odds of mattering."""
    model = _model()
    return {name: model.get(name, 0.0) * value for name, value in signals(found).items()}


def likelihood(found: Features, leaning: float = 0.0) -> float:
    """How likely a difference is to matter, 0.02 to 0.98.

    Units:  `leaning` is what the owner's ratings add to the log-odds.
    Source: a logistic model; confidence.json says on what it was fitted, how and when.
    """
    odds = _model().get("bias", 0.0) + sum(contributions(found).values()) + leaning
    return min(CEILING, max(FLOOR, 1 / (1 + exp(-odds))))


def confidence_of(found: Features, significant: bool, leaning: float = 0.0) -> float:
    """How likely the verdict is right: never below 0.5, as the rules decide."""
    likely = likelihood(found, leaning)
    return round(max(0.5, likely if significant else 1 - likely), 3)


def of_wall(named: bool) -> float:
    """How likely a page is a block page: by its words, or by its size alone."""
    return _WALL[named]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about a site besides its states."""

    ratings: Ratings = NO_RATINGS
    is_settled: bool = False  # it has been as small as this for long
    volatile: tuple[VolatileLine, ...] = ()  # change at every visit
    is_back: bool = False  # what comes and goes is news this time
    least: ChangeType | None = None  # the grade that it has at the least
    told_at: tuple[datetime, ...] = ()  # when changes were told: their lines are news again


def leaning(ratings: Ratings, sensitivity: float = 0.0) -> float:
    """What is added to the log-odds that a change of this site matters.

    Units: the ratings' part is the logarithm of (useful + 2) / (noise + 2), -1.5 to 1.5; the
           sensitivity, within the same bounds, is added to it.
    """
    odds = log((ratings.useful + _PRIOR) / (ratings.noise + _PRIOR))
    return _bounded(odds) + _bounded(sensitivity)


def _bounded(value: float) -> float:
    return max(-BOUND, min(BOUND, value))
