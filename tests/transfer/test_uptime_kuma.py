"""A backup of Uptime Kuma."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.extract import read
from daemon.model.errors import ConfigError
from daemon.model.response import Document
from daemon.transfer.formats.known import format_of
from daemon.transfer.importing import Imported
from tests.transfer.test_foreign import URL, notes, the_site
from tests.transfer.test_ours import brought

PLAIN: dict[str, Any] = {
    "id": 1, "type": "http", "name": "Home", "url": URL, "active": True, "method": "GET",
    "interval": 60, "maxretries": 0, "accepted_statuscodes": ["200-299"], "maxredirects": 10,
    "headers": None, "body": None, "authMethod": None, "keyword": None, "invertKeyword": False,
    "ignoreTls": False, "upsideDown": False, "jsonPath": None, "expectedValue": None,
    "dns_resolve_type": "A", "pushToken": None, "notificationIDList": {"1": True}, "tags": [],
}  # fmt: skip


def from_backup(*monitors: dict[str, Any], **more: Any) -> Imported:
    text = json.dumps({"version": "1.23.16", "monitorList": list(monitors), **more})
    assert format_of(text.encode()) == "uptime-kuma"
    return brought(text, "uptime-kuma")


def test_a_monitor_of_a_page_tells_of_failures_alone() -> None:
    group = {"id": 7, "type": "group", "name": "Public", "active": True}
    tags = [{"name": "env", "value": "prod"}, {"name": "mine", "value": ""}]
    own = {"parent": 7, "tags": tags, "interval": 120, "timeout": 48, "maxredirects": 0}
    result = from_backup(group, PLAIN | own)
    site = the_site(result)
    assert (site.name, site.request.url, site.is_active) == ("Home", URL, True)
    assert site.check_frequency == "2m"
    assert site.request.timeout_seconds == 48
    assert (site.rules.notify_on, site.rules.follow) == ("none", "none")
    assert site.tags == ("public", "env prod", "mine")
    assert result.notes == []


def test_the_request_of_a_monitor_comes_along_and_shows_no_secret() -> None:
    result = from_backup(
        PLAIN
        | {
            "method": "POST",
            "body": '{"a": 1}',
            "headers": '{"X-Token": "hidden"}',
            "basic_auth_user": "ada",
            "basic_auth_pass": "hidden",
            "ignoreTls": True,
        },
        notificationList=[{"name": "Bot", "config": '{"telegramBotToken": "hidden"}'}],
    )
    request = the_site(result).request
    assert (request.method, request.body) == ("POST", '{"a": 1}')
    assert dict(request.headers) == {
        "X-Token": "hidden",
        "Content-Type": "application/json",
        "Authorization": "Basic YWRhOmhpZGRlbg==",
    }
    assert request.tls is not None
    assert request.tls.verify is False
    assert notes(result) == "without the notification 'Bot': see [[notify]]"


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ({"type": "keyword", "keyword": "Log in (x)"}, {"contains": (r"re:Log in \(x\)",)}),
        ({"type": "keyword", "keyword": "down", "invertKeyword": True},
         {"disappears": ("re:down",)}),
        ({"type": "json-query", "jsonPath": "$.a.b", "expectedValue": "ok"},
         {"query": "a.b", "contains": ('re:^"?ok"?$',)}),
        ({"type": "json-query", "jsonPath": "a[0]", "jsonPathOperator": ">", "expectedValue": "5"},
         {"query": "a[0]", "above": "5"}),
        ({"type": "json-query", "jsonPath": "$.a", "jsonPathOperator": "!=", "expectedValue": "x"},
         {"query": "a", "disappears": ('re:^"?x"?$',)}),
        ({"accepted_statuscodes": ["200-299", "404", "503"]}, {"watch_status": (404, 503)}),
        ({"accepted_statuscodes": ["200-599"]}, {"watch_status": True}),
        ({"active": False}, {"is_active": False}),
    ],
)  # fmt: skip
def test_what_a_monitor_waits_for_is_kept(more: dict[str, Any], options: dict[str, Any]) -> None:
    text = json.dumps({"monitorList": [PLAIN | more]})
    [entry] = _tables(text)
    for key, value in options.items():
        found = not entry.get("paused", False) if key == "is_active" else entry[key]
        assert (tuple(found) if isinstance(found, list) else found) == value
    assert the_site(from_backup(PLAIN | more)).is_active is options.get("is_active", True)


def _tables(text: str) -> list[dict[str, Any]]:
    from daemon.transfer.entry import ImportEntry
    from daemon.transfer.formats.known import READERS

    read_ = READERS["uptime-kuma"](text.encode())
    return [one.table for one in read_ if isinstance(one, ImportEntry)]


def test_the_value_that_is_expected_is_found_as_it_is_read() -> None:
    more = {"type": "json-query", "jsonPath": "$.state", "expectedValue": "ok"}
    rules = the_site(from_backup(PLAIN | more)).rules
    assert read(Document(b'{"state": "ok"}', "application/json", None, URL), rules).text == "ok"


@pytest.mark.parametrize(
    ("more", "told", "is_active"),
    [
        ({"maxretries": 3}, "without its retries: see `failures` in [notices]", True),
        ({"resendInterval": 5}, "without its reminders", True),
        ({"upsideDown": True}, "without being upside down", True),
        ({"description": "d"}, "without its description", True),
        ({"type": "real-browser"}, "rendered by a browser", True),
        ({"authMethod": "ntlm"}, "paused: its authentication by ntlm", False),
        ({"headers": "{cut"}, "paused: its headers are not JSON", False),
        ({"accepted_statuscodes": ["201"]}, "a choice among the statuses 200 to 299", True),
        ({"proxyId": 3}, "paused: its proxy 'proxy.lan:3128' is not in the configuration", False),
        ({"type": "json-query", "jsonPath": "$count(a)"}, "has to be written as `query`", False),
        ({"type": "json-query", "jsonPath": "$.a", "jsonPathOperator": ">=", "expectedValue": "1"},
         "without what it expects of the value: >= '1'", True),
    ],
)  # fmt: skip
def test_what_a_monitor_cannot_carry_over_is_told(
    more: dict[str, Any], told: str, is_active: bool
) -> None:
    proxy = {"id": 3, "protocol": "http", "host": "proxy.lan", "port": 3128, "password": "hidden"}
    result = from_backup(PLAIN | more, proxyList=[proxy])
    assert told in notes(result)
    assert "hidden" not in notes(result)
    assert the_site(result).is_active is is_active


@pytest.mark.parametrize("kind", ["ping", "port", "dns", "push", "docker", "mqtt"])
def test_what_asks_no_web_server_is_named(kind: str) -> None:
    result = from_backup(PLAIN | {"type": kind, "url": "https://", "hostname": "10.0.0.1"}, PLAIN)
    assert len(result.sites) == 1
    assert [(note.place, note.text, note.is_loss) for note in result.notes] == [
        ("monitor 1", f"without 'Home': a monitor by {kind} asks no web server", True)
    ]


def test_what_is_in_a_paused_group_is_paused() -> None:
    groups = [
        {"id": 7, "type": "group", "name": "Inner", "parent": 8},
        {"id": 8, "type": "group", "name": "Outer", "active": False, "parent": 7},
    ]
    assert the_site(from_backup(*groups, PLAIN | {"parent": 7})).is_active is False


@pytest.mark.parametrize("text", ['{"monitorList": 1}', "{", "[]", '{"monitorList": [{"id"'])
def test_what_is_no_backup_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not JSON|is no backup of Uptime Kuma"):
        brought(text, "uptime-kuma")


def test_a_monitor_without_type_or_url_is_refused_and_stops_no_other() -> None:
    result = from_backup({"id": 1}, PLAIN | {"id": 2, "url": None}, PLAIN | {"id": 3})
    assert [str(fault) for fault in result.faults] == [
        "monitor 1: is no monitor with a type",
        "monitor 2: has no url",
    ]
    assert len(result.sites) == 1
