"""Detects a stream to systemd's journal, and marks the priority of its lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TextIO

# syslog's priorities (RFC 5424 §6.2.1), by the lowest of our levels for each.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG = 7


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether this stream is read directly by the journal.

    Source: systemd.exec(5), `JOURNAL_STREAM`: device and inode; a service may have redirected.
    """
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # not a real file
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def with_priority(line: str, level: int) -> str:
    """The text with the journal's priority prefix on each of its lines.

    Source: sd-daemon(3): `<4>` at the beginning of a line.
    """
    priority = next((number for least, number in _PRIORITIES if level >= least), _DEBUG)
    return "\n".join(f"<{priority}>{part}" for part in line.split("\n"))
