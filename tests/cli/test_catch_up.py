"""`catch-up`: what was missed, for a person and for programs."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import chdir, closing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from daemon.cli.root import run_words
from tests.cli.conftest import Cli, configure, process_as_it_was, serving

URGENT = "<p>A critical security vulnerability was fixed: upgrade to version 3.2.0 at once.</p>"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one site has changed twice, one stayed as it was, and one has failed."""
    folder = tmp_path_factory.mktemp("seen")
    with serving() as site, process_as_it_was(), chdir(folder), redirect_stdout(StringIO()):
        app, still = site.serve("/app", "App releases"), site.serve("/s", "Still")
        gone = site.serve("/gone", "Here")
        configure(folder, ("App", app), ("Still", still), ("Gone", gone))
        run_words(["check", "--all"])
        for more in (URGENT, URGENT + "<p>And version 3.3.0 came with four new features.</p>"):
            site.serve("/app", "App releases", more)
            run_words(["check", "--all"])
    with process_as_it_was(), chdir(folder), redirect_stdout(StringIO()):
        run_words(["check", "Gone"])  # nobody answers any more
    return folder


@pytest.fixture
def folder_of(seen: Path, folder: Path) -> Path:
    shutil.copytree(seen, folder, dirs_exist_ok=True)
    return folder


def test_each_site_is_one_line_and_what_was_not_seen_is_said(folder_of: Path, cli: Cli) -> None:
    assert folder_of.exists()
    told = cli("catch-up", "--since", "1h").out
    head, _, rest = told.partition("\n")
    assert head.startswith("since ")
    assert ": 2 changes on 1 site, " in head
    [line] = [one for one in rest.splitlines() if "\tApp\t" in one]
    assert line.split("\t")[4] == "2"
    assert "critical security vulnerability" in line
    assert "no daemon has ever run" in rest
    assert "  Gone: failing since " in rest
    assert "Still" not in rest


def test_programs_get_one_object_for_each_thing(folder_of: Path, cli: Cli) -> None:
    assert folder_of.exists()
    site, gone = cli("catch-up", "--json").lines
    assert (site["kind"], site["changes"], site["change"]["site"]) == ("site", 2, "App")
    assert (gone["kind"], gone["site"], gone["state"]) == ("not_seen", "Gone", "failing")
    assert gone["why"].startswith("connect")


def test_nothing_has_changed_since(folder_of: Path, cli: Cli) -> None:
    with closing(sqlite3.connect(folder_of / "changelogger.db")) as database:
        database.execute("UPDATE content_updates SET detected_at = '2020-01-01 00:00:00.000000'")
        database.commit()
    assert ": nothing has changed" in cli("catch-up").out


def test_a_tag_that_no_site_has_is_told(folder_of: Path, cli: Cli) -> None:
    assert folder_of.exists()
    answer = cli("catch-up", "--tag", "nothing")
    assert answer.code != 0
    assert "tag" in answer.err


@pytest.mark.parametrize("since", ["whenever", "2999-01-01"])
def test_a_time_that_is_none_is_refused(since: str, cli: Cli) -> None:
    answer = cli("catch-up", "--since", since)
    assert answer.code == 2
    assert "--since" in answer.err
