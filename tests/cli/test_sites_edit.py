"""`sites edit`: what can be changed of a site, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from daemon.cli.commands.sites.edit import edit
from daemon.operations.editing import SITE_OPTIONS
from tests.cli.conftest import Cli, Site


@pytest.fixture
def blog(cli: Cli, site: Site, configured: Callable[..., Path]) -> Cli:
    configured()
    url = site.serve("/blog", "Blog")
    done = cli("sites", "add", url, "--name", "Blog", "--tag", "work", "--include", "main")
    assert done.code == 0, done.err
    return cli


def test_a_site_is_renamed_and_checked_at_other_times(blog: Cli) -> None:
    done = blog(
        "sites", "edit", "Blog", "--name", "News", "--every", "1h", "--tag", "a", "--tag", "b"
    )
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "changed News, from its next check on",
            "  name: Blog → News",
            "  tags: work → a, b",
            "  check_frequency: daily → 1h",
        ],
    )
    [shown] = blog("sites", "--json").lines
    assert (shown["name"], shown["check_frequency"], shown["tags"]) == ("News", "1h", ["a", "b"])
    assert shown["rules"]["include"] == ["main"]  # what is not given stays
    assert blog("sites", "edit", "Blog", "--every", "2h").code == 4


def test_an_option_becomes_as_usual_again(blog: Cli) -> None:
    blog("sites", "edit", "Blog", "--hours", "08:00-18:00", "--ignore", "x")
    done = blog(
        "sites", "edit", "Blog", "--unset", "hours", "--unset", "--include", "--unset", "tag"
    )
    assert "  hours: 08:00-18:00 → as usual" in done.out
    assert "  include: main → as usual" in done.out
    [shown] = blog("sites", "edit", "Blog", "--unset", "every", "--json").lines
    assert (shown["hours"], shown["tags"], shown["check_frequency"]) == (None, [], "daily")
    assert shown["rules"]["ignore"] == ["x"]
    assert "is so already" in blog("sites", "edit", "Blog", "--every", "daily").err


def test_what_cannot_be_changed_is_said(blog: Cli, site: Site) -> None:
    blog("sites", "add", site.serve("/two", "Two"), "--name", "Two")
    for words, why in (
        ((), "say what is to change"),
        (("--name", "Two"), "take another --name"),
        (("--every", "soon"), "--every:"),
        (("--include", "p:::"), "--include:"),
        (("--unset", "url"), "--unset knows no 'url'"),
        (("--unset", "hour"), 'did you mean "hours"?'),
        (("--unset", "name"), "--name"),
    ):
        refused = blog("sites", "edit", "Blog", *words)
        assert (refused.code, why in refused.err) == (2, True), (words, refused.err)
    [shown] = blog("sites", "list", "--search", "blog", "--json").lines
    assert (shown["name"], shown["tags"]) == ("Blog", ["work"])


def test_a_site_of_the_file_is_changed_at_its_line(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    path = configured(("One", site.serve("/one", "One")))
    cli("check", "--all")
    refused = cli("sites", "edit", "One", "--every", "1h")
    line = path.read_text().splitlines().index("[[site]]") + 1
    assert refused.code == 2
    assert f"'One' is managed by config.toml:{line}: change it there" in refused.err


def test_all_that_can_be_changed_has_an_option() -> None:
    options = {one.name for one in edit.params if isinstance(one, click.Option)}
    assert set(SITE_OPTIONS) <= options
    assert options - set(SITE_OPTIONS) == {"unset", "as_json", "config"}
