"""The option `--since`, for every command that has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from daemon.display.since import parse_since
from daemon.display.times import utc_now


class SinceParam(click.ParamType[datetime]):
    """The type of a past instant; with `parse_at` a day means its end, not its beginning."""

    name = "time"

    def __init__(self, parse: Callable[[str, datetime], datetime] = parse_since) -> None:
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant, or click's error for a wrong option."""
        if isinstance(value, datetime):
            return value
        try:
            return self._parse(str(value), utc_now())
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


SINCE = click.option(
    "--since",
    type=SinceParam(),
    metavar="TIME",
    help="Only from then on: yesterday, friday, '2 days ago', 7d, 2026-11-20, …",
)
