"""Where a site is told, and by which word of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

Configured = Callable[..., Path]
NAMED = 'notify = ["phone"]'
GROUPED = (
    f'\n[[group]]\ntag = "work"\n{NAMED}\n'
    '[[notify]]\nname = "phone"\nurl = "https://hook.example/hunter2"\n'
)


@pytest.fixture
def grouped(configured: Configured) -> Path:
    path = configured()
    path.write_text(path.read_text() + GROUPED)
    return path


def place_in(path: Path) -> str:
    """Where the group names its destination."""
    return f"{path.name}:{path.read_text().splitlines().index(NAMED) + 1}"


def test_show_names_the_destinations_of_a_site(cli: Cli, site: Site, grouped: Path) -> None:
    cli("sites", "add", site.serve("/a", "A"), "--name", "A", "--tag", "work")
    cli("sites", "add", site.serve("/b", "B"), "--name", "B")
    at = place_in(grouped)
    shown = cli("sites", "show", "A").out
    assert f"told on   phone (group work, {at})\n" in shown
    assert (
        "told on   nothing: no [[notify]] or destination of its owner is for it\n"
        in cli("sites", "show", "B").out
    )
    [found] = cli("sites", "show", "A", "--json").lines
    assert found["destinations"] == [{"name": "phone", "where": f"group work, {at}"}]
    cli("sites", "tag", "B", "+work")
    assert "told on   phone" in cli("sites", "show", "B").out


def test_diff_says_which_group_narrows_a_destination(cli: Cli, grouped: Path) -> None:
    cli("sites")  # makes the database
    grouped.rename("new.toml")
    Path("config.toml").write_text(Path("new.toml").read_text().replace(f"{NAMED}\n", ""))
    [found] = cli("config", "diff", "new.toml", "--json").lines
    [route] = [one for one in found["changes"] if one["kind"] == "notify"]
    assert route["name"] == "phone"
    [setting] = found["settings"]
    assert (setting["setting"], setting["new"]) == ("groups.work.notify", ["phone"])
    assert "hunter2" not in str(found)
    assert setting["where"] == place_in(Path("new.toml"))
    Path("new.toml").rename("config.toml")
    assert f'tags = ["work"]  # group work, {place_in(grouped)}' in cli("config", "show").out
