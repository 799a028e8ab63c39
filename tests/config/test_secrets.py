"""Secrets come from files and the environment, and are never shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.model.errors import ConfigError

SECRET = "hunter2/&%"
WORD = "hunter2"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    return path


def load_text(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


DSN = "postgresql+asyncpg://user:hunter2%2F%26%25@host/name"
URL = 'url = "postgresql://user@host/name"\n'


def test_a_password_file_gives_the_password(tmp_path: Path, secret_file: Path):
    config = load_text(tmp_path, f'[database]\n{URL}password_file = "{secret_file}"\n')
    assert config.database.dsn == DSN


def test_a_variable_names_a_password_file(tmp_path: Path, secret_file: Path):
    config = load_text(
        tmp_path,
        f'[database]\n{URL}password_file = "no/such/file"\n',
        {"CHANGELOGGER__DATABASE__PASSWORD_FILE": str(secret_file)},
    )
    assert config.database.dsn == DSN


def test_a_url_may_come_from_a_file(tmp_path: Path):
    (tmp_path / "url").write_text("postgres://user:hunter2%2F%26%25@host/name\r\n")
    config = load_text(tmp_path, f'[database]\nurl_file = "{tmp_path / "url"}"\n')
    assert config.database.dsn == DSN


def test_references_are_expanded_everywhere(tmp_path: Path, secret_file: Path):
    config = load_text(
        tmp_path,
        '[[site]]\nname = "a"\nurl = "https://example.org/?t=${TOKEN}"\n'
        f'headers = {{ X-Key = "${{file:{secret_file}}}", X-Plain = "$${{TOKEN}} $ {{}}", '
        'X-Env = "${env:TOKEN}", X-Colon = "$${a:b}" }\n'
        "ignore = ['a{2}$', '${TOKEN}']\n",
        {"TOKEN": "abc"},
    )
    site = config.sites[0]
    assert site.url == "https://example.org/?t=abc"
    assert site.request().headers == {
        "X-Key": SECRET,
        "X-Plain": "${TOKEN} $ {}",
        "X-Env": "abc",
        "X-Colon": "${a:b}",
    }
    assert site.ignore == ("a{2}$", "abc")


def test_secrets_are_told_to_the_log(tmp_path: Path, secret_file: Path):
    config = load_text(
        tmp_path,
        f'[database]\n{URL}password_file = "{secret_file}"\n'
        '[[site]]\nname = "a"\nurl = "https://example.org/?t=${TOKEN}"\n'
        'headers = { Authorization = "Bearer abc.def", Accept = "*/*", X-A = "${OTHER}" }\n',
        {"TOKEN": "query-token", "OTHER": "other-token"},
    )
    assert set(config.secrets()) == {
        SECRET,
        "hunter2%2F%26%25",
        "query-token",
        "other-token",
        "Bearer abc.def",
        "abc.def",
    }


def test_a_folder_in_a_plain_option_is_no_secret(tmp_path: Path):
    text = '[database]\nurl = "sqlite:///${STATE}/a.db"\n[fetch]\nuser_agent = "${NAME}"\n'
    config = load_text(tmp_path, text, {"STATE": "/var/lib/changelogger", "NAME": "mine"})
    assert config.database.dsn == "sqlite+aiosqlite:////var/lib/changelogger/a.db"
    assert "mine" not in config.secrets()


def test_nothing_that_is_printed_shows_a_secret(tmp_path: Path, secret_file: Path):
    config = load_text(
        tmp_path,
        f'[database]\n{URL}password_file = "{secret_file}"\n'
        '[site_types.blog]\nheaders = { Cookie = "hunter2" }\n'
        '[[site]]\nname = "a"\nurl = "https://example.org/"\ntype = "blog"\n',
    )
    printed = f"{config!r}{config}{config.model_dump()}{config.model_dump_json()}"
    assert "hunter2" not in printed
    assert config.database.shown == "postgresql://user@host/name"


@pytest.mark.parametrize(
    "text",
    [
        '[database]\nurl = "${TOKEN}"\n',
        '[database]\npassword = "${TOKEN}"\npool_size = "${TOKEN}"\n',
        '[fetch]\nconcurrency = "${TOKEN}"\nallow_networks = ["${TOKEN}"]\n',
        '[schedule]\nlease = "${TOKEN}"\n',
        '[[site]]\nname = "${TOKEN}"\nurl = "${TOKEN}"\nkind = "${TOKEN}"\nowner = "${TOKEN}"\n',
        '[[site]]\ntype = "${TOKEN}"\ncheck_frequency = "${TOKEN}"\nkeep_lines = ["(${TOKEN}"]\n',
        '[[site]]\nname = "${TOKEN}"\n[[site]]\nname = "${TOKEN}"\n',
    ],
)
def test_no_fault_and_no_exception_behind_it_shows_a_secret(tmp_path: Path, text: str):
    with pytest.raises(ConfigError) as raised:
        load_text(tmp_path, text, {"TOKEN": WORD})
    shown = "".join(traceback.format_exception(raised.value))
    assert WORD not in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"a" * 70_000, "is larger than 64 KiB"),
    ],
)
def test_a_secret_file_that_holds_none_is_a_fault(tmp_path: Path, content: bytes, said: str):
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_text(tmp_path, f'[database]\n{URL}password_file = "{tmp_path / "secret"}"\n')


def test_a_secret_file_is_named_by_text(tmp_path: Path):
    with pytest.raises(
        ConfigError, match=r":3: database.password_file: must be the name of a file"
    ):
        load_text(tmp_path, f"[database]\n{URL}password_file = 3\n")


def test_keys_nested_without_end_do_no_harm(tmp_path: Path):
    deep = ".".join(["a"] * 5000)
    with pytest.raises(ConfigError, match="a: is not a known option"):
        load_text(tmp_path, f'{deep} = "${{TOKEN}}"\n')


def test_a_ping_url_comes_from_a_file_and_is_shown_nowhere(tmp_path: Path, secret_file: Path):
    secret_file.write_text("https://ping.example/6ba7b810-9dad-11d1-80b4-00c04fd430c8\n")
    config = load_text(tmp_path, f'[health]\nping_url_file = "{secret_file}"\n')
    url = config.health.ping_url.get_secret_value()
    assert url == "https://ping.example/6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    assert {url, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"} <= set(config.secrets())
    assert "6ba7b810" not in repr(config) + str(config)


@pytest.mark.parametrize("url", ["hc-ping.com/key-of-ours", "ftp://ping.example/key-of-ours"])
def test_a_ping_url_that_is_none_is_refused_and_not_shown(tmp_path: Path, url: str):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, f'[health]\nping_url = "{url}"\n')
    assert "config.toml:2: health.ping_url" in str(caught.value)
    assert "key-of-ours" not in str(caught.value)
