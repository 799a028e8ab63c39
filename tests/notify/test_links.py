"""Links in messages: each for one recipient, one thing and a time; nobody else makes them."""

from __future__ import annotations

import email.policy
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest

from daemon.alerting.values import DIGEST
from daemon.notify.escaping import fitting
from daemon.notify.links import Deed, Link, Links, read_link, write_link
from daemon.notify.mail import mail_of
from daemon.notify.render import words_of
from daemon.notify.values import Message
from daemon.notify.webhook import Webhook
from daemon.operations.people.delivering import Destination, Places
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.record.outbox import sync_routes
from tests.alerting.things import NOON, route
from tests.making import OWNER, PAST, begin_run
from tests.notify.test_sender import ADA, Box, happening, tell
from tests.notify.things import facts

KEY, SITE = b"k" * 32, UUID(int=7)
LINKS = Links("https://watch.example.org", KEY)
DAY = timedelta(days=1)


def told(kind: str = "change", links: Links = LINKS, to: str = "ada", **more: Any) -> Message:
    """A message to somebody's channel."""
    given: Mapping[str, Any] = facts(site_id=str(SITE), **more)
    if kind == DIGEST:
        members = [{"kind": "change", **given}, {"kind": "price", "product": "Lamp", "title": "x"}]
        given = {"why": "digest", "count": 2, "notices": members}
    whole = links.added_to(kind, given, to, "mail", PAST)
    return Message("k1", kind, to, PAST, whole, words_of(kind, whole))


def link_in(url: str) -> Link | None:
    assert url.startswith("https://watch.example.org/links/")
    return read_link(KEY, url.rpartition("/")[2], PAST)


def test_each_link_does_one_thing_for_the_recipient() -> None:
    update_id = UUID(facts()["update_id"])
    for to in ("ada", "github|1"):
        links = dict(told(to=to).facts["links"])
        assert links.pop("page") == f"https://watch.example.org/changes/{update_id}"
        assert {name: link_in(url) for name, url in links.items()} == {
            "useful": Link(Deed.USEFUL, to, update_id, PAST + 30 * DAY),
            "noise": Link(Deed.NOISE, to, update_id, PAST + 30 * DAY),
            "silence": Link(Deed.SILENCE, to, SITE, PAST + 30 * DAY),
            "unsubscribe": Link(Deed.UNSUBSCRIBE, to, "mail", PAST + 365 * DAY),
        }


def test_a_message_leads_to_the_page_of_its_change_or_names_the_command() -> None:
    page = f"https://watch.example.org/changes/{facts()['update_id']}"
    words, without = told().words, told(links=Links(key=KEY)).words
    assert f"The change: {page}" in words.text
    assert f'href="{page}"' in words.html
    assert "changelogger diff" not in words.text + words.html
    assert "changelogger diff" in without.text
    assert "/changes/" not in without.text


@pytest.mark.parametrize("kind", ["failing", "recovered", "certificate", "moved"])
def test_a_message_of_no_change_leads_to_the_page_of_its_site_or_product(kind: str) -> None:
    for noun, path in (("site", "sites"), ("product", "products")):
        about = {noun: "Lamp", f"{noun}_id": str(SITE), "url": "https://a.example/"}
        whole = LINKS.added_to(kind, about, "ada", "mail", PAST)
        words, page = words_of(kind, whole), f"https://watch.example.org/{path}/{SITE}"
        assert f"The {noun}: {page}" in words.text
        assert f'href="{page}"' in words.html
        assert ("silence" in whole["links"]) == (noun == "site")


def test_several_in_one_message_have_links_each_and_one_way_out() -> None:
    message = told(DIGEST)
    assert set(message.facts["links"]) == {"unsubscribe"}
    assert [set(one["links"]) for one in message.facts["notices"]] == [
        {"page", "useful", "noise", "silence"},
        set(),
    ]
    for text in (message.words.text, message.words.markdown, message.words.html):
        assert text.count("/links/") == 4


def test_without_a_public_address_there_are_none() -> None:
    message = told(links=Links(key=KEY))
    assert message.facts["links"] == {}
    assert "links/" not in message.words.text + message.words.html
    assert "List-Unsubscribe" not in mail_of(message, "a@site.example", "b@site.example")


def test_a_message_is_the_same_at_every_try() -> None:
    assert told().words == told().words


def test_a_link_that_was_not_made_here_or_has_ended_is_none() -> None:
    link = Link(Deed.SILENCE, "ada", SITE, PAST + DAY)
    token = write_link(KEY, link)
    assert read_link(KEY, token, PAST) == link
    assert read_link(KEY, token, PAST + DAY) is None
    assert read_link(b"other", token, PAST) is None
    for index, character in enumerate(token[:-1]):
        other = "A" if character != "A" else "B"
        assert read_link(KEY, token[:index] + other + token[index + 1 :], PAST) is None
    for text in ("", "A", "A" * 60, "é", "A" * 4_000, token + "A", token[:-1]):
        assert read_link(KEY, text, PAST) is None


@pytest.mark.parametrize("to", ["ada", "github|" + "9" * 240])
def test_mail_can_be_unsubscribed_by_one_click(to: str) -> None:
    raw = mail_of(told(to=to), "a@site.example", "b@site.example").as_bytes()
    [line] = [one for one in raw.split(b"\r\n") if one.startswith(b"List-Unsubscribe:")]
    back = message_from_bytes(raw, policy=email.policy.default)
    url = back["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert line == f"List-Unsubscribe: <{url}>".encode()
    found = link_in(url)
    assert found is not None
    assert (found.deed, found.user_id) == (Deed.UNSUBSCRIBE, to)
    assert back["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_click_is_offered_over_https_alone() -> None:
    links = replace(LINKS, public_url="http://watch.example.org")
    mail = mail_of(told(links=links), "a@site.example", "b@site.example")
    assert mail["List-Unsubscribe"].startswith("<http://watch.example.org/links/")
    assert mail["List-Unsubscribe-Post"] is None


async def test_a_webhook_gets_them_as_data() -> None:
    bodies: list[bytes] = []

    class Taken:
        status = 204
        retry_after_seconds = None

    async def post(_url: str, body: bytes, _headers: Mapping[str, str]) -> Taken:
        bodies.append(body)
        return Taken()

    await Webhook("https://hook.example/", "secret", post).send(told())
    links = json.loads(bodies[0])["data"]["links"]
    assert set(links) == {"page", "useful", "noise", "silence", "unsubscribe"}


def test_a_short_channel_gets_the_news_rather_than_links() -> None:
    words = told().words
    assert "links/" not in words.bare
    assert words.text.startswith(words.bare)
    texts = (words.text, words.bare)
    assert fitting(texts, len(words.text)) == words.text
    assert fitting(texts, len(words.text) - 1) == words.bare
    assert len(fitting(texts, 100)) == 100


async def test_what_is_sent_carries_the_links_of_its_owner(database: Database) -> None:
    box, phone = Box(), Box()
    async with database.writing() as session:
        await sync_owners(session, [OWNER, ADA])
        ours, hers = route(name="mail"), route(name="phone", target="t2")
        await sync_routes(session, {OWNER.id: [ours], ADA.id: [hers]})
    about = facts(site_id=str(SITE))
    await tell(database, happening(facts=about), happening(2, owner_id=ADA.id, facts=about))
    places = Places({"mail": Destination(box, ours), "phone": Destination(phone, hers)})
    settings = SenderSettings(links=LINKS)
    run_id = await begin_run(database)
    await Sender(database, run_id, places, settings, lambda: NOON + DAY).drain()
    for taken, owner, channel in ((box, OWNER.id, "mail"), (phone, ADA.id, "phone")):
        [message] = taken.taken
        found = {
            name: link_in(url) for name, url in message.facts["links"].items() if name != "page"
        }
        assert {one.user_id for one in found.values() if one} == {owner}
        assert getattr(found["unsubscribe"], "about", None) == channel
        assert f"Unsubscribe: {message.facts['links']['unsubscribe']}" in message.words.text
