"""One URL that is asked for in several ways, and options that take another over."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import load
from daemon.config.doubts import doubts
from tests.authority import Authority

ONE = '[[site]]\nname = "One"\nurl = "https://a.example/"\n'
TWO = '[[site]]\nname = "Two"\nurl = "https://A.example"\ninclude = ["main"]\n'


def told(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return [f"{one.path[-1]}: {one.problem} ({one.hint})" for one in doubts(load(path, {}), {})]


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ('cookies = { seen = "yes" }\n', "cookies"),
        ('headers = { Accept = "a/b", Cookie = "a=b" }\n', "header accept, cookies"),
        ('auth = { token = "hunter2" }\nuser_agent = "x/1"\n', "auth, user_agent"),
        ('body = "hunter2"\n', "method, body"),
        ('keep_cookies = true\ntimeout = "5s"\n', "keep_cookies, timeout"),
        ('charset = "utf-8"\nverify_tls = true\n', "TLS options, charset"),
    ],
)
def test_a_url_asked_for_in_two_ways_is_doubted(tmp_path: Path, more: str, options: str) -> None:
    [said] = told(tmp_path, ONE + TWO + more)
    assert said == (
        f'url: is the URL of "One", asked for with another {options}: it is fetched for each '
        "(give both the same, such as by a [[group]], to fetch it once)"
    )
    assert "hunter2" not in said


def test_equal_requests_are_not_doubted(tmp_path: Path) -> None:
    cookies = 'cookies = { seen = "yes" }\n'
    assert told(tmp_path, ONE + cookies + TWO + cookies) == []


def test_the_accounts_of_two_owners_are_not_doubted(tmp_path: Path) -> None:
    owners = "".join(f'[[owner]]\nid = "{n}"\nemail = "{n}@a.example"\n' for n in ("ada", "bob"))
    assert told(tmp_path, owners + ONE + TWO + 'owner = "bob"\nkeep_cookies = true\n') == []


def test_two_questions_to_one_address_are_not_doubted(tmp_path: Path) -> None:
    asked = (f'method = "POST"\njson = {{ query = "{one}" }}\n' for one in "ab")
    assert told(tmp_path, ONE + next(asked) + TWO + next(asked)) == []


def test_a_product_on_the_page_of_a_site_is_doubted_too(tmp_path: Path) -> None:
    product = '[[product]]\nname = "Lamp"\nurls = ["https://b.example/", "https://a.example/"]\n'
    [said] = told(tmp_path, ONE + product + "keep_cookies = true\n")
    assert said.startswith('urls: is the URL of "One", asked for with another keep_cookies')


def test_authorities_beside_any_certificate_are_doubted(tmp_path: Path) -> None:
    trusted = f"ca_file = '{Authority(tmp_path).file}'\n"
    said = told(tmp_path, ONE + trusted + "verify_tls = false\n")
    assert any(one.startswith("ca_file: has no effect: verify_tls = false") for one in said)
    [said_once] = told(tmp_path, "[fetch]\nverify_tls = false\n" + ONE + trusted)
    assert said_once.startswith("ca_file: has no effect: fetch.verify_tls = false")
    assert (
        told(tmp_path, "[fetch]\nverify_tls = false\n" + ONE + trusted + "verify_tls = true\n")
        == []
    )
    assert told(tmp_path, ONE + trusted) == []


def test_count_that_takes_a_comparison_over_is_doubted(tmp_path: Path) -> None:
    counted = ONE + 'count = ["css:.slot"]\nbelow = 3\n'
    assert told(tmp_path, counted) == []
    [said] = told(tmp_path, counted + 'include = [".price"]\n')
    assert said.startswith(
        'below: compares how often "css:.slot" is there, not the number that is chosen'
    )
