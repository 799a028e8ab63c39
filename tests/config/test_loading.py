"""From a file and an environment to one Config."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from daemon.config import Config, DatabaseConfig, find_config, load
from daemon.config.database_url import normal_url, without_password
from daemon.config.reading.given import given_database
from daemon.model.errors import ConfigError
from daemon.model.request import Request
from daemon.model.site import Rules

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_without_a_file_there_are_defaults():
    config = load(None, {})
    assert config == Config()
    assert config.database.dsn == "sqlite+aiosqlite:///changelogger.db"
    assert [owner.id for owner in config.owners] == ["local"]
    assert config.sites == ()


def test_an_empty_file_is_one_of_defaults(write: Write):
    config = load(write(""), {})
    assert config.model_dump() == Config().model_dump()
    assert config.blank_file


def test_a_file_of_a_comment_is_no_blank_one(write: Write):
    assert load(write("# nothing yet\n"), {}) == Config()


def test_a_byte_order_mark_is_passed_over(write: Write):
    assert load(write("\ufeff[fetch]\nper_host = 3\n"), {}).fetch.per_host == 3


def test_windows_line_ends_are_read(write: Write):
    assert load(write("[fetch]\r\nper_host = 3\r\n"), {}).fetch.per_host == 3


def test_nothing_can_be_changed_after_loading():
    with pytest.raises(ValidationError):
        load(None, {}).fetch.concurrency = 1  # type: ignore[misc]  # that it is refused is the test


def test_lengths_and_sizes_are_read_with_their_units(write: Write):
    config = load(
        write(
            '[schedule]\nmaximum_interval = "1w"\ncatch_up = "1h30m"\n'
            '[retention]\nattempts = "0"\n[fetch]\nmax_body_bytes = "2 MiB"\ndelay_seconds = 2\n'
        ),
        {},
    )
    assert config.schedule.maximum_interval == timedelta(days=7)
    assert config.schedule.catch_up == timedelta(minutes=90)
    assert config.retention.attempts == timedelta(0)
    assert config.fetch.max_body_bytes == 2 * 1024 * 1024
    assert config.fetch.delay_seconds == 2.0


def test_a_shorter_whole_needs_no_shorter_parts(write: Write):
    assert load(write("[fetch]\ntotal_timeout_seconds = 2\n"), {}).fetch.total_timeout_seconds == 2


def test_words_are_read_whatever_their_case(write: Write):
    assert load(write('[logging]\nlevel = "WARNING"\n'), {}).logging.level == "warning"


def test_networks_are_read_and_a_single_address_is_one(write: Write):
    config = load(write('[fetch]\nallow_networks = ["10.0.0.0/8", "127.0.0.1", "::1"]\n'), {})
    assert config.fetch.allow_networks == ("10.0.0.0/8", "127.0.0.1/32", "::1/128")


def test_the_user_agent_names_the_version(write: Write):
    config = load(write('[fetch]\nuser_agent = "mine/{version}"\n'), {})
    assert "{" not in config.fetch.user_agent


SITES = """
[[owner]]
id = "ada"
email = "ada@example.org"

[[owner]]
id = "bob"
email = "bob@example.org"

[site_types.blog]
check_frequency = "6h"
ignore = ['\\d+ views']

[site_types.status]
kind = "json"
query = "services"

[[site]]
name = "plain"
url = "HTTPS://Example.org:443"

[[site]]
name = "blog"
url = "https://example.org/blog"
type = "blog"
owner = "bob"

[[site]]
name = "own"
url = "https://example.org/own"
type = "blog"
main_content = false
ignore = []
check_frequency = "0 9 * * mon-fri"
paused = true

[[site]]
name = "status"
url = "https://example.org/status"
type = "status"
headers = { Accept-Language = "de" }
"""


def test_a_site_without_a_type_has_plain_rules(write: Write):
    plain = load(write(SITES), {}).sites[0]
    assert plain.rules() == Rules()
    assert plain.request() == Request("https://example.org/")
    assert (plain.check_frequency, plain.owner, plain.paused) == ("daily", "ada", False)


def test_a_site_takes_the_defaults_of_its_type_on_top_of_the_built_in_ones(write: Write):
    blog = load(write(SITES), {}).sites[1]
    assert blog.rules() == Rules(main_content=True, ignore=(r"\d+ views",))
    assert (blog.check_frequency, blog.owner) == ("6h", "bob")


def test_what_a_site_says_replaces_what_its_type_says(write: Write):
    own = load(write(SITES), {}).sites[2]
    assert own.rules() == Rules()
    assert (own.check_frequency, own.paused) == ("0 9 * * mon-fri", True)


def test_a_file_may_add_types(write: Write):
    status = load(write(SITES), {}).sites[3]
    assert status.rules() == Rules(kind="json", query="services")
    assert status.request() == Request(
        "https://example.org/status", headers={"Accept-Language": "de"}
    )


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("blog", Rules(main_content=True)),
        ("news", Rules(main_content=True)),
        ("docs", Rules()),
        ("changelog", Rules()),
        ("legal", Rules()),
        ("other", Rules()),
        ("feed", Rules(kind="feed")),
        ("api", Rules(kind="json")),
        ("json", Rules(kind="json")),
    ],
)
def test_built_in_types(name: str, rules: Rules):
    assert load(None, {}).site_types[name].rules() == rules


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite:////var/lib/a.db", "sqlite+aiosqlite:////var/lib/a.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql://u:p@h:5433/n", "postgresql+asyncpg://u:p@h:5433/n"),
        ("POSTGRESQL+asyncpg://h/n", "postgresql+asyncpg://h/n"),
        ("postgresql:///n?host=/run/pg", "postgresql+asyncpg:///n?host=%2Frun%2Fpg"),
        ("postgresql://h/n?sslmode=require", "postgresql+asyncpg://h/n?ssl=require"),
        ("postgresql://u:p@ss%20x@h/n", "postgresql+asyncpg://u:p%40ss%20x@h/n"),
    ],
)
def test_database_urls_name_the_driver_in_use(write: Write, url: str, dsn: str):
    assert load(write(f'[database]\nurl = "{url}"\n'), {}).database.dsn == dsn


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("postgresql://u:p@h1,h2:5433/n", "host=h1,h2&port=5432,5433"),
        ("postgresql://u:p@[::1]:5433,h2/n", "host=::1,h2&port=5433,5432"),
        ("postgresql://u:p@/n?host=h1:1&host=h2", "host=h1,h2&port=1,5432"),
        ("postgresql://u:p@/n?host=h1,h2&port=7", "host=h1,h2&port=7,7"),
        ("postgresql://u:p@/n?host=h1,h2&port=7,8", "host=h1,h2&port=7,8"),
        ("postgresql://u:p@%2Frun%2FA,%2Frun%2Fb:7/n", "host=%2Frun%2FA,%2Frun%2Fb&port=5432,7"),
    ],
)
def test_several_hosts_are_written_as_others_write_them(write: Write, url: str, query: str):
    path = write(f'[database]\nurl = "{url}"\n')
    database = load(path, {}).database
    target = "target_session_attrs=read-write"
    assert database.dsn == f"postgresql+asyncpg://u:p@/n?{query}&{target}"
    parsed = make_url(database.dsn)
    args = parsed.get_dialect()().create_connect_args(parsed)[1]
    assert len(args["host"]) == len(args["port"]) == 2
    shown = without_password(database.dsn)
    assert normal_url(shown) == database.dsn.replace(":p@", "@")
    kept = url + ("&" if "?" in url else "?") + "target_session_attrs=any"
    path = write(f'[database]\nurl = "{kept}"\n')
    assert load(path, {}).database.dsn.endswith("&target_session_attrs=any")


@pytest.mark.parametrize("target", ["standby", "read-only", "prefer-standby", "readwrite"])
def test_a_host_that_cannot_be_written_to_is_not_asked_for(write: Write, target: str):
    path = write(f'[database]\nurl = "postgresql://h1,h2/n?target_session_attrs={target}"\n')
    with pytest.raises(ConfigError, match="write target_session_attrs=read-write"):
        load(path, {})


def test_a_name_and_password_for_each_host_are_refused_unseen(write: Write):
    path = write('[database]\nurl = "postgresql://u:geheim@h1,u2:geheim2@h2/n"\n')
    with pytest.raises(ConfigError, match="give it once, before the first host") as caught:
        load(path, {})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("hosts", ["h1,", "h1:x,h2", "h1,h2:99999", "?host=h1,h2&port=1,2,3"])
def test_several_hosts_that_cannot_be_read_get_an_example(write: Write, hosts: str):
    place, mark, query = hosts.partition("?")
    path = write(f'[database]\nurl = "postgresql://u:geheim@{place}/n{mark}{query}"\n')
    with pytest.raises(ConfigError, match="db1:5432,db2:5432") as caught:
        load(path, {})
    assert "geheim" not in str(caught.value)


class TestFindingTheFile:
    """The first place that holds one wins; a broken one is found, too."""

    @pytest.fixture
    def places(self, tmp_path: Path) -> dict[str, Path]:
        places = {name: tmp_path / name for name in ("cwd", "xdg", "home")}
        for place in places.values():
            place.mkdir()
        return places

    def test_the_named_file_comes_first(self, places: dict[str, Path]):
        (places["cwd"] / "config.toml").touch()
        environ = {"CHANGELOGGER_CONFIG": "other.toml"}
        assert find_config(environ, places["cwd"]) == places["cwd"] / "other.toml"

    def test_then_the_working_directory(self, places: dict[str, Path]):
        (places["cwd"] / "config.toml").symlink_to("gone.toml")
        found = find_config({"CHANGELOGGER_CONFIG": ""}, places["cwd"])
        assert found == places["cwd"] / "config.toml"

    @pytest.mark.parametrize(
        ("environ", "folder"),
        [
            ({"XDG_CONFIG_HOME": "{xdg}", "HOME": "{home}"}, "xdg/changelogger"),
            ({"HOME": "{home}"}, "home/.config/changelogger"),
        ],
    )
    def test_then_the_users_folder(
        self, places: dict[str, Path], environ: dict[str, str], folder: str, tmp_path: Path
    ):
        for name in ("xdg/changelogger", "home/.config/changelogger"):
            (tmp_path / name).mkdir(parents=True)
            (tmp_path / name / "config.toml").touch()
        known = {name: text.format(**places) for name, text in environ.items()}
        assert find_config(known, places["cwd"]) == tmp_path / folder / "config.toml"

    @pytest.mark.skipif(Path("/etc/changelogger/config.toml").exists(), reason="installed here")
    @pytest.mark.parametrize("environ", [{}, {"XDG_CONFIG_HOME": "relative"}])
    def test_else_there_is_none(self, places: dict[str, Path], environ: dict[str, str]):
        assert find_config(environ, places["cwd"]) is None


def test_a_standby_is_found_among_several_hosts_and_has_the_password_of_the_primary() -> None:
    primary = {"url": "postgresql://u@db1/news", "password": "hunter2"}
    section = DatabaseConfig.model_validate({**primary, "read_url": "postgresql://u@db1,db2/news"})
    assert section.replica is not None
    assert section.replica.dsn == (
        "postgresql+asyncpg://u:hunter2@/news?host=db1,db2&port=5432,5432"
        "&target_session_attrs=standby"
    )
    own = DatabaseConfig.model_validate({**primary, "read_url": "postgresql://u:other@db2/news"})
    assert own.replica is not None
    assert {"hunter2", "other"} <= {*Config(database=own).secrets()}
    assert own.replica.dsn == "postgresql+asyncpg://u:other@db2/news"
    assert DatabaseConfig.model_validate(primary).replica is None


def test_a_database_to_copy_to_has_no_standby_of_the_configured_one() -> None:
    config = Config(
        database=DatabaseConfig.model_validate(
            {"url": "postgresql://u@db1/news", "read_url": "postgresql://u@db2/news"}
        )
    )
    assert given_database(config, "sqlite:///copy.db", "").replica is None
    assert given_database(config, "postgresql://u@db3/news", "").replica is None
