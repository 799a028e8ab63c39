"""What an edit of the configuration would do, told before it does it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.config import load
from daemon.operations.installation.configuration import apply
from daemon.operations.viewers import local_owner
from daemon.store.core.opening import open_database
from tests.cli.conftest import Cli
from tests.making import PAST

BLOG = '[[site]]\nname = "Blog"\nurl = "https://a.example/blog"\n'
KETTLE = '[[product]]\nname = "Kettle"\nurl = "https://shop.example/k"\n'
HOOK = '[[notify]]\nname = "hook"\nurl = "https://hook.example/path-of-secrets"\n'
OWNERS = "".join(
    f'[[owner]]\nid = "{name}"\nemail = "{name}@a.example"\n' for name in ("ada", "bob")
)


@pytest.fixture
def head(database_url: str) -> str:
    return f'[database]\nurl = "{database_url}"\n'


@pytest.fixture
def watched(folder: Path, head: str) -> Callable[[str], None]:
    """Writes config.toml and makes the database so."""

    async def make() -> None:
        config = load(folder / "config.toml", {})
        async with open_database(config.database) as database:
            await apply(database, local_owner(config), config, PAST)

    def write(tables: str) -> None:
        (folder / "config.toml").write_text(head + tables)
        asyncio.run(make())

    return write


@pytest.fixture
def told(cli: Cli, folder: Path, head: str) -> Callable[[str], list[dict[str, Any]]]:
    """The changes that a configuration with these tables would bring."""

    def diff(tables: str) -> list[dict[str, Any]]:
        (folder / "new.toml").write_text(head + tables)
        [found] = cli("config", "diff", "new.toml", "--json").lines
        changes: list[dict[str, Any]] = found["changes"]
        return changes

    return diff


Watched = Callable[[str], None]
Told = Callable[[str], list[dict[str, Any]]]


def test_what_is_so_already_changes_nothing(cli: Cli, watched: Watched) -> None:
    watched(BLOG + KETTLE + HOOK)
    done = cli("config", "diff")
    assert (done.code, done.out) == (0, "")
    assert "nothing would change" in done.err


@pytest.mark.parametrize(
    ("before", "after", "kind", "action"),
    [
        ("", BLOG, "site", "added"),
        (BLOG, "", "site", "removed"),
        (BLOG, BLOG + "paused = true\n", "site", "paused"),
        (BLOG + "paused = true\n", BLOG, "site", "resumed"),
        ("", KETTLE, "product", "added"),
        (KETTLE, "", "product", "removed"),
        (KETTLE, KETTLE + "paused = true\n", "product", "paused"),
        (KETTLE + "paused = true\n", KETTLE, "product", "resumed"),
        ("", HOOK, "notify", "added"),
        (HOOK, "", "notify", "removed"),
        (BLOG, BLOG + OWNERS.replace("ada", "local"), "owner", "added"),
    ],
)
def test_an_edit_says_what_it_would_do(
    watched: Watched, told: Told, before: str, after: str, kind: str, action: str
) -> None:
    watched(before)
    assert (kind, action) in [(one["kind"], one["action"]) for one in told(after)]


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (BLOG, BLOG.replace("/blog", "/new"),
         {"url": ("https://a.example/blog", "https://a.example/new")}),
        (BLOG, BLOG + 'check_frequency = "hourly"\n', {"check_frequency": ("daily", "hourly")}),
        (BLOG, BLOG + 'include = ["main"]\n', {"include": (None, ["main"])}),
        (BLOG, BLOG + 'hours = "8-18"\ndays = ["mon", "tue"]\n',
         {"hours": (None, "08:00-18:00"), "days": (None, "mon, tue")}),
        (BLOG, BLOG + 'time_zone = "Europe/Berlin"\n', {"time_zone": ("UTC", "Europe/Berlin")}),
        (KETTLE, KETTLE + 'days = "mon-fri"\n', {"days": (None, "mon-fri")}),
        (BLOG, BLOG + 'type = "docs"\n', {"type": (None, "docs")}),
        (BLOG, BLOG + 'headers = { Cookie = "word" }\n', {"headers": ("***", "***")}),
        (
            BLOG,
            BLOG + 'form = { q = "word" }\n',
            {"method": ("GET", "POST"), "headers": ("***", "***"), "body": ("***", "***")},
        ),
        (BLOG, BLOG + 'method = "PUT"\n', {"method": ("GET", "PUT")}),
        (BLOG, BLOG + "verify_tls = false\n", {"verify_tls": (None, False)}),
        (
            BLOG + 'timeout = "90s"\n',
            BLOG + 'charset = "latin1"\n',
            {"timeout": ("90s", None), "charset": (None, "latin1")},
        ),
        (BLOG, BLOG + 'proxy = "none"\n', {"proxy": ("", "none")}),
        (BLOG, BLOG + "keep_cookies = true\n", {"keep_cookies": (False, True)}),
        (OWNERS + BLOG, OWNERS + BLOG + 'owner = "bob"\n', {"owner": ("ada", "bob")}),
        (KETTLE + 'target_price = 80\ncurrency = "EUR"\n',
         KETTLE + 'target_price = 70.5\ncurrency = "EUR"\n', {"target_price": ("80.00", "70.50")}),
        (HOOK, HOOK.replace("/path", "/other"), {"url": ("***", "***")}),
        (HOOK, HOOK + "daily_cap = 5\n", {"daily_cap": (0, 5)}),
        (HOOK, HOOK + 'names = ["Blog"]\n', {"names": ([], ["Blog"])}),
    ],
)  # fmt: skip
def test_a_change_tells_each_option_old_and_new(
    watched: Watched, told: Told, before: str, after: str, fields: dict[str, Any]
) -> None:
    watched(before)
    [one] = told(after)
    assert one["action"] == "changed"
    assert {key: (move["old"], move["new"]) for key, move in one["fields"].items()} == fields


def test_places_that_are_tried_in_another_order_are_changed(watched: Watched, told: Told) -> None:
    other = HOOK.replace('"hook"', '"other"')
    watched(HOOK + other)
    assert [one["fields"] for one in told(other + HOOK)] == [
        {"place": {"old": 2, "new": 1}},
        {"place": {"old": 1, "new": 2}},
    ]


def test_what_it_told_is_what_the_daemon_does(cli: Cli, watched: Watched) -> None:
    watched(BLOG + HOOK)
    edited = BLOG + 'include = ["main"]\n' + KETTLE + HOOK + "daily_cap = 5\n"
    watched(edited)
    assert cli("config", "diff").code == 0


def test_a_person_reads_marks(cli: Cli, folder: Path, head: str, watched: Watched) -> None:
    watched(BLOG)
    new = BLOG.replace('"Blog"', '"News"') + "paused = true\n"
    (folder / "new.toml").write_text(head + "[fetch]\nconcurrency = 8\n[health]\nport = 0\n" + new)
    done = cli("config", "diff", "new.toml")
    assert done.code == 1
    for line in (
        "  + News  https://a.example/blog  # new.toml:7",
        "  - Blog  https://a.example/blog",
        "  ~ fetch.concurrency: 64 → 8  # new.toml:4",
    ):
        assert line in done.out.splitlines()
    assert "needs a restart" in next(x for x in done.out.splitlines() if "health.port" in x)
    assert "1 added" in done.err


def test_without_a_database_all_is_new(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(BLOG + HOOK)
    done = cli("config", "diff", "--json")
    assert done.code == 1
    assert [(one["kind"], one["action"]) for one in done.lines[0]["changes"]] == [
        ("owner", "added"), ("site", "added"), ("notify", "added"),
    ]  # fmt: skip
    assert not (folder / "changelogger.db").exists()


def test_secrets_of_settings_are_not_shown(cli: Cli, folder: Path) -> None:
    mail = '[mail]\nhost = "m.example"\nsender = "me@m.example"\npassword = "{}-word"\n'
    (folder / "config.toml").write_text(mail.format("former") + HOOK + 'secret = "former-key"\n')
    (folder / "new.toml").write_text(mail.format("latter") + HOOK + 'secret = "latter-key"\n')
    done = cli("config", "diff", "new.toml")
    assert "mail.password: *** → ***" in done.out
    assert "notify.hook.secret: *** → ***" in done.out
    for word in ("former", "latter", "path-of-secrets"):
        assert word not in done.out + done.err


def drop_in(folder: Path, name: str, text: str) -> None:
    (folder / "config.d").mkdir(exist_ok=True)
    (folder / "config.d" / name).write_text(text)


def test_each_change_names_its_file(folder: Path, watched: Watched, told: Told) -> None:
    watched(BLOG + 'type = "blog"\n')
    drop_in(folder, "types.toml", '[site_types.blog]\ncheck_frequency = "3h"\n')
    drop_in(folder, "shops.toml", KETTLE)
    site, product = told(BLOG + 'type = "blog"\n')
    assert site["where"] == "new.toml:3"
    assert site["fields"]["check_frequency"]["where"] == "type blog, config.d/types.toml:2"
    assert (product["action"], product["where"]) == ("added", "config.d/shops.toml:1")


def test_a_file_from_elsewhere_says_that_the_drop_ins_are_not_its_own(
    cli: Cli, folder: Path, watched: Watched, head: str, tmp_path: Path
) -> None:
    watched(BLOG)
    drop_in(folder, "shops.toml", KETTLE)
    (tmp_path / "new.toml").write_text(head + BLOG)
    done = cli("config", "diff", str(tmp_path / "new.toml"))
    assert "read without config.d" in done.err.replace(str(folder) + "/", "")
    (folder / "new.toml").write_text(head + BLOG)
    assert "read without" not in cli("config", "diff", "new.toml").err


def test_what_comes_from_stdin_has_the_drop_ins_in_use(
    cli: Cli, folder: Path, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text(head + BLOG)
    drop_in(folder, "shops.toml", KETTLE)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(f"{head}{BLOG}".encode())))
    found = cli("config", "diff", "-", "--json").lines[0]["changes"]
    assert [(one["name"], one["where"]) for one in found if one["kind"] != "owner"] == [
        ("Blog", "stdin:3"), ("Kettle", "config.d/shops.toml:1"),
    ]  # fmt: skip


def test_an_edit_comes_from_stdin(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "config.toml").write_text("")
    text = io.BytesIO(BLOG.encode() + b"colour = 3\n")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=text))
    done = cli("config", "diff", "-")
    assert done.code == 2
    assert "stdin:4: site[0].colour: is not a known option" in done.out


def test_faults_are_told_as_by_the_check(cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text("[fetch]\nconcurency = 3\n")
    checked, diffed = cli("config", "check"), cli("config", "diff")
    assert (diffed.code, diffed.out, diffed.err) == (2, checked.out, checked.err)


def test_what_the_database_cannot_take_is_a_fault_as_well(
    cli: Cli, folder: Path, head: str, watched: Watched
) -> None:
    watched(OWNERS)
    (folder / "new.toml").write_text(f'{head}[[owner]]\nid = "eve"\nemail = "bob@a.example"\n')
    done = cli("config", "diff", "new.toml", "--json")
    assert done.code == 2
    assert [line["key_path"] for line in done.lines] == ["owner[0].email"]


def test_a_database_in_trouble_is_3(cli: Cli, folder: Path) -> None:
    (folder / "changelogger.db").write_bytes(os.urandom(4096))
    (folder / "config.toml").write_text(BLOG)
    assert cli("config", "diff").code == 3
