"""The common form of every import format: tables as in config.toml, and what was left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from daemon.characters import visible_line
from daemon.config.values import LONGEST_TAG, MOST_TAGS
from daemon.model.errors import WHOLE, ConfigError, Fault


class SameBy(Enum):
    """How to tell that an entry is already watched, besides by its owner."""

    URL = "url"  # the entry has nothing else
    RULES = "rules"  # the request and what is read; names are unreliable
    NAME = "name"  # name and request


@dataclass(slots=True)
class ImportEntry:
    """One site or product found in a file.

    Shape: `table` is what a [[site]] or [[product]] would hold, `place` its position in the
           file, `lost` what is not carried over, `notes` what else its owner should know,
           `notified` the URLs that are notified of it there,
           `labels` what it is filed under there, `proxy` the name or URL of its proxy there,
           `destinations` the names of those who are told of it by its groups,
           `unset` the headers, or "body", of which there are but placeholders, and `fault` what is
           wrong with it unless it is watched already;
           `is_lenient` says that unusable values are
           left out too, as they follow rules that are not ours.
    """

    kind: str  # site, product
    table: dict[str, Any]
    place: str
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    proxy: str = ""
    destinations: list[str] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)
    fault: Fault | None = None
    same_by: SameBy = SameBy.NAME
    is_lenient: bool = False

    def leave_out(self, what: str) -> None:
        """Note what is not carried over."""
        self.lost.append(f"without {what}")

    def render(self) -> None:
        """Have the page rendered, as it is there, and note what that needs here."""
        self.table["render"] = "always"
        self.notes.append("is rendered by a browser, once one is set up: docs/rendering.md")

    def pause(self, why: str) -> None:
        """Keep the entry, but paused, as it could not work as it is."""
        self.table["paused"] = True
        self.lost.append(f"paused: {why}")

    def ask_by(self, method: object, body: object) -> None:
        """Take over the method, and a body of text or of the fields of a form.

        Shape: what is sent is sent by POST, also where the method there was GET; that is noted.
        """
        named = str(method or "GET").upper()
        if isinstance(body, dict):
            self.table["form"] = {str(name): str(value) for name, value in body.items()}
        elif body:
            self.table["body"] = str(body)
        is_sending = bool(body) or "json" in self.table
        if is_sending and named == "GET":
            if method:
                self.leave_out("its method GET: with what it sends it is a POST")
        elif named != ("POST" if is_sending else "GET"):
            self.table["method"] = named

    def file_under(self, labels: Iterable[str]) -> None:
        """Note what another program files it under, which is a type, a category or tags here."""
        self.labels += filter(None, labels)

    def tag(self, labels: Iterable[str]) -> None:
        """Add these words as tags, as far as they can be any."""
        given = self.table.get("tags")
        words = map(tag_from, labels)
        tags = dict.fromkeys([*(given if isinstance(given, list) else []), *filter(None, words)])
        if tags:
            self.table["tags"] = list(tags)[:MOST_TAGS]
        if lost := list(tags)[MOST_TAGS:]:
            self.leave_out(f"its tags {', '.join(lost)[:100]}: there are too many")


@dataclass(frozen=True, slots=True)
class Aside:
    """What is to be said of a file besides its entries, mostly that it is not carried over."""

    place: str
    text: str
    is_loss: bool = True


Read = Iterable[ImportEntry | Fault | Aside]
Reader = Callable[[bytes], Read]


def tag_from(label: str) -> str:
    """The tag that comes closest to another program's word; nothing when none does."""
    words = visible_line(unicodedata.normalize("NFC", label)).replace(",", " ").lower().split()
    return " ".join(words).lstrip("+- ")[:LONGEST_TAG].rstrip()


def unreadable(problem: str, hint: str = "", where: str = "") -> ConfigError:
    """The error for an unreadable file."""
    return ConfigError([Fault(where or WHOLE, "", problem, hint)])


def text_of(data: bytes) -> str:
    """The text of a file, whatever bytes it contains.

    Errors: ConfigError for UTF-16 and UTF-32, which would be read as nonsense.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unreadable("is UTF-16 text", "save it as UTF-8")
    return data.decode("utf-8-sig", "replace")


def tables_in(value: Any) -> list[Mapping[str, Any]]:
    """The tables in a list; none for any other value."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
