from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

FAULTY = '[fetch]\nconcurency = 3\n[[site]]\nname = "a"\nurl = "example.org"\n'


def test_every_fault_is_told_at_once(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(FAULTY)
    done = cli("config", "check")
    assert done.code == 2
    assert 'config.toml:2: fetch.concurency: is not a known option (did you mean "conc' in done.out
    assert "config.toml:5: site[0].url: " in done.out
    assert "2 faults" in done.err
    assert [line["key_path"] for line in cli("config", "check", "--json").lines] == [
        "fetch.concurency",
        "site[0].url",
    ]


def test_a_configuration_that_is_fine_says_what_it_does(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[[site]]\nname = "a"\nurl = "https://example.org"\n'
        '[[product]]\nname = "b"\nurl = "https://example.org/b"\npaused = true\n'
    )
    done = cli("config", "check")
    assert done.code == 0
    database = f"database {folder / 'changelogger.db'}"
    for words in (
        "config.toml: fine",
        "1 site\n",
        "1 product, 1 of them paused",
        "1 owner",
        database,
    ):
        assert words in done.out


def test_what_is_in_force_is_shown_without_secrets(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2-secret")
    (folder / "config.toml").write_text(
        '[database]\nurl = "postgresql://me:s3cret-word@db.example/changes"\n'
        '[[site]]\nname = "a"\nurl = "https://example.org"\n'
        'headers = { Authorization = "Bearer ${TOKEN}" }\n'
    )
    done = cli("config", "show")
    assert done.code == 0
    assert "hunter2" not in done.out
    assert "s3cret" not in done.out
    assert 'url = "postgresql://me@db.example/changes"' in done.out
    assert 'headers = { "Authorization" = "***" }' in done.out
    [tree] = cli("config", "show", "--json").lines
    assert tree["fetch"]["concurrency"] == 64
    assert tree["schedule"]["minimum_interval"] == "1m"
    assert tree["site"][0]["headers"] == {"Authorization": "***"}


def test_what_requests_send_is_masked(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[site_types.api]\nauth = { token = "hunter2" }\n'
        '[[site]]\nname = "a"\nurl = "https://example.org"\njson = { q = "hunter2" }\n'
        'cookies = { sid = "hunter2" }\nauth = { username = "me", password = "hunter2" }\n'
        '[[product]]\nname = "b"\nurl = "https://example.org"\nform = { q = "hunter2" }\n'
    )
    assert "hunter2" not in cli("config", "show").out
    [tree] = cli("config", "show", "--json").lines
    assert "hunter2" not in str(tree)
    site = tree["site"][0]
    assert (site["json"], site["cookies"]) == ("***", {"sid": "***"})
    assert (site["auth"]["username"], site["auth"]["password"]) == ("me", "***")
    assert tree["products"][0]["form"] == {"q": "***"}


def test_amounts_are_shown_as_text(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[[product]]\nname = "a"\nurl = "https://example.org"\ntarget_price = 79.90\n'
        'currency = "EUR"\ndrop_percent = 5\n'
    )
    assert 'target_price = "79.90"' in cli("config", "show").out
    [tree] = cli("config", "show", "--json").lines
    assert (tree["products"][0]["target_price"], tree["products"][0]["drop_percent"]) == (
        "79.90",
        "5",
    )


def test_help_lists_commands_in_the_order_of_their_use(cli: Cli) -> None:
    told = cli("config", "--help").out.partition("Commands:")[2].split("\n")
    names = [line.split()[0] for line in told if line.startswith("  ") and line[2:3].strip()]
    assert names == ["check", "show", "diff"]


def test_a_template_that_cannot_be_filled_is_a_fault_with_its_line(cli: Cli, folder: Path) -> None:
    text = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/one"\n'
    (folder / "config.toml").write_text(text + 'template = "{{ nope.x.y }}"\n')
    done = cli("config", "check")
    assert done.code == 2
    assert "config.toml:4: notify[0].template: cannot be filled with a notice of kind" in done.out
    assert "'nope' is undefined" in done.out
    assert cli("config", "diff").code == 2
    (folder / "config.toml").write_text(text + 'template = "{{ site }} {{ nope }}"\n')
    assert cli("config", "check").code == 0


def test_what_is_hardly_meant_is_a_warning_with_its_line(cli: Cli, folder: Path) -> None:
    site = '[[site]]\nname = "a"\nurl = "https://example.org"\ncheck_frequency = "5s"\n'
    hook = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/one"\nnames = ["a", "b"]\n'
    (folder / "config.toml").write_text(site + hook)
    done = cli("config", "check")
    assert done.code == 0
    assert "config.toml:4: warning: site[0].check_frequency: " in done.out
    assert "config.toml:8: warning: notify[0].names[1]: " in done.out
    assert [(one["level"], one["where"]) for one in cli("config", "check", "--json").lines] == [
        ("warning", "config.toml:4"),
        ("warning", "config.toml:8"),
    ]
    assert cli("sites", "add", "https://example.org/b", "--name", "b").code == 0
    assert len(cli("config", "check", "--json").lines) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own
def test_a_place_that_leads_nowhere_is_a_fault_with_its_line(cli: Cli, folder: Path) -> None:
    text = '[[notify]]\nname = "hook"\nurl = "htps://hunter2.example/"\n'
    (folder / "config.toml").write_text(text)
    for words in (["config", "check"], ["config", "diff"], ["run"]):
        done = cli(*words)
        assert done.code == 2
        assert "config.toml:3: notify[0].url: no channel knows" in done.out + done.err
        assert "hunter2" not in done.out + done.err


def test_each_value_is_shown_with_its_file(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text("[fetch]\nper_host = 3\n")
    (folder / "config.d").mkdir()
    (folder / "config.d/shop.toml").write_text(
        '[[product]]\nname = "Kettle"\nurl = "https://shop.example/k"\n'
        '[[site]]\nname = "a"\nurl = "https://example.org"\ntype = "blog"\n'
    )
    shown = cli("config", "show").out.splitlines()
    for line in (
        "per_host = 3  # config.toml:2",
        "concurrency = 64",
        "[[product]]  # config.d/shop.toml:1",
        'name = "Kettle"  # config.d/shop.toml:2',
        "main_content = true  # type blog, built in",
    ):
        assert line in shown
    [tree] = cli("config", "show", "--json").lines
    assert tree["where"]["fetch.per_host"] == "config.toml:2"
    assert tree["where"]["site[0]"] == "config.d/shop.toml:4"
    assert tree["where"]["site[0].main_content"] == "type blog, built in"
    assert "fetch.concurrency" not in tree["where"]


def test_a_check_names_the_files_and_those_of_doubts(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text('[[site]]\nname = "a"\nurl = "https://example.org"\n')
    (folder / "config.d").mkdir()
    again = '[[site]]\nname = "b"\nurl = "https://example.org"\n'
    (folder / "config.d/more.toml").write_text(again)
    told = cli("config", "check").out
    assert "config.toml, config.d/more.toml: fine" in told
    assert 'config.d/more.toml:3: warning: site[0].url: is the page of "a"' in told
