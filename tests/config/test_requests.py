"""How a site is asked for: what a type gives, what a site contradicts, and what stays secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config, load
from daemon.config.doubts import doubts
from daemon.config.reading.writing import toml_value
from daemon.model.errors import ConfigError
from daemon.model.request import Request
from tests.authority import Authority

WORD = "hunter2-long"


def asked(site: dict[str, Any], **of_type: Any) -> Request:
    """The request of a site whose type says something too."""
    table = {"name": "a", "url": "https://example.org/", "type": "own", **site}
    config = Config.model_validate({"site": [table], "site_types": {"own": of_type}})
    return config.settled(()).sites[0].request()


def test_a_plain_site_is_asked_as_ever() -> None:
    request = asked({})
    assert request == Request("https://example.org/")
    assert request.identity == ("GET", "https://example.org/", (), "http")


@pytest.mark.parametrize(
    "other",
    [
        {"method": "POST"},
        {"body": "a"},
        {"json": {"a": 1}},
        {"form": {"a": "1"}},
        {"headers": {"A": "1"}},
        {"cookies": {"a": "1"}},
        {"auth": {"username": "a", "password": "b"}},
        {"auth": {"token": "a"}},
    ],
)
def test_any_difference_is_another_page(other: dict[str, Any]) -> None:
    assert asked(other).identity != asked({}).identity
    assert asked(other).identity == asked(dict(other)).identity


def test_a_login_is_the_same_in_whatever_way_it_is_written() -> None:
    by_header = asked({"headers": {"Authorization": "Bearer abc", "Cookie": "a=1"}})
    assert asked({"auth": {"token": "abc"}, "cookies": {"a": "1"}}) == by_header


@pytest.mark.parametrize(
    ("site", "of_type", "method", "body"),
    [
        ({}, {"body": "t"}, "POST", "t"),
        ({"form": {"a": "1"}}, {"body": "t"}, "POST", "a=1"),
        ({"method": "GET"}, {"body": "t"}, "GET", ""),
        ({"body": "s"}, {"method": "PUT", "json": [1]}, "PUT", "s"),
        ({"body": "s"}, {"method": "GET"}, "POST", "s"),
    ],
)
def test_what_a_site_says_comes_before_its_type(
    site: dict[str, Any], of_type: dict[str, Any], method: str, body: str
) -> None:
    request = asked(site, **of_type)
    assert (request.method, request.body) == (method, body)


def test_a_login_of_the_type_gives_way_to_a_header_of_the_site() -> None:
    own = asked({"headers": {"authorization": "Bearer s"}}, auth={"token": "t"})
    assert own.headers == {"authorization": "Bearer s"}
    own = asked({"auth": {"token": "s"}}, headers={"authorization": "Bearer t"})
    assert own.headers == {"Authorization": "Bearer s"}
    own = asked({"headers": {"Cookie": "a=s"}}, cookies={"a": "t"})
    assert own.headers == {"Cookie": "a=s"}


@pytest.mark.parametrize(
    "option",
    [
        {"body": WORD},
        {"json": {"password": WORD}},
        {"json": {"list": [{"api_key": WORD}]}},
        {"form": {"pass": WORD}},
        {"form": {"q": WORD}},
        {"cookies": {"a": WORD}},
        {"auth": {"username": "a", "password": WORD}},
        {"auth": {"token": WORD}},
        {"headers": {"X-Key": WORD}},
    ],
)
@pytest.mark.parametrize("kind", ["site", "product"])
def test_what_a_request_sends_is_a_secret(kind: str, option: dict[str, Any]) -> None:
    table = {"name": "a", "url": "https://example.org/", **option}
    config = Config.model_validate({kind: [table]})
    assert WORD in config.secrets()
    assert WORD not in f"{config!r}{config.model_dump()}{config.model_dump_json()}"


def test_a_login_is_secret_as_it_is_sent() -> None:
    table: dict[str, Any] = {"name": "a", "url": "https://example.org/"}
    table |= {"auth": {"username": "me", "password": "hunter2"}}
    assert "bWU6aHVudGVyMg==" in Config.model_validate({"site": [table]}).secrets()


def test_secrets_of_a_request_may_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{WORD}\n")
    (tmp_path / "query").write_text(json.dumps({"q": WORD}))
    path = tmp_path / "config.toml"
    path.write_text(
        f'[site_types.own]\nbody_file = "{tmp_path}/word"\n'
        '[[site]]\nname = "a"\nurl = "https://example.org/a"\ntype = "own"\n'
        f'auth = {{ username = "me", password_file = "{tmp_path}/word" }}\n'
        '[[product]]\nname = "b"\nurl = "https://example.org/b"\n'
        f'json_file = "{tmp_path}/query"\nauth = {{ token_file = "{tmp_path}/word" }}\n'
    )
    config = load(path, {})
    site, product = config.sites[0].request(), config.products[0].requests()[0]
    assert site.body == WORD
    assert site.headers["Authorization"] != "Basic bWU6"
    assert product.body == json.dumps({"q": WORD})
    assert product.headers["Authorization"] == f"Bearer {WORD}"
    assert WORD in config.secrets()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"client_key": "KEY"}, "client_key: is given without client_certificate"),
        ({"client_certificate": "none.pem"}, "client_certificate: cannot read 'none.pem'"),
        ({"client_certificate": "CERT"}, "client_certificate: CERT holds no private key (name the"),
        (
            {"client_certificate": "CERT", "client_key": "OTHER"},
            "client_key: OTHER is not the key of the certificate",
        ),
        ({"ca_file": "KEY"}, "ca_file: KEY holds no certificate (it has to be PEM"),
        ({"charset": "latin-17"}, "charset: is not a charset of the web"),
        ({"timeout": "3m"}, "timeout: is longer than fetch.longest_timeout_seconds, which is 120"),
        ({"timeout": "11m"}, "timeout: must be"),
        ({"timeout": "30"}, "timeout: needs a unit"),
        ({"user_agent": "a", "headers": {"user-agent": "b"}}, "user_agent: is given beside"),
    ],
)
@pytest.mark.parametrize("kind", ["site", "product", "site_types"])
def test_what_cannot_be_used_is_a_fault_with_its_line(
    tmp_path: Path, kind: str, table: dict[str, Any], told: str
) -> None:
    authority = Authority(tmp_path)
    certificate, other = authority.issue("a"), authority.issue("b")
    files = {"CERT": certificate, "KEY": certificate.with_suffix(".key")}
    files["OTHER"] = other.with_suffix(".key")
    for name, file in files.items():
        told = told.replace(name, str(file))
        table = {k: str(file) if v == name else v for k, v in table.items()}
    head = "[site_types.own]" if kind == "site_types" else f"[[{kind}]]"
    own = "" if kind == "site_types" else 'name = "a"\nurl = "https://example.org/"\n'
    lines = "".join(f"{key} = {toml_value(value)}\n" for key, value in table.items())
    path = tmp_path / "config.toml"
    path.write_text(f"{head}\n{own}{lines}")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert told in str(caught.value.faults[0])
    assert "config.toml:" in caught.value.faults[0].where


def test_what_a_table_leaves_open_is_not_written() -> None:
    auth = {"username": None, "password": None, "token": "***"}
    assert toml_value(auth) == '{ "token" = "***" }'
    assert toml_value({"token": None}) == "{}"


def test_the_longest_timeout_is_the_operators(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "[fetch]\nlongest_timeout_seconds = 300\n"
        '[[site]]\nname = "a"\nurl = "https://example.org/"\ntimeout = "4m"\n'
    )
    assert load(path, {}).sites[0].request().timeout_seconds == 240


def test_what_is_unsafe_or_has_ended_is_doubted_where_it_is_said(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old = authority.issue("old", days=-1)
    ended = {"client_certificate": str(old), "client_key": str(old.with_suffix(".key"))}
    site = {"name": "a", "url": "https://example.org/a", "type": "own"}
    tree = {
        "site_types": {"own": {"verify_tls": False}},
        "site": [site, {**site, "name": "b", "url": "https://example.org/b", "verify_tls": True}],
        "product": [{"name": "c", "url": "https://example.org/c", **ended}],
    }
    found = doubts(Config.model_validate(tree).settled(()), {})
    assert [flaw.path for flaw in found] == [
        ("site_types", "own", "verify_tls"),
        ("product", 0, "client_certificate"),
    ]
    assert "ended at" in found[1].problem
