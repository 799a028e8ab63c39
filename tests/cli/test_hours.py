"""When a site is looked at: its hours and days, and what is said of them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Cli, Site

URL = "https://example.org/blog"


def test_a_site_has_hours(cli: Cli, site: Site, configured: Callable[..., Path]) -> None:
    configured()
    begins_at = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(hours=2)
    hours = f"{begins_at:%H:%M}-{begins_at + timedelta(minutes=30):%H:%M}"
    options = ("--hours", hours, "--time-zone", "Europe/Berlin", "--every", "5m")
    done = cli("sites", "add", site.serve("/app", "App"), "--name", "App", *options)
    assert f"first check {begins_at:%a %H:%M} Europe/Berlin: its hours begin then" in done.err
    assert "first check" not in cli("products", "add", site.serve("/lamp", "Lamp")).err
    assert "first check" not in cli("sites", "add", URL, *options, "--paused").err
    shown = cli("sites", "show", "App").out
    assert f"schedule  5m, {hours} Europe/Berlin" in shown
    then = f"{begins_at:%a %H:%M} Europe/Berlin"
    assert f": outside its hours until {then}" in shown
    # By hand at any hour, and then again within its own.
    assert f"next {then}, when its hours begin" in cli("check", "App").out
    assert f": outside its hours until {then}" in cli("sites", "show", "App").out
    [whole] = cli("sites", "show", "App", "--json").lines
    assert (whole["hours"], whole["time_zone"]) == (hours, "Europe/Berlin")
    assert f'hours = "{hours}"' in cli("export").out


def test_a_check_says_when_the_next_is(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    cli("sites", "add", site.serve("/app", "App"), "--name", "App", "--every", "2h")
    assert re.search(r" · next in 2 h", cli("check", "App").out)


@pytest.mark.parametrize("what", ["sites", "products"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--hours", "8 to 6"), "--hours: not hours: '8 to 6'"),
        (("--days", "weekdays"), "--days: not days of the week: 'weekdays'"),
        (("--time-zone", "Berlin"), "--time-zone: is not a time zone"),
        (("--every", "0 7 * * *", "--hours", "8-18"), "--every: this cron line never fires within"),
    ],
)
def test_hours_that_are_none_are_refused(
    cli: Cli, what: str, options: tuple[str, ...], told: str
) -> None:
    done = cli(what, "add", URL, *options)
    assert done.code == 2
    assert told in done.err


def test_a_site_without_the_hours_of_its_type_is_exported_without(
    cli: Cli, configured: Callable[..., Path]
) -> None:
    path = configured()
    cli("sites", "add", URL, "--name", "Blog", "--type", "blog")
    path.write_text(f'{path.read_text()}\n[site_types.blog]\nhours = "08:00-18:00"\n')
    assert 'not_inherited = ["hours"]' in cli("export").out


def test_a_cron_line_is_shown_with_its_time_zone(cli: Cli, configured: Callable[..., Path]) -> None:
    configured()
    cli("sites", "add", URL, "--name", "A", "--every", "@daily", "--time-zone", "Asia/Tokyo")
    assert "schedule  @daily Asia/Tokyo\n" in cli("sites", "show", "A").out


AUTO = ("--every", "auto", "--detect-within", "120m")


def test_a_site_may_be_left_to_the_daemon(
    cli: Cli, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    done = cli("sites", "add", site.serve("/app", "App"), "--name", "App", *AUTO)
    assert "(auto, within 2h)" in done.out
    cli("check", "App")
    shown = cli("sites", "show", "App").out
    assert "schedule  auto, so that changes are seen within 2h" in shown
    assert "rhythm    seen to change on 0 days; hours are told apart from 13 on" in shown
    assert "checks    every 2 h\n" in shown
    [whole] = cli("sites", "show", "App", "--json").lines
    assert (whole["check_frequency"], whole["detect_within"]) == ("auto", "2h")
    assert whole["learnt"]["often_seconds"] == 7200
    exported = cli("export").out
    assert 'check_frequency = "auto"\ndetect_within = "2h"' in exported


def test_what_was_learnt_is_explained(
    cli: Cli, folder: Path, site: Site, configured: Callable[..., Path]
) -> None:
    configured()
    cli("sites", "add", site.serve("/app", "App"), "--name", "App", *AUTO)
    now = datetime.now(UTC)
    mornings = [now.replace(hour=9, minute=30) - timedelta(days=day) for day in range(60, 0, -1)]
    seen = [[int(at.timestamp()) - 600, int(at.timestamp())] for at in mornings]
    with closing(sqlite3.connect(folder / "changelogger.db")) as database, database:
        database.execute("UPDATE monitored_sites SET rhythm = ?", [json.dumps({"changes": seen})])
    shown = " ".join(cli("sites", "show", "App").out.split())
    assert re.search(r"rhythm changes about 6 times a week, mostly .*0[89]:00-1[01]:00", shown)
    assert re.search(r"checks every 1 h 5\d min then, every 8 h otherwise: [56]\d% fewer", shown)
    assert cli("sites", "show", "App", "--json").lines[0]["learnt"]["saved"] > 0.5


def test_a_delay_that_cannot_be_kept_is_said(
    cli: Cli, site: Site, folder: Path, configured: Callable[..., Path]
) -> None:
    path = configured(("A", site.serve("/a", "A")), ("B", site.serve("/b", "B")))
    delay = '\ncheck_frequency = "auto"\ndetect_within = "5m"\n'
    path.write_text(path.read_text() + delay)
    assert cli("check", "--all").code == 0
    assert "cannot be kept" not in cli("sites", "show", "B").out
    with closing(sqlite3.connect(folder / "changelogger.db")) as database, database:
        host = site.base.removeprefix("http://")
        database.execute("DELETE FROM hosts")
        database.execute(
            "INSERT INTO hosts (host, crawl_delay_seconds, updated_at) VALUES (?, 200, ?)",
            [host, "2026-01-01 00:00:00.000000"],
        )
    told = "its robots.txt asks for 3 min 20 s between two requests"
    assert told in cli("sites", "show", "B").out
    path.write_text(
        path.read_text().replace("[fetch]", '[schedule]\nminimum_interval = "1h"\n[fetch]')
    )
    done = cli("config", "check")
    assert '"5m" is shorter than schedule.minimum_interval, 1h: it cannot be kept' in done.out
    assert "cannot be kept: schedule.minimum_interval is 1 h" in cli("sites", "show", "B").out


@pytest.mark.parametrize("what", ["sites", "products"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--every", "auto"), '--every: "auto" needs detect_within'),
        (("--every", "auto", "--detect-within", "5s"), "--detect-within: must be from 1m to 30d"),
        (("--every", "auto", "--detect-within", "soon"), "--detect-within: not a length of time"),
    ],
)
def test_an_accepted_delay_that_is_none_is_refused(
    cli: Cli, what: str, options: tuple[str, ...], told: str
) -> None:
    done = cli(what, "add", URL, *options)
    assert done.code == 2
    assert told in done.err
