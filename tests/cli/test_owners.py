"""`--owner`: the owners of the file, and the users whom the database alone knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

BOTH = pytest.mark.parametrize("noun", ["sites", "products"])


@pytest.fixture
def ada(cli: Cli, configured: Callable[..., Path]) -> Cli:
    """A file with the one owner of its own, and Ada, who is a user."""
    configured()
    added = cli("users", "add", "github|7", "--username", "Ada", "--email", "ada@example.org")
    assert added.code == 0
    return cli


@BOTH
@pytest.mark.parametrize("word", ["github|7", "Ada", "ada@example.org"])
def test_what_is_added_may_be_of_any_user(ada: Cli, site: Site, noun: str, word: str) -> None:
    done = ada(noun, "add", site.url("/a"), "--owner", word)
    assert done.code == 0, done.err
    [shown] = ada(noun, "--json").lines
    assert shown["owner_id"] == "github|7"


@BOTH
def test_an_owner_of_nobody_is_answered_with_those_who_exist(
    ada: Cli, site: Site, noun: str
) -> None:
    refused = ada(noun, "add", site.url("/a"), "--owner", "nobody")
    assert refused.code == 2
    assert '--owner: there is no owner "nobody" (known: local, github|7)' in refused.err
    near = ada(noun, "add", site.url("/a"), "--owner", "github|8")
    assert 'did you mean "github|7"?' in near.err
    listed = ada(noun, "list", "--owner", "nobody")
    assert (listed.code, "known: local, github|7" in listed.err) == (4, True)


def test_the_owner_of_the_file_needs_no_database(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    assert cli("sites", "add", site.url("/a"), "--owner", "local").code == 0


@BOTH
def test_a_list_says_whose_each_is_where_there_are_several(ada: Cli, site: Site, noun: str) -> None:
    ada(noun, "add", site.url("/a"), "--name", "A", "--owner", "Ada")
    alone = ada(noun).out.splitlines()
    assert not alone[0].endswith("\tOWNER")
    ada(noun, "add", site.url("/b"), "--name", "B")
    both = ada(noun).out.splitlines()
    assert [line.rsplit("\t", 1)[1] for line in both] == ["OWNER", "github|7", "local"]
    theirs = ada(noun, "list", "--owner", "Ada").out.splitlines()
    assert [line.split("\t")[0] for line in theirs] == ["NAME", "A"]


def test_an_import_may_be_of_any_user_and_an_export_says_so(
    ada: Cli, site: Site, folder: Path
) -> None:
    (folder / "urls.txt").write_text(site.url("/a") + "\n")
    assert ada("sites", "import", "urls.txt", "--owner", "Ada").code == 0
    assert ada("export", "all.toml").code == 0
    [shown] = ada("sites", "--json").lines
    assert ada("sites", "remove", shown["id"]).code == 0
    again = ada("import", "all.toml")
    assert (again.code, again.err.count("without its owner")) == (0, 0)
    [shown] = ada("sites", "--json").lines
    assert shown["owner_id"] == "github|7"


def test_a_user_stays_a_user_when_something_is_added_for_them(ada: Cli, site: Site) -> None:
    ada("sites", "add", site.url("/a"), "--owner", "Ada")
    [shown] = [one for one in ada("users", "--json").lines if one["id"] == "github|7"]
    assert (shown["managed_by"], shown["email"]) == ("cli", "ada@example.org")
