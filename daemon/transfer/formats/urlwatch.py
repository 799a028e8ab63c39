"""Reads urlwatch and webchanges: a YAML document for each job."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, get_args
from urllib.parse import urlencode

from daemon.extract.charset import codec_of
from daemon.model.errors import Fault
from daemon.model.request import Resource
from daemon.transfer.entry import Aside, ImportEntry, Read, SameBy, text_of
from daemon.transfer.formats.browser_steps import steps_of_job
from daemon.transfer.formats.filters import apply_filters

_MARK = re.compile(r"^---(?=\s|$)[^\n]*|^\.\.\.\s*$", re.MULTILINE)
_JOB = re.compile(r"(?m)^(?:- )?(?:name|url|navigate|command|kind|note)\s*:\s")
_SETTINGS = frozenset({"report", "job_defaults", "display"})
_REPORT = re.compile(r"(?m)^report\s*:")
_ALIAS = re.compile(r"(?m)(?:^|[\s\[{,])\*[^\s,\]}]")
_MOST_ALIASES = 100
# Options that have no effect here, or are always on.
_SILENT = frozenset(
    "name url navigate use_browser enabled filter filters headers cookies method http_method data"
    " additions_only kind index_number guid is_markdown monospace ignore_cached"
    " no_conditional_request wait_for wait_for_selector wait_for_timeout block_elements"
    " evaluate initialization_js initialization_url wait_for_function"
    " tags http_proxy https_proxy proxy ssl_no_verify timeout"
    " encoding ignore_https_errors no_redirects data_as_json http_credentials params referer"
    " markdown_padded_tables".split()
)
_IN_NOTICES = "see `failures` in [notices]"
_IN_RULES = "choose before comparing, by `keep_lines`, `drop_lines` and `ignore`"
# Why an option is left out, or where to say it here.
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "note": "a site has its name and its tags",
        "url_for_human": "the address is shown that is fetched",
        "user_visible_url": "the address is shown that is fetched",
        "deletions_only": "what is added is told, too",
        "treat_new_as_changed": "the first reading tells nobody",
        **dict.fromkeys(("contextlines", "differ", "diff_tool"), "changes are shown in one way"),
        "diff_filter": _IN_RULES,
        **dict.fromkeys(
            (
                "max_tries retries ignore_connection_errors ignore_timeout_errors"
                " ignore_too_many_redirects suppress_errors suppress_error_ended"
                " suppress_repeated_errors"
            ).split(),
            _IN_NOTICES,
        ),
        "ignore_http_error_codes": f"{_IN_NOTICES}, and `watch_status`",
        **dict.fromkeys(
            (
                "wait_until wait_for_navigation wait_for_url chromium_revision"
                " switches user_data_dir"
            ).split(),
            "see `wait_for` and `wait`",
        ),
    }
)
# What runs in a page before its own scripts, which nothing of ours does.
_ACTS = frozenset({"init_script"})


def is_jobs(text: str) -> bool:
    """Whether this looks like a list of jobs."""
    return _JOB.search(text) is not None


def read_jobs(data: bytes) -> Read:
    """An entry for each job; a document that cannot be read does not stop the others."""
    documents = [(f"line {line}", _load(text, line)) for line, text in _documents(text_of(data))]
    settings = [one for one in documents if _is_settings(one[1])]
    is_alone = len(settings) == len(documents)
    defaults: dict[str, Any] = {}
    for place, tree in settings:
        yield from _settings(tree, place, is_alone)
        defaults |= _table(tree.get("job_defaults"))
    for place, loaded in documents:
        if _is_settings(loaded):
            continue
        for job in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(job, Fault):
                yield job
            elif job is not None:
                yield _entry(_completed(job, defaults), place)


def is_settings(text: str) -> bool:
    """Whether this looks like the file of settings, not of jobs."""
    return _REPORT.search(text) is not None


def _is_settings(tree: Any) -> bool:
    return isinstance(tree, dict) and bool(tree.keys() & _SETTINGS) and "url" not in tree


def _completed(job: Any, defaults: Mapping[str, Any]) -> Any:
    """The job with what the settings give all of its kind."""
    if not isinstance(job, dict):
        return job
    kind = "browser" if job.get("navigate") or job.get("use_browser") else "url"
    layers = [_table(defaults.get("all")), _table(defaults.get(kind)), job]
    said = [{key: value for key, value in one.items() if value is not None} for one in layers]
    whole = said[0] | said[1] | said[2]
    if headers := [one["headers"] for one in said if isinstance(one.get("headers"), dict)]:
        whole["headers"] = dict(chain.from_iterable(one.items() for one in headers))
    return whole


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _settings(tree: Mapping[Any, Any], place: str, is_alone: bool) -> Read:
    """The settings file: its defaults concern the jobs beside it, the rest is in its own form."""
    if is_alone:
        hint = "import the jobs, or both as one with --- between"
        yield Fault(place, "", "is the settings, not the jobs", hint)
    for name, options in _table(tree.get("report")).items():
        if isinstance(options, dict) and options.get("enabled"):
            yield Aside(place, f"without the reporter {str(name)[:40]!r}: see [[notify]]")
    for name, options in _table(tree.get("job_defaults")).items():
        if options and is_alone:
            yield Aside(place, f"without job_defaults of {str(name)[:40]!r}: see [site_types]")


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Each document with the line on which it begins."""
    start, line = 0, 1
    for mark in (*_MARK.finditer(text), None):
        document = text[start : mark.start() if mark else len(text)]
        blank = len(document) - len(document.lstrip())
        if document.strip():
            yield line + document.count("\n", 0, blank), document.lstrip("\n")
        line += document.count("\n")
        start = mark.end() if mark else start


def _load(text: str, line: int) -> Any:
    import yaml

    if len(_ALIAS.findall(text)) > _MOST_ALIASES:
        return Fault(f"line {line}", "", "repeats itself by aliases too often")
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    # The library raises these itself for values that do not match the type of their tag.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as exc:
        mark = getattr(exc, "problem_mark", None)
        at = line + mark.line if mark else line
        problem = getattr(exc, "problem", None) or str(exc).splitlines()[0]
        return Fault(f"line {at}", "", f"is not YAML: {problem}")


def _entry(job: Any, place: str) -> ImportEntry | Fault:
    if not isinstance(job, dict):
        return Fault(place, "", "is no job")
    url = job.get("url") or job.get("navigate")
    if not isinstance(url, str):
        return Fault(place, "", _without_url(job))
    entry = ImportEntry("site", {"url": url}, place, same_by=SameBy.RULES, is_lenient=True)
    if (name := job.get("name")) is not None:
        entry.table["name"] = str(name)
    if job.get("enabled") is False:
        entry.table["paused"] = True
    if job.get("additions_only"):
        entry.table["additions_only"] = True
    _request(entry, job)
    apply_filters(entry, job.get("filter", job.get("filters")))
    entry.file_under(_tags(job.get("tags")))
    _others(entry, {str(key): value for key, value in job.items() if key not in _SILENT})
    return entry


def _others(entry: ImportEntry, options: Mapping[str, Any]) -> None:
    """Name what is not carried over, with the reason where there is one to tell."""
    for key in sorted(options):
        if options[key] in (None, False, "", [], {}) or key == "compared_versions":
            continue
        if key in _ACTS:
            entry.pause(f"its `{key}` works with the page in a browser")
        else:
            reason = f": {_REASONS[key]}" if key in _REASONS else ""
            entry.leave_out(f"`{key[:40]}`{reason}")
    if options.get("compared_versions"):
        entry.notes.append("a state that comes back is no news: see `flap_hold`")


def _tags(tags: Any) -> list[str]:
    found = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    return [str(tag).strip() for tag in found]


def _without_url(job: Mapping[Any, Any]) -> str:
    return "runs a program: not imported" if "command" in job or "shell" in job else "has no url"


def _request(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    headers = _texts(job.get("headers"))
    if cookies := _texts(job.get("cookies")):
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    method, body = job.get("method") or job.get("http_method"), job.get("data")
    if body and job.get("data_as_json"):
        entry.table["json"], body = body, None
        entry.ask_by(method, None)
    else:
        if body and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = "application/x-www-form-urlencoded"  # as urlwatch sends it
        entry.ask_by(method, body)
    if job.get("referer"):
        headers.setdefault("Referer", str(job["referer"]))
    if headers:
        entry.table["headers"] = headers
    _address(entry, job)
    own = "https_proxy" if entry.table["url"].startswith("https:") else "http_proxy"
    entry.proxy = str(job.get("proxy") or job.get(own) or "")
    if job.get("navigate") or job.get("use_browser"):
        _render(entry, job)
    _connection(entry, job)


def _render(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    """Have the page rendered; a number to wait for is a time, anything else a selector."""
    entry.render()
    for key in ("wait_for", "wait_for_selector", "wait_for_timeout"):
        waited = job.get(key)
        if isinstance(waited, dict):
            waited = waited.get("selector")
        if isinstance(waited, str) and waited:
            entry.table["wait_for"] = waited
        elif isinstance(waited, int | float) and not isinstance(waited, bool) and waited > 0:
            entry.table["wait"] = f"{math.ceil(waited)}s"
    steps_of_job(entry, job)
    blocked = job.get("block_elements")
    if isinstance(blocked, list):
        entry.table["block"] = [one for one in get_args(Resource) if one in blocked]


def _address(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    """Take over what is added to the URL, and who asks."""
    if params := job.get("params"):
        query = urlencode(params, doseq=True) if isinstance(params, dict) else str(params)
        mark = "&" if "?" in entry.table["url"] else "?"
        entry.table["url"] += f"{mark}{query}"
    if credentials := job.get("http_credentials"):
        user, _, password = str(credentials).partition(":")
        entry.table["auth"] = {"username": user, "password": password}


def _connection(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    seconds = job.get("timeout")
    if isinstance(seconds, int | float) and seconds:
        entry.table["timeout"] = f"{seconds:g}s"
    if job.get("encoding") and "render" not in entry.table:  # a browser finds it by itself
        entry.table["charset"] = _label_of(str(job["encoding"]))
    if job.get("ssl_no_verify") or job.get("ignore_https_errors"):
        entry.table["verify_tls"] = False
    if job.get("no_redirects"):
        entry.table["follow"] = "none"


def _label_of(codec: str) -> str:
    """The label that the web has for a codec by one of Python's names, such as latin-1."""
    if codec_of(codec) is not None:
        return codec
    try:
        return codecs.lookup(codec).name.replace("_", "-")
    except (LookupError, ValueError):  # the latter for a name with a null character
        return codec


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
