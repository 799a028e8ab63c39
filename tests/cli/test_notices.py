"""`notify`, `notices` and `sites mute`, as a person at a terminal uses them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from daemon.config import load
from daemon.display.times import local
from daemon.model.viewer import Actor
from daemon.operations.installation.configuration import apply
from daemon.operations.installation.opening import stored
from daemon.operations.people.routes import pause_channel
from tests.cli.conftest import Cli
from tests.making import ADMIN, PAST

CONFIG = """
[fetch]
allow_networks = ["127.0.0.0/8"]
[[site]]
name = "Blog"
url = "https://example.org/blog"
[[notify]]
name = "hook"
url = "{url}"
quiet = "22:00-07:00"
"""


class Receiver(ThreadingHTTPServer):
    """Counts what it gets, and answers with one status."""

    status = 204
    page = ""
    got: list[bytes]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Receiver)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(("127.0.0.1", 0), Handler) as server:
        server.got = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def configured(folder: Path, receiver: Receiver) -> Receiver:
    url = f"http://127.0.0.1:{receiver.server_address[1]}/secret-path"
    folder.joinpath("config.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
    return receiver


def test_a_test_is_a_real_message(cli: Cli, configured: Receiver) -> None:
    done = cli("notify", "test", "hook")
    assert (done.code, done.out) == (0, "hook took it\n")
    assert b"This is a test of the channel hook" in configured.got[0]


def test_a_test_that_fails_says_why_and_shows_no_url(cli: Cli, configured: Receiver) -> None:
    configured.status = 500
    done = cli("notify", "test", "hook")
    assert done.code == 1
    assert "the receiver answered 500" in done.err
    assert "secret-path" not in done.err + done.out


def test_a_place_that_is_not_there_is_not_found(cli: Cli, configured: Receiver) -> None:
    done = cli("notify", "test", "hock")
    assert done.code == 4
    assert "there is: hook" in done.err


def test_places_are_listed_without_their_urls(cli: Cli, configured: Receiver) -> None:
    names, *places = cli("notify").out.splitlines()
    assert names == "NAME\tOWNER\tKIND\tWHEN\tQUIET"
    assert places == ["hook\tlocal\twebhook\tat once\t22:00-07:00"]
    assert "secret-path" not in cli("config", "show").out


def test_a_place_that_is_paused_is_said_to_be_so(
    cli: Cli, configured: Receiver, folder: Path
) -> None:
    assert cli("db", "upgrade").code == 0
    asyncio.run(pause(folder / "config.toml"))
    [_names, place] = cli("notify").out.splitlines()
    assert place == "hook\tlocal\twebhook\tpaused\t22:00-07:00"
    assert cli("notify", "--json").lines[0]["when"] == "paused"


async def pause(path: Path) -> None:
    config = load(path, os.environ)
    async with stored(config) as database:
        await apply(database, ADMIN, config, PAST)
        assert await pause_channel(database, Actor(ADMIN), "local", "hook", PAST)


def test_places_are_listed_without_a_database_that_answers(
    cli: Cli, configured: Receiver, folder: Path
) -> None:
    (folder / "changelogger.db").write_bytes(b"no database" * 500)
    done = cli("notify")
    assert (done.code, "hook\tlocal" in done.out) == (0, True)
    assert "which of them are paused is not known" in done.err


def test_without_notices_there_is_nothing_to_list(cli: Cli, configured: Receiver) -> None:
    cli("db", "upgrade")
    done = cli("notices")
    assert (done.code, done.out, done.err) == (0, "", "no notices\n")
    nothing = cli("notices", "show", "abcd1234")
    assert (nothing.code, "there is no notice 'abcd1234'; see `notices`" in nothing.err) == (
        4,
        True,
    )
    assert cli("notices", "retry").code == 2
    assert cli("notices", "retry", "--all-dead").out == "0 notices to be sent now\n"


def test_a_site_is_muted_for_a_time_and_unmuted(cli: Cli) -> None:
    cli("sites", "add", "https://example.org/", "--name", "Blog")
    assert cli("sites", "mute", "Blog", "--for", "8h").out.startswith("Blog: muted until ")
    assert cli("sites", "mute", "Blog").out == "Blog: muted\n"
    assert cli("sites", "unmute", "Blog").out == "Blog: told of again\n"
    assert cli("sites", "mute", "Blog", "--for", "long").code == 2


def told(cli: Cli, folder: Path, configured: Receiver) -> None:
    """A site that changed once, and was told of on a channel that takes nothing yet."""
    base = f"http://127.0.0.1:{configured.server_address[1]}"
    text = folder.joinpath("config.toml").read_text(encoding="utf-8")
    text = text.replace("https://example.org/blog", f"{base}/page").replace("quiet =", "#quiet =")
    text = text.replace("[fetch]", "[fetch]\nrespect_robots = false\ndelay_seconds = 0")
    folder.joinpath("config.toml").write_text(text + "only_significant = false\n", encoding="utf-8")
    for number in ("24", "19"):
        configured.page = f"<title>T</title><p>The lamp costs {number} euros today.</p>"
        assert cli("check", "Blog").code == 0


def test_what_was_told_is_shown_retried_and_dropped(
    cli: Cli, folder: Path, configured: Receiver
) -> None:
    told(cli, folder, configured)
    [listed] = cli("notices", "--json").lines
    assert (listed["status"], listed["channel"], listed["kind"]) == ("held", "hook", "change")
    [change] = cli("changes", "--json").lines
    [shown] = cli("changes", "show", change["short_id"], "--json").lines
    assert [one["status"] for one in shown["notices"]] == ["held"]
    assert "hook: held" in cli("changes", "show", change["short_id"]).out
    words = cli("notices", "show", listed["short_id"]).out
    assert "[-24 euros-]{+19 euros+}" in words
    assert listed["idempotency_key"] in words
    assert cli("notices", "drop", listed["short_id"]).out == "1 notice dropped\n"
    assert cli("notices", "list", "--status", "dropped").out.count("hook") == 1
    assert cli("notices", "retry", listed["short_id"]).out == "1 notice to be sent now\n"
    assert cli("notices", "--status", "pending", "--channel", "hook", "--json").lines


def test_without_a_daemon_what_is_due_is_sent_once(
    cli: Cli, folder: Path, configured: Receiver
) -> None:
    told(cli, folder, configured)
    done = cli("notices", "send")
    assert (done.code, len(configured.got)) == (0, 1)
    assert "sent  hook  [" in done.out
    again = cli("notices", "send")
    assert (again.code, again.out, len(configured.got)) == (0, "", 1)


def test_what_was_not_taken_is_told_and_waits(cli: Cli, folder: Path, configured: Receiver) -> None:
    told(cli, folder, configured)
    configured.status = 503
    done = cli("notices", "send", "--json")
    [tried] = done.lines
    assert (done.code, tried["status"], tried["tries"]) == (1, "pending", 1)
    assert "503" in tried["error_detail"]
    waiting = cli("notices", "send")
    assert (waiting.code, waiting.out) == (0, "")
    assert "1 notice held or to be tried again later" in waiting.err


OFFER = """<script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Product", "name": "Lamp", "offers": {{"@type": "Offer", "price": "{price}",
"priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}}}</script><h1>Lamp</h1>"""


def test_the_history_of_a_product_tells_when_its_alert_was_sent(
    cli: Cli, folder: Path, configured: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = f"http://127.0.0.1:{configured.server_address[1]}"
    text = folder.joinpath("config.toml").read_text(encoding="utf-8").replace("quiet =", "#quiet =")
    text = text.replace("[fetch]", "[fetch]\nrespect_robots = false\ndelay_seconds = 0")
    text += f'[[product]]\nname = "Lamp"\nurl = "{base}/page"\n'
    folder.joinpath("config.toml").write_text(text, encoding="utf-8")
    for price in ("24.00", "19.00"):
        configured.page = OFFER.format(price=price)
        assert cli("check", "Lamp").code == 0

    def history() -> tuple[dict[str, Any], str, str]:
        newest = cli("products", "history", "Lamp", "--json").lines[0]
        table = cli("products", "history", "Lamp", "--csv").out
        with monkeypatch.context() as patch:
            patch.setattr("daemon.cli.commands.products.history.is_terminal", lambda: True)
            return newest, table, cli("products", "history", "Lamp").out

    newest, table, shown = history()
    assert (newest["alerts"], newest["alerts_sent_at"]) == (["price_drop"], [None])
    assert table.splitlines()[-1].endswith(",price_drop,-")
    assert "not sent" in shown
    assert cli("notices", "send").code == 0
    [notice] = cli("notices", "--json").lines
    newest, table, shown = history()
    assert newest["alerts_sent_at"] == [notice["sent_at"]]
    assert table.splitlines()[-1].endswith(f",price_drop,{notice['sent_at']}")
    assert "not sent" not in shown
    assert f"sent {local(datetime.fromisoformat(notice['sent_at']))}" in shown
