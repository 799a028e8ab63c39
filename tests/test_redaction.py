"""A secret is one wherever its name stands: the same names, whoever shows the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daemon.alerting.subject import about
from daemon.cli.terminal.show import Clean
from daemon.config.explain import found_value
from daemon.config.tree import Config
from daemon.llm.private import Masks, without_private
from daemon.logs.clean import Cleaner
from daemon.model.errors import FetchError
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from daemon.redaction import is_secret_key, is_secret_name, redact_text
from daemon.store.tables.ids import new_id
from daemon.transfer.exporting import export
from tests.alerting.test_events import site
from tests.making import PAST, outcome
from tests.transfer.test_ours import CONFIG, a_site

PLANTED = "pLant3dV4lue77"
NAMES = """
token access_token refresh_token id_token csrf-token X-Amz-Security-Token secret client_secret
clientSecret password passwd passphrase pwd pass auth Authorization X-Auth sig signature
X-Amz-Signature X-Amz-Credential credential sid SID session session_id sessionid PHPSESSID
JSESSIONID jwt bearer hmac api_key apikey api-key X-Api-Key access_key AccessKeyId private_key key
code otp cookie auth%5Btoken%5D
""".split()
OPEN = "q page id author keyword monkey country_code sort lang design assignment passage otpional"


def exported(url: str) -> str:
    tables = export(CONFIG, [a_site(request=Request(url))], [], with_secrets=False).tables
    return str(tables["site"][0]["url"])


def told(url: str) -> object:
    page = Page(new_id(), Request(url), "a.example:443", "daily", PAST, 1)
    return about(outcome(page), site(url=url))


SINKS: dict[str, Callable[[str], object]] = {
    "log line": Cleaner().text,
    "log field": lambda url: Cleaner().field("url", url),
    "error": lambda url: FetchError(ErrorClass.REDIRECT, f"leads to {url}"),
    "command line": Clean().url,
    "configuration fault": found_value,
    "export": exported,
    "notification": told,
    "any text": redact_text,
}


@pytest.mark.parametrize("sink", SINKS)
def test_secret_query_keys_are_masked_in_every_sink(sink: str) -> None:
    shown = {
        name: str(SINKS[sink](f"https://a.example/?p=2&{name}={PLANTED}&l=de")) for name in NAMES
    }
    assert {name: text for name, text in shown.items() if PLANTED in text} == {}
    assert all("p=2" in text and "l=de" in text for text in shown.values())


@pytest.mark.parametrize("sink", sorted(SINKS.keys() - {"export"}))
def test_a_password_in_a_url_is_masked_in_every_sink(sink: str) -> None:
    assert PLANTED not in str(SINKS[sink](f"https://ann:{PLANTED}@site.example/"))


@pytest.mark.parametrize("name", OPEN.split())
def test_other_query_keys_are_shown(name: str) -> None:
    url = f"https://site.example/?{name}=abc"
    assert redact_text(url) == url


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "X-Auth-Token", "Api-Key", "X-Session"]
)
def test_the_value_of_a_secret_header_is_a_known_secret(name: str) -> None:
    config = Config.model_validate(
        {"site": [{"name": "a", "url": "https://a.example/", "headers": {name: PLANTED}}]}
    )
    assert PLANTED in config.secrets()


def test_headers_quoted_in_a_text_are_masked() -> None:
    assert redact_text(f"sent Authorization: Bearer {PLANTED}") == "sent Authorization: ***"
    assert redact_text(f"Set-Cookie: sid={PLANTED}; Path=/\nDate: now") == (
        "Set-Cookie: ***\nDate: now"
    )


@pytest.mark.parametrize(
    "name", ["token", "client_secret", "refresh_token", "id_token", "password"]
)
def test_a_field_is_masked_by_the_words_of_its_name(name: str) -> None:
    assert is_secret_name(name)
    assert Cleaner().field(name, PLANTED) == "***"
    assert Cleaner().value({name: PLANTED, "other": 1}) == {name: "***", "other": 1}


@pytest.mark.parametrize("name", ["key", "code", "event", "session"])
def test_short_names_hide_query_values_but_no_fields(name: str) -> None:
    assert is_secret_key(name) is (name != "event")
    assert Cleaner().field(name, "site[0].url") == "site[0].url"


@pytest.mark.parametrize("name", ["api key", "passwort", "client_secret", "jwt", "passphrase"])
def test_what_goes_to_a_model_names_no_secret(name: str) -> None:
    assert PLANTED not in without_private(f"{name}: {PLANTED}", Masks())


def test_an_export_names_what_is_missing() -> None:
    url = f"https://site.example/?api_key={PLANTED}"
    done = export(CONFIG, [a_site("My feed", request=Request(url))], [], with_secrets=False)
    assert done.hidden == ["My feed: api_key"]
    assert done.tables["site"][0]["url"] == "https://site.example/?api_key=${MY_FEED_API_KEY}"
    kept = export(CONFIG, [a_site("My feed", request=Request(url))], [], with_secrets=True)
    assert kept.tables["site"][0]["url"] == url
