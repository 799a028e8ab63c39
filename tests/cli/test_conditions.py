"""Conditions on the command line: tried, added, shown, exported and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Cli, Site

URL = "https://example.org/blog"


def test_conditions_are_tried_added_shown_and_exported(
    cli: Cli, configured: Callable[..., Path], site: Site
) -> None:
    url = site.serve("/app", "App", "<p class=price>55.00 €</p>")
    configured()
    asked = ["--include", ".price", "--below", "50", "--appears", "css:#new"]
    tried = cli("check", url, *asked)
    assert "condition: below 50: does not hold (55.00 €)" in tried.out
    assert "condition: appears css:#new: does not hold" in tried.out
    assert cli("sites", "add", url, "--name", "App", *asked).code == 0
    cli("check", "App")
    site.serve("/app", "App", "<p class=price>48.00 €</p>")
    [found] = cli("check", "App", "--json").lines
    assert found["change"]["conditions"] == ["48.00 € is below 50 (was 55.00 €)"]
    assert [(one["condition"], one["holds"], one["shown"]) for one in found["conditions"]] == [
        ("appears css:#new", False, ""),
        ("below 50", True, "48.00 €"),
    ]
    shown = cli("sites", "show", "App").out
    assert "below 50: holds (48.00 €), for " in shown
    assert "of its conditions alone, and of failures" in shown
    assert cli("sites", "show", "App", "--json").lines[0]["notify_on"] == "conditions"
    [change] = cli("changes", "--json").lines
    said = cli("changes", "show", change["short_id"]).out
    assert "48.00 € is below 50 (was 55.00 €)" in said
    assert "below was asked for" in said
    exported = cli("export").out
    assert 'appears = ["css:#new"]' in exported
    assert 'below = "50"' in exported


def test_a_condition_without_a_number_is_said_by_list_and_show(
    cli: Cli, configured: Callable[..., Path], site: Site
) -> None:
    url = site.serve("/app", "App", "<p class=price>Sold out</p>")
    configured()
    cli("sites", "add", url, "--name", "App", "--include", ".price", "--changes-by", "5%")
    cli("check", "App")
    assert cli("sites").out.splitlines()[1].split("\t")[1] == "undecided"
    assert (
        "changes_by 5 %: cannot be told: no number in 'Sold out'" in cli("sites", "show", "App").out
    )
    cli("sites", "add", site.serve("/b", "B", "<p>Quiet</p>"), "--name", "Quiet")
    cli("check", "--all")
    assert "changes_by 5 %: cannot be told" in cli("check", "--all").out


def test_a_condition_that_can_never_hold_is_refused(cli: Cli) -> None:
    done = cli("sites", "add", URL, "--below", "x", "--appears", "re:(", "--changes-by", "0")
    assert done.code == 2
    for option in ("--below:", "--appears:", "--changes-by:"):
        assert f"changelogger: {option}" in done.err
