"""The note of where a daemon answers: whole or not there, and in nobody else's file."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.monitoring.address_note import NAME, AddressNote, noted, read_note

NOTE = AddressNote("127.0.0.1", 8787, 1, "")


def test_a_note_is_there_while_the_daemon_is_for_its_user_alone(tmp_path: Path) -> None:
    with noted(NOTE, tmp_path) as could:
        assert could
        assert read_note(tmp_path) == NOTE
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []


def test_a_note_follows_no_link_that_waits_under_its_name(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.write_text("precious")
    (tmp_path / f"{NAME}.{os.getpid()}").symlink_to(ours)
    with noted(NOTE, tmp_path) as could:
        assert could
        assert ours.read_text() == "precious"


def test_a_note_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with noted(NOTE, tmp_path) as could:
        assert not could
        assert [path.name for path in tmp_path.iterdir()] == [NAME]
