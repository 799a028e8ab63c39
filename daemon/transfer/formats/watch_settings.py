"""Reads the settings of changedetection.io for all watches or a tag, and who is notified."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from daemon.model.request import DIRECT
from daemon.transfer.entry import Aside

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of a tag
# As the proxies of its settings are called: ui-0office.
_NUMBERED = re.compile(r"^ui-\d+")
# Settings on reading watches and notifying; the others concern the program itself.
_APPLICATION = {
    "notification_title": "the notification title",
    "notification_body": "the notification text",
    "webdriver_delay": "the browser delay",
    "extract_title_as_title": "taking titles from pages",
    "empty_pages_are_a_change": "empty pages as changes",
    "render_anchor_tag_content": "the targets of links",
}
_REQUESTS = {
    "extra_proxies": "the proxies: write each as [[proxy]]",
    "extra_browsers": "the browsers",
    "jitter_seconds": "the jitter: see [schedule]",
    "timeout": "the timeout: see [fetch]",
    "default_ua": "the User-Agent: see [fetch]",
}
# What a tag, or the settings, add to each watch, and what of a tag is not carried over.
SHARED = (
    "include_filters", "subtractive_selectors", "ignore_text", "trigger_text", "extract_text",
    "text_should_not_be_present",
)  # fmt: skip
_TAG = ("headers", "time_schedule_limit", "conditions")

# Options of a watch that are read here, directly or as part of another.
_READ = frozenset(
    "url title paused tags tag headers processor method body fetch_backend include_filters "
    "css_filter conditions text_should_not_be_present "
    "subtractive_selectors ignore_text trigger_text extract_text "
    "sort_text_alphabetically remove_duplicate_lines filter_text_added filter_text_removed "
    "filter_text_replaced time_between_check time_between_check_use_default "
    "time_schedule_limit restock_settings follow_price_changes in_stock_only "
    "price_change_threshold_percent webdriver_js_execute_code notification_urls "
    "notification_muted browser_steps proxy extract_lines_containing llm_intent".split()
)
# State that the program keeps of a watch, and options that are always on here.
_STATE = frozenset(
    "uuid history history_n newest_history_key check_count consecutive_filter_failures "
    "content-type date_created fetch_time last_checked last_changed last_error error "
    "last_viewed viewed restock last_notification_error notification_alert_count page_title "
    "previous_md5 has_ldjson_price_data previous_md5_before_filters remote_server_reply "
    "track_ldjson_price_data use_page_title_in_list browser_steps_last_error_step "
    "conditions_match_logic notification_format trim_text_whitespace strip_ignored_lines "
    "extract_title_as_title last_filter_config_hash price status favicon "
    "filter_failure_notification_send notification_screenshot previous_price current_price "
    "favicon_last_modified link_to_open".split()
)
KEYS = _READ | _STATE


# Its own schemes for HTTP notifications; here a webhook is plain http(s).
_WEBHOOKS = {"post": "http", "posts": "https"}
_OTHER_METHODS = frozenset(
    f"{method}{end}" for method in ("get", "put", "patch", "delete") for end in ("", "s")
)


def as_ours(address: str) -> str | None:
    """The address as [[notify]] accepts it; None if it does not."""
    scheme, mark, rest = address.partition("://")
    if "{{" in address or "{%" in address or scheme.lower() in _OTHER_METHODS:
        return None
    return f"{_WEBHOOKS.get(scheme.lower(), scheme)}{mark}{rest}"


def table_of(tree: Any, key: str | None = None) -> dict[str, Any]:
    """A table, or an empty one in place of anything else."""
    found = tree.get(key) if key is not None and isinstance(tree, dict) else tree
    return found if isinstance(found, dict) else {}


def lines_of(tree: Mapping[str, Any], key: str) -> list[str]:
    """The lines of a text or a list, without blank ones."""
    value = tree.get(key)
    lines = value.splitlines() if isinstance(value, str) else value
    lines = lines if isinstance(lines, list) else []
    return [line.strip() for line in lines if isinstance(line, str) and line.strip()]


class WatchSettings:
    """The settings shared by several watches."""

    def __init__(self, settings: Mapping[str, Any], tags: Iterable[Any] = ()) -> None:
        self._application = table_of(settings, "application")
        self._requests = table_of(settings, "requests")
        self._headers = table_of(settings, "headers")
        self._tags = {
            str(key): table_of(tag) for key, tag in table_of(self._application, "tags").items()
        } | {str(table_of(tag).get("uuid")): table_of(tag) for tag in tags}
        self.interval = table_of(self._requests, "time_between_check")
        self.has_browser = "webdriver" in str(self._application.get("fetch_backend"))

    def tags_of(self, watch: Mapping[str, Any]) -> tuple[list[str], int]:
        """The titles of its tags, and how many have none in this file."""
        known = watch.get("tags") or str(watch.get("tag") or "").split(",")
        titles = [
            str(table_of(self._tags, str(one)).get("title") or one).strip()
            for one in (known if isinstance(known, list) else [])
        ]
        named = [title for title in titles if title and not _ID.fullmatch(title)]
        return named, sum(1 for title in titles if _ID.fullmatch(title))

    def proxy_of(self, watch: Mapping[str, Any]) -> str:
        """The name of its own proxy, or of that of all watches; "" for none."""
        name = str(watch.get("proxy") or self._requests.get("proxy") or "")
        return DIRECT if name == "no-proxy" else _NUMBERED.sub("", name)

    def common_lines(self, key: str, watch: Mapping[str, Any]) -> list[str]:
        """The lines added to this list of a watch: those of its tags, and those of all watches."""
        of_tags = [line for tag in self._tags_of(watch) for line in lines_of(tag, key)]
        return [*of_tags, *lines_of(self._application, f"global_{key}")]

    def _tags_of(self, watch: Mapping[str, Any]) -> list[dict[str, Any]]:
        tags = watch.get("tags")
        return [table_of(self._tags, str(tag)) for tag in (tags if isinstance(tags, list) else [])]

    def notified(self, watch: Mapping[str, Any]) -> list[str]:
        """The addresses notified of it: its own, else those of its tags, else the global ones."""
        if own := lines_of(watch, "notification_urls"):
            return own
        of_tags = [
            url for tag in self._tags_of(watch) for url in lines_of(tag, "notification_urls")
        ]
        return of_tags or lines_of(self._application, "notification_urls")

    def asides(self) -> Iterator[Aside]:
        """The settings that are not carried over."""
        tables: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]] = (
            (self._application, _APPLICATION),
            (self._requests, _REQUESTS),
        )
        for table, named in tables:
            for key, words in named.items():
                if _says_something(table.get(key)):
                    yield Aside("settings", f"without {words}")
        if self._headers:
            yield Aside("settings", f"without the headers {', '.join(map(str, self._headers))}")
        if keys := [key for key in SHARED if lines_of(self._application, f"global_{key}")]:
            yield Aside(
                "settings", f"the global {', '.join(keys)} now stand in each site", is_loss=False
            )
        for tag in self._tags.values():
            if keys := [key for key in _TAG if _says_something(tag.get(key))]:
                hint = "write a [[group]]"
                yield Aside("settings", f"without {', '.join(keys)} of {_called(tag)}: {hint}")
            if keys := [key for key in SHARED if lines_of(tag, key)]:
                told = f"the {', '.join(keys)} of {_called(tag)} now stand in its sites"
                yield Aside("settings", told, is_loss=False)


def _called(tag: Mapping[str, Any]) -> str:
    return f"the tag {str(tag.get('title'))[:60]!r}"


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        if "enabled" in value:
            return value["enabled"] is True
        return any(_says_something(one) for one in value.values())
    return bool(value)
