from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

URGENT = "<p>A critical security vulnerability was fixed: upgrade to version 3.2.0 at once.</p>"
Configured = Callable[..., Path]


def rows(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "changelogger.db")) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


def test_a_check_tells_the_first_state_and_then_the_change(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured(("App", site.serve("/app", "App releases")))
    first = cli("check", "App")
    assert first.code == 0
    assert first.out.startswith("App  initial  200 · ")
    assert cli("check", "App").out.startswith("App  unchanged  200 · ")
    site.serve("/app", "App releases", URGENT)
    done = cli("check", site.url("/app"))
    assert done.code == 0
    assert "App  changed" in done.out
    assert "% sure" in done.out
    assert "+ A critical security vulnerability was fixed" in done.out


def test_a_change_as_json_carries_its_evidence(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured(("App", site.serve("/app", "App releases")))
    cli("check", "App")
    site.serve("/app", "App releases", URGENT)
    [shown] = cli("check", "App", "--json").lines
    assert (shown["site"], shown["verdict"], shown["status"]) == ("App", "changed", 200)
    change = shown["change"]
    assert change["change_type"] in ("major", "critical")
    assert change["is_significant"] is True
    assert change["added"] == [
        "A critical security vulnerability was fixed: upgrade to version 3.2.0 at once."
    ]
    assert all(reason["text"] for reason in change["reasons"])


def test_a_failed_check_says_why_and_fails(cli: Cli, site: Site, configured: Configured) -> None:
    site.answers["/bad"] = (503, "down")
    configured(("Bad", site.url("/bad")))
    done = cli("check", "Bad")
    assert done.code == 1
    assert "Bad  failed  503" in done.out
    assert "http_5xx: " in done.out


@pytest.mark.parametrize("everything", [True, False])
def test_a_dry_run_shows_the_change_and_writes_nothing(
    everything: bool, cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    configured(("App", site.serve("/app", "App releases")))
    cli("check", "App")
    site.serve("/app", "App releases", URGENT)
    before = (folder / "changelogger.db").read_bytes()
    done = cli("check", "--dry-run", "--all" if everything else "App")
    assert "App  changed" in done.out
    assert "+ A critical security vulnerability was fixed" in done.out
    assert (folder / "changelogger.db").read_bytes() == before
    assert cli("changes").out == ""


@pytest.mark.parametrize("words", [["App"], ["--all"]])
def test_a_dry_run_needs_no_database(
    words: list[str], cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    configured(("App", site.serve("/app", "App releases")))
    assert cli("check", "--dry-run", *words, "--json").lines[0]["verdict"] == "initial"
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


def test_a_url_that_is_no_site_is_read_once_and_not_kept(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    configured()
    url = site.serve("/other", "Something else")
    done = cli("check", url)
    assert done.code == 0
    assert done.out.splitlines()[0] == "Something else"
    assert "Older releases are kept" in done.out
    assert f"changelogger sites add {url}" in done.err
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


def test_rules_are_tried_out_on_a_url_and_nothing_is_stored(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    url = site.serve("/app", "App", "<p class='wanted'>This alone.</p>")
    configured(("App", url))
    [shown] = cli("check", url, "--include", ".wanted", "--json").lines
    assert shown["text"] == "This alone."
    assert [path.name for path in folder.iterdir()] == ["config.toml"]
    assert cli("check", url, "--include", "..").code == 2
    assert cli("check", "App", "--include", "p").code == 2


def test_a_url_that_is_no_site_fails_like_one(cli: Cli, site: Site, configured: Configured) -> None:
    configured()
    done = cli("check", site.url("/nowhere"), "--json")
    assert done.code == 1
    [shown] = done.lines
    assert (shown["verdict"], shown["error_class"], shown["is_site"]) == (
        "failed",
        "http_4xx",
        False,
    )


def test_all_are_summed_up_and_only_what_matters_is_shown(
    cli: Cli, site: Site, configured: Configured
) -> None:
    site.answers["/bad"] = (500, "down")
    paths = [f"/page-{number}" for number in range(20)]
    configured(*((p, site.serve(p, f"Page {p}")) for p in paths), ("Bad", site.url("/bad")))
    done = cli("check", "--all")
    assert done.code == 1
    assert done.out.splitlines()[0].startswith("Bad  failed  500")
    summary = done.out.splitlines()[-1]
    assert summary.startswith("21 sites checked in ")
    assert summary.endswith(": 20 seen first, 1 failed")
    assert len(done.out.splitlines()) == 3


def test_what_a_page_says_cannot_steer_the_terminal(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured()
    evil = "<p>\x1b]0;owned\x07 \x9b31m red \u202etxt\u202c \u200bhidden</p>"
    done = cli("check", site.serve("/evil", "Title \x1b[2J", evil))
    assert not set(done.out) & set("\x1b\x07\x9b\u202e\u200b")


def test_secrets_of_the_configuration_are_masked(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/app", "App", "<p>You said hunter2-secret.</p>")
    configured(
        more='[site_types.mine]\nheaders = { Authorization = "Bearer hunter2-secret" }',
    )
    done = cli("check", url)
    assert "You said ***." in done.out


@pytest.mark.parametrize("words", [[], ["--all", "App"]])
def test_names_or_all_but_not_both(words: list[str], cli: Cli) -> None:
    assert cli("check", *words).code == 2


def test_a_word_that_is_no_site_and_no_url(cli: Cli, site: Site, configured: Configured) -> None:
    configured(("App", site.serve("/app", "App")))
    for words in (["Ap"], ["Ap", "--dry-run"]):
        done = cli("check", *words)
        assert done.code == 4
        assert "there is no site or product 'Ap'" in done.err
    assert site.asked == []


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_url_that_cannot_be_asked_for_is_refused_before_anything_is_checked(
    dry: list[str], cli: Cli, site: Site, configured: Configured
) -> None:
    configured(("App", site.serve("/app", "App")))
    done = cli("check", "App", "ftp://files.example/", *dry)
    assert done.code == 2
    assert "ftp" in done.err
    assert site.asked == []


def test_a_paused_site_is_left_alone(cli: Cli, site: Site, configured: Configured) -> None:
    configured()
    cli("sites", "add", site.serve("/app", "App"), "--name", "App", "--paused")
    done = cli("check", "App")
    assert "App is paused" in done.err
    assert site.asked == []


def test_sites_of_a_file_that_is_not_there_stay(
    cli: Cli, site: Site, configured: Configured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = configured(("App", site.serve("/app", "App")))
    cli("check", "App")
    path.unlink()
    monkeypatch.setenv("CHANGELOGGER__FETCH__ALLOW_NETWORKS", '["127.0.0.0/8"]')
    assert cli("check", "App").code == 0
    assert rows(folder, "monitored_sites WHERE deleted_at IS NULL") == 1


def test_a_database_from_the_future_is_refused(cli: Cli, folder: Path) -> None:
    cli("db", "upgrade")
    with closing(sqlite3.connect(folder / "changelogger.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for words in (["sites", "list"], ["run"], ["check", "--all"]):
        done = cli(*words)
        assert done.code == 3
        assert "newer changelogger" in done.err


def test_a_check_under_another_file_removes_nothing(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    configured(("App", site.serve("/app", "App releases")), ("News", site.serve("/news", "News")))
    hook = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/one"\n'
    path = folder / "config.toml"
    path.write_text(path.read_text() + hook)
    assert cli("check", "--all").code == 0
    configured(("Other", site.serve("/other", "Other")))
    for words in (["check", "Other"], ["check", "App"], ["check", "--all"]):
        done = cli(*words)
        assert done.code == 0
        assert "site App, site News, notify hook" in done.err
        assert "only `changelogger run` removes" in done.err
    assert {one["name"] for one in cli("sites", "--json").lines} == {"App", "News", "Other"}
    [told] = cli("config", "diff", "--json").lines
    assert {(one["kind"], one["action"], one["name"]) for one in told["changes"]} == {
        ("site", "removed", "App"),
        ("site", "removed", "News"),
        ("notify", "removed", "hook"),
    }


def test_each_step_of_a_reading_is_explained_and_nothing_stored(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    url = site.serve("/app", "App", "<p class='wanted'>This alone, of 12 views.</p>")
    configured()
    rules = ["--include", ".wanted", "--include", "#none", "--replace", r" of (\d+) views -> \1"]
    done = cli("check", url, "--explain", *rules)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    for line in (
        " 3 include",
        "   include[0] .wanted",
        "     1 match",
        "     matches nothing",
        "     · of 12 views → 12",
        "   │ This alone,12.",
        "   matched nothing: include[1] '#none'",
        "   read as html · missing:include[1]",
    ):
        assert line in done.out.splitlines()
    lines = ["--sort-lines", "--unique-lines", "--keep-whitespace", "--ignore", r"\d+"]
    [shown] = cli("check", url, "--explain", *lines, "--json").lines
    steps = [one["step"] for one in shown["steps"]]
    assert steps == ["decode", "read", "sort_lines", "unique_lines", "ignore"]
    [shown] = cli("check", url, "--explain", *rules, "--json").lines
    assert shown["matched_nothing"] == ["include[1]"]
    assert [one["step"] for one in shown["steps"]] == ["decode", "read", "include", "replace"]
    assert shown["steps"][3]["rules"][0]["examples"] == ["of 12 views → 12"]
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


def test_conditions_are_explained_in_their_order(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/app", "App", "<p class='price'>12.50 €</p>")
    configured()
    rules = ["--include", ".price", "--below", "10", "--appears", "sold out", "--appears", "12.50"]
    done = cli("check", url, "--explain", *rules)
    assert done.code == 0
    told = [line.strip() for line in done.out.splitlines() if "condition" in line]
    assert told == [
        "condition: appears sold out: does not hold",
        "condition: appears 12.50: holds (12.50 €)",
        "condition: below 10: does not hold (12.50 €)",
    ]
    [shown] = cli("check", url, "--explain", *rules, "--json").lines
    assert [(one["condition"], one["holds"]) for one in shown["conditions"]] == [
        ("appears sold out", False),
        ("appears 12.50", True),
        ("below 10", False),
    ]


def test_a_condition_that_fits_no_page_fails_in_what_is_explained(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/app", "App")
    configured()
    done = cli("check", url, "--explain", "--appears", "query:slots")
    assert done.code == 1
    assert "selector: appears[0]: query reads JSON, and this is html" in done.out


def test_a_known_site_is_explained_by_its_own_rules_though_it_is_as_before(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    url = site.serve("/app", "App")
    configured()
    cli("sites", "add", url, "--name", "App", "--include", "h1", "--replace", ".* ->")
    assert cli("check", "App").code == 1
    before = (folder / "changelogger.db").read_bytes()
    done = cli("check", "App", "--explain")
    assert done.code == 1
    told = "selector: replace[0] left no text: '.*' replaces all of it"
    assert told in " ".join(done.out.split())
    assert "checked" not in cli("check", "--all", "--explain").out
    site.answers["/app"] = (503, "down")
    [shown] = cli("check", "App", "--explain", "--json").lines
    assert (shown["name"], shown["error_class"]) == ("App", "http_5xx")
    assert (folder / "changelogger.db").read_bytes() == before


def test_a_url_that_was_tried_out_is_watched_with_the_same_options(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured()
    url = site.serve("/app", "App", "<p class='now'>open</p>")
    asked = ["--include", ".now", "--whole-page", "--appears", "no such words", "--links"]
    tried = cli("check", url, *asked, "--header", "X-Key=hidden")
    written = "--whole-page --include .now --links --appears 'no such words' --header …"
    assert tried.err.endswith(f"to watch it: changelogger sites add {url} {written}\n")


def test_a_status_that_is_tried_out_is_shown(cli: Cli, site: Site, configured: Configured) -> None:
    configured()
    url = site.url("/soon")
    tried = cli("check", url, "--watch-status", "404")
    assert tried.code == 0
    assert "  404 Not Found" in tried.out
    assert f"sites add {url} --watch-status 404" in tried.err


def test_a_rule_that_fails_where_others_work_has_no_time_since_when(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured()
    url = site.serve("/app", "App")
    cli("sites", "add", url, "--name", "Whole")
    cli("sites", "add", url, "--name", "App", "--query", "a")
    assert cli("check", "--all").code == 1
    assert "state     failing: parse\n" in cli("sites", "show", "App").out


def test_a_rule_that_drops_all_of_a_choice_is_said_to_do_so(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured()
    url = site.serve("/app", "App", "<p class='now'>open</p>")
    asked = ["--include", ".now", "--drop-lines", "o"]
    told = "drop_lines: 'o' drops every line"
    assert f"missing: {told}; nothing is chosen yet" in cli("check", url, *asked).out
    cli("sites", "add", url, "--name", "App", *asked)
    cli("check", "App")
    assert f"missing     {told}\n" in cli("sites", "show", "App").out


def test_of_a_page_that_scripts_fill_in_a_browser_is_offered(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured(more="[browser]\nexecutable = '/nowhere'\n")
    url = site.serve("/kettle", "Kettle", "<script>fill()</script>")
    done = cli("check", url, "--include", ".price")
    assert "'.price' matches nothing on the page" in done.out
    assert '`render = "auto"` reads such pages (docs/rendering.md)' in done.err
    assert "there is no program /nowhere" in done.err
    assert "With a browser" not in cli("check", url, "--include", "h1").err


def test_of_a_site_that_shows_nothing_the_place_for_its_option_is_named(
    cli: Cli, site: Site, configured: Configured
) -> None:
    url = site.serve("/kettle", "Kettle", "<script>fill()</script>")
    configured(more=f"[[site]]\nname = 'Kettle'\nurl = '{url}'\ninclude = ['.price']\n")
    done = cli("check", "Kettle")
    assert re.search(r"^Kettle \(\S*config.toml:\d+\): It shows nothing of this", done.err)
    assert 'With a browser, `render = "auto"` reads such pages; docs/rendering.md' in done.err
    site.serve("/kettle", "Kettle", "<p class='price'>$ 5.00</p>")
    cli("check", "Kettle")
    site.serve("/kettle", "Kettle", "<p class='prize'>$ 5.00</p>")
    assert "With a browser" not in cli("check", "Kettle").err


def test_a_site_that_shows_nothing_as_it_is_added_is_to_be_tried_with_a_browser(
    cli: Cli, site: Site, configured: Configured
) -> None:
    configured()
    url = site.serve("/kettle", "Kettle", "<script>fill()</script>")
    done = cli("sites", "add", url, "--include", ".price")
    assert f"changelogger check {url} --render auto" in done.err
