"""The common form of every import format: tables as in config.toml, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

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
           file, `notes` what was left out, `notified` the URLs that are notified of it there;
           `is_lenient` says that unusable values are
           left out too, as they follow rules that are not ours.
    """

    kind: str  # site, product
    table: dict[str, Any]
    place: str
    notes: list[str] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)
    same_by: SameBy = SameBy.NAME
    is_lenient: bool = False

    def leave_out(self, what: str) -> None:
        """Note what is not carried over."""
        self.notes.append(f"without {what}")

    def leave_out_browser(self) -> None:
        """Note that pages are read here as they come."""
        self.leave_out("a browser: what scripts make of the page is not seen")

    def pause(self, why: str) -> None:
        """Keep the entry, but paused, as it could not work as it is."""
        self.table["paused"] = True
        self.notes.append(f"paused: {why}")

    def ask_by(self, method: object, body: object) -> None:
        """Take over the method, and a body of text or of the fields of a form."""
        named = str(method or "GET").upper()
        if isinstance(body, dict):
            self.table["form"] = {str(name): str(value) for name, value in body.items()}
        elif body:
            self.table["body"] = str(body)
        if named != ("POST" if body else "GET") and not (body and named == "GET"):
            self.table["method"] = named

    def file_under(self, labels: Iterable[str], *, as_what: str = "tags") -> None:
        """Take the first label as type, or category of a product; note that the others are lost."""
        first, *others = dict.fromkeys(filter(None, labels)) or [""]
        if first:
            self.table["type" if self.kind == "site" else "category"] = first
        if others:
            self.leave_out(f"its {as_what} {', '.join(others)[:100]}: a site has one type")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Content of a file besides its entries that is not carried over."""

    place: str
    text: str


Read = Iterable[ImportEntry | Fault | LeftOut]
Reader = Callable[[bytes], Read]


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
