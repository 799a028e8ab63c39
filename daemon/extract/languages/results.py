"""Makes one value of the results of a query that gives any number of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from daemon.extract.jsonlines import as_lines

MAX_RESULTS = 100_000


class Results(list[Any]):
    """Several results, each of its own: not a list that is one result."""


def as_value(results: Iterable[Any]) -> Any:
    """The value that stands for these results; None when they are nothing.

    Errors: ValueError when there are too many.
    """
    values = Results(islice(results, MAX_RESULTS + 1))
    if len(values) > MAX_RESULTS:
        raise ValueError(f"it gives more than {MAX_RESULTS:,} results")
    if len(values) == 1:
        return values[0]
    return None if all(value is None for value in values) else values


def lines_of(value: Any) -> str:
    """The lines of what a query gave.

    Shape:  of several results, plain ones have a line each, as jq prints them, so that one more is
            one more line; others are the items of a list.
    Errors: as those of `as_lines`.
    """
    if isinstance(value, Results) and not any(isinstance(one, dict | list) for one in value):
        return "\n".join(map(as_lines, value))
    return as_lines(value)
