"""Each kind of channel against a real receiver on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from daemon.config import FetchConfig
from daemon.fetch.posting import Poster
from daemon.model.errors import NotifyError
from daemon.notify.apprised import Apprised
from daemon.notify.mail import Mail, MailServer, mail_of, recipient_of
from daemon.notify.values import Post
from daemon.notify.webhook import Webhook, signature
from tests.living import PATIENCE_SECONDS
from tests.notify.mailbox import Inbox, Mailbox
from tests.notify.sinks import SECRET, Sink, receiving
from tests.notify.things import LOCAL, message

# What Apprise's own imports warn of is not ours to mend.
theirs = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with Poster(LOCAL) as poster:
        yield partial(poster.post, seconds=1)


async def test_a_webhook_gets_signed_facts_and_the_key(post: Post):
    async with receiving(Sink()) as sink:
        await Webhook(sink.url, SECRET, post).send(message())
    [body], [headers] = sink.got, sink.headers
    assert headers["Idempotency-Key"] == headers["webhook-id"] == body["id"] == "k1"
    assert (body["kind"], body["data"]["summary"]) == ("change", "The price fell.")


def test_a_secret_with_the_usual_prefix_is_base64():
    hook = Webhook("https://a.example/", "whsec_c2VjcmV0", None)  # type: ignore[arg-type]
    headers = hook._headers(message(), b"{}")
    sent_at = headers["webhook-timestamp"]
    assert headers["webhook-signature"] == signature(b"secret", "k1", sent_at, b"{}")


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [(400, True), (422, True), (302, False), (404, False), (429, False), (500, False)],
)
async def test_what_is_no_receipt_is_an_error(post: Post, status: int, is_permanent: bool):
    async with receiving(Sink(behave=lambda number: status)) as sink:
        with pytest.raises(NotifyError, match=str(status)) as caught:
            await Webhook(sink.url, SECRET, post).send(message())
    assert caught.value.is_permanent is is_permanent
    assert sink.asked == 1  # no redirect was followed


async def test_a_receiver_may_ask_for_time(post: Post):
    async with receiving(Sink(behave=lambda number: 429, retry_after="77")) as sink:
        with pytest.raises(NotifyError) as caught:
            await Webhook(sink.url, SECRET, post).send(message())
    assert caught.value.retry_after_seconds == 77


@pytest.mark.parametrize("how", ["hang", "drop"])
async def test_a_receiver_without_an_answer_is_an_error(post: Post, how: str):
    async with receiving(Sink(behave=lambda number: how)) as sink:
        with pytest.raises(NotifyError):
            await Webhook(sink.url, SECRET, post).send(message())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "http://[::1]:1/", "file:///etc/a"]
)
async def test_a_webhook_reaches_no_forbidden_address(url: str):
    async with Poster(FetchConfig()) as guarded:
        with pytest.raises(NotifyError, match="blocked"):
            await Webhook(url, SECRET, partial(guarded.post, seconds=1)).send(message())


async def send_mail(inbox: Inbox, security: str = "none", **more: Any) -> None:
    box = Mailbox(inbox)
    await asyncio.to_thread(box.start)
    try:
        server = MailServer(
            "127.0.0.1", box.port, security, "us@example.org", timeout_seconds=PATIENCE_SECONDS
        )
        await Mail("ada@example.org", server).send(message(**more))
    finally:
        await asyncio.to_thread(box.stop)


async def test_a_mail_has_a_text_and_an_html_part_and_the_key():
    inbox = Inbox()
    await send_mail(inbox)
    [(recipients, mail)] = inbox.mails
    assert recipients == ["ada@example.org"]
    assert mail["Subject"] == "[major] Blog: The price fell."
    assert mail["Idempotency-Key"] == "k1"
    assert "k1@" in mail["Message-ID"]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_brings_the_picture_of_the_page() -> None:
    told = replace(message(), picture=b"\x89PNG\r\n\x1a\nof the page")
    mail = mail_of(told, "us@example.org", "ada@example.org")
    [picture] = mail.iter_attachments()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/png", "page.png")
    assert picture.get_content() == told.picture


async def test_a_page_writes_no_header_of_a_mail():
    inbox = Inbox()
    evil = "Hi\r\nBcc: all@evil.example\r\n\r\n<script>\N{SNOWMAN}\x00" + "é" * 5000
    await send_mail(inbox, summary=evil, site=evil)
    [(recipients, mail)] = inbox.mails
    plain = mail_of(message(), "us@example.org", "ada@example.org")
    assert recipients == ["ada@example.org"]
    assert set(mail.keys()) == set(plain.keys())
    assert len(mail["Subject"]) <= 150


@pytest.mark.parametrize(
    ("answer", "is_permanent"), [("451 later", False), ("554 never", True), ("421 bye", False)]
)
async def test_a_mail_server_says_whether_it_will_ever_take_it(answer: str, is_permanent: bool):
    with pytest.raises(NotifyError) as caught:
        await send_mail(Inbox(answer))
    assert caught.value.is_permanent is is_permanent


@pytest.mark.parametrize(
    ("security", "said"),
    [("starttls", 'has no STARTTLS: [mail] security must be "tls"'), ("tls", "speaks no TLS at")],
)
async def test_a_mail_server_without_the_tls_asked_for_leads_to_the_option(
    security: str, said: str
):
    with pytest.raises(NotifyError) as caught:
        await send_mail(Inbox(), security)
    assert said in str(caught.value)
    assert not caught.value.is_permanent


async def test_a_mail_server_that_is_not_there_is_an_error():
    server = MailServer("127.0.0.1", 1, "none", "us@example.org", timeout_seconds=PATIENCE_SECONDS)
    with pytest.raises(NotifyError) as caught:
        await Mail("ada@example.org", server).send(message())
    assert not caught.value.is_permanent


def test_the_options_of_a_mail_url_are_no_part_of_the_address():
    assert recipient_of("mailto:ada@example.org?subject=x") == "ada@example.org"


@pytest.mark.parametrize("address", ["", "ada", "a b@c.example", "x@y\r\nBcc: z@evil.example"])
def test_what_is_no_address_gets_no_mail(address: str):
    with pytest.raises(NotifyError, match="not a mail address"):
        mail_of(message(), "us@example.org", address)


@theirs
async def test_apprise_delivers_in_plain_text():
    got: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        got.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await Apprised(f"json://127.0.0.1:{port}/", 5).send(message(summary="@everyone: it fell."))
    sent = json.loads(got[0])
    assert "everyone: it fell." in sent["title"]
    assert "@everyone" not in sent["title"] + sent["message"]


@theirs
async def test_apprise_says_when_a_service_did_not_take_it():
    with pytest.raises(NotifyError, match="did not take it"):
        await Apprised("json://127.0.0.1:1/", 5).send(message())


@theirs
async def test_apprise_does_not_show_a_url_it_does_not_know():
    with pytest.raises(NotifyError) as caught:
        await Apprised("nosuch://token@host/", 5).send(message())
    assert "token" not in str(caught.value)


@theirs
async def test_a_service_that_hangs_is_not_waited_for_twice():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel connects, nobody answers
        channel = Apprised(f"json://127.0.0.1:{silent.getsockname()[1]}/", 0.05)
        with pytest.raises(NotifyError, match="no receipt"):
            await channel.send(message())
        with pytest.raises(NotifyError, match="has not come back"):
            await channel.send(message())
    assert channel._thread is not None
    await asyncio.to_thread(channel._thread.join, 10)
    assert not channel._thread.is_alive()
