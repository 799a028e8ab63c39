"""The kinds of destinations that people may add: how addresses look, and which channels they get.

A person must not make the daemon reach what they could not: mail goes to their own address alone,
webhooks and ntfy through the guard of all fetches, and of Apprise's services only those are here
whose hosts are fixed, as Apprise opens its own connections; and without its options, some of which
read files of this machine or fetch addresses.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from daemon.alerting.destinations import Address
from daemon.config import Config
from daemon.config.values import RefusedError, check_url
from daemon.model.errors import InputError, NotifyError
from daemon.notify.apprised import Apprised
from daemon.notify.channels import mail_server
from daemon.notify.mail import Mail, recipient_of
from daemon.notify.ntfy import Ntfy
from daemon.notify.schemes import service_of
from daemon.notify.values import Channel, Message, Post
from daemon.notify.webhook import PREFIX, Webhook
from daemon.redaction import KnownSecrets

_SECRET_BYTES = 24
_NTFY = "https://ntfy.sh/"  # the server of a topic that names none
_TOPIC = re.compile(r"/[-_A-Za-z0-9]{1,64}/?")
_PARTS = re.compile(r"[/?&=:@#]+")
_SHORTEST_PART = 6  # of an address that is masked; shorter ones are words, such as "bot"
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its name, an example of an address, what that is, and which secret it may have."""

    label: str
    example: str = ""
    words: str = ""
    secret: str = ""
    scheme: str = ""  # of Apprise's service


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "mail": Kind("Mail"),
        "webhook": Kind(
            "Webhook",
            "https://example.org/hook",
            "where your program listens",
            "the key that its messages are signed with, or one is made",
        ),
        "ntfy": Kind(
            "ntfy",
            f"{_NTFY}my-topic",
            "a server and a topic on it; a topic alone is one of ntfy.sh. Make up a topic that "
            "nobody guesses, as who knows it can read along, and subscribe to it in the app",
            "an access token, if the topic needs one",
        ),
        "discord": Kind("Discord", "https://discord.com/api/webhooks/…/…", scheme="discord"),
        "pushover": Kind("Pushover", "pover://user-key@api-token", scheme="pover"),
        "slack": Kind("Slack", "https://hooks.slack.com/services/…/…/…", scheme="slack"),
        "telegram": Kind("Telegram", "tgram://bot-token/chat-id", scheme="tgram"),
    }
)


def checked_address(kind: str, url: str, secret: str) -> Address:
    """The address of a new destination; a webhook without a key to sign with gets one.

    Shape:  loads Apprise for its services, which takes most of a second.
    Errors: InputError for what is no address of this kind.
    """
    url, secret = url.strip(), secret.strip()
    if len(url) > _LONGEST or len(secret) > _LONGEST:
        raise InputError("address", "", f"is longer than {_LONGEST} characters")
    if secret and not KINDS[kind].secret:
        raise InputError("secret", "", f"has no use for {KINDS[kind].label}", "leave it empty")
    if kind == "ntfy" and url and "://" not in url:
        url = f"https://{url}" if "/" in url else f"{_NTFY}{url}"
    if KINDS[kind].scheme:
        return _of_service(KINDS[kind], url)
    try:
        check_url(url)
    except RefusedError as exc:
        raise InputError(
            "address", "", str(exc), f"write for example {KINDS[kind].example}"
        ) from exc
    return _of_webhook(url, secret) if kind == "webhook" else _of_ntfy(url, secret)


def _of_webhook(url: str, secret: str) -> Address:
    made = PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    key = secret or made
    try:
        if key.startswith(PREFIX):
            base64.b64decode(key.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise InputError("secret", "", f"is not base64 after {PREFIX}") from None
    return Address(url, key)


def _of_ntfy(url: str, token: str) -> Address:
    parts = urlsplit(url)
    if not _TOPIC.fullmatch(parts.path) or parts.query or parts.fragment:
        example = f"write for example {KINDS['ntfy'].example}"
        raise InputError("address", "", "does not end with a topic", example)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InputError("secret", "", "is no access token: it has letters that none can have")
    return Address(url, token)


def _of_service(kind: Kind, url: str) -> Address:
    # Apprise's options can name templates: files of this machine, and addresses that it fetches.
    if "?" in url:
        hint = f"end it before the question mark: it looks like {kind.example}"
        raise InputError("address", "", "has options, which are not for destinations", hint)
    service = service_of(url)
    if service is None or service != kind.scheme:
        problem = f"is no whole address of {kind.label}"
        raise InputError("address", "", problem, f"it looks like {kind.example}")
    return Address(url)


def where(kind: str, address: Address) -> str:
    """What of an address may be shown: that of a mail, or a host."""
    if kind == "mail":
        return recipient_of(address.url)
    return "" if KINDS[kind].scheme else urlsplit(address.url).hostname or ""


def channel_to(kind: str, address: Address, config: Config, post: Post) -> Channel:
    """The channel of a destination; whatever fails there says nothing of its address.

    Errors: NotifyError where there is no mail server any more.
    """
    return _Discreet(_channel(kind, address, config, post), _masking(kind, address))


def _channel(kind: str, address: Address, config: Config, post: Post) -> Channel:
    if kind == "mail":
        if not config.mail.host:
            raise NotifyError("there is no mail server here any more", is_permanent=True)
        return Mail(recipient_of(address.url), mail_server(config))
    if kind == "webhook":
        return Webhook(address.url, address.secret, post)
    if kind == "ntfy":
        return Ntfy(address.url, address.secret, post)
    return Apprised(address.url, config.notices.timeout_seconds)


class _Discreet:
    """A channel whose failures quote nothing of what is secret of its address."""

    def __init__(self, channel: Channel, secrets: KnownSecrets) -> None:
        self._channel = channel
        self._secrets = secrets

    async def send(self, message: Message) -> None:
        """Deliver the message."""
        try:
            await self._channel.send(message)
        except NotifyError as exc:
            raise NotifyError(
                self._secrets.mask(exc.detail),
                is_permanent=exc.is_permanent,
                retry_after_seconds=exc.retry_after_seconds,
            ) from None


def _masking(kind: str, address: Address) -> KnownSecrets:
    if kind == "mail":
        return KnownSecrets()
    shown = {urlsplit(address.url).netloc, urlsplit(address.url).hostname, where(kind, address)}
    parts = {one for one in _PARTS.split(address.url) if len(one) >= _SHORTEST_PART} - shown
    return KnownSecrets({address.secret, *parts} - {""})
