"""How lengths of time and sizes are read and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.config import ScheduleConfig
from daemon.config.values import parse_length, parse_size, show_duration, show_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604_800), (" 2W ", 1_209_600)],
)
def test_a_length_is_read(text: str, seconds: int):
    assert parse_length(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0", "90s", "15m", "90m", "2h", "7d", "365d"])
def test_a_length_is_shown_as_it_may_be_written(text: str):
    assert show_duration(parse_length(text)) == text


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [(12, 12), ("12", 12), ("1 kB", 1000), ("2MB", 2_000_000), ("64 KiB", 65_536), ("1 GB", 10**9)],
)
def test_a_size_is_read(value: object, size_bytes: int):
    assert parse_size(value) == size_bytes


@pytest.mark.parametrize("text", ["0", "1000", "64 KiB", "10 MiB", "1 GiB"])
def test_a_size_is_shown_as_it_may_be_written(text: str):
    assert show_size(parse_size(text)) == text


def test_a_section_can_be_made_from_values():
    assert ScheduleConfig(lease=timedelta(minutes=3)).lease == timedelta(minutes=3)
