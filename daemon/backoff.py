"""How long to wait after a failure: longer after each in a row, up to a ceiling."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow by a factor with every failure in a row.

    Shape: `jitter` is the fraction of a wait by which it is randomly shortened or lengthened.
    """

    first_seconds: float
    ceiling_seconds: float
    factor: float = 2.0
    jitter: float = 0.0

    def wait_seconds(self, failures: int, randomness: float = 0.5) -> float:
        """How long to wait after this many failures in a row; fewer than one count as one.

        Shape: `randomness` is drawn from 0 to 1.
        """
        try:
            wait = self.first_seconds * math.pow(self.factor, max(failures, 1) - 1)
        except OverflowError:  # above any ceiling
            wait = self.ceiling_seconds
        return min(wait, self.ceiling_seconds) * (1 + self.jitter * (2 * randomness - 1))

    def waits(self) -> Iterator[float]:
        """The waits after the first failure, the second and so on, endlessly."""
        return (self.wait_seconds(failures) for failures in itertools.count(1))
