from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import daemon
from daemon.cli.commands.process.run import _edits
from daemon.cli.commands.process.status import quick_address
from daemon.cli.terminal.setting import Setting
from daemon.config import Config, find_config, load
from daemon.monitoring import address_note as note
from daemon.system.process import hold_lock
from tests.cli.conftest import Cli, Site
from tests.living import PATIENCE_SECONDS, plain

ROOT = str(Path(daemon.__file__).parent.parent)
Configured = Callable[..., Path]
Lines = Iterator[dict[str, Any]]


@contextmanager
def running(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], Lines]]:
    """The daemon as a process of its own, and what it logs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
    ports = {"CHANGELOGGER__HEALTH__PORT": "0", "CHANGELOGGER__WEB__ENABLED": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "run"],
        cwd=folder,
        env={**kept, "PYTHONPATH": ROOT, **ports, **more},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        yield process, (json.loads(line) for line in process.stderr)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def until(lines: Lines, event: str) -> dict[str, Any]:
    return next(line for line in lines if line["event"] == event)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_starts_in_an_empty_folder_and_ends_when_told(
    number: signal.Signals, folder: Path
) -> None:
    with running(folder) as (process, lines):
        assert until(lines, "started")["sites"] == 0
        assert "changelogger sites add URL" in until(lines, "nothing_to_watch")["hint"]
        process.send_signal(number)
        assert until(lines, "stopping")["signal"] == number.name
        assert until(lines, "stopped")
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    made = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert made.pop("changelogger.db") == 0o600
    assert set(made.values()) <= {0o600}


def test_the_daemon_checks_its_sites_and_answers_for_itself(
    cli: Cli, site: Site, configured: Configured, folder: Path
) -> None:
    configured(("App", site.serve("/app", "App")))
    with running(folder, CHANGELOGGER__LOGGING__LEVEL="debug") as (process, lines):
        address = until(lines, "endpoint_open")["address"]
        assert until(lines, "checked")["site"] == "App"
        status = cli("status", "--url", address)
        assert status.code == 0
        assert "up " in status.out
        [answer] = cli("status", "--url", address, "--json").lines
        assert answer["figures"]["checks_total"]["initial"] == 1
        # A second daemon on the same file would claim the same pages again and again.
        done = cli("run")
        assert done.code == 3
        assert f"process {process.pid}" in done.err
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert cli("sites", "--json").lines[0]["state"] == "ok"


def test_a_wrong_configuration_stops_the_daemon_with_every_fault(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text("[fetch]\nconcurency = 3\n[[site]]\nname = 'x'\n")
    done = cli("run")
    assert done.code == 2
    assert "fetch.concurency" in done.err
    assert "site[0].url" in done.err
    assert "Traceback" not in done.err


def test_a_port_that_is_taken_is_told_with_its_line_and_may_be_tried_again(
    cli: Cli, folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (folder / "config.toml").write_text(f"[health]\nport = {port}\n")
        done = cli("run")
    assert done.code == 5
    assert f"config.toml:2: health.port: cannot listen on 127.0.0.1:{port}" in done.err
    assert "another port" in done.err


def mail_password(secret: str) -> Config:
    return load(None, {"CHANGELOGGER__MAIL__PASSWORD": secret})


def test_secrets_of_the_last_edits_stay_hidden_and_old_ones_are_forgotten(cli: Cli) -> None:
    settle = _edits(Setting()).settle
    for number in range(20):
        clean = settle(mail_password(f"hunter-{number:02}"))
    for number in range(40):  # the same again is no new edit
        clean = settle(mail_password(f"hunter-{18 + number % 2}"))
    assert clean("hunter-19 hunter-18 hunter-13 hunter-00") == "*** *** *** hunter-00"


def test_nobody_answering_is_not_ready(cli: Cli) -> None:
    done = cli("status", "--url", "http://127.0.0.1:1")
    assert done.code == 1
    assert "no daemon answers at 127.0.0.1:1" in done.err


def test_something_else_answering_is_not_ready(cli: Cli, site: Site) -> None:
    assert cli("status", "--url", site.base).code == 1
    site.answers["/status"] = (200, "<html>")
    assert cli("status", "--url", site.base).code == 1
    site.answers["/status"] = (200, '{"state": "failing", "components": {}}')
    assert cli("status", "--url", site.base).code == 1


@pytest.mark.parametrize("url", ["http://", "http://x:y", ""])
def test_an_endpoint_that_is_no_address(url: str, cli: Cli) -> None:
    done = cli("status", f"--url={url}")
    assert done.code == 2
    assert "write for example http://127.0.0.1:8787" in done.err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[health]\nport = 9000\n",
        '[health]\nhost = "127.0.0.2"\n',
        '[health]\nport = "${PORT}"\n',
        "[health]\nenabled = false\n",
        '[health]\nhost = "${HOST}"\n',
        "health = 3\n",
        "[health]\nprot = 3\n",
        "not toml",
    ],
)
def test_the_quick_way_to_the_address_says_what_the_long_way_says(text: str, folder: Path) -> None:
    (folder / "config.toml").write_text(text)
    quick = quick_address(None, {})
    if quick is not None:
        health = load(find_config({}, folder), {}).health
        assert quick == (health.host, health.port)
        assert health.enabled


def test_the_quick_way_is_not_taken_past_the_environment(folder: Path) -> None:
    (folder / "config.toml").write_text("")
    assert quick_address(None, {"CHANGELOGGER__HEALTH__PORT": "1"}) is None
    assert quick_address(None, {"CHANGELOGGER_CONFIG": "other.toml"}) is None
    (folder / "config.d").mkdir()  # may say something else
    assert quick_address(None, {}) is None


def test_the_schema_goes_up_down_and_up(cli: Cli, folder: Path) -> None:
    assert cli("db", "current").code == 1
    assert list(folder.iterdir()) == []
    assert cli("db", "upgrade").code == 0
    [current] = cli("db", "current", "--json").lines
    assert current["is_current"] is True
    assert current["database"] == str(folder / "changelogger.db")
    assert cli("db", "downgrade", "base", "--yes").code == 0
    assert cli("db", "current").code == 1
    assert "`changelogger db upgrade`" in cli("sites", "list").err
    assert cli("db", "upgrade").code == 0
    assert cli("sites", "list").code == 0


def test_the_schema_stays_while_a_daemon_works(cli: Cli, folder: Path) -> None:
    cli("db", "upgrade")
    with hold_lock(folder / "changelogger.db"):
        assert cli("db", "downgrade", "base", "--yes").code == 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no/where.db", "is no directory"), ("n" * 300, "File name too long")],
)
def test_a_database_that_cannot_be_is_refused_plainly(
    name: str, reason: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", f"sqlite:///{folder}/{name}")
    for words in (["run"], ["sites", "list"], ["db", "upgrade"]):
        done = cli(*words)
        assert done.code == 3
        assert reason in done.err


def test_the_whole_road_on_both_databases(
    database_url: str, cli: Cli, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGELOGGER__DATABASE__URL", plain(database_url))
    monkeypatch.setenv("CHANGELOGGER__FETCH__ALLOW_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setenv("CHANGELOGGER__FETCH__DELAY_SECONDS", "0")
    assert cli("sites", "add", site.serve("/app", "App"), "--name", "App").code == 0
    assert cli("check", "--all").code == 0
    site.serve("/app", "App", "<p>Version 2 is out, with many breaking changes.</p>")
    assert cli("check", "App", "--dry-run").code == 0
    assert cli("check", "App").code == 0
    [change] = cli("changes", "--json").lines
    assert cli("diff", change["short_id"]).code == 0
    assert len(cli("history", "App", "--json").lines) == 5
    assert cli("sites", "remove", "App").code == 0


# Where the daemon answers


EDITS = {
    "moved": "[health]\nport = 1\n",
    "shut": "[health]\nenabled = false\n",
    "broken": "[health\n",
}


def test_status_finds_the_daemon_whatever_became_of_the_file(cli: Cli, folder: Path) -> None:
    file = folder / "config.toml"
    file.write_text("")
    with running(folder) as (process, lines):
        until(lines, "started")
        for text in ("", *EDITS.values()):
            file.write_text(text)
            assert cli("status").code == 0
        file.unlink()
        [answer] = cli("status", "--json").lines
        assert answer["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert not (folder / note.NAME).exists()


def test_a_note_that_a_killed_daemon_left_fools_nobody(cli: Cli, site: Site, folder: Path) -> None:
    site.answers["/status"] = (200, '{"state": "ok", "pid": 2, "components": {}}')
    port = int(site.base.rpartition(":")[2])
    left = note.AddressNote("127.0.0.1", port, pid=1, config="")
    with note.noted(left, folder):
        (folder / "config.toml").write_text("[health]\nport = 1\n")
        assert "no daemon answers at 127.0.0.1:1" in cli("status").err
        assert cli("status", "--url", site.base).code == 0


def test_the_note_of_another_configuration_is_not_ours(cli: Cli, site: Site, folder: Path) -> None:
    site.answers["/status"] = (200, '{"state": "ok", "pid": 1, "components": {}}')
    port = int(site.base.rpartition(":")[2])
    (folder / "other.toml").write_text("[health]\nport = 1\n")
    with note.noted(note.AddressNote("127.0.0.1", port, 1, str(folder / "other.toml")), folder):
        assert cli("status", "--config", "other.toml").code == 0
        (folder / "config.toml").write_text("[health]\nport = 1\n")
        assert cli("status").code == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", "\0", '{"host": 1, "port": "x"}', "9" * 9999])
def test_a_note_that_is_none_is_passed_over(text: str, folder: Path) -> None:
    (folder / note.NAME).write_text(text)
    assert note.read_note(folder) is None


def test_a_folder_that_takes_no_note_keeps_no_daemon_from_its_work(folder: Path) -> None:
    with note.noted(note.AddressNote("127.0.0.1", 1, 1, ""), folder / "nowhere") as could:
        assert not could
