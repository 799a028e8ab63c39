"""Our own webhook: signed JSON with an idempotency key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import msgspec

from daemon.notify.posting import deliver
from daemon.notify.values import Message, Post

PREFIX = "whsec_"


class Webhook:
    """A receiver of JSON at a URL.

    Source: Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature).
    """

    def __init__(
        self, url: str, secret: str, post: Post, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = url
        self._secret = _secret_bytes(secret)
        self._post = post
        self._clock = clock

    async def send(self, message: Message) -> None:
        """Post the message; any status from 200 to 299 means that it was accepted."""
        body = msgspec.json.encode(_body(message))
        await deliver(self._post, self._url, body, self._headers(message, body))

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        sent_at = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            "webhook-id": message.key,
            "webhook-timestamp": sent_at,
        }
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, message.key, sent_at, body)
        return headers


def signature(secret: bytes, key: str, sent_at: str, body: bytes) -> str:
    """The signature over key, time and body, as a receiver computes it to verify."""
    signed = b".".join((key.encode(), sent_at.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def _secret_bytes(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX))
    return secret.encode()


def _body(message: Message) -> dict[str, Any]:
    return {
        "id": message.key,
        "kind": message.kind,
        "owner_id": message.user_id,
        "created_at": message.created_at.isoformat(),
        "title": message.words.title,
        "text": message.words.text,
        "data": message.facts,
    }
