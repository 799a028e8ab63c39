"""Asking by tag on the command line, and changing tags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Cli, Site

URL = "https://example.org/blog"


def test_sites_are_asked_for_by_tag(cli: Cli, site: Site, configured: Callable[..., Path]) -> None:
    site.serve("/filed", "Filed")
    path = configured()
    path.write_text(
        path.read_text() + f'[[site]]\nname = "Filed"\nurl = "{site.url("/filed")}"\n'
        'tags = ["Work"]\n'
    )
    for name, tags in (("One", ["WORK", "old"]), ("Two", [])):
        given = [word for tag in tags for word in ("--tag", tag)]
        added = cli("sites", "add", site.serve(f"/{name}", name), "--name", name, *given)
        assert added.code == 0
    assert "3 checked" not in cli("check", "--tag", "work").out
    assert sorted(site.asked) == ["/One", "/filed", "/robots.txt"]
    listed = cli("sites", "list", "--tag", "Work", "--json").lines
    assert [(one["name"], one["tags"]) for one in listed] == [
        ("Filed", ["work"]), ("One", ["work", "old"]),
    ]  # fmt: skip
    assert "tags      work, old" in cli("sites", "show", "One").out
    assert "One: muted" in cli("sites", "mute", "--tag", "old").out
    assert "Filed" in cli("sites", "pause", "--tag", "work").err
    assert cli("sites", "tag", "One", "+new", "-work", "Odd").out == "One: old, new, odd\n"
    assert cli("sites", "pause", "--tag", "odd").out == "paused One\n"
    assert cli("changes", "--tag", "new").code == 0
    assert 'tags = ["old", "new", "odd"]' in cli("export", "--tag", "new").out
    assert "Two" not in cli("export", "--tag", "new", "--tag", "old").out


def test_tags_that_nothing_has_or_that_are_none_are_refused(cli: Cli) -> None:
    cli("sites", "add", URL, "--name", "Blog", "--tag", "work")
    for words in (
        ("sites", "list"), ("sites", "mute"), ("changes",), ("check",), ("export",),
    ):  # fmt: skip
        done = cli(*words, "--tag", "wrok")
        assert done.code == 4, words
        assert "with the tag 'wrok'; did you mean work?" in done.err
    assert "with a comma" in cli("sites", "add", URL + "2", "--tag", "a,b").err
    assert "--tag: " in cli("sites", "add", URL + "2", "--tag", "a,b").err
    assert cli("sites", "list", "--tag", "a,b").code == 2
    assert "must not begin with" in cli("sites", "tag", "Blog", "++a").err
    assert "name what you mean" in cli("sites", "pause").err


def test_the_tags_of_the_file_are_changed_there(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured(("App", site.serve("/app", "App")))
    cli("check", "App")
    done = cli("sites", "tag", "App", "+new")
    assert done.code == 2
    assert "'App' is managed by config.toml:7: write its tags there" in done.err
