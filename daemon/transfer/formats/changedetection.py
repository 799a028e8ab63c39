"""Reads changedetection.io: a backup, its data folder, url-watches.json or one watch.json."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from daemon.config.values import show_duration
from daemon.extract.languages.extra import JQ, JSONPATH
from daemon.model.errors import WHOLE, Fault
from daemon.transfer.entry import ImportEntry, Read, SameBy, tables_in, text_of, unreadable
from daemon.transfer.formats import translate
from daemon.transfer.formats.browser_steps import is_step, run_script, steps_of_watch
from daemon.transfer.formats.watch_conditions import take_conditions
from daemon.transfer.formats.watch_settings import KEYS, WatchSettings, as_ours, lines_of, table_of
from daemon.transfer.formats.weekly_hours import weekly_hours

_WHOLE = ("url-watches.json", "changedetection.json")
_ONE = "watch.json"
_TAG = "tag.json"
_MEMBER_BYTES = 64 * 2**20
_TOTAL_BYTES = 512 * 2**20
_MEMBERS = 1_000_000
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # its methods; others may be unavailable
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
_QUERIES = {"json": JSONPATH, "jq": JQ, "jqraw": JQ}
_TEMPLATE = re.compile(r"\{\{|\{%")
# Options that are left out with a note, when they are set.
_LEFT_OUT = {
    "notification_title": "its notification title",
    "notification_body": "its notification text",
    "webdriver_delay": "its browser delay",
    "ignore_status_codes": "ignoring of status codes",
    "check_unique_lines": "comparing with all of history (the last states are compared anyway)",
    "price_change_custom_include_filters": "its own filters for prices",
}


def read_changedetection(data: bytes) -> Read:
    """An entry for each watch."""
    if not data.startswith(b"PK"):
        return _entries([("", _json(data, WHOLE))])
    documents = list(_in_zip(data))
    if not documents:
        raise unreadable("is an archive without url-watches.json or any */watch.json")
    return _entries(documents)


def read_folder(path: Path) -> Read:
    """An entry for each watch of a data folder."""
    files = [file for name in _WHOLE if (file := path / name).is_file()]
    files += [*sorted(path.glob(f"*/{_TAG}")), *sorted(path.glob(f"*/{_ONE}"))]
    if not files:
        raise unreadable("is a folder without url-watches.json or any */watch.json")
    documents = []
    for file in files[:_MEMBERS]:
        if file.stat().st_size > _MEMBER_BYTES:
            raise unreadable("is too large", where=str(file))
        name = str(file.relative_to(path))
        documents.append((name, _json(file.read_bytes(), name)))
    return _entries(documents)


def is_watch(tree: Any) -> bool:
    """Whether this is data of changedetection.io, whole or of one watch."""
    if not isinstance(tree, dict):
        return False
    return isinstance(tree.get("watching"), dict) or (
        isinstance(tree.get("url"), str) and bool(tree.keys() & {"time_between_check", "processor"})
    )


def _in_zip(data: bytes) -> Iterator[tuple[str, Any]]:
    """The documents of a backup, decompressed in memory and up to a limit."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            room = _TOTAL_BYTES
            for member in archive.infolist()[:_MEMBERS]:
                name = member.filename
                if name.rpartition("/")[2] not in (*_WHOLE, _ONE, _TAG):
                    continue
                if member.compress_type not in _PACKED:
                    raise unreadable("is packed in a way that is not read here", where=name)
                with archive.open(member) as file:
                    content = file.read(min(_MEMBER_BYTES, room) + 1)
                room -= len(content)
                if len(content) > _MEMBER_BYTES or room < 0:
                    raise unreadable("is too large, unpacked", where=name)
                yield name, _json(content, name)
    except _DAMAGED as exc:
        raise unreadable(f"is a damaged archive: {exc}") from exc


def _json(data: bytes, where: str) -> Any:
    try:
        return json.loads(text_of(data))
    except (ValueError, RecursionError) as exc:
        if where.endswith((_ONE, _TAG)):
            return Fault(where, "", f"is not JSON: {exc}")
        raise unreadable(f"is not JSON: {exc}", where=where) from exc


def _entries(documents: list[tuple[str, Any]]) -> Read:
    found = (table_of(tree, "settings") for _, tree in documents)
    tags = (tree for name, tree in documents if name.endswith(_TAG))
    settings = WatchSettings(next(filter(None, found), {}), tags)
    yield from settings.asides()
    for name, tree in documents:
        if isinstance(tree, Fault):
            yield tree
        if isinstance(tree, Fault) or name.endswith(_TAG):
            continue
        for place, watch in _watches(name, tree):
            if not isinstance(watch, dict) or not isinstance(watch.get("url"), str):
                yield Fault(place, "", "is no watch with a URL")
            elif _TEMPLATE.search(watch["url"]):
                hint = "write the URL as it is, into config.toml or with sites add"
                yield Fault(place, "url", "is a template, which is filled anew each time", hint)
            else:
                yield _Watch(watch, place, settings).entry


def _watches(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict) and isinstance(tree.get("watching"), dict):
        for key, watch in tree["watching"].items():
            yield f"watch {str(key)[:36]}", watch
    elif name.endswith(_ONE) or is_watch(tree):
        yield f"watch {name.split('/')[-2][:36]}" if "/" in name else "watch", tree


class _Watch:
    """One watch, being converted into an entry."""

    def __init__(self, watch: Mapping[str, Any], place: str, settings: WatchSettings) -> None:
        self._watch = watch
        self._settings = settings
        kind = "product" if watch.get("processor") == "restock_diff" else "site"
        self.entry = ImportEntry(kind, {}, place, same_by=SameBy.RULES, is_lenient=True)
        self._notified()
        self._common()
        if kind == "product":
            self._product()
        else:
            self._site()
        self._left_out()

    def _common(self) -> None:
        watch, table = self._watch, self.entry.table
        table["url"] = str(watch["url"]).removeprefix("source:")
        if title := watch.get("title"):
            table["name"] = str(title)
        if watch.get("paused") is True:
            table["paused"] = True
        if every := self._interval():
            table["check_frequency"] = every
        if headers := table_of(watch, "headers"):
            table["headers"] = {str(key): str(value) for key, value in headers.items()}
        tags, nameless = self._settings.tags_of(watch)
        self.entry.file_under(tags)
        if nameless:
            self.entry.leave_out(f"{nameless} of its tags, whose names are not in this file")
        self.entry.proxy = self._settings.proxy_of(watch)

    def _interval(self) -> str | None:
        """Its own, if it has one, else that of all."""
        is_common = self._watch.get("time_between_check_use_default")
        own = None if is_common else _duration_of(table_of(self._watch, "time_between_check"))
        return own or _duration_of(self._settings.interval)

    def _notified(self) -> None:
        is_muted = self._watch.get("notification_muted") is True
        for address in [] if is_muted else self._settings.notified(self._watch):
            if (ours := as_ours(address)) is not None:
                self.entry.notified.append(ours)
            else:
                scheme = address.partition(":")[0][:20]
                self.entry.leave_out(f"its notification by {scheme}, which cannot be told here")

    def _site(self) -> None:
        watch, table = self._watch, self.entry.table
        self._include()
        removed = self._all_lines("subtractive_selectors")
        table |= _present("exclude", map(_selector, removed))
        table |= _present("ignore", map(translate.line_pattern_of, self._all_lines("ignore_text")))
        table |= _present("extract", map(translate.pattern_of, self._all_lines("extract_text")))
        kept = (f"(?i){re.escape(text)}" for text in self._lines("extract_lines_containing"))
        table |= _present("keep_lines", kept)
        table |= {"intent": intent} if (intent := str(watch.get("llm_intent") or "")) else {}
        table |= _present("appears", map(translate.target_of, self._all_lines("trigger_text")))
        unwanted = self._all_lines("text_should_not_be_present")
        table |= _present("disappears", map(translate.target_of, unwanted))
        take_conditions(self.entry, watch)
        table |= {"sort_lines": True} if watch.get("sort_text_alphabetically") else {}
        table |= {"unique_lines": True} if watch.get("remove_duplicate_lines") else {}
        changed = [watch.get(f"filter_text_{what}", True) for what in ("added", "removed")]
        if changed == [True, False]:
            table["additions_only"] = True
        elif not all(changed):
            self.entry.leave_out("its choice of removed lines alone")
        if watch.get("filter_text_replaced") is False:
            self.entry.leave_out("its choice of lines that are not replaced")

        self._raw()

    def _raw(self) -> None:
        """Watch the source code where it asks for that and selects nothing from it."""
        table = self.entry.table
        if table["url"] == self._watch["url"]:
            return
        if table.keys() & {"include", "exclude", "query"}:
            self.entry.leave_out("its watch of the source code")
        else:
            table["raw"] = True

    def _include(self) -> None:
        include, queries = [], []
        for text in self._all_lines("include_filters") or self._lines("css_filter"):
            if text.partition(":")[0] in _QUERIES:
                queries.append(text)
            else:
                include.append(_selector(text))
        self.entry.table |= _present("include", include)
        self._query(queries)

    def _query(self, queries: list[str]) -> None:
        languages = {_QUERIES[text.partition(":")[0]] for text in queries}
        query = None
        if len(languages) == 1:
            [language] = languages
            query = translate.query_in(language, [text.partition(":")[2] for text in queries])
        if query is not None:
            self.entry.table["query"] = query
        elif queries:
            told = ", ".join(queries)
            self.entry.pause(f"what {told[:100]} selects has to be written as `query`")

    def _product(self) -> None:
        table, settings = self.entry.table, table_of(self._watch, "restock_settings")
        wanted = settings.get("in_stock_processing", "in_stock_only")
        table["back_in_stock"] = wanted != "off"
        table |= {"out_of_stock": True} if wanted == "all_changes" else {}
        follows = settings.get(
            "follow_price_changes", self._watch.get("follow_price_changes", True)
        )
        below, above = settings.get("price_change_min"), settings.get("price_change_max")
        share = settings.get("price_change_threshold_percent")
        table |= {"target_price": below} if below else {}
        table |= {"drop_percent": share} if share else {}
        if not follows:
            table["any_drop"] = False
        elif not (below or share):
            table |= {"any_drop": True, "price_rise": True}
        if above:
            table["price_rise"] = True
            self.entry.lost.append(f"every rise is told, not only one above {above}")
        if self._watch.get("conditions"):
            self.entry.leave_out("its conditions: see `target_price`")
        for key in ("include_filters", "subtractive_selectors", "trigger_text", "ignore_text"):
            if self._all_lines(key):
                self.entry.leave_out(f"its {key}: see `selector`")

    def _left_out(self) -> None:
        watch, entry = self._watch, self.entry
        for key in sorted(map(str, watch.keys() - KEYS - _LEFT_OUT.keys())):
            if watch.get(key):
                entry.leave_out(f"`{key[:40]}`")
        entry.ask_by(watch.get("method"), watch.get("body"))
        self._left_in_browser()
        for key, words in _LEFT_OUT.items():
            if watch.get(key):
                entry.leave_out(words)
        self._hours()
        if watch.get("notification_muted") is True:
            entry.leave_out("being muted: see `sites mute`")

    def _hours(self) -> None:
        limit = table_of(self._watch, "time_schedule_limit")
        if not limit.get("enabled"):
            return
        if (ours := weekly_hours(limit)) is None:
            self.entry.leave_out("its hours of the week, which differ by day: see `hours`")
            return
        self.entry.table |= ours
        if limit.get("timezone") and "time_zone" not in ours:
            self.entry.leave_out(f"its time zone {str(limit['timezone'])[:40]!r}")

    def _left_in_browser(self) -> None:
        watch, entry = self._watch, self.entry
        backend = str(watch.get("fetch_backend") or "system")
        if "webdriver" in backend or (backend == "system" and self._settings.has_browser):
            entry.render()
        elif backend.startswith("extra_browser"):
            entry.leave_out("its own browser")
        steps, script = (
            tables_in(watch.get("browser_steps")),
            watch.get("webdriver_js_execute_code"),
        )
        if entry.table.get("render") is None:
            if script or any(map(is_step, steps)):
                entry.leave_out("its browser steps, which are not taken there without a browser")
            return
        steps_of_watch(entry, steps)
        if script:
            run_script(entry, str(script))

    def _lines(self, key: str) -> list[str]:
        return lines_of(self._watch, key)

    def _all_lines(self, key: str) -> list[str]:
        """Its own, those of its tags, and those of all watches, each once."""
        shared = self._settings.common_lines(key, self._watch)
        return list(dict.fromkeys([*self._lines(key), *shared]))


def _selector(text: str) -> str:
    """A selector of theirs as one of ours."""
    prefix, colon, rest = text.partition(":")
    if colon and prefix == "xpath1":
        return translate.xpath(rest)
    if colon and prefix == "xpath":
        return translate.newer_xpath(rest)
    return translate.newer_xpath(text) if text.startswith("/") else text


def _present(key: str, lines: Any) -> dict[str, Any]:
    found = list(lines)
    return {key: found} if found else {}


def _duration_of(parts: Mapping[str, Any]) -> str | None:
    try:
        length = timedelta(**{
            unit: float(parts.get(unit) or 0)
            for unit in ("weeks", "days", "hours", "minutes", "seconds")
        })  # fmt: skip
    except (TypeError, ValueError, OverflowError):
        return None
    return show_duration(length) if length else None
