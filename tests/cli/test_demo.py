from __future__ import annotations

from pathlib import Path

import pytest

from daemon.demo import play
from daemon.model import ChangeType
from tests.cli.conftest import Cli


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that move on fast, for a short test."""
    monkeypatch.setattr(play, "INTERVAL_SECONDS", 1.0)


@pytest.mark.usefixtures("quick")
def test_the_demonstration_prints_changes_and_ends_by_itself(cli: Cli, folder: Path) -> None:
    done = cli("demo", "--seconds", "4", "--json")
    assert done.code == 0
    changes = done.lines
    assert len(changes) >= 2
    for change in changes:
        assert ChangeType(change["change_type"])
        assert 0 <= change["confidence_score"] <= 1
        assert change["site"]
        assert change["summary"]
        assert change["reasons"]
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("quick")
def test_the_demonstration_can_be_kept_and_looked_at_again(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("demo", "--seconds", "2", "--keep", "kept")
    assert done.code == 0
    assert "9 pages at http://127.0.0.1:" in done.out
    assert "times nothing but noise" in done.out
    database = folder / "kept" / "changelogger.db"
    assert f"sqlite:///{database}" in done.err
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", f"sqlite:///{database}")
    assert len(cli("sites", "--json").lines) == 9
    assert cli("demo", "--keep", "kept").code == 2
