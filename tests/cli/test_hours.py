"""When a site is looked at: its hours and days, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
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
    cli("sites", "add", site.serve("/app", "App"), "--name", "App", *options)
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
    assert 'hours = "00:00-24:00"' in cli("export").out
