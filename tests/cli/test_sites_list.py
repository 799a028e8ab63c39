"""`sites list`: which sites, in which order, and how many."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

NAMES = ("Beta", "Alpha", "Gamma")


@pytest.fixture
def three(cli: Cli, site: Site, configured: Callable[..., Path]) -> Cli:
    """Three sites that the command line manages; the first was checked last."""
    configured()
    for name in NAMES:
        cli("sites", "add", site.serve(f"/{name.lower()}", name), "--name", name)
    for name in reversed(NAMES):
        assert cli("check", name).code == 0
    return cli


def listed(cli: Cli, *options: str) -> list[str]:
    done = cli("sites", "list", *options)
    assert done.code == 0, done.err
    return [line.split("\t")[0] for line in done.out.splitlines()[1:]]


def test_sites_are_sorted_searched_and_cut(three: Cli) -> None:
    assert listed(three) == ["Alpha", "Beta", "Gamma"]
    assert listed(three, "--sort", "checked") == ["Beta", "Alpha", "Gamma"]
    assert listed(three, "--search", "/ALPHA") == ["Alpha"]
    assert listed(three, "--limit", "2") == ["Alpha", "Beta"]
    assert "no site is so" in three("sites", "list", "--search", "%").err


def test_paused_and_muted_sites_are_listed_apart(three: Cli) -> None:
    three("sites", "pause", "Beta")
    three("sites", "mute", "Gamma")
    assert listed(three, "--paused") == ["Beta"]
    assert listed(three, "--silenced") == ["Gamma"]
    assert listed(three, "--sort", "next")[-1] == "Beta"


def test_an_id_names_a_site(three: Cli) -> None:
    lines = three("sites", "list", "--json").out.splitlines()
    ids = {one["name"]: one["id"] for one in map(json.loads, lines)}
    assert three("sites", "pause", ids["Beta"]).out == "paused Beta\n"
    assert json.loads(three("sites", "show", ids["Beta"], "--json").out)["name"] == "Beta"


def test_unseen_changes_are_listed_apart(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("One", site.serve("/one", "Tea at four")), ("Two", site.serve("/two", "Two")))
    cli("check", "--all")
    site.serve("/one", "Coffee at five, and cake for everybody who comes")
    cli("check", "--all")
    assert listed(cli, "--unseen") == ["One"]
    assert listed(cli, "--sort", "changed") == ["One", "Two"]


def test_a_site_is_printed_as_it_was(cli: Cli, site: Site, configured: Callable[..., Path]) -> None:
    configured(("One", site.serve("/one", "Tea at four")))
    cli("check", "--all")
    done = cli("sites", "at", "One", "0s")
    assert (done.code, "Tea at four" in done.out) == (0, True)
    assert "to this day" in done.err
    early = cli("sites", "at", "One", "2 days ago")
    assert (early.code, early.out) == (4, "")
    assert "nothing was known of One then: its first state is of" in early.err
    assert cli("sites", "at", "One", "whenever").code == 2
    assert cli("sites", "at", "Two", "0s").code == 4


def test_the_original_is_what_was_received(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("One", site.serve("/one", "Tea at four")))
    cli("check", "--all")
    assert cli("sites", "at", "One", "0s", "--original").out == site.answers["/one"][1]
