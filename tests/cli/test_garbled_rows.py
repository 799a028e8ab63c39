"""Rows that somebody garbled by hand: what a check says of them, and of the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

Configured = Callable[..., Path]


@pytest.fixture
def garble(cli: Cli, folder: Path, site: Site, configured: Configured) -> Callable[[str], None]:
    configured(("One", site.serve("/one", "One")), ("Two", site.serve("/two", "Two")))
    assert cli("check", "--all").code == 0

    def run(statement: str) -> None:
        with closing(sqlite3.connect(folder / "changelogger.db")) as connection, connection:
            connection.execute(statement)

    return run


def test_a_page_whose_only_reader_is_garbled_is_named_with_the_reason(
    cli: Cli, garble: Callable[[str], None]
) -> None:
    garble("UPDATE monitored_sites SET rated_useful = 'many' WHERE name = 'One'")
    done = cli("check", "--all")
    [line] = [line for line in done.err.splitlines() if line.startswith("not checked: ")]
    assert line.endswith(
        "/one: the rows of its sites and products cannot be read: see row_set_aside in the log"
    )
    assert done.code == 1
    [told] = [one for one in cli("check", "--all", "--json").lines if "reason" in one]
    assert (told["verdict"], told["url"][-4:]) == ("not_checked", "/one")


def test_a_content_is_named_by_the_page_that_it_is_of(
    cli: Cli, site: Site, garble: Callable[[str], None]
) -> None:
    garble("UPDATE contents SET data = 'hello'")
    site.serve("/one", "One", "<p>Something quite new stands here since this morning.</p>")
    told = " ".join(cli("check", "One").err.split())
    assert "table=contents" in told or "'contents'" in told
    assert site.url("/one") in told


def test_a_frequency_that_is_none_costs_its_page_and_no_request(
    cli: Cli, site: Site, garble: Callable[[str], None]
) -> None:
    garble("UPDATE pages SET check_frequency = 'never' WHERE url LIKE '%/one'")
    before = site.asked.count("/one")
    done = cli("sites", "--json")
    assert done.code == 0
    cli("check", "--all")
    assert site.asked.count("/one") == before
    assert site.asked.count("/two") == 2
