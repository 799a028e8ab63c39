"""Edits of the configuration, step by step: each is followed whole, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from daemon.config import Config, load, placed
from daemon.model.errors import ConfigError, StoreError
from daemon.monitoring.health import Component, ComponentState, Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.installation.configuration import apply
from daemon.runtime.app import App, Components, open_app
from daemon.runtime.live_config.reload import Following
from daemon.runtime.live_config.watcher import Edits
from daemon.runtime.maintenance import Daemon
from daemon.store.catalogue.missing import Removing
from daemon.store.core.database import Database
from daemon.store.record.outbox import routes_from_json
from daemon.store.tables import ContentUpdate, MonitoredSite, Product, User
from daemon.system.process import ServiceManager
from tests.living import PATIENCE_SECONDS, plain
from tests.making import ADMIN, PAST, add_one_of_each, begin_run

BAD = Path(__file__).parent / "config" / "bad"
FILES = sorted(set(BAD.glob("*.toml")) - set(BAD.glob("database_*")))  # the environment wins there
GOOD = '[health]\nenabled = false\n[[site]]\nname = "Blog"\nurl = "https://a.example/blog"\n'
MORE = GOOD + '[[site]]\nname = "News"\nurl = "https://a.example/news"\n'
WHOLE = MORE.encode()
HALF = {
    "empty": b"",
    "blank": b" \n\n",
    "zeros": b"\0" * 4096,
    "cut": WHOLE[:-5],
    "twice": WHOLE * 2,
    "another_format": b"<html></html>",
    "variable_not_set": WHOLE.replace(b"Blog", b"${NOWHERE}"),
    "secret_file_missing": WHOLE + b'[mail]\npassword_file = "/nowhere/mail"\n',
}
HOOK = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/one"\n'


class Bench:
    """A daemon that does nothing but follow its configuration, one step at a time."""

    def __init__(self, app: App, path: Path, edits: Edits) -> None:
        self.app = app
        self.path = path
        self.edits = edits
        self.begun: list[Components] = []
        self.now = 0.0
        manager = ServiceManager(None)
        self.daemon = Daemon(Health(), Metrics("0"), manager.status)
        self.following = Following(
            edits, self.daemon, app, manager, self._begin, clock=lambda: self.now
        )

    def _begin(self, _app: App, components: Components) -> None:
        self.begun.append(components)

    def write(self, text: str | bytes) -> None:
        """As an editor does that replaces the file."""
        new = self.path.with_suffix(".new")
        new.write_bytes(text.encode() if isinstance(text, str) else text)
        new.replace(self.path)

    async def follow(self, text: str | bytes | None = None) -> None:
        """The edit, and the two looks that it takes to know that it is whole."""
        if text is not None:
            self.write(text)
        await self.following.step(self.app)
        await self.following.step(self.app)

    def told(self) -> Component:
        return self.daemon.health.components()["configuration"]

    async def all(self, column: Any, *where: Any) -> list[Any]:
        async with self.app.database.reading() as session:
            return list(await session.scalars(select(column).where(*where).order_by(column)))

    async def change(self, statement: str) -> None:
        async with self.app.database.writing() as session:
            await session.execute(text(statement))

    async def sites(self) -> set[str]:
        """The names of those that are watched."""
        live = MonitoredSite.deleted_at.is_(None), MonitoredSite.is_active
        return set(await self.all(MonitoredSite.name, *live))


def edited(path: Path, text: str) -> None:
    path.write_text(text)


@contextlib.asynccontextmanager
async def bench_on(
    path: Path, url: str, text: str = GOOD, removing: Removing = Removing.NOW
) -> AsyncIterator[Bench]:
    environ = {
        "CHANGELOGGER__DATABASE__URL": plain(url),
        "CHANGELOGGER__DATABASE__BUSY_TIMEOUT_SECONDS": "0.2",
    }

    def read(path: Path | None) -> Config:
        return load(path, environ)

    edited(path, text)

    def place(error: ConfigError, path: Path | None) -> ConfigError:
        return placed(error, path, environ)

    edits = Edits(lambda: path, read, lambda _config: str, place)
    config = read(path)
    async with open_app(config, "run") as app:
        await apply(app.database, ADMIN, config, app.clock(), removing)
        yield Bench(app, path, edits)


@pytest.fixture
async def bench(tmp_path: Path, database_url: str, database: Database) -> AsyncIterator[Bench]:
    async with bench_on(tmp_path / "config.toml", database_url) as bench:
        yield bench


@pytest.fixture
async def small(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Bench]:
    """The same, where the database makes no difference."""
    async with bench_on(tmp_path / "config.toml", sqlite_url) as bench:
        yield bench


# What is broken


async def test_an_edit_with_a_template_that_cannot_be_filled_changes_nothing(small: Bench) -> None:
    await small.follow(GOOD + HOOK + 'template = "{{ nope.x.y }}"\n')
    assert small.told().state is ComponentState.DEGRADED
    assert "config.toml:9: notify[0].template: cannot be filled" in small.told().reason
    assert small.app.config.notify == ()
    await small.follow(GOOD + HOOK + 'template = "{{ nope }}"\n')
    assert small.told().state is ComponentState.OK


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own
async def test_an_edit_with_a_place_that_leads_nowhere_changes_nothing(small: Bench) -> None:
    await small.follow(GOOD + HOOK.replace("https", "htps"))
    assert small.told().state is ComponentState.DEGRADED
    assert "config.toml:8: notify[0].url: no channel knows" in small.told().reason
    assert small.app.config.notify == ()


async def test_what_is_hardly_meant_is_told_after_an_edit(bench: Bench) -> None:
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        patch.setattr("daemon.runtime.live_config.template_check.log", structlog.get_logger())
        await bench.follow(GOOD + HOOK + 'names = ["Blog", "Nosuch"]\n')
        await bench.follow(MORE.replace("News", "Nosuch") + HOOK + 'names = ["Blog", "Nosuch"]\n')
    assert bench.told().state is ComponentState.OK
    [told] = [one for one in lines if one["event"] == "config_doubtful"]
    assert (told["where"], told["key"]) == (f"{bench.path}:9", "notify[0].names[1]")


async def test_what_is_hardly_meant_at_a_start_waits_for_the_database(
    tmp_path: Path, sqlite_url: str
) -> None:
    doubtful = GOOD + HOOK + 'names = ["Nosuch"]\n'
    async with bench_on(tmp_path / "config.toml", sqlite_url, doubtful) as bench:
        with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
            patch.setattr("daemon.runtime.live_config.template_check.log", structlog.get_logger())
            await bench.change("ALTER TABLE products RENAME TO away")
            with pytest.raises(StoreError):
                await bench.following.step(bench.app)
            await bench.change("ALTER TABLE away RENAME TO products")
            await bench.follow()
        assert [one["key"] for one in lines if one["event"] == "config_doubtful"] == [
            "notify[0].names[0]"
        ]


async def test_every_bad_file_changes_nothing(small: Bench) -> None:
    before, components = small.app.config, small.app.components
    for path in FILES:
        await small.follow(path.read_bytes())
        assert small.told().state is ComponentState.DEGRADED, path.name
        assert "config.toml" in small.told().reason
        assert "hunter2" not in small.told().reason
    assert (small.app.config, small.app.components) == (before, components)
    await recovered(small)


@pytest.mark.parametrize("text", HALF.values(), ids=HALF)
async def test_what_is_left_of_a_file_changes_nothing(small: Bench, text: bytes) -> None:
    await small.follow(text)
    assert small.told().state is ComponentState.DEGRADED
    assert await small.sites() == {"Blog"}
    await recovered(small)


async def recovered(bench: Bench) -> None:
    """The next good edit is followed, and nothing is said of the bad ones any more."""
    await bench.follow(MORE)
    assert bench.told().state is ComponentState.OK
    assert await bench.sites() == {"Blog", "News"}


def remove(path: Path) -> None:
    path.unlink()


def replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    "harm",
    [remove, replace_by_directory, replace_by_pipe, replace_by_dead_link, replace_by_loop],
)
async def test_a_file_that_is_gone_changes_nothing(
    small: Bench, harm: Callable[[Path], None]
) -> None:
    harm(small.path)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await small.follow()
    assert small.told().state is ComponentState.DEGRADED
    assert await small.sites() == {"Blog"}
    if small.path.is_dir():
        small.path.rmdir()
    await recovered(small)


async def test_a_file_that_was_empty_at_the_start_may_stay_so(
    tmp_path: Path, sqlite_url: str
) -> None:
    async with bench_on(tmp_path / "config.toml", sqlite_url, text="\n") as bench:
        bench.edits.ask()
        await bench.follow()
        assert bench.told().state is ComponentState.OK


# What is not whole yet


async def test_what_was_written_while_it_was_read_is_read_again(small: Bench) -> None:
    read = small.edits._load

    def disturbed(path: Path | None) -> Config:
        config = read(path)
        small.edits._load = read
        small.write(MORE)
        return config

    small.edits._load = disturbed
    await small.follow(GOOD + "# an edit\n")
    assert await small.sites() == {"Blog"}
    await small.follow()
    assert await small.sites() == {"Blog", "News"}


async def test_an_edit_that_changes_nothing_leaves_all_as_it_is(small: Bench) -> None:
    components = small.app.components
    await small.follow(GOOD + "# a comment\n")
    assert small.told().state is ComponentState.OK
    assert small.app.components is components


# What is whole


async def test_sites_come_pause_resume_and_go(bench: Bench) -> None:
    paused = MORE + "paused = true\n"
    for edit, watched in ((MORE, {"Blog", "News"}), (paused, {"Blog"}), (MORE, {"Blog", "News"})):
        await bench.follow(edit)
        assert await bench.sites() == watched
    await bench.follow(GOOD)
    assert await bench.sites() == {"Blog"}
    assert await bench.all(MonitoredSite.name) == ["Blog", "News"]
    assert not bench.begun  # nothing else was replaced


async def test_a_site_that_comes_back_has_its_history(bench: Bench) -> None:
    await bench.follow(MORE)
    first = await bench.all(MonitoredSite.id)
    await bench.follow(GOOD)
    await bench.follow(MORE)
    assert await bench.all(MonitoredSite.id) == first


async def test_products_and_routes_follow(bench: Bench) -> None:
    product = '[[product]]\nname = "Lamp"\nurl = "https://shop.example/lamp"\n'
    await bench.follow(GOOD + product + HOOK)
    assert await bench.all(Product.name, Product.deleted_at.is_(None)) == ["Lamp"]
    [preferences] = await bench.all(User.preferences)
    assert [route.name for route in routes_from_json(preferences)] == ["hook"]
    assert set(bench.app.components.sender._places) == {"hook"}
    await bench.follow(GOOD)
    assert await bench.all(Product.name, Product.deleted_at.is_(None)) == []
    assert bench.app.components.sender._places == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("[fetch]\ndelay_seconds = 7\n", lambda app: app.throttle.delay_seconds == 7),
        ("[fetch]\nper_host = 7\n", lambda app: app.throttle.per_host == 7),
        ("[fetch]\nconcurrency = 7\n", lambda app: app.worker._settings.concurrency == 7),
        ("[schedule]\nlease = '9m'\n", lambda app: app.worker._settings.lease.seconds == 540),
        ("[schedule]\njitter = 0.5\n", lambda app: app.worker._context.limits.jitter == 0.5),
        (
            "[documents]\ncpu_seconds = 7\n",
            lambda app: app.components.context.sandbox._documents.cpu_seconds == 7,
        ),
        ("[notices]\nmax_tries = 7\n", lambda app: app.components.sender._settings.max_tries == 7),
        ("[retention]\nattempts = '9d'\n", lambda app: app.config.retention.attempts.days == 9),
        (
            "[analysis]\nurl = 'http://127.0.0.1:9/v1'\nmodel = 'm'\n",
            lambda app: app.components.llm_worker is not None,
        ),
    ],
    ids=lambda value: value.split("\n")[1].split(" ")[0] if isinstance(value, str) else "",
)
async def test_a_setting_is_in_effect(small: Bench, text: str, read: Callable[[App], bool]) -> None:
    assert not read(small.app)
    await small.follow(GOOD + text)
    assert small.told().state is ComponentState.OK
    assert read(small.app)
    await small.follow(GOOD)
    assert not read(small.app)


async def test_what_hosts_asked_for_outlives_an_edit(small: Bench) -> None:
    small.app.throttle.pause("a.example:443", 500.0)
    await small.follow(GOOD + "[fetch]\ndelay_seconds = 7\nper_host = 1\n")
    assert small.app.throttle.wait_seconds("a.example:443") > 400


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("[database]\npool_size = 9\n", "[database]"),
        (GOOD.replace("enabled = false", "port = 1234"), "[health]"),
        ("[web]\npage_size = 20\n", "[web]"),
    ],
)
async def test_what_needs_a_restart_is_said_and_the_rest_applied(
    small: Bench, text: str, section: str
) -> None:
    before = small.app.config
    body = text if "Blog" in text else GOOD + text
    await small.follow(body + MORE.removeprefix(GOOD) + "[fetch]\ndelay_seconds = 7\n")
    assert small.told().state is ComponentState.DEGRADED
    assert section in small.told().reason
    assert "restart" in small.told().reason
    after = small.app.config
    assert (after.database, after.health) == (before.database, before.health)
    assert after.web == before.web
    assert await small.sites() == {"Blog", "News"}
    assert small.app.throttle.delay_seconds == 7
    await small.follow(GOOD)
    assert small.told().state is ComponentState.OK


async def test_files_that_are_named_are_read_again_when_asked(small: Bench) -> None:
    secret = small.path.with_name("secret")
    secret.write_text("hunter2-first")
    await small.follow(GOOD + f'[mail]\npassword_file = "{secret}"\n')
    secret.write_text("hunter2-second")
    small.edits.ask()
    await small.follow()
    assert small.app.config.mail.password.get_secret_value() == "hunter2-second"


# Trouble


class Opened(list[Components]):
    """The parts that are open, and how many ever were."""

    times = 0

    def append(self, components: Components) -> None:
        self.times += 1
        super().append(components)


async def test_a_database_in_trouble_is_waited_for(small: Bench) -> None:
    edit = MORE + "[fetch]\ndelay_seconds = 7\n"
    small.app._opened = opened = Opened(small.app._opened)
    async with small.app.database.writing() as session:
        await session.execute(select(1))  # whoever else wants to write waits now, and gives up
        with pytest.raises(StoreError):
            await small.follow(edit)
        assert small.told().state is ComponentState.DEGRADED
        assert "waits for the database" in small.told().reason
        assert await tries(small, seconds=100) == [1, 3, 7, 15, 31, 61, 91]
        assert small.app.throttle.delay_seconds == 1
        assert opened.times == 0
    small.now += 30
    await small.following.step(small.app)
    assert small.told().state is ComponentState.OK
    assert await small.sites() == {"Blog", "News"}
    assert small.app.throttle.delay_seconds == 7
    assert opened.times == 1


async def tries(bench: Bench, seconds: int) -> list[int]:
    """The seconds in which a step asks the database in vain."""
    asked = []
    for second in range(1, seconds):
        bench.now = float(second)
        try:
            await bench.following.step(bench.app)
        except StoreError:
            asked.append(second)
    return asked


async def test_an_edit_is_tried_at_once_whatever_waited_before(small: Bench) -> None:
    async with small.app.database.writing() as session:
        await session.execute(select(1))
        with pytest.raises(StoreError):
            await small.follow(GOOD + "[fetch]\ndelay_seconds = 7\n")
    await small.follow(MORE)
    assert await small.sites() == {"Blog", "News"}


async def test_what_another_user_has_is_a_fault_with_a_place(bench: Bench) -> None:
    ada = '[[owner]]\nid = "ada"\nemail = "ada@a.example"\n'
    await bench.follow(ada + GOOD)
    wrong = GOOD + ada.replace('id = "ada"', 'id = "bob"') + "[fetch]\ndelay_seconds = 7\n"
    await bench.follow(wrong)
    assert bench.told().state is ComponentState.DEGRADED
    line = wrong.splitlines().index('email = "ada@a.example"') + 1
    assert f"config.toml:{line}: owner[0].email:" in bench.told().reason
    assert "the email of another user" in bench.told().reason
    assert '"ada"' not in bench.told().reason
    assert bench.app.throttle.delay_seconds == 1
    await bench.follow(wrong.replace("ada@", "bob@"))
    assert bench.told().state is ComponentState.OK
    assert await bench.all(User.id) == ["ada", "bob", "local"]


async def test_nothing_waits_for_a_model_that_an_edit_took_away(bench: Bench) -> None:
    model = "[analysis]\nurl = 'http://127.0.0.1:9/v1'\nmodel = 'm'\n"
    await bench.follow(GOOD + model)
    async with bench.app.database.writing() as session:
        await add_one_of_each(session)
        waits = {"analysis_status": "pending", "analysis_next_at": PAST}
        await session.execute(update(ContentUpdate).values(waits))
    await bench.follow(GOOD)
    assert await bench.all(ContentUpdate.analysis_status) == ["skipped"]


async def test_an_edit_that_takes_sites_from_other_daemons_is_told(
    tmp_path: Path, postgres_url: str
) -> None:
    async with bench_on(tmp_path / "config.toml", postgres_url, MORE) as bench:
        await begin_run(bench.app.database)
        with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
            patch.setattr("daemon.store.catalogue.reconcile.log", structlog.get_logger())
            await bench.follow(GOOD)
    [told] = [one for one in lines if one["event"] == "sites_removed_for_all_daemons"]
    assert told["sites"] == 1


# The sign of life


async def test_another_ping_url_needs_no_restart(small: Bench) -> None:
    ping = '[health]\nenabled = false\nping_url = "https://ping.example/key-of-ours"\n'
    await small.follow(GOOD.replace("[health]\nenabled = false\n", ping))
    assert small.told() == Component(ComponentState.OK, "is in force")
    url = small.app.config.health.ping_url.get_secret_value()
    assert url == "https://ping.example/key-of-ours"


async def test_another_port_needs_one_and_a_ping_url_beside_it_does_not(small: Bench) -> None:
    port = small.app.config.health.port
    ping = '[health]\nport = 9\nping_url = "https://ping.example/key-of-ours"\n'
    await small.follow(GOOD.replace("[health]\nenabled = false\n", ping))
    assert small.told().reason == "in force but for [health]: restart the daemon"
    assert small.app.config.health.ping_url
    assert (small.app.config.health.port, small.app.config.health.enabled) == (port, False)
