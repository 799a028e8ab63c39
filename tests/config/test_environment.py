"""Every option as an environment variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daemon.config import load
from daemon.config.reading.environment import variable_of
from daemon.config.shape import options
from daemon.model.errors import ConfigError

SITES = '[{"name": "a", "url": "https://example.org/", "include": ["main"]}]'


def complaints(environ: dict[str, str], path: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(path, environ)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("section", "name", "text", "value"),
    [
        ("fetch", "concurrency", "32", 32),
        ("fetch", "delay_seconds", "0.5", 0.5),
        ("fetch", "max_body_bytes", "1048576", 1_048_576),
        ("fetch", "max_body_bytes", "1 MiB", 1_048_576),
        ("fetch", "respect_robots", "off", False),
        ("fetch", "verify_tls", "TRUE", True),
        ("fetch", "allow_networks", "10.0.0.0/8, 127.0.0.1", ("10.0.0.0/8", "127.0.0.1/32")),
        ("fetch", "allow_networks", '["10.0.0.0/8"]', ("10.0.0.0/8",)),
        ("fetch", "allow_networks", "[]", ()),
        ("fetch", "user_agent", "mine/1 (${HOME})", "mine/1 (${HOME})"),
        ("logging", "level", "DEBUG", "debug"),
        ("health", "port", "0", 0),
    ],
)
def test_a_variable_sets_its_option(section: str, name: str, text: str, value: object):
    config = load(None, {f"CHANGELOGGER__{section.upper()}__{name.upper()}": text})
    assert getattr(getattr(config, section), name) == value


def test_every_option_has_a_variable():
    unknown = "no option has this name"
    said = complaints({variable_of(path): "?" for path, _ in options()})
    assert not [line for line in said if unknown in line]


def test_sites_and_their_types_can_be_set():
    config = load(
        None, {"CHANGELOGGER__SITE": SITES, "CHANGELOGGER__SITE_TYPES__BLOG__CHECK_FREQUENCY": "6h"}
    )
    assert config.sites[0].include == ("main",)
    assert config.site_types["blog"].check_frequency == "6h"
    assert config.site_types["blog"].main_content


def test_the_environment_wins_over_the_file(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("[fetch]\nconcurrency = 3\nper_host = 3\n", encoding="utf-8")
    fetch = load(path, {"CHANGELOGGER__FETCH__CONCURRENCY": "4"}).fetch
    assert (fetch.concurrency, fetch.per_host) == (4, 3)


def test_an_empty_variable_is_not_set():
    assert load(None, {"CHANGELOGGER__FETCH__CONCURRENCY": ""}).fetch.concurrency == 64


def test_other_variables_are_none_of_our_business():
    load(None, {"CHANGELOGGER_CONFIG": "x", "CHANGELOGGER": "y", "FETCH__CONCURRENCY": "z"})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"FETCH__CONCURENCY": "3"}, "did you mean CHANGELOGGER__FETCH__CONCURRENCY?"),
        ({"NOTHING__LIKE__IT": "3"}, "no option has this name"),
        ({"FETCH": "{}"}, "no option has this name"),
        ({"SITE__0__NAME": "a"}, "no option has this name"),
        ({"FETCH__CONCURRENCY": "many"}, 'must be a whole number, found text "many"'),
        ({"FETCH__CONCURRENCY": "9" * 30}, "must be a whole number"),
        ({"FETCH__CONCURRENCY": "0"}, "must be from 1 to 1,000, found 0"),
        ({"FETCH__DELAY_SECONDS": "nan"}, "must be a finite number, found nan"),
        ({"FETCH__VERIFY_TLS": "maybe"}, 'must be true or false, found text "maybe"'),
        ({"FETCH__ALLOW_NETWORKS": "[10.0.0.0/8"}, "is not JSON"),
        ({"SITE": "[" * 100_000}, "is not JSON"),
        ({"SITE": '[{"name": null, "url": 3}]'}, "must be text in quotes, found nothing"),
        ({"SITE": "a"}, 'must be a table, found text "a"'),
        ({"FETCH__USER_AGENT": "\udcff"}, "is not UTF-8 text"),
        ({"DATABASE__PASSWORD_FILE": "no/such/file"}, "cannot read 'no/such/file'"),
    ],
)
def test_a_fault_names_its_variable(environ: dict[str, str], said: str):
    known = {f"CHANGELOGGER__{name}": value for name, value in environ.items()}
    lines = complaints(known)
    assert all(line.startswith(next(iter(known))) for line in lines)
    assert said in lines[0]


def test_a_word_of_another_program_leads_to_ours():
    [said] = complaints({"CHANGELOGGER__FETCH__TIMEOUT": "3"})
    assert "no option has this name (here it is total_timeout_seconds = 30)" in said


def test_an_option_may_not_be_given_in_two_forms():
    environ = {
        "CHANGELOGGER__FETCH__USER_AGENT": "a",
        "CHANGELOGGER__FETCH__USER_AGENT_FILE": "b",
    }
    assert complaints(environ)[0].endswith(
        "_FILE: says the same as CHANGELOGGER__FETCH__USER_AGENT (keep one of the two)"
    )


@pytest.mark.parametrize("text", ["fetch = 3", "[[fetch]]", "site_types = 3"])
def test_a_section_of_the_wrong_type_is_still_told(tmp_path: Path, text: str):
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    environ: dict[str, Any] = {
        "CHANGELOGGER__FETCH__CONCURRENCY": "4",
        "CHANGELOGGER__SITE_TYPES__BLOG__KIND": "html",
    }
    assert any("must be" in line and "table" in line for line in complaints(environ, path))
