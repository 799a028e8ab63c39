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
    assert "'App' is managed by config.toml:9: write its tags there" in done.err


def test_what_a_group_gives_is_shown_with_its_place(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    path = configured(
        ("App", site.serve("/app", "App")),
        more='[[group]]\ntag = "work"\ncheck_frequency = "3h"\n'
        'headers = { Cookie = "sid=hunter2" }\n',
    )
    path.write_text(path.read_text() + 'type = "blog"\ntags = ["work"]\n')
    assert cli("check", "App").code == 0
    shown = cli("sites", "show", "App").out
    for line in (
        'check_frequency = "3h"  # group work, config.toml:10',
        'headers = { "Cookie" = "***" }  # group work, config.toml:11',
        "main_content = true  # type blog, built in",
        'name = "App"  # config.toml:14',
    ):
        assert line in shown.splitlines()
    assert "hunter2" not in shown
    [found] = cli("sites", "show", "App", "--json").lines
    assert found["where"]["check_frequency"] == "group work, config.toml:10"
    lines = cli("config", "show").out.splitlines()
    assert "[[group]]  # config.toml:8" in lines
    assert lines.count('check_frequency = "3h"  # group work, config.toml:10') == 1
    assert cli("config", "show", "--json").lines[0]["group"][0]["tag"] == "work"


def test_an_edit_of_a_group_is_previewed_with_its_place(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    group = '[[group]]\ntag = "work"\ncheck_frequency = "3h"\n'
    proxy = '[[proxy]]\nname = "way"\nurl = "http://127.0.0.1:3128"\n'
    path = configured(("App", site.serve("/app", "App")), more=group)
    path.write_text(path.read_text() + 'tags = ["work"]\n')
    cli("check", "App")
    path.with_name("new.toml").write_text(proxy + path.read_text().replace('"3h"', '"4h"'))
    found = cli("config", "diff", "new.toml").out.splitlines()
    assert "      check_frequency: 3h → 4h  # group work, new.toml:13" in found
    assert "  ~ groups.work.check_frequency: 3h → 4h  # new.toml:13" in found
    assert any(line.startswith("  ~ proxies.way.url: not set → ") for line in found)
    assert "new.toml:3" in "".join(found)


def test_what_is_added_takes_what_its_groups_give(
    cli: Cli, configured: Callable[..., Path]
) -> None:
    configured(more='[[group]]\ntag = "work"\ncheck_frequency = "3h"\nsort_lines = true\n')
    assert cli("sites", "add", URL, "--name", "Blog", "--tag", "work").out.endswith("(3h)\n")
    assert "it stays" in cli("sites", "tag", "Blog", "-work").err
    [listed] = cli("sites", "--json").lines
    assert (listed["check_frequency"], listed["rules"]) == ("3h", {"sort_lines": True})


def test_what_a_group_gives_survives_an_export_and_an_import(
    cli: Cli, configured: Callable[..., Path], folder: Path
) -> None:
    path = configured(more='[[group]]\ntag = "work"\nsort_lines = true\nintent = "all"\n')
    tagged = ("--name", "Blog", "--tag", "work", "--intent", "mine")
    cli("sites", "add", URL, *tagged)
    cli("sites", "add", URL + "2", "--name", "Plain")
    cli("sites", "tag", "Plain", "work")
    before = cli("export").out
    assert "sort_lines = false" in before  # which the group would set where it is imported
    (folder / "sites.toml").write_text(before)
    for name in ("Blog", "Plain"):
        cli("sites", "remove", name)
    assert cli("import", "sites.toml").code == 0
    assert cli("export").out == before
    whole = (
        path.read_text()
        + '[[site]]\nname = "New"\nurl = "https://example.org/n"\ntags = ["work"]\n'
    )
    (folder / "whole.toml").write_text(whole)
    path.write_text("")
    assert cli("import", "whole.toml").code == 6  # its other tables are not carried over
    [new] = [one for one in cli("sites", "--json").lines if one["name"] == "New"]
    assert new["rules"] == {"sort_lines": True, "intent": "all"}


def test_what_is_imported_gets_one_more_tag(cli: Cli, folder: Path) -> None:
    lines = "name,url,tags,what\nA,https://a.example/,old,site\nK,https://k.example/,,product\n"
    (folder / "sheet.csv").write_text(lines)
    assert cli("import", "sheet.csv", "--tag", "New").code == 0
    assert [one["tags"] for one in cli("sites", "--json").lines] == [["old", "new"]]
    assert [one["tags"] for one in cli("products", "--json").lines] == [["new"]]
    assert "--tag: " in cli("import", "sheet.csv", "--tag", "a,b").err
