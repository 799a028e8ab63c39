"""Sets up logging: one line per event to stderr, for a person or for a program.

A site and an attempt are bound once, around a check, and added to every line written inside it,
also by libraries. Logging never raises: a line that cannot be formatted is written in a poorer
form, and one that cannot be written at all is dropped.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, TypeAlias

from daemon.bulkhead import contained
from daemon.logs.clean import Clean, Cleaner
from daemon.logs.journal import is_journal, with_priority
from daemon.logs.lines import as_json, as_text, exception_field
from daemon.logs.logger import structlog
from daemon.logs.repeats import LineKind, RepeatedLine, RepeatLimit

Level: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]
Format: TypeAlias = Literal["auto", "console", "json"]

_OWN_FIELDS = frozenset({"event", "exc_info", "stack_info", "positional_args"})
_META_FIELDS = frozenset({"_record", "_from_structlog"})
# Below these levels libraries log for their developers: each statement, each tick, each await.
_LIBRARY_LEVELS = {
    "aiohttp": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.INFO,
    "apprise": logging.WARNING,  # below that whole addresses, with their tokens
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
    "asyncpg": logging.WARNING,
    "charset_normalizer": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.WARNING,
}


def configure(
    level: Level = "info",
    format: Format = "auto",  # noqa: A002 - the word of the configuration
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> Cleaner:
    """Send every log line of this process through one format; may be called again.

    Shape:  `auto` is text for a terminal, else JSON; lines for the journal carry their priority.
            The returned cleaner masks the same secrets in other texts.
    """
    stream = stream or sys.stderr
    cleaner = Cleaner(secrets)
    render = _renderer(format, stream)
    handler = LineHandler(stream, _formatter(cleaner, render))
    handler.is_json = render is as_json
    handler.tells_priority = is_journal(stream, os.environ)
    root = logging.getLogger()
    _replace_handler(root, handler)
    root.setLevel(level.upper())
    for name, floor in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(floor, root.level))
    logging.captureWarnings(True)
    _configure_structlog()
    return cleaner


def writes_json() -> bool:
    """Whether the log of this process is for programs."""
    handlers = logging.getLogger().handlers
    return any(one.is_json for one in handlers if isinstance(one, LineHandler))


def bind_check(*, site: str, attempt: object) -> AbstractContextManager[None]:
    """Add this site and attempt to every line written inside, in this task and those it starts."""
    return structlog.contextvars.bound_contextvars(site=site, attempt=str(attempt))


class LineHandler(logging.Handler):
    """Writes records as lines: the first few of a repeated message, and then their count."""

    def __init__(
        self,
        stream: TextIO,
        formatter: logging.Formatter,
        limit: RepeatLimit | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.tells_priority = False
        self.is_json = False
        self._stream = stream
        self._limit = limit or RepeatLimit()
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        # Logging must not disturb its caller: whatever breaks a line (a value's own `__str__`, a
        # library's record, a full disk), a simpler one replaces it.
        contained(lambda: self._write_well(record), lambda exc: self._write_poorly(record, exc))

    def _write_well(self, record: logging.LogRecord) -> None:
        now = self._clock()
        self._tell_held(now)
        # Debug lines are never limited.
        if record.levelno < logging.INFO or self._limit.admits(_kind(record), now):
            self._write(self.format(record), record.levelno)

    def close(self) -> None:
        """Report what is still held back; the stream is not ours to close."""
        with suppress(OSError, ValueError):  # the stream is closed, as at the end of a process
            self._tell_held(float("inf"))
        super().close()

    def _tell_held(self, now: float) -> None:
        for held in self._limit.ended(now):
            self._write(self.format(_held_record(held)), held.kind.level)

    def _write(self, line: str, level: int) -> None:
        if self.tells_priority:
            line = with_priority(line, level)
        try:
            self._stream.write(line + "\n")
        except UnicodeEncodeError:  # not a UTF-8 locale
            self._stream.write(line.encode("ascii", "backslashreplace").decode() + "\n")
        self._stream.flush()

    def _write_poorly(self, record: logging.LogRecord, exc: Exception) -> None:
        entry: dict[str, Clean] = {
            "timestamp": _timestamp(record),
            "level": record.levelname.lower(),
            "event": "log_line_broken",
            "logger": record.name,
            "reason": type(exc).__name__,
        }
        with suppress(OSError, ValueError):  # closed or full: there is nowhere left to report it
            self._write(as_json(entry), record.levelno)


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            # All else happens in the handler, where an error cannot reach the caller.
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _replace_handler(root: logging.Logger, handler: LineHandler) -> None:
    for old in [old for old in root.handlers if isinstance(old, LineHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)


def _renderer(wanted: Format, stream: TextIO) -> Callable[[dict[str, Clean]], str]:
    is_terminal = stream.isatty()
    if wanted == "json" or (wanted == "auto" and not is_terminal):
        return as_json
    colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return lambda entry: as_text(entry, colour=colour)


def _formatter(
    cleaner: Cleaner, render: Callable[[dict[str, Clean]], str]
) -> structlog.stdlib.ProcessorFormatter:
    def line(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
        return render(_entry(event, cleaner))

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        processors=[line],
        # A message with mismatched arguments must still be shown.
        use_get_message=False,
        pass_foreign_args=True,
    )


def _entry(event: MutableMapping[str, Any], cleaner: Cleaner) -> dict[str, Clean]:
    record: logging.LogRecord = event["_record"]
    entry: dict[str, Clean] = {
        "timestamp": _timestamp(record),
        "level": record.levelname.lower(),
        "event": cleaner.value(_message(event.get("event"), event.get("positional_args"))),
    }
    for name, value in event.items():
        if name not in _OWN_FIELDS and name not in _META_FIELDS:
            entry.setdefault(cleaner.text(name), cleaner.field(name, value))
    entry.setdefault("logger", record.name)
    exc = _raised(event.get("exc_info"))
    if exc is not None:
        entry["exception"] = exception_field(exc, cleaner)
    return entry


def _message(event: object, args: Any) -> object:
    if not args or not isinstance(event, str):
        return event
    # The arguments' own __str__ and __format__ run here, and may raise anything.
    return contained(lambda: event % args, lambda _: f"{event} {args!r}")


def _raised(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return next((part for part in exc_info if isinstance(part, BaseException)), None)
    return sys.exc_info()[1] if exc_info else None


def _kind(record: logging.LogRecord) -> LineKind:
    event: object = record.msg
    site: object = None
    if isinstance(event, dict):
        site = event.get("site")
        event = event.get("event")
    site = site or structlog.contextvars.get_contextvars().get("site")
    return LineKind(
        record.name, record.levelno, str(event)[:200], None if site is None else str(site)[:200]
    )


def _held_record(held: RepeatedLine) -> logging.LogRecord:
    kind = held.kind
    fields = {"event": kind.event, "site": kind.site, "repeats_held_back": held.times}
    level = logging.getLevelName(kind.level)
    return logging.makeLogRecord(
        {
            "name": kind.logger,
            "levelno": kind.level,
            "levelname": level,
            "msg": {name: value for name, value in fields.items() if value is not None},
            # As from structlog; otherwise it would get the site of the check that happens to run.
            "_logger": None,
            "_name": level.lower(),
        }
    )


def _timestamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
