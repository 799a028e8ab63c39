"""Reads when the owner of a site or a product wants it checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from daemon.model.request import Timing
from daemon.schedule.next_check import frequency_of
from daemon.store.tables import MonitoredSite, Product


def timing_columns(owned: type[MonitoredSite] | type[Product]) -> Sequence[Any]:
    """The columns that `timing_of` reads."""
    return owned.check_frequency, owned.time_zone, owned.hours, owned.days


def timing_of(row: Row[Any]) -> Timing:
    """The timing in a row.

    Errors: ValueError for one that no schedule can be made of.
    """
    timing = Timing(row.check_frequency, row.time_zone, row.hours, row.days)
    frequency_of(timing)
    return timing
