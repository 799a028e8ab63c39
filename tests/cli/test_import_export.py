from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

URL = "https://example.org/blog"
JOBS = f"name: Page\nurl: {URL}\nfilter:\n  - css: main\n  - reverse\n---\ncommand: date\n"


def test_the_file_of_another_program_is_imported_and_what_is_lost_told(
    cli: Cli, folder: Path
) -> None:
    (folder / "urls.yaml").write_text(JOBS)
    done = cli("import", "urls.yaml", "--every", "6h")
    assert done.code == 2
    assert done.out == "1 site added, 1 not in full, 1 entry refused\n"
    assert "line 1: Page: without its filter `reverse`\n" in done.err
    assert "line 7: runs a program: not imported\n" in done.err
    [site] = cli("sites", "--json").lines
    assert site["check_frequency"] == "6h"
    assert site["rules"] == {"include": ["main"]}
    assert "0 sites added, 1 known already, 1 entry refused" in cli("import", "urls.yaml").out


def test_the_same_page_under_another_name_is_noted(cli: Cli, folder: Path) -> None:
    table = '[[{}]]\nname = "{}"\nurl = "{}"\n'.format
    cli("sites", "add", URL, "--name", "Blog")
    (folder / "mine.toml").write_text(
        table("site", "Again", URL.replace("example.org", "EXAMPLE.org"))
        + table("site", "Other", URL)
        + 'include = ["main"]\n'
        + table("product", "Kettle", "https://example.org/kettle")
        + table("product", "Pot", "https://example.org/kettle")
    )
    done = cli("import", "mine.toml")
    assert done.code == 0
    assert done.out == "2 products and 2 sites added\n"
    assert "Again: reads the same page as 'Blog', by the same rules\n" in done.err
    assert "Pot: reads the same page as 'Kettle', by the same rules\n" in done.err
    assert "Other: " not in done.err


WATCHES = """{"watching": {
  "a": {"url": "https://example.org/a", "title": "One", "notification_urls": ["tgram://123:hidden/9"]},
  "b": {"url": "https://example.org/b", "title": "Two"}, "c": {"url": "https://example.org/c"}},
 "settings": {"application": {"notification_urls": ["mailto://me:hidden@example.org"]}}}"""


def test_whom_another_program_told_is_suggested_without_its_secrets(cli: Cli, folder: Path) -> None:
    (folder / "url-watches.json").write_text(WATCHES)
    [told] = cli("import", "url-watches.json", "--dry-run", "--json").lines
    assert told["notified"] == [
        {"url": "tgram://***", "names": ["One"]},
        {"url": "mailto://***", "names": ["Two", "example.org/c"]},
    ]
    done = cli("import", "url-watches.json")
    assert done.code == 0
    suggested = done.err.partition("with the whole URL:\n")[2].partition("changedetection, ")[0]
    assert [(one["url"], one["names"]) for one in tomllib.loads(suggested)["notify"]] == [
        ("tgram://***", ["One"]),
        ("mailto://***", ["Two", "example.org/c"]),
    ]
    assert "hidden" not in done.err


def test_a_note_that_many_entries_have_is_told_once(cli: Cli, folder: Path) -> None:
    jobs = [f"url: {URL}/{i}\nodd: x\n" for i in range(9)]
    (folder / "urls.yaml").write_text("---\n".join(jobs))
    done = cli("import", "urls.yaml")
    assert "line 1: example.org/blog/0: without `odd` (as 8 others)\n" in done.err
    assert done.err.count("without `odd`") == 1


def test_a_dry_run_stores_nothing_and_makes_no_database(cli: Cli, folder: Path) -> None:
    (folder / "urls.yaml").write_text(JOBS)
    done = cli("import", "urls.yaml", "--dry-run", "--json")
    assert done.lines[0] | {"seconds": 0} == {
        "sites": 1,
        "products": 0,
        "known": 0,
        "refused": 1,
        "notes": [
            {
                "place": "line 1",
                "name": "Page",
                "note": "without its filter `reverse`",
                "is_loss": True,
            }
        ],
        "notified": [],
        "faults": ["line 7: runs a program: not imported"],
        "format": "urlwatch",
        "seconds": 0,
    }
    assert [path.name for path in folder.iterdir()] == ["urls.yaml"]


def test_what_was_added_can_be_moved_into_the_configuration(
    cli: Cli, folder: Path, configured: Callable[..., Path]
) -> None:
    path = configured(("Managed", "https://example.org/managed"))
    cli("check", "Managed", "--dry-run")
    cli("sites", "add", URL, "--name", "Blog", "--type", "blog", "--ignore", r"\d+ ms")
    cli("products", "add", "https://example.org/kettle", "--name", "Kettle", "--target", "79.90")
    done = cli("export", "--added")
    assert done.code == 0
    tables = tomllib.loads(done.out)
    assert [site["name"] for site in tables["site"]] == ["Blog"]
    assert tables["product"][0]["target_price"] == "79.90"
    path.write_text(path.read_text() + done.out)
    assert cli("config", "check").code == 0


def test_an_export_is_written_by_the_ending_of_its_name(cli: Cli, folder: Path) -> None:
    cli("sites", "add", URL, "--name", "Blog", "--include", "main")
    done = cli("export", "sites.opml")
    assert done.code == 0
    assert done.out == "sites.opml: 1 site\n"
    assert "opml has no place for it: include (1)" in done.err
    assert (folder / "sites.opml").read_text().startswith("<?xml")
    assert (folder / "sites.opml").stat().st_mode & 0o777 == 0o600
    again = cli("export", "sites.opml")
    assert again.code == 3
    assert cli("export", "sites.opml", "--replace").code == 0


def test_a_file_in_no_known_format_ends_with_two(cli: Cli, folder: Path) -> None:
    (folder / "what").write_text("no idea")
    done = cli("import", "what")
    assert done.code == 2
    assert done.err.startswith("changelogger: what: is in no known format (name one with --format")


@pytest.mark.parametrize("words", [("import",), ("sites", "import")])
def test_a_file_that_is_not_there_ends_with_four(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli(*words, "no.opml")
    assert done.code == 4
    assert done.err == "changelogger: there is no file no.opml\n"


def test_an_import_that_lost_something_says_so_with_its_exit_code(cli: Cli, folder: Path) -> None:
    (folder / "urls.yaml").write_text(f"url: {URL}\nfilter: reverse\n")
    dry = cli("import", "urls.yaml", "--dry-run")
    assert (dry.code, dry.out) == (6, "would be: 1 site added, 1 not in full\n")
    assert cli("import", "urls.yaml").code == 6
    assert cli("import", "urls.yaml").code == 0  # known already: nothing was lost by this one


def test_a_terminal_shows_what_was_lost_as_a_table(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("commands.database.imports", "terminal.table"):
        monkeypatch.setattr(f"daemon.cli.{module}.is_terminal", lambda: True)
    (folder / "urls.yaml").write_text(JOBS)
    lines = cli("import", "urls.yaml").out.splitlines()
    assert lines[0].split() == ["SITE", "PLACE", "NOT", "CARRIED", "OVER"]
    assert lines[1].split() == ["Page", "line", "1", "without", "its", "filter", "`reverse`"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("feeds.opml", "<opml/>"), ("url-watches.json", '{"watching": {}}'), ("a.toml", "x = 1\n")],
)
def test_a_file_that_names_nothing_is_refused(name: str, text: str, cli: Cli, folder: Path) -> None:
    (folder / name).write_text(text)
    done = cli("import", name, *(["--format", "toml"] if name == "a.toml" else []))
    assert done.code == 2
    assert f"{name}: names nothing to watch, read as " in done.err
