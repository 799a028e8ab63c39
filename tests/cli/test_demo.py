from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from daemon.cli.commands.process.stage import Stage
from daemon.demo import play
from daemon.logs import setup as logs
from daemon.model.change import ChangeType
from daemon.model.outcome import Outcome
from daemon.operations.installation.opening import prepare
from daemon.runtime.observer import Observer, Observers
from tests.cli.conftest import Cli, process_as_it_was
from tests.living import PATIENCE_SECONDS


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that move on fast, for a short test."""
    monkeypatch.setattr(play, "INTERVAL_SECONDS", 1.0)


def play_until(changes: int, folder: Path, stage: Stage) -> None:
    """Run the demonstration until so many changes were told."""

    class Until(Observer):
        left = changes

        def on_checked(self, outcome: Outcome) -> None:
            self.left -= sum(one.update is not None for one in outcome.sites)
            if self.left <= 0:
                running.cancel()

    async def main() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            both = Observers(stage, Until())
            await play.play(folder, both, lambda site: stage.open(site, None))

    with process_as_it_was(), asyncio.Runner() as runner:
        logs.configure("error", "console")
        prepare(play.demo_config(folder))
        running = runner.get_loop().create_task(main())
        with pytest.raises(asyncio.CancelledError):
            runner.get_loop().run_until_complete(running)


@pytest.mark.usefixtures("quick")
def test_the_demonstration_tells_each_change_as_an_object(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_until(3, folder, Stage(as_json=True, began=0.0))
    changes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(changes) >= 3
    for change in changes:
        assert ChangeType(change["change_type"])
        assert 0 <= change["confidence_score"] <= 1
        assert change["site"]
        assert change["summary"]
        assert change["reasons"]


@pytest.mark.usefixtures("quick")
def test_the_demonstration_tells_people_what_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(as_json=False, began=0.0)
    play_until(1, folder, stage)
    stage.close(None)
    out = capsys.readouterr().out
    assert "A made-up web of 9 pages is checked every second" in out
    assert "% sure" in out
    assert "times nothing but noise" in out


def test_a_folder_that_cannot_be_made_is_said(cli: Cli, folder: Path) -> None:
    (folder / "file").touch()
    done = cli("demo", "--seconds", "1", "--keep", "file/below")
    assert done.code == 2
    assert done.err == "changelogger: no folder can be made at file/below: Not a directory\n"


def test_the_demonstration_ends_by_itself_and_leaves_nothing(cli: Cli, folder: Path) -> None:
    done = cli("demo", "--seconds", "1", "--json")
    assert done.code == 0
    assert done.err == ""
    assert list(folder.iterdir()) == []


def test_the_demonstration_can_be_kept_and_looked_at_again(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("demo", "--seconds", "1", "--keep", "kept")
    assert done.code == 0
    database = folder / "kept" / "changelogger.db"
    assert f"sqlite:///{database}" in done.err
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", f"sqlite:///{database}")
    assert cli("sites", "list").code == 0
    assert cli("demo", "--keep", "kept").code == 2


def test_the_demonstration_can_be_watched_in_a_browser(cli: Cli, folder: Path) -> None:
    [first, *changes] = cli("demo", "--seconds", "2", "--web", "--json").lines
    assert first["pages_at"].startswith("http://127.0.0.1:")
    assert all("change_type" in change for change in changes)


async def test_a_newcomer_sees_changes_come_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = asyncio.get_running_loop().create_future()

    class Opened(Observer):
        def on_pages_open(self, address: str) -> None:
            opened.set_result(address)

    stage = Stage(as_json=False, began=0.0)
    await asyncio.to_thread(prepare, play.demo_config(folder))
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as browser:
        both = Observers(stage, Opened())
        task = group.create_task(play.play(folder, both, lambda site: None, has_pages=True))
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with browser.get(await opened) as answer:
                assert answer.status == 200
                assert "Health" in await answer.text()
        task.cancel()
    assert f"Open {opened.result()} to see it all" in capsys.readouterr().out
