"""Hosts that want to be left alone: whom `check` waits for, and what it does not check for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.cli.terminal.show import Clean
from daemon.cli.terminal.waiting import Waiting
from tests.cli.conftest import Cli, Site

Configured = Callable[..., Path]
ALONE = "the host asked to be left alone"


def throttled(cli: Cli, site: Site, configured: Configured, seconds: int = 600) -> None:
    """Two sites, of whose host one has asked to wait."""
    site.answers["/one"] = (429, "not so fast")
    site.headers["Retry-After"] = str(seconds)
    configured(("One", site.url("/one")), ("Two", site.serve("/two", "Two")))
    assert cli("check", "One").code == 1
    assert pages_asked(site) == ["/one"]
    site.serve("/one", "One")


def test_show_says_until_when_a_server_asked_to_wait(
    cli: Cli, site: Site, configured: Configured
) -> None:
    throttled(cli, site, configured)
    for name in ("One", "Two"):
        assert "waits     the server asked to wait until 2" in cli("sites", "show", name).out
        [shown] = cli("sites", "show", name, "--json").lines
        assert shown["waits_until"] > shown["created_at"]


def pages_asked(site: Site) -> list[str]:
    return [path for path in site.asked if path != "/robots.txt"]


@pytest.mark.parametrize("words", [["--all"], ["One", "Two"], ["--all", "--dry-run"]])
def test_what_is_not_checked_for_its_host_is_named_at_the_end(
    words: list[str], cli: Cli, site: Site, configured: Configured
) -> None:
    throttled(cli, site, configured)
    done = cli("check", *words)
    assert done.code == 1
    [line] = [line for line in done.err.splitlines() if line.startswith("not checked: ")]
    assert "One, Two" in line or "Two, One" in line
    assert ALONE in line
    assert "127.0.0.1:" in line
    assert pages_asked(site) == ["/one"]


def test_as_json_it_is_an_object_for_each(cli: Cli, site: Site, configured: Configured) -> None:
    throttled(cli, site, configured)
    done = cli("check", "--all", "--json")
    assert done.code == 1
    assert {(line["site"], line["verdict"]) for line in done.lines} == {
        ("One", "not_checked"),
        ("Two", "not_checked"),
    }
    for line in done.lines:
        assert line["reason"] == ALONE
        assert 500 < line["wait_seconds"] <= 700
        assert line["url"].endswith(f"/{line['site'].lower()}")


def test_who_has_patience_waits(cli: Cli, site: Site, configured: Configured) -> None:
    throttled(cli, site, configured, seconds=1)
    done = cli("check", "--all", "--patience", "1m")
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("2 sites checked in ")
    assert sorted(pages_asked(site)) == ["/one", "/one", "/two"]
    assert "not checked" not in done.err


def test_a_patience_that_is_no_length_of_time_is_refused(cli: Cli, configured: Configured) -> None:
    configured()
    done = cli("check", "--all", "--patience", "soon")
    assert done.code == 2
    assert "--patience" in done.err
    assert "90s" in done.err


# What is said


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(clock: Clock) -> Waiting:
    return Waiting(Clean(), clock)


def test_each_wait_is_told_once(
    waiting: Waiting, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for left in (20, 19, 18, 1):
        clock.now = 20.0 - left
        waiting.on_waiting("a.example:443", left, ALONE)
    assert capsys.readouterr().err == f"waiting 20 s for a.example:443: {ALONE}\n"
    waiting.on_waiting("a.example:443", 30, ALONE)
    assert capsys.readouterr().err.startswith("waiting 30 s for a.example:443")


def test_short_waits_are_not_worth_a_line(
    waiting: Waiting, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting.on_waiting("a.example:443", 1.0, ALONE)
    assert capsys.readouterr().err == ""


def test_many_hosts_are_no_flood(waiting: Waiting, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        for number in range(300):
            waiting.on_waiting(f"host{number}.example:443", 20, ALONE)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "waiting for more hosts"
