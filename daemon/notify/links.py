"""Links in messages that do one thing for their recipient, without a login.

Source: RFC 8058 (unsubscribing by one click).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from daemon.alerting.values import DIGEST
from daemon.signing import LONG, read_signed, write_signed

PATH = "/links/"
PAGE = "page"  # of what the message is about: it does nothing, and asks for the login
SILENT_FOR = timedelta(days=7)
_KIND = b"link"
_MOST_CHARACTERS = 3_000
_ENDS_AFTER = timedelta(days=30)
_UNSUBSCRIBES_FOR = timedelta(days=365)  # longer, as people look for it in old messages


class Deed(StrEnum):
    """What a link does; the second of each pair takes the first back."""

    USEFUL = "useful"
    NOISE = "noise"
    UNRATE = "unrate"
    SILENCE = "silence"
    UNSILENCE = "unsilence"
    UNSUBSCRIBE = "unsubscribe"
    SUBSCRIBE = "subscribe"


UNDONE_BY = {
    Deed.USEFUL: Deed.UNRATE,
    Deed.NOISE: Deed.UNRATE,
    Deed.SILENCE: Deed.UNSILENCE,
    Deed.UNSUBSCRIBE: Deed.SUBSCRIBE,
}


@dataclass(frozen=True, slots=True)
class Link:
    """One deed for one user until then; about a change, a site, or a channel by its name."""

    deed: Deed
    user_id: str
    about: UUID | str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links in messages; none without a public address."""

    public_url: str = ""
    key: bytes = field(default=b"", repr=False)

    def added_to(
        self, kind: str, facts: Mapping[str, Any], user_id: str, channel: str, at: datetime
    ) -> dict[str, Any]:
        """The facts of a message made at this instant, with the links of its recipient in them."""
        links = self._of_message(user_id, channel, at)
        if kind != DIGEST:
            return {**facts, "links": self._of_item(facts, user_id, at) | links}
        members = [
            {**one, "links": self._of_item(one, user_id, at)} for one in facts.get("notices", ())
        ]
        return {**facts, "notices": members, "links": links}

    def _of_message(self, user_id: str, channel: str, at: datetime) -> dict[str, str]:
        link = Link(Deed.UNSUBSCRIBE, user_id, channel, at + _UNSUBSCRIBES_FOR)
        return {str(link.deed): self._address(link)} if self.public_url else {}

    def _of_item(self, facts: Mapping[str, Any], user_id: str, at: datetime) -> dict[str, str]:
        found: dict[str, str] = {}
        for deed, key in _ABOUT.items() if self.public_url else ():
            if (about := _id_in(facts, key)) is not None:
                found[str(deed)] = self._address(Link(deed, user_id, about, at + _ENDS_AFTER))
        if self.public_url and (path := _page_of(facts)):
            found[PAGE] = f"{self.public_url}{path}"
        return found

    def _address(self, link: Link) -> str:
        return f"{self.public_url}{PATH}{write_link(self.key, link)}"


NO_LINKS = Links()
# Which fact of an event says what a link is about.
_ABOUT = {Deed.USEFUL: "update_id", Deed.NOISE: "update_id", Deed.SILENCE: "site_id"}
# The page of an event, by the nearest to it of what it is about.
_PAGES = {"update_id": "/changes/", "site_id": "/sites/", "product_id": "/products/"}


def _page_of(facts: Mapping[str, Any]) -> str:
    """The path of the page on which people read more; "" for what is about nothing that has one."""
    for key, path in _PAGES.items():
        if (about := _id_in(facts, key)) is not None:
            return f"{path}{about}"
    return ""


def _id_in(facts: Mapping[str, Any], key: str) -> UUID | None:
    try:
        return UUID(str(facts[key]))
    except (KeyError, ValueError):
        return None


def write_link(key: bytes, link: Link) -> str:
    """The last part of the address of a link: the same for the same link."""
    about = link.about.bytes if isinstance(link.about, UUID) else link.about
    values = list(Deed).index(link.deed), int(link.ends_at.timestamp()), about, link.user_id
    return write_signed(key, _KIND, msgspec.msgpack.encode(values), LONG)


def read_link(key: bytes, token: str, now: datetime) -> Link | None:
    """The link with this address; None for one that nobody has signed, or that has ended."""
    try:
        body = read_signed(key, _KIND, token, _MOST_CHARACTERS, LONG)
    except ValueError:
        return None
    deed, ends_at, about, user_id = msgspec.msgpack.decode(body)
    until = datetime.fromtimestamp(ends_at, UTC)
    thing = UUID(bytes=about) if isinstance(about, bytes) else about
    return Link(list(Deed)[deed], user_id, thing, until) if now < until else None
