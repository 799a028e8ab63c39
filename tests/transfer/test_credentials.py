"""Names and passwords that other programs keep in URLs."""

from __future__ import annotations

import pytest

from tests.transfer.test_foreign import from_jobs, from_watches, notes, the_site
from tests.transfer.test_ours import brought
from tests.transfer.test_uptime_kuma import PLAIN, from_backup

WITH_PASSWORD = "https://ada:se%40cret@a.example:8443/x?y=1"
AUTHORIZATION = {"Authorization": "Basic YWRhOnNlQGNyZXQ="}  # ada:se@cret


def test_the_password_of_a_url_is_sent_and_not_shown() -> None:
    for result in (
        from_watches({"url": WITH_PASSWORD}),
        from_jobs(f"name: P\nurl: {WITH_PASSWORD}\n"),
        from_backup(PLAIN | {"url": WITH_PASSWORD}),
        brought(f"{WITH_PASSWORD}\n", "urls"),
    ):
        site = the_site(result)
        assert site.request.url == "https://a.example:8443/x?y=1"
        assert dict(site.request.headers) == AUTHORIZATION
        assert result.notes == []


def test_a_header_comes_before_the_url() -> None:
    result = from_watches({"url": WITH_PASSWORD, "headers": {"authorization": "Bearer t"}})
    assert dict(the_site(result).request.headers) == {"authorization": "Bearer t"}
    assert notes(result) == "without the name and password in its URL: others are sent"


@pytest.mark.parametrize("format_", ["toml", "csv"])
def test_our_own_files_are_checked_as_config_toml_is(format_: str) -> None:
    text = {
        "toml": f'[[site]]\nname = "A"\nurl = "{WITH_PASSWORD}"\n',
        "csv": f"what,name,url\nsite,A,{WITH_PASSWORD}\n",
    }
    result = brought(text[format_], format_)
    [fault] = result.faults
    assert "holds a user name or password" in str(fault)
    assert "cret" not in str(fault)


def test_a_monitor_with_a_password_sends_that_alone() -> None:
    own = {
        "basic_auth_user": "ada",
        "basic_auth_pass": "se@cret",
        "headers": '{"authorization": "x"}',
    }
    assert dict(the_site(from_backup(PLAIN | own)).request.headers) == AUTHORIZATION


def test_a_name_with_a_colon_cannot_be_sent() -> None:
    result = from_backup(PLAIN | {"basic_auth_user": "a:b", "basic_auth_pass": "hidden"})
    assert notes(result) == "paused: its user name holds a colon"
    assert the_site(result).is_active is False
