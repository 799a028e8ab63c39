"""An owner's ratings and sensitivity in; how far they move the odds of mattering out."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from daemon.model import NO_RATINGS, Ratings
from daemon.volatile import VolatileLine

BOUND = 1.5  # of the ratings; odds of 0.5 become 0.18 at the least and 0.82 at the most
_PRIOR = 2.0  # so many ratings of each kind are taken as given before the first


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a site beside its states."""

    ratings: Ratings = NO_RATINGS
    is_settled: bool = False  # it has been as small as this for long
    volatile: tuple[VolatileLine, ...] = ()  # moves by itself


def leaning(ratings: Ratings, sensitivity: float = 0.0) -> float:
    """What is added to the log-odds that a change of this site matters.

    Units: the ratings' part is the logarithm of (useful + 2) / (noise + 2), -1.5 to 1.5; the
           sensitivity, within the same bounds, is added to it.
    """
    odds = log((ratings.useful + _PRIOR) / (ratings.noise + _PRIOR))
    return _bounded(odds) + _bounded(sensitivity)


def _bounded(value: float) -> float:
    return max(-BOUND, min(BOUND, value))
