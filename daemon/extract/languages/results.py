"""Makes one value of the results of a query that gives any number of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from daemon.extract.jsonlines import as_lines

MAX_RESULTS = 100_000


def as_value(results: Iterable[Any]) -> Any:
    """The value that stands for these results; None when they are nothing.

    Shape:  one result is itself; of several, plain ones have a line each, as jq prints them, so
            that one more is one more line, and others are the items of a list.
    Errors: ValueError when there are too many.
    """
    values = list(islice(results, MAX_RESULTS + 1))
    if len(values) > MAX_RESULTS:
        raise ValueError(f"it gives more than {MAX_RESULTS:,} results")
    if len(values) == 1:
        return values[0]
    if all(value is None for value in values):
        return None
    if any(isinstance(value, dict | list) for value in values):
        return values
    return "\n".join(map(as_lines, values))
