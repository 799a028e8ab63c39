"""Formats a log entry as a line for a person or for a program."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Mapping
from datetime import datetime

from daemon.logs.clean import Clean, Cleaner

_FRAMES = 20
_EXCEPTIONS = 8  # of one chain or group
_BARE = re.compile(r"[^\s=\"']+")
_COLOURS = {
    "debug": "\x1b[2m",
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_LEVELS = {"warning": "warn", "critical": "crit"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT = 8  # of the end of an id, as commands accept it
# Fields shown to a person without their names: the subject, and sentences.
_FIRST, _LAST = ("site", "error_class", "change_type"), ("reason", "detail", "summary", "hint")
_LEADING = frozenset({"timestamp", "level", "event", "exception", *_FIRST, *_LAST})
# Fields of a check that are only for programs, once its site is named.
_OF_A_CHECK = frozenset({"attempt", "url", "verdict", "seconds", "confidence_score"})


def as_json(entry: Mapping[str, Clean]) -> str:
    """The entry as one line of JSON."""
    return json.dumps(entry, ensure_ascii=False, allow_nan=False)


def as_text(entry: Mapping[str, Clean], *, colour: bool) -> str:
    """The entry as one short line to read; a traceback follows indented, innermost call last.

    Shape: in local time, and without what only a program needs: our own loggers' names, the
           attempt, whole ids.
    """
    level = str(entry["level"])
    paint = _COLOURS.get(level, "") if colour else ""
    bold, dim, reset = (_BOLD, _DIM, _RESET) if colour else ("", "", "")
    head = (
        f"{dim}{_clock(entry['timestamp'])}{reset} {paint}{_LEVELS.get(level, level):<5}{reset} "
        f"{bold}{_event(entry)}{reset}"
    )
    pairs = [f"{dim}{name}={reset}{_shown(_short(name, entry[name]))}" for name in _named(entry)]
    facts = [*_unnamed(entry, _FIRST), *([" ".join(pairs)] if pairs else [])]
    facts += _unnamed(entry, _LAST)
    line = f"{head}  {f' {dim}·{reset} '.join(facts)}" if facts else head
    return "\n".join([line, *_trace(entry.get("exception"), "  ")])


def exception_field(exc: BaseException, cleaner: Cleaner) -> Clean:
    """The exception, where it was raised, and its causes; no local values or source lines."""
    return _Chain(cleaner).of(exc)


class _Chain:
    def __init__(self, cleaner: Cleaner) -> None:
        self._clean = cleaner.value
        self._left = _EXCEPTIONS  # also ends a circular chain

    def of(self, exc: BaseException) -> Clean:
        if self._left == 0:
            return "…"
        self._left -= 1
        kind = type(exc)
        entry: dict[str, Clean] = {
            "type": self._clean(f"{kind.__module__}.{kind.__qualname__}"),
            "message": self._clean(exc),
            "frames": [self._clean(frame) for frame in _frames(exc)],
        }
        cause = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
        if cause is not None:
            entry["cause"] = self.of(cause)
        if isinstance(exc, BaseExceptionGroup):
            entry["errors"] = [self.of(member) for member in exc.exceptions[:_EXCEPTIONS]]
        return entry


def _frames(exc: BaseException) -> list[str]:
    # No source lines: they are not worth reading files while the loop waits.
    frames = [
        f"{'/'.join(frame.f_code.co_filename.split('/')[-3:])}:{line} {frame.f_code.co_qualname}"
        for frame, line in traceback.walk_tb(exc.__traceback__)
    ]
    return frames[-_FRAMES:]


def _clock(timestamp: Clean) -> str:
    return f"{datetime.fromisoformat(str(timestamp)).astimezone():%m-%d %H:%M:%S}"


def _event(entry: Mapping[str, Clean]) -> str:
    """The event in words; a library's message already is a sentence."""
    event = str(entry["event"])
    return event.replace("_", " ") if _is_ours(entry) else event


def _is_ours(entry: Mapping[str, Clean]) -> bool:
    return str(entry.get("logger")).partition(".")[0] == "daemon"


def _named(entry: Mapping[str, Clean]) -> list[str]:
    """The fields that are shown with their names."""
    left_out = _OF_A_CHECK if entry.get("site") else frozenset()
    return [
        name
        for name in entry
        if name not in _LEADING | left_out and not (name == "logger" and _is_ours(entry))
    ]


def _unnamed(entry: Mapping[str, Clean], names: tuple[str, ...]) -> list[str]:
    found = [entry[name] for name in names if entry.get(name) not in (None, "")]
    return [one if isinstance(one, str) else _shown(one) for one in found]


def _short(name: str, value: Clean) -> Clean:
    if name == "row" or not isinstance(value, str):  # a row is searched by its whole id
        return value
    return value[-_SHORT:] if _UUID.fullmatch(value) else value


def _shown(value: Clean) -> str:
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _trace(exception: Clean, indent: str) -> list[str]:
    if not isinstance(exception, dict):
        return [] if exception is None else [f"{indent}{exception}"]
    lines = [f"{indent}{exception['type']}: {exception['message']}"]
    frames, errors = exception["frames"], exception.get("errors", [])
    lines += [f"{indent}  at {frame}" for frame in frames] if isinstance(frames, list) else []
    for error in errors if isinstance(errors, list) else []:
        lines += _trace(error, indent + "  | ")
    return lines + _trace(exception.get("cause"), f"{indent}because of ")
