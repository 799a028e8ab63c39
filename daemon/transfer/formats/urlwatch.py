"""Reads urlwatch and webchanges: a YAML document for each job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from daemon.model.errors import Fault
from daemon.transfer.entry import Aside, ImportEntry, Read, SameBy, text_of
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
    " no_conditional_request tags http_proxy https_proxy proxy timeout encoding"
    " ssl_no_verify".split()
)


def is_jobs(text: str) -> bool:
    """Whether this looks like a list of jobs."""
    return _JOB.search(text) is not None


def read_jobs(data: bytes) -> Read:
    """An entry for each job; a document that cannot be read does not stop the others."""
    for line, text in _documents(text_of(data)):
        loaded = _load(text, line)
        if isinstance(loaded, dict) and loaded.keys() & _SETTINGS and "url" not in loaded:
            yield from _settings(loaded, f"line {line}")
            continue
        for job in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(job, Fault):
                yield job
            elif job is not None:
                yield _entry(job, f"line {line}")


def is_settings(text: str) -> bool:
    """Whether this looks like the file of settings, not of jobs."""
    return _REPORT.search(text) is not None


def _settings(tree: Mapping[Any, Any], place: str) -> Read:
    """The content of the settings file: no jobs, and notifications only in its own form."""
    yield Fault(place, "", "is the settings, not the jobs", "import the file with the jobs")
    report = tree.get("report")
    for name, options in (report if isinstance(report, dict) else {}).items():
        if isinstance(options, dict) and options.get("enabled"):
            yield Aside(place, f"without the reporter {str(name)[:40]!r}: see [[notify]]")
    defaults = tree.get("job_defaults")
    for name, options in (defaults if isinstance(defaults, dict) else {}).items():
        if options:
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
    for key in sorted(job.keys() - _SILENT, key=str):
        entry.leave_out(f"`{str(key)[:40]}`")
    return entry


def _tags(tags: Any) -> list[str]:
    found = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    return [str(tag).strip() for tag in found]


def _without_url(job: Mapping[Any, Any]) -> str:
    return "runs a program: not imported" if "command" in job or "shell" in job else "has no url"


def _request(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    headers = _texts(job.get("headers"))
    if cookies := _texts(job.get("cookies")):
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    body = job.get("data")
    if body and "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = "application/x-www-form-urlencoded"  # as urlwatch sends it
    if headers:
        entry.table["headers"] = headers
    entry.ask_by(job.get("method") or job.get("http_method"), body)
    own = "https_proxy" if entry.table["url"].startswith("https:") else "http_proxy"
    entry.proxy = str(job.get("proxy") or job.get(own) or "")
    _connection(entry, job)
    if job.get("navigate") or job.get("use_browser"):
        entry.leave_out_browser()


def _connection(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    seconds = job.get("timeout")
    if isinstance(seconds, int | float) and seconds:
        entry.table["timeout"] = f"{seconds:g}s"
    if job.get("encoding"):
        entry.table["charset"] = str(job["encoding"])
    if job.get("ssl_no_verify"):
        entry.table["verify_tls"] = False


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
