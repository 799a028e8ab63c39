"""Destinations of one's own on the pages: added, proved, set up, paused and removed."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any

import pytest
from sqlalchemy import select

from daemon.config import Config
from daemon.model.site import Owner
from daemon.operations.installation.described import routes_of
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.core.opening import open_for_readers
from daemon.store.record.outbox import routes_of as stored_routes
from daemon.store.record.outbox import sync_routes
from daemon.store.tables import Destination
from daemon.web.context import Context
from daemon.web.server import serve
from tests.making import OWNER
from tests.notify.sinks import SECRET, Sink, receiving
from tests.web.conftest import FREE, NOW, Pages, text_of

HOSTILE = "<b>x</b>"
MINE = "/me/destinations"
KEY = base64.b64encode(bytes(32)).decode()  # that of the database of tests


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with receiving(Sink()) as sink:
        yield sink


@pytest.fixture
async def mine(
    context: Context, database: Database, database_url: str, patience_seconds: float
) -> AsyncIterator[Pages]:
    """The pages of a daemon that lets people add webhooks and topics, and has one of the file."""
    tree = {
        "database": {"url": database_url, "encryption_key": KEY},
        "notify": [{"name": "given", "url": "https://a.example/hunter2", "digest": "daily"}],
        "fetch": {"allow_networks": ["127.0.0.1/32"]},
        "web": {"destinations": ["mail", "webhook", "ntfy"], "requests_per_second": 0},
    }
    config = Config.model_validate(tree).settled(())
    async with database.writing() as session:
        await sync_owners(session, [OWNER, Owner("eve", "eve@example.org")])
        await sync_routes(session, routes_of(config))
    times = iter(range(1000))  # a minute passes between any two requests
    async with open_for_readers(config.database, patience_seconds) as readers:
        other = replace(
            context, config=lambda: config, reading=readers, clock=lambda: later(next(times))
        )
        async with serve(other, FREE) as url:
            pages = Pages(url, other)
            yield pages
            await pages.session.close()


def later(minutes: int) -> Any:
    return NOW + timedelta(minutes=minutes)


async def add(mine: Pages, sink: Sink, name: str = HOSTILE) -> str:
    """Add a webhook; the address of its page."""
    added = await mine.post(MINE, name=name, kind="webhook", address=sink.url, secret=SECRET)
    assert added.status == 303, added.text
    return added.headers["Location"]


async def have(mine: Pages, sink: Sink) -> str:
    """A webhook that is proved."""
    path = await add(mine, sink)
    await mine.post(f"{path}/test")
    confirmed = await mine.post(f"{path}/confirm", code=sink.got[-1]["data"]["code"])
    assert confirmed.status == 303, confirmed.text
    return path


async def test_a_destination_is_proved_by_a_code_before_it_counts(mine: Pages, sink: Sink) -> None:
    path = await add(mine, sink)
    shown = (await mine.get(path)).text
    assert "Nothing is sent there until" in shown
    assert "Type in the code" not in shown
    sent = await mine.follow(await mine.post(f"{path}/test"))
    assert "took the code" in sent.text
    assert "Type in the code" in sent.text
    wrong = await mine.post(f"{path}/confirm", code="0")
    assert (wrong.status, "not the one that was sent last" in text_of(wrong.text)) == (400, True)
    code = sink.got[-1]["data"]["code"]
    done = await mine.follow(await mine.post(f"{path}/confirm", code=code))
    assert "What is sent" in done.text
    listed = (await mine.get(MINE)).text
    assert "webhook" in listed.lower()
    assert "127.0.0.1" in listed
    for html in (shown, sent.text, done.text, listed):
        assert HOSTILE not in html
        assert sink.url not in html
        assert SECRET not in html
    tested = await mine.follow(await mine.post(f"{path}/test"))
    assert "took the test" in tested.text
    assert sink.got[-1]["data"]["is_test"]
    assert "code" not in sink.got[-1]["data"]


async def test_a_wrong_code_is_told_beside_what_was_typed(mine: Pages, sink: Sink) -> None:
    path = await add(mine, sink)
    await mine.post(f"{path}/test")
    wrong = await mine.post(f"{path}/confirm", code="012 345")
    assert (wrong.status, "Type in the code" in wrong.text) == (400, True)
    assert re.search(r'name="code" value="012 345"[^>]*aria-describedby="code-wrong"', wrong.text)
    beside = re.findall(r'id="code-wrong"[^>]*>([^<]*)<', wrong.text)
    assert beside == ["is not the one that was sent last, or too old: send another"]
    for text in (sink.url, SECRET, HOSTILE):
        assert text not in wrong.text
    done = await mine.post(f"{path}/confirm", code=sink.got[-1]["data"]["code"])
    assert done.status == 303


async def test_what_is_wrong_with_a_new_destination_stands_beside_its_field(
    mine: Pages, sink: Sink
) -> None:
    await add(mine, sink, "hook")
    wrong: list[tuple[str, dict[str, str]]] = [
        ("name", {"name": "hook", "address": sink.url}),
        ("name", {"name": "x" * 80, "address": sink.url}),
        ("address", {"name": HOSTILE, "address": "ftp://a.example/topsecret"}),
        ("secret", {"name": "mine", "address": sink.url, "secret": "whsec_topsecret!"}),
    ]
    for field, given in wrong:
        refused = await mine.post(MINE, kind="webhook", **given)
        assert refused.status == (409 if given["name"] == "hook" else 400), given
        assert re.findall(r'id="(\w+)-wrong"', refused.text) == [field], given
        assert '<option value="webhook" selected>' in refused.text
        assert escape(given["name"]) in refused.text
        assert "topsecret" not in refused.text
        assert sink.url not in refused.text
    gone = await mine.post(MINE, name="me", kind="mail", address="")
    assert re.findall(r'id="(\w+)-wrong"', gone.text) == ["kind"]


@pytest.mark.parametrize(
    ("typed", "host"),
    [("my-topic", "ntfy.sh"), ("ntfy.example/my-topic", "ntfy.example")],
)
async def test_a_topic_of_ntfy_needs_no_whole_address(mine: Pages, typed: str, host: str) -> None:
    added = await mine.follow(await mine.post(MINE, name="phone", kind="ntfy", address=typed))
    assert f"ntfy, {host}" in text_of(added.text)


async def test_what_is_sent_is_changed_on_the_page(
    mine: Pages, sink: Sink, database: Database
) -> None:
    path = await have(mine, sink)
    fields = (
        "kinds=change&kinds=price&which=all&least_severity=major&at_once_from=&tags=work,+shops"
        "&names=News*&digest=weekly&quiet=22:00-07:00&daily_cap=7"
    )
    assert (await mine.post_raw(path, fields)).status == 303
    async with database.reading() as session:
        given, own = (await stored_routes(session, ["local"]))["local"]
    assert given.name == "given"
    assert (own.kinds, own.only_significant, own.least_severity) == (
        ("change", "price"),
        False,
        "major",
    )
    assert (own.tags, own.names, own.digest) == (("work", "shops"), ("News*",), "weekly")
    assert (own.quiet, own.daily_cap, own.at_once_from) == ("22:00-07:00", 7, None)
    shown = (await mine.get(path)).text
    assert 'value="weekly"' in shown
    assert 'value="work, shops"' in shown
    assert len(re.findall(r'name="kinds" value="\w+" checked', shown)) == 2
    assert "only what is tagged" in text_of((await mine.get(MINE)).text)
    for wrong, why in (
        ("kinds=nothing", "kinds"),
        ("which=all", "kinds"),
        ("kinds=change&digest=never", "digest"),
        ("kinds=change&quiet=late", "quiet"),
        ("kinds=change&daily_cap=-1", "daily_cap"),
    ):
        answer = await mine.post_raw(path, wrong)
        assert (answer.status, why in answer.text) == (400, True), wrong


async def test_what_is_told_is_paused_and_resumed(
    mine: Pages, sink: Sink, database: Database
) -> None:
    path = await have(mine, sink)

    async def told() -> int:
        async with database.reading() as session:
            return len((await stored_routes(session, ["local"]))["local"])

    assert await told() == 2
    assert (await mine.post("/me/channels/pause", channel="given")).status == 303
    shown = text_of((await mine.follow(await mine.post(f"{path}/pause"))).text)
    assert "Nothing has been sent there since" in shown
    assert await told() == 0
    assert "nothing: paused" in text_of((await mine.get(MINE)).text)
    await mine.post("/me/channels/resume", channel="given")
    await mine.post(f"{path}/resume")
    assert await told() == 2
    for act in ("pause", "resume"):
        assert (await mine.post(f"/me/channels/{act}", channel="no such")).status == 404


async def test_a_destination_goes_with_its_address(
    mine: Pages, sink: Sink, database: Database
) -> None:
    path = await have(mine, sink)
    gone = await mine.follow(await mine.post(f"{path}/remove"))
    assert "is removed" in gone.text
    async with database.reading() as session:
        assert (await session.scalars(select(Destination.id))).all() == []
        assert [one.name for one in (await stored_routes(session, ["local"]))["local"]] == ["given"]
    assert (await mine.get(path)).status == 404


async def test_a_key_that_is_made_is_shown_once(mine: Pages) -> None:
    added = await mine.post(MINE, name="hook", kind="webhook", address="https://a.example/x")
    [secret] = re.findall(r"whsec_[\w+/=]+", added.text)
    assert (added.status, added.headers["Cache-Control"]) == (200, "no-store")
    [path] = re.findall(rf'href="({MINE}/[\w-]+)"', added.text)
    for again in (MINE, path):
        assert secret not in (await mine.get(again)).text


async def test_what_cannot_be_added_is_said(mine: Pages, sink: Sink) -> None:
    await add(mine, sink, "phone")
    secret = "tk hunter2"
    for values, status, why in (
        ({"name": "phone", "kind": "webhook", "address": sink.url}, 409, "already"),
        ({"name": "x", "kind": "discord", "address": "discord://a/b"}, 400, "kind"),
        ({"name": "x", "kind": "ntfy", "address": "https://ntfy.sh/"}, 400, "topic"),
        ({"name": "x", "kind": "ntfy", "address": "https://ntfy.sh/a", "secret": secret}, 400, ""),
        ({"name": "x", "kind": "webhook", "address": "javascript:hunter2"}, 400, "address"),
        ({"name": "", "kind": "webhook", "address": sink.url}, 400, "name"),
    ):
        answer = await mine.post(MINE, **values)
        assert (answer.status, why in answer.text) == (status, True), (values, answer.text)
        assert "hunter2" not in answer.text


async def test_why_a_test_was_not_taken_is_said_without_its_address(
    mine: Pages, sink: Sink
) -> None:
    path = await add(mine, sink)
    sink.behave = lambda number: 503
    answer = await mine.follow(await mine.post(f"{path}/test"))
    assert text_of(answer.text).count("the receiver answered 503") == 2  # now, and what stays
    assert sink.url not in answer.text


async def test_what_the_file_gives_is_shown_and_not_its_address(mine: Pages) -> None:
    shown = (await mine.get(MINE)).text
    assert "given" in shown
    assert "as a digest, daily" in text_of(shown)
    assert "hunter2" not in shown
    assert "Mail" not in text_of(shown)  # there is no mail server
    assert f'href="{MINE}"' in (await mine.get("/me")).text
