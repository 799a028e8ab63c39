"""Cleans any value for a log line: short, on one line, without secrets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeAlias

from daemon.bulkhead import contained
from daemon.characters import UNSAFE
from daemon.redaction import MASK, KnownSecrets, is_secret_name, redact_text

VALUE_BYTES = 1024

Clean: TypeAlias = "bool | int | float | str | list[Clean] | dict[str, Clean] | None"

_READ_CHARACTERS = 16_384  # of one value; the rest is cut before costly processing
_ITEMS = 20
_DEPTH = 2

# A soft hyphen is fine in text for people; a log must show the exact characters.
_UNSAFE = re.compile(f"[{UNSAFE}\xad]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Cleaner:
    """Makes any value safe for a log line; never raises, whatever the value does.

    Shape: secrets of four characters or more are masked wherever they occur, also in their
           percent-encoded and JSON-escaped forms.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = KnownSecrets(secrets)

    def text(self, value: str) -> str:
        """One line of at most a kilobyte, with secrets masked and unsafe characters escaped."""
        text = redact_text(self._known.mask(value[:_READ_CHARACTERS]))
        if _UNSAFE.search(text):
            text = _UNSAFE.sub(_escaped, text)
        return _capped(text, len(value) - len(value[:_READ_CHARACTERS]))

    def value(self, value: object) -> Clean:
        """The value in JSON's types, at most a kilobyte in all."""
        # A log line must not fail on any exception of an object's own __str__ or __iter__.
        return contained(
            lambda: self._small(self._convert(value, 0)),
            lambda exc: f"<{type(value).__name__} that cannot be shown: {type(exc).__name__}>",
        )

    def field(self, name: str, value: object) -> Clean:
        """As `value`, but masked when the name is that of a secret."""
        return MASK if _is_secret(name, value) else self.value(value)

    def _convert(self, value: object, depth: int) -> Clean:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(str(value))
        if isinstance(value, int):
            return int(value) if value.bit_length() <= 63 else self.text(hex(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(float(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return self.text(bytes(value[:_READ_CHARACTERS]).decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._container(value, depth)
        return self.text(str(value))

    def _container(self, value: Mapping[object, object] | Iterable[object], depth: int) -> Clean:
        if depth == _DEPTH:
            return "…"
        if isinstance(value, Mapping):
            pairs = ((self.text(str(key)), item) for key, item in islice(value.items(), _ITEMS))
            return {
                key: MASK if _is_secret(key, item) else self._convert(item, depth + 1)
                for key, item in pairs
            }
        return [self._convert(item, depth + 1) for item in islice(value, _ITEMS)]

    def _small(self, clean: Clean) -> Clean:
        if not isinstance(clean, list | dict):
            return clean
        text = json.dumps(clean, ensure_ascii=False)
        return clean if len(text.encode()) <= VALUE_BYTES else _capped(text, 0)


def _is_secret(name: str, value: object) -> bool:
    # Counts and fencing numbers have such names too; only text can be a credential.
    return isinstance(value, str | bytes) and is_secret_name(name)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    long_form = f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
    return _SHORT_ESCAPES.get(character, long_form)


def _capped(text: str, already_cut: int) -> str:
    if len(text) * 4 <= VALUE_BYTES and not already_cut:
        return text
    raw = text.encode()
    if len(raw) <= VALUE_BYTES and not already_cut:
        return text
    kept = raw[: VALUE_BYTES - 32].decode("utf-8", "ignore")
    return f"{kept}… (+{len(text) - len(kept) + already_cut} characters)"
