"""Sites that discover pages, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

ADD = ("--name", "Docs", "--discover", "links")


@pytest.fixture(autouse=True)
def may_ask_loopback(configured: Callable[..., Path]) -> None:
    configured()


def lists(site: Site, *paths: str) -> str:
    for path in paths:
        site.serve(path, f"Page {path}")
    return site.serve("/list", "List", "".join(f"<a href='{path}'>{path}</a>" for path in paths))


def test_adding_says_which_pages_are_found_and_how_many_are_left_out(cli: Cli, site: Site) -> None:
    url = lists(site, "/a", "/b", "/c")
    done = cli("sites", "add", url, *ADD, "--discover-limit", "2")
    assert done.code == 0
    assert f"pages: 3 pages listed: {site.url('/a')}, {site.url('/b')}" in done.err
    assert "left out: 1 of them, over discover_limit = 2" in done.err


def test_adding_says_why_no_pages_are_found(cli: Cli, site: Site) -> None:
    done = cli("sites", "add", lists(site, "/a"), *ADD, "--discover-match", "/x*")
    assert "no pages are found yet: discover_match matches none of the 1 pages" in done.err


def test_a_site_shows_what_it_discovers_and_a_page_by_what_it_was_found(
    cli: Cli, site: Site
) -> None:
    cli("sites", "add", lists(site, "/a", "/b", "/c"), *ADD, "--discover-limit", "2")
    cli("check", "Docs")
    shown = cli("sites", "show", "Docs").out
    assert "pages by its links" in shown
    assert "3 pages listed, 2 watched" in shown
    assert "1 page: over discover_limit = 2" in shown
    assert "found by  Docs" in cli("sites", "show", "Docs: /a").out
    [facts] = cli("sites", "show", "Docs", "--json").lines
    assert facts["pages"] == {"listed": 3, "watched": 2}


def test_a_page_that_was_found_is_removed_with_its_site_alone(cli: Cli, site: Site) -> None:
    cli("sites", "add", lists(site, "/a"), *ADD)
    cli("check", "Docs")
    done = cli("sites", "remove", "Docs: /a")
    assert done.code == 2
    assert "'Docs: /a' is a page that 'Docs' discovers: remove that one, pause this one" in done.err
    assert cli("sites", "remove", "Docs").code == 0
    assert cli("sites", "list", "--json").lines == []


def test_a_check_lists_new_pages(cli: Cli, site: Site) -> None:
    cli("sites", "add", lists(site, "/a"), *ADD)
    cli("check", "Docs")
    lists(site, "/a", "/b")
    done = cli("check", "Docs")
    assert "1 new page: /b (/b)." in done.out
    assert f"pages: 2 pages listed: {site.url('/a')}" in done.out


def test_what_is_exported_is_imported_again(cli: Cli, site: Site) -> None:
    options = ("--discover-match", "/a*", "--discover-within", "main", "--discover-limit", "7")
    cli("sites", "add", lists(site, "/a"), *ADD, *options)
    cli("check", "Docs")
    for format_ in ("toml", "json", "csv"):
        exported = cli("export", "--format", format_, f"all.{format_}")
        assert exported.code == 0
    before = cli("export").out
    assert "Docs: /a" not in before
    for format_ in ("toml", "json", "csv"):
        cli("sites", "remove", "Docs")
        assert cli("import", f"all.{format_}").code == 0
        assert cli("export").out == before


def test_pages_beyond_the_limit_of_their_owner_are_said_to_be(cli: Cli, site: Site) -> None:
    url = lists(site, "/a", "/b", "/c")
    assert cli("sites", "add", url, *ADD).code == 0
    assert cli("users", "limit", "local", "--sites", "2").code == 0
    assert cli("check", "Docs").code == 0
    shown = cli("sites", "show", "Docs")
    assert "left out" in shown.out
    assert "2 pages: their owner may have no more: see `changelogger users limit`" in shown.out
