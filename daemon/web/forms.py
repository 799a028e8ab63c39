"""Reads the values of addresses and forms, or says which one is wrong and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from daemon.display.since import parse_since
from daemon.model.errors import InputError
from daemon.web.cursors import read_cursor

MOST_FIELDS = 2000  # a thousand ids of a selection, and what belongs to them
_MOST_CHARACTERS = 4000
# No second slash or backslash at the start: browsers would read a host after it.
_PATH = re.compile(r"/(?:[\w.~%+&=?@:,;!$'()*-][\w.~%+&=?@:,;!$'()*/-]*)?", re.ASCII)


class Fields:
    """Named values as text, each read by what it must be.

    Shape:  one that is missing or empty is the default.
    Errors: InputError from every reader.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), key: bytes = b"") -> None:
        self._key = key
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @property
    def names(self) -> Collection[str]:
        return self._values.keys()

    @property
    def blank(self) -> Collection[str]:
        """The names of those that are given without a value."""
        return [name for name, given in self._values.items() if not all(map(str.strip, given))]

    def text(self, name: str, default: str = "", most: int = _MOST_CHARACTERS) -> str:
        """One value, without spaces around it."""
        given = self.several(name)
        if len(given) > 1:
            raise InputError(name, given[1], "is given a second time", "give it once")
        value = given[0].strip() if given else ""
        if given and len(given[0]) > most:
            raise InputError(name, value, "is too long", f"at most {most:,} characters")
        return value or default

    def secret(self, name: str) -> str:
        """One value as it was typed, which no error repeats."""
        given = self._values.get(name, [""])
        return given[0] if len(given) == 1 else ""

    def several(self, name: str) -> list[str]:
        """All values of this name that are not empty, in their order."""
        given = [value for value in self._values.get(name, ()) if value.strip()]
        for value in given:
            if "\0" in value:
                raise InputError(name, value, "holds a character that no text has")
        return given

    def choice(self, name: str, allowed: Collection[str], default: str = "") -> str:
        """One of these words."""
        value = self.text(name, default)
        if value and value not in allowed:
            raise InputError(name, value, "is not known", f"one of {', '.join(allowed)}")
        return value

    def choices(self, name: str, allowed: Collection[str]) -> list[str]:
        """Any of these words, each as a value of its own."""
        for value in (given := self.several(name)):
            if value not in allowed:
                raise InputError(name, value, "is not known", f"any of {', '.join(allowed)}")
        return given

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within these bounds."""
        value = self.text(name)
        number = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None
        if value and (number is None or not least <= number <= most):
            raise InputError(name, value, "does not fit", f"a number from {least} to {most}")
        return default if number is None else number

    def id(self, name: str) -> UUID | None:
        """An id."""
        return _id(name, value) if (value := self.text(name)) else None

    def ids(self, name: str, most: int = 1000) -> list[UUID]:
        """Several ids, as of a selection."""
        given = self.several(name)
        if len(given) > most:
            raise InputError(name, given[most], "is one too many", f"at most {most:,} at once")
        return [_id(name, value) for value in given]

    def path(self, name: str, default: str) -> str:
        """An address of ours to return to, without a host: nobody is sent elsewhere."""
        value = self.text(name, default)
        parts = urlsplit(value)
        if parts.scheme or parts.netloc or not _PATH.fullmatch(value):
            raise InputError(name, value, "is no page of ours")
        return value

    def since(self, name: str, now: datetime) -> datetime | None:
        """An instant of the past in a person's words, as the command line takes them."""
        value = self.text(name)
        if not value:
            return None
        try:
            return parse_since(value, now)
        except ValueError as exc:
            raise InputError(name, value, "is no time that is known", str(exc)) from exc

    def cursor(self, name: str) -> tuple[datetime | str | None, UUID] | None:
        """A place in a list, as `write_cursor` made it."""
        value = self.text(name)
        try:
            return read_cursor(self._key, value) if value else None
        except ValueError as exc:
            raise InputError(name, value, str(exc), "begin with the first page") from exc


def parse_fields(encoded: str, key: bytes, place: str) -> Fields:
    """The fields of a query or a form's body.

    Errors: InputError when there are too many, or they are not in UTF-8.
    """
    try:
        pairs = parse_qsl(
            encoded, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as exc:
        raise InputError(place, "", "cannot be read", f"at most {MOST_FIELDS} fields") from exc
    return Fields(pairs, key)


def refuse_unknown(fields: Fields, known: Collection[str]) -> None:
    """Raise for a field that this page does not know: a filter that does nothing would mislead.

    Errors: InputError.
    """
    for name in fields.names:
        if name not in known:
            hint = f"known are {', '.join(known)}" if known else "this page has none"
            raise InputError("filter", name, "is not known", hint)


def _id(name: str, value: str) -> UUID:
    try:
        return UUID(value.strip())
    except ValueError:
        raise InputError(name, value, "is no id") from None
