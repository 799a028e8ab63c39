from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import chdir, closing, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from daemon.cli.root import run_words
from daemon.display.times import ago, until
from daemon.store.core.database import Database
from daemon.store.search.keeping import IndexKeeper
from daemon.wording import short_duration
from tests.cli.conftest import Cli, Site, configure, process_as_it_was, serving
from tests.making import in_database

Configured = Callable[..., Path]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URGENT = "<p>A critical security vulnerability was fixed: upgrade to version 3.2.0 at once.</p>"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sites that were checked twice, of which one had changed."""
    folder = tmp_path_factory.mktemp("seen")
    with serving() as site, process_as_it_was(), chdir(folder), redirect_stdout(StringIO()):
        app, still = site.serve("/app", "App releases"), site.serve("/s", "Still")
        configure(folder, ("App", app), ("Still", still))
        assert run_words(["check", "--all"]) == 0
        site.serve("/app", "App releases", URGENT)
        assert run_words(["check", "--all"]) == 0
    return folder


@pytest.fixture
def changed(seen: Path, folder: Path, cli: Cli) -> str:
    """That folder as the working directory; the short id of the change."""
    shutil.copytree(seen, folder, dirs_exist_ok=True)
    [change] = cli("changes", "--json").lines
    short_id: str = change["short_id"]
    return short_id


def test_changes_are_listed_with_what_a_reader_needs(changed: str, cli: Cli) -> None:
    [head, row] = cli("changes").out.splitlines()
    assert head.split("\t") == ["ID", "AT", "SEVERITY", "SURE", "SITE", "SUMMARY"]
    cells = row.split("\t")
    assert (cells[0], cells[4]) == (changed, "App")
    assert "critical security vulnerability" in cells[5]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["App"], 1),
        (["Still"], 0),
        (["--significant"], 1),
        (["--severity", "minor,moderate"], 0),
        (["--severity", "major,critical"], 1),
        (["--since", "1h"], 1),
        (["--since", "2099-01-01"], 0),
        (["--last-run"], 1),
        (["--limit", "0"], 1),
    ],
)
def test_changes_are_narrowed(words: list[str], found: int, changed: str, cli: Cli) -> None:
    assert changed
    assert len(cli("changes", *words, "--json").lines) == found


def test_changes_are_searched_once_that_is_on_and_built(
    changed: str, folder: Path, cli: Cli
) -> None:
    done = cli("changes", "--search", "vulnerability")
    assert done.code == 2
    assert "search_changes = true under [web] in config.toml" in done.err
    path = folder / "config.toml"
    path.write_text(path.read_text().replace("[web]", "[web]\nsearch_changes = true"))
    done = cli("changes", "--search", "vulnerability")
    assert done.code == 4
    assert "no change can be found yet" in done.err
    in_database(f"sqlite+aiosqlite:///{folder}/changelogger.db", index)
    for words, found in (
        ("vulnerab", [changed]),
        ('app "critical security"', [changed]),
        ("vulnerability -critical", []),
        ("nothing such", []),
    ):
        lines = cli("changes", "--search", words, "--json").lines
        assert [line["short_id"] for line in lines] == found
    assert cli("changes", "Still", "--search", "vulnerability", "--json").lines == []
    done = cli("changes", "--search", "***")
    assert done.code == 2
    assert "no letters or figures" in done.err


async def index(database: Database) -> None:
    await IndexKeeper(database).step(NOW, seconds=600)


def test_the_last_run_is_the_last_one(changed: str, cli: Cli) -> None:
    assert changed
    cli("check", "--all")  # nobody answers any more, which is no change
    assert cli("changes", "--last-run", "--json").lines == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--severity", "huge"], "minor, moderate, major, critical"),
        (["--since", "soon"], "write today, yesterday"),
    ],
)
def test_a_wrong_filter_says_what_is_right(words: list[str], hint: str, cli: Cli) -> None:
    done = cli("changes", *words)
    assert done.code == 2
    assert hint in " ".join(done.err.split())


def test_the_urls_of_changed_sites_are_for_other_programs(changed: str, cli: Cli) -> None:
    assert changed
    [url] = cli("changes", "--urls").out.splitlines()
    assert url.endswith("/app")


def test_a_change_is_shown_whole(changed: str, cli: Cli) -> None:
    done = cli("changes", "show", changed)
    assert done.code == 0
    for word in ("App releases", "reasons", "sure that it matters", changed, "what differs"):
        assert word in done.out
    assert "  +A critical security vulnerability was fixed" in done.out
    [shown] = cli("changes", "show", changed, "--json").lines
    assert shown["reasons"]
    assert "+A critical" in shown["diff"]


def test_a_diff_in_lines_is_that_of_diff_u(changed: str, cli: Cli) -> None:
    lines = cli("diff", changed).out.splitlines()
    assert lines[0].startswith("--- App  ")
    assert lines[1].startswith("+++ App  ")
    assert lines[2].startswith("@@ -")
    assert "+A critical security vulnerability was fixed" in "\n".join(lines)
    assert " Older releases are kept for two years, on a server of their own." in lines


def test_a_diff_in_words_sets_off_what_differs(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured(("App", site.serve("/app", "App", "<p>The limit is 100 requests a minute.</p>")))
    cli("check", "App")
    site.serve("/app", "App", "<p>The limit is 250 requests a minute.</p>")
    cli("check", "App")
    [change] = cli("changes", "--json").lines
    plain = cli("diff", change["short_id"], "--words").out
    assert "- The limit is [-100-] requests a minute." in plain
    assert "+ The limit is {+250+} requests a minute." in plain
    coloured = cli("diff", change["short_id"], "--color").out
    assert "\x1b[32m\x1b[1m\x1b[4m250\x1b[0m" in coloured


def test_a_diff_for_programs(changed: str, cli: Cli) -> None:
    lines = cli("diff", changed, "--json").lines
    assert {line["mark"] for line in lines} >= {"same", "added"}


@pytest.mark.parametrize("command", [["diff"], ["changes", "show"]])
@pytest.mark.parametrize(
    ("word", "code", "told"),
    [
        ("ffffffff", 4, "there is no change 'ffffffff'; see `changes`"),
        ("xyz", 2, "'xyz' is no id"),
        ("12", 2, "'12' is no id"),
    ],
)
def test_an_id_that_is_none(
    command: list[str], word: str, code: int, told: str, changed: str, cli: Cli
) -> None:
    assert changed
    done = cli(*command, word)
    assert (done.code, told in done.err) == (code, True)


def test_a_history_tells_changes_states_and_attempts(changed: str, cli: Cli) -> None:
    cli("check", "Still")
    cli("check", "Still")
    events = cli("history", "App", "--json").lines
    assert [event["event"] for event in events][1:] == ["state", "changed", "state", "initial"]
    assert any(changed in row for row in cli("history", "App").out.splitlines())
    rows = [row.split("\t") for row in cli("history", "Still").out.splitlines()[1:]]
    assert [row[1] for row in rows] == ["failed ×2", "unchanged", "state", "initial"]


def test_a_history_of_nobody(changed: str, cli: Cli) -> None:
    assert changed
    assert cli("history", "Nobody").code == 4


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (86400, "1d"), (86400 * 30, "4w")],
)
def test_a_length_is_told_by_its_largest_unit(seconds: int, words: str) -> None:
    assert short_duration(seconds) == words
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_what_is_due_is_due_now() -> None:
    assert until(NOW - timedelta(hours=1), NOW) == "now"
    assert until(None, NOW) == ago(None, NOW) == "–"


def test_a_rating_is_kept_and_shown(changed: str, cli: Cli) -> None:
    done = cli("changes", "rate", changed, "noise", "--json")
    [rated] = done.lines
    assert rated["site_ratings"] == {"useful": 0, "noise": 1}
    assert rated["leaning"] == -0.405
    [shown] = cli("changes", "show", changed, "--json").lines
    assert [(one["user_id"], one["verdict"]) for one in shown["ratings"]] == [("local", "noise")]
    assert "noise by local" in cli("changes", "show", changed).out
    [noise] = [
        one for one in cli("sites", "noise", "App", "--json").lines if one["why"] == "ratings"
    ]
    assert noise["what"] == "0 useful, 1 noise"
    assert cli("changes", "rate", changed, "none").code == 0
    assert cli("sites", "noise", "App", "--json").lines == []


def test_a_rating_by_nobody_is_refused(changed: str, cli: Cli) -> None:
    done = cli("changes", "rate", changed, "useful", "--user", "nobody")
    assert done.code == 4
    assert "there is no user 'nobody'" in done.err


def test_a_change_shows_all_its_reasons_and_analyses(changed: str, cli: Cli) -> None:
    [shown] = cli("changes", "show", changed, "--json").lines
    assert [one["analyser"] for one in shown["analyses"]] == ["rules/2"]
    assert shown["analysis_status"] == "done"
    assert shown["compared_with"] is None
    told = cli("changes", "show", changed).out
    assert all(reason["text"] in told for reason in shown["reasons"])
    assert shown["category"] in told


def test_what_is_ignored_is_told_with_its_reason(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/app", "App", "<p>12,004 views</p><p>updated 3 hours ago</p>")
    configured(("App", url), more="")
    path = Path("config.toml")
    path.write_text(path.read_text() + "ignore = ['kept for \\w+ years']\n")
    assert cli("check", "App").code == 0
    found = {
        (one["why"], one["detail"]): one for one in cli("sites", "noise", "App", "--json").lines
    }
    assert found["mask", "counters"]["what"] == "12,004 views"
    assert found["mask", "ages"]["lines"] == 1
    assert sum(one["lines"] for (why, _), one in found.items() if why == "ignore") == 1


def test_what_moves_by_itself_is_told_as_ignored(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/app", "App", "<p>Guest number 12</p>")
    configured(("App", url))
    assert cli("check", "App").code == 0
    line = {"above": "", "below": "", "template": "guest number #", "example": "Guest number 12"}
    with closing(sqlite3.connect("changelogger.db")) as stored, stored:
        known = json.dumps({"lines": [line], "asked_at": None})
        stored.execute("UPDATE monitored_sites SET volatile = ?", (known,))
    [one] = cli("sites", "noise", "App", "--json").lines
    assert (one["why"], one["what"]) == ("moving", "Guest number 12")
    site.serve("/app", "App", "<p>Guest number 13</p>")
    assert [line["verdict"] for line in cli("check", "App", "--json").lines] == ["unchanged"]


def test_a_wall_is_told_in_plain_words(cli: Cli, site: Site, configured: Configured) -> None:
    url = site.serve("/app", "Members only", "<form><input type='password'></form>")
    configured(("App", url))
    assert cli("check", "App").code == 1
    done = cli("sites", "list", "--failing")
    assert done.code == 1
    assert done.out.splitlines()[1].split("\t")[:2] == ["App", "login wall"]
    [listed] = cli("sites", "--json").lines
    assert (listed["state"], listed["blind_spot"]) == ("blind", "login_wall")
