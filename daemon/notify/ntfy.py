"""Sends messages to a topic of an ntfy server."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from daemon.notify.escaping import cut, line
from daemon.notify.posting import deliver
from daemon.notify.values import Message, Post, Words

_BODY_BYTES = 4000  # a server makes an attachment of more
_TITLE_UNITS = 200


class Ntfy:
    """A topic by its URL, and the token for it, if it needs one.

    Source: docs.ntfy.sh, "Publish as JSON".
    """

    def __init__(self, url: str, token: str, post: Post) -> None:
        parts = urlsplit(url)
        self._server = f"{parts.scheme}://{parts.netloc}/"
        self._topic = parts.path.strip("/")
        self._token = token
        self._post = post

    async def send(self, message: Message) -> None:
        """Publish the message; the server's acceptance counts as delivery."""
        body = {
            "topic": self._topic,
            "title": line(message.words.title, _TITLE_UNITS),
            "message": _fitting(message.words),
        }
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        await deliver(self._post, self._server, msgspec.json.encode(body), headers)


def _fitting(words: Words) -> str:
    """As much of the words as a message may have, which is counted in bytes."""
    if len(words.text.encode()) <= _BODY_BYTES:
        return words.text
    units = _BODY_BYTES
    while len((shown := cut(words.bare, units)).encode()) > _BODY_BYTES:
        units = units * 3 // 4
    return shown
