"""Detects the format of a file, and lists the readers and writers by format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from daemon.transfer.entry import Read, Reader, text_of, unreadable
from daemon.transfer.formats.bookmarks import is_bookmarks, read_bookmarks
from daemon.transfer.formats.changedetection import is_watch, read_changedetection
from daemon.transfer.formats.distill import is_watchlist, read_watchlist
from daemon.transfer.formats.opml import read_opml, write_opml
from daemon.transfer.formats.ours import read_json, read_toml, write_json, write_toml
from daemon.transfer.formats.sheets.table import is_sheet, read_sheet, write_sheet
from daemon.transfer.formats.sheets.workbook import is_workbook, read_workbook
from daemon.transfer.formats.uptime_kuma import is_backup, read_backup
from daemon.transfer.formats.url_list import is_url_list, read_url_list
from daemon.transfer.formats.urlwatch import is_jobs, is_settings, read_jobs

Writer = Callable[[Mapping[str, Sequence[Mapping[str, Any]]]], Iterator[str]]


def _read_sheet(data: bytes) -> Read:
    """A CSV, or a workbook that is called one."""
    return read_workbook(data) if is_workbook(data) else read_sheet(data)


READERS: Mapping[str, Reader] = {
    "toml": read_toml,
    "json": read_json,
    "csv": _read_sheet,
    "xlsx": read_workbook,
    "opml": read_opml,
    "urls": read_url_list,
    "changedetection": read_changedetection,
    "urlwatch": read_jobs,
    "webchanges": read_jobs,
    "distill": read_watchlist,
    "uptime-kuma": read_backup,
    "bookmarks": read_bookmarks,
}
WRITERS: Mapping[str, Writer] = {
    "toml": write_toml,
    "json": write_json,
    "csv": write_sheet,
    "opml": write_opml,
}
_TABLE = re.compile(r"(?m)^\s*\[\[\s*(?:site|product)\s*\]\]")


def format_of(data: bytes) -> str:
    """The format of these bytes, by their content.

    Errors: ConfigError when it is not recognised.
    """
    if not data.strip():
        raise unreadable("is empty")
    if is_workbook(data):
        return "xlsx"
    if data.startswith(b"PK"):
        return "changedetection"
    if data.startswith(_DATABASE):
        raise unreadable(
            "is an SQLite database",
            "export from the program as a file; a backup of changelogger is for `restore`",
        )
    text = text_of(data)
    start = text.lstrip()[:1]
    if start == "<":
        return "bookmarks" if is_bookmarks(text) else "opml"
    if start == "{":
        return _of_json(text)
    for name, fits in _SIGNS:
        if fits(text):
            return name
    raise unreadable("is in no known format", f"name one with --format: {', '.join(READERS)}")


def _of_json(text: str) -> str:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise unreadable(f"is not JSON: {exc}") from exc
    if is_watch(tree) or "watching" in tree:
        return "changedetection"
    for name, fits in _JSON_SIGNS:
        if fits(tree):
            return name
    if tree.keys() & {"changelogger", "sites", "products"}:
        return "json"
    raise unreadable("is JSON of no known kind", "name its format with --format")


_DATABASE = b"SQLite format 3\0"
_JSON_SIGNS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("uptime-kuma", is_backup),
    ("distill", is_watchlist),
)
_SIGNS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("toml", _TABLE.search),
    ("urlwatch", is_jobs),
    ("urlwatch", is_settings),
    ("csv", is_sheet),
    ("urls", is_url_list),
)
