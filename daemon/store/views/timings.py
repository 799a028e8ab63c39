"""Reads when the owner of a site or a product wants it checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from daemon.model.request import NO_RHYTHM, Rhythm, Timing, timing_in
from daemon.schedule.next_check import frequency_of
from daemon.store.tables import MonitoredSite, Product


def timing_columns(owned: type[MonitoredSite] | type[Product]) -> Sequence[Any]:
    """The columns that `timing_of` reads."""
    return owned.check_frequency, owned.time_zone, owned.hours, owned.days, owned.detect_within


def timing_of(row: Row[Any]) -> Timing:
    """The timing in a row.

    Errors: ValueError for one that no schedule can be made of.
    """
    timing = timing_in(row)
    frequency_of(timing)
    return timing


def rhythm_of(stored: Any) -> Rhythm:
    """The rhythm in a JSON column.

    Errors: msgspec.ValidationError for any other content of the column.
    """
    return NO_RHYTHM if stored == {} else msgspec.convert(stored, Rhythm)
