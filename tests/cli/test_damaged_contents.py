"""A database some of whose stored contents cannot be read: every command says so, and goes on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import chdir, closing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from daemon.cli.root import run_words
from tests.cli.conftest import Cli, configure, process_as_it_was, serving

PRICE = "<p>The price of a licence is {} for a whole year.</p>"
NEWS = "<p id=news>From May on a ferry leaves for the island every second hour, dogs welcome.</p>"
STATES = (PRICE.format("$20.00"), PRICE.format("$30.00"), PRICE.format("$30.00") + NEWS)
DAMAGE = {
    "garbage": "UPDATE contents SET data = x'28b52ffd00'",
    "missing": "DELETE FROM contents",
}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site of three states."""
    folder = tmp_path_factory.mktemp("past")
    with serving() as site, process_as_it_was(), chdir(folder), redirect_stdout(StringIO()):
        url = site.serve("/app", "App", STATES[0])
        configure(folder, ("App", url))
        for more in STATES:
            site.serve("/app", "App", more)
            assert run_words(["check", "--all"]) == 0
    return folder


@pytest.fixture(params=list(DAMAGE))
def database(request: pytest.FixtureRequest, past: Path, folder: Path) -> Path:
    shutil.copytree(past, folder, dirs_exist_ok=True)
    [path] = folder.glob("*.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(DAMAGE[request.param])
    return path


@pytest.mark.usefixtures("database")
def test_a_change_is_shown_as_it_was_written_down(cli: Cli) -> None:
    change = cli("changes", "--json").lines[0]
    done = cli("diff", change["short_id"])
    assert done.code == 0
    assert "cannot be read (stored content is" in done.err
    assert "ferry" in done.out
    assert cli("diff", change["short_id"], "--json").code == 0
    assert cli("changes", "show", change["short_id"]).code == 0


@pytest.mark.usefixtures("database")
def test_a_replay_names_what_fails_and_goes_on(cli: Cli, folder: Path) -> None:
    (folder / "new.toml").write_text('ignore = ["ferry"]')
    done = cli("replay", "App", "--rules", "new.toml", "--all", "--json")
    assert done.code == 0
    assert [one["effect"] for one in done.lines] == ["fails", "fails"]
    assert all("stored content is" in one["now"]["summary"] for one in done.lines)


@pytest.mark.usefixtures("database")
def test_what_is_ignored_leaves_such_states_out(cli: Cli) -> None:
    done = cli("sites", "noise", "App")
    assert done.code == 0
    assert "is left out: stored content is" in done.err


@pytest.mark.usefixtures("database")
def test_sites_are_exported_all_the_same(cli: Cli) -> None:
    assert cli("export", "sites.toml").code == 0


@pytest.mark.usefixtures("database")
def test_a_backup_is_made_counts_them_and_can_be_put_back(cli: Cli) -> None:
    done = cli("backup", "kept.db")
    assert done.code == 0
    assert "6 stored contents cannot be read" in done.err
    [shown] = cli("backup", "other.db", "--json").lines
    assert shown["damaged_contents"] == 6
    assert cli("restore", "kept.db", "--replace").code == 0
    assert len(cli("changes", "--json").lines) == 2


@pytest.mark.usefixtures("database")
def test_a_copy_is_made_is_equal_and_counts_them(cli: Cli) -> None:
    for _ in range(2):
        done = cli("db", "copy", "--to", "sqlite:///copy.db")
        assert done.code == 0
        assert "6 stored contents cannot be read" in done.err
        assert "by checksum" in done.out
    [shown] = cli("db", "copy", "--to", "sqlite:///copy.db", "--json").lines
    assert (shown["is_equal"], shown["damaged_contents"]) == (True, 6)
    assert {one["added"] for one in shown["tables"]} == {0}


def test_the_site_is_shown_as_begun_anew_until_its_next_change(cli: Cli, folder: Path) -> None:
    with serving() as site:
        configure(folder, ("App", site.serve("/app", "App", STATES[0])))
        cli("check", "App")
        [path] = folder.glob("*.db")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(DAMAGE["garbage"])
        site.serve("/app", "App", STATES[1])
        [anew] = cli("check", "App", "--json").lines
        assert (anew["verdict"], anew["error_class"]) == ("initial", None)
        assert "history_lost" in cli("sites", "show", "App", "--json").lines[0]["flags"]
        assert "the state before could not be read" in cli("sites", "show", "App").out
        site.serve("/app", "App", STATES[2])
        cli("check", "App")
        assert "could not be read" not in cli("sites", "show", "App").out


def test_whole_contents_are_no_news(past: Path, folder: Path, cli: Cli) -> None:
    shutil.copytree(past, folder, dirs_exist_ok=True)
    done = cli("backup", "kept.db")
    assert (done.code, "cannot be read" in done.err) == (0, False)
    assert "cannot be read" not in cli("db", "copy", "--to", "sqlite:///copy.db").err


@pytest.mark.parametrize("words", [("--all",), ("App",)])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_a_check_says_that_a_site_begins_anew(
    cli: Cli, folder: Path, damage: str, words: tuple[str, ...]
) -> None:
    with serving() as site:
        configure(folder, ("App", site.serve("/app", "App", STATES[0])))
        assert "begun anew" not in cli("check", *words).out
        with closing(sqlite3.connect(folder / "changelogger.db")) as connection, connection:
            connection.execute(damage)
        site.serve("/app", "App", STATES[1])
        told = " ".join(cli("check", *words).out.split())
        assert "begun anew: the state before cannot be read (stored content is" in told
        assert "begun anew" not in cli("check", *words).out
