"""A place in a list can be read again, and nobody can build one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from daemon.web.cursors import read_cursor, write_cursor

KEY, ID = b"k" * 32, UUID(int=7)
AT = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("value", [AT, "Ünïcode\n", "", None])
def test_a_place_is_read_as_it_was_written(value: datetime | str | None) -> None:
    assert read_cursor(KEY, write_cursor(KEY, value, ID)) == (value, ID)


def test_a_place_of_another_run_is_not_known() -> None:
    with pytest.raises(ValueError, match="not known any more"):
        read_cursor(b"another", write_cursor(KEY, AT, ID))


def test_a_changed_place_is_not_known() -> None:
    place = write_cursor(KEY, AT, ID)
    for index, character in enumerate(place):
        other = "A" if character != "A" else "B"
        changed = place[:index] + other + place[index + 1 :]
        with pytest.raises(ValueError, match="not known any more"):
            read_cursor(KEY, changed)


@pytest.mark.parametrize("text", ["", "=", "a", "€", "A" * 12, "A" * 5000, "....", "\x00"])
def test_what_is_no_place_is_not_known(text: str) -> None:
    with pytest.raises(ValueError, match="not known any more"):
        read_cursor(KEY, text)
