"""Two states of a site compared on the command line, whatever was told between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.cli.root import run_words
from tests.cli.conftest import Cli, configure, serving

WORDS = "The ferry goes at {} every day, and dogs are welcome on board."


@pytest.fixture
def states(cli: Cli, folder: Path) -> list[str]:
    """The ids of the three states of a site, the first one first; and that of another site."""
    with serving() as site:
        urls = [site.serve(path, "Ferry", WORDS.format("nine")) for path in ("/a", "/b")]
        configure(folder, ("Ferry", urls[0]), ("Other", urls[1]))
        for hour in ("nine", "ten", "noon"):
            site.serve("/a", "Ferry", WORDS.format(hour))
            assert run_words(["check", "--all"]) == 0
    found = [
        one["id"]
        for name in ("Ferry", "Other")
        for one in reversed(cli("history", name, "--json").lines)
        if one["event"] == "state"
    ]
    assert len(found) == 4
    return found


def test_two_states_that_no_change_is_between_are_compared(cli: Cli, states: list[str]) -> None:
    short = [one.replace("-", "")[-8:] for one in states]
    done = cli("diff", short[0], short[2])
    assert done.code == 0
    assert done.out.startswith("--- Ferry  ")
    assert "-" + WORDS.format("nine") in done.out
    assert "+" + WORDS.format("noon") in done.out
    assert "ten" not in done.out
    assert short[0] in cli("history", "Ferry").out


def test_the_flags_are_those_of_a_change(cli: Cli, states: list[str]) -> None:
    assert "{+nine+}" in cli("diff", states[2], states[0], "--words").out
    marks = {line["mark"] for line in cli("diff", *states[:2], "--json").lines}
    assert {"removed", "added"} <= marks


def test_what_cannot_be_compared_is_said(cli: Cli, states: list[str]) -> None:
    apart = cli("diff", states[0], states[3])
    assert apart.code != 0
    assert "only states of one site are compared" in apart.err
    unknown = cli("diff", states[0], "ffffffff")
    assert (unknown.code, "ffffffff" in unknown.err) == (4, True)
