"""Other rules over a stored past: what would appear, vanish or be graded otherwise."""

from __future__ import annotations

import shutil
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from daemon.cli.root import run_words
from tests.cli.conftest import Cli, configure, process_as_it_was, serving

NEWS = "<p id=news>From May on a ferry leaves for the island every second hour, dogs welcome.</p>"
PRICE = "<p>The price of a licence is {} for a whole year.</p>"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site of three states: a price that moved, then news."""
    folder = tmp_path_factory.mktemp("past")
    with serving() as site, process_as_it_was(), chdir(folder), redirect_stdout(StringIO()):
        url = site.serve("/app", "App", PRICE.format("$20.00"))
        configure(folder, ("App", url))
        for more in ("", PRICE.format("$30.00"), PRICE.format("$30.00") + NEWS):
            site.serve("/app", "App", more or PRICE.format("$20.00"))
            assert run_words(["check", "--all"]) == 0
    return folder


@pytest.fixture
def rules(past: Path, folder: Path) -> Path:
    shutil.copytree(past, folder, dirs_exist_ok=True)
    return folder / "new.toml"


def replayed(cli: Cli, rules: Path, text: str, *words: str) -> list[str]:
    rules.write_text(text)
    done = cli("replay", "App", "--rules", str(rules), "--all", "--json", *words)
    assert done.code == 0, done.err
    return [line["effect"] for line in done.lines]


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("", ["same", "same"]),
        ("ignore = ['[$][0-9.]+']", ["vanishes", "same"]),
        ("exclude = ['#news']", ["same", "vanishes"]),
        ("exclude = ['//p/text()']", ["fails", "fails"]),
        ("include = ['#nothing']", ["vanishes", "vanishes"]),
        ("include = ['#news']", ["vanishes", "same"]),
        ("[[site]]\nname = 'App'\nurl = 'https://a.example/'\nexclude = ['p']", ["vanishes"] * 2),
    ],
)
def test_other_rules_judge_the_same_states(
    text: str, effects: list[str], cli: Cli, rules: Path
) -> None:
    assert replayed(cli, rules, text) == effects


def test_conditions_are_tried_out_on_the_past(cli: Cli, rules: Path) -> None:
    rules.write_text("include = ['p:nth-of-type(2)']\nabove = 25\nappears = ['css:#news']\n")
    done = cli("replay", "App", "--rules", str(rules), "--all", "--json")
    price, news = [line["now"]["summary"] for line in done.lines]
    assert price.startswith("$30.00 is above 25 (was $20.00).")
    assert news.startswith("'#news' appeared: “From May on a ferry leaves")


def test_a_choice_that_matches_nothing_in_the_past_is_said(cli: Cli, rules: Path) -> None:
    rules.write_text("include = ['#nothing']")
    done = cli("replay", "App", "--rules", str(rules), "--all", "--json")
    told = "Nothing is chosen: include[0]: '#nothing' matches nothing."
    assert [line["now"]["summary"] for line in done.lines] == [told, told]


def test_a_replay_writes_nothing(cli: Cli, rules: Path, folder: Path) -> None:
    before = (folder / "changelogger.db").read_bytes()
    replayed(cli, rules, "ignore = ['ferry']")
    assert (folder / "changelogger.db").read_bytes() == before
    assert len(cli("changes", "--json").lines) == 2


def test_only_what_differs_is_printed_with_a_closing_line(cli: Cli, rules: Path) -> None:
    rules.write_text("exclude = ['#news']")
    done = cli("replay", "App", "--rules", str(rules))
    head, row, end = done.out.splitlines()
    assert head.split("\t")[2:5] == ["EFFECT", "THEN", "NOW"]
    assert row.split("\t")[2] == "vanishes"
    assert end.startswith("2 steps replayed: 1 vanishes, 1 same; 2 mattered then, 1 would now")
    assert "; 1 notification instead of 2" in end


def test_only_what_is_asked_for_is_replayed(cli: Cli, rules: Path) -> None:
    assert replayed(cli, rules, "", "--since", "0") == []


def test_faults_of_the_rules_are_told_by_their_place(cli: Cli, rules: Path) -> None:
    rules.write_text("ignore = ['(']\nsensitivity = 7\nnonsense = 1")
    done = cli("replay", "App", "--rules", str(rules))
    assert done.code == 2
    for place in ("ignore", "sensitivity", "nonsense"):
        assert f"new.toml: {place}" in done.err


def test_a_configuration_without_the_site_is_told(cli: Cli, rules: Path) -> None:
    rules.write_text("[[site]]\nname = 'Other'\nurl = 'https://a.example/'")
    done = cli("replay", "App", "--rules", str(rules))
    assert done.code == 4
    assert "describes no site 'App'" in done.err


def test_rules_that_are_not_there_end_with_four(cli: Cli) -> None:
    done = cli("replay", "App", "--rules", "no.toml")
    assert (done.code, done.err) == (4, "changelogger: there is no file no.toml\n")
