"""The steps that other programs take in a browser, as steps of ours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from daemon.transfer.entry import ImportEntry
from daemon.transfer.formats.translate import newer_xpath, xpath

Table = dict[str, Any]
_POINT = re.compile(r"\s*(\d+)\s*,\s*(\d+)\s*")
_PASSWORD = re.compile(r"passw|pwd|kennwort", re.IGNORECASE)
_SHOW_CHILDREN = (
    "document.querySelectorAll({}).forEach(one => one.querySelectorAll('*').forEach(child =>"
    " child.style.setProperty('display', 'block', 'important')))"
)


def is_step(step: Mapping[str, Any]) -> bool:
    """Whether a step of a watch of changedetection.io does anything but open its page."""
    return _operation(step).lower() not in ("", "choose one", "goto site")


def steps_of_watch(entry: ImportEntry, steps: Iterable[Mapping[str, Any]]) -> None:
    """Take over the steps of a watch of changedetection.io; one that is none of ours pauses it."""
    for number, step in enumerate(steps, 1):
        operation = _operation(step)
        selector, value = (str(step.get(k) or "").strip() for k in ("selector", "optional_value"))
        tables = [*_step(operation.lower(), selector, value, entry.table["url"])]
        if not all(tables):
            entry.pause(f"its browser step {number} {operation[:40]!r} is none of ours")
        _add(entry, *filter(None, tables))
    if any(_PASSWORD.search(f"{one.get('in')}") for one in entry.table.get("step", ())):
        entry.notes.append("logs in at each check: with `login = true` its login would be kept")


def steps_of_job(entry: ImportEntry, job: Mapping[Any, Any]) -> None:
    """Take over what a job of webchanges has a browser do."""
    first, script = (str(job.get(key) or "") for key in ("initialization_url", "initialization_js"))
    if first:
        _add(entry, {"go": first})
    if script:
        _add(entry, {"script": _called(script)})
    if first:
        _add(entry, {"go": entry.table["url"]})
    if awaited := job.get("wait_for_function"):
        source = awaited.get("expression") if isinstance(awaited, dict) else awaited
        pause = "await new Promise(done => setTimeout(done, 100))"
        _add(entry, {"script": f"while (!(await {_value(str(source))})) {pause}"})
    if expression := job.get("evaluate"):
        # It takes the page's place, so that what is waited for has to come before.
        for wait in ("wait_for", "wait"):
            if wait in entry.table:
                _add(entry, {wait: entry.table.pop(wait)})
        _add(entry, {"script": _in_place_of_the_page(str(expression))})


def run_script(entry: ImportEntry, script: str) -> None:
    """Run a script in the page, before any other step."""
    entry.table["step"] = [{"script": script}, *entry.table.get("step", [])]


def _operation(step: Mapping[str, Any]) -> str:
    return str(step.get("operation") or "").strip()


def _add(entry: ImportEntry, *tables: Table) -> None:
    if tables:
        entry.table.setdefault("step", []).extend(tables)


def _step(operation: str, selector: str, value: str, url: str) -> Iterator[Table]:
    """The steps of ours for one of theirs; an empty one for what is none."""
    is_optional = operation.endswith(" if exists")
    build = _OPERATIONS.get(operation.removesuffix(" if exists"))
    if operation in ("", "choose one"):
        return
    if operation == "goto site":
        yield {"go": url}
    elif build is None:
        yield {}
    else:
        table = build(_selector(selector), value)
        yield table | ({"optional": True} if table and is_optional else {})


def _first(selector: str) -> str:
    """The first of several, which is what is clicked there."""
    return f"({selector})[1]" if selector.startswith(("/", "(")) else f":nth-match({selector}, 1)"


def _selector(text: str) -> str:
    prefix, colon, rest = text.partition(":")
    if colon and prefix in ("xpath", "xpath1"):
        text = xpath(rest) if prefix == "xpath1" else newer_xpath(rest)
    elif text.startswith("/"):
        text = newer_xpath(text)
    return text.removeprefix("xpath:")


def _point(_: str, value: str) -> Table:
    found = _POINT.fullmatch(value)
    if found is None:
        return {}
    return {"script": f"document.elementFromPoint({found[1]}, {found[2]}).click()"}


def _seconds(_: str, value: str) -> Table:
    try:
        return {"wait": f"{math.ceil(float(value))}s"}
    except ValueError:
        return {}


def _text_in(selector: str, value: str) -> Table:
    if selector.startswith(("/", "(")):
        return {"wait_for": f"text:{value}"}
    return {"wait_for": f"{selector}:has-text({json.dumps(value, ensure_ascii=False)})"}


_OPERATIONS: Mapping[str, Callable[[str, str], Table]] = {
    "check checkbox": lambda selector, _: {"check": _first(selector)},
    "uncheck checkbox": lambda selector, _: {"uncheck": _first(selector)},
    "click x,y": _point,
    "click element": lambda selector, _: {"click": _first(selector)},
    "click element containing text": lambda _, value: {"click": f"text:{value}"},
    "enter text in field": lambda selector, value: {"type": value, "in": _first(selector)},
    "execute js": lambda _, value: {"script": value},
    "goto url": lambda _, value: {"go": value},
    "make all child elements visible": lambda selector, _: {
        "script": _SHOW_CHILDREN.format(json.dumps(selector))
    },
    "press enter": lambda *_: {"press": "Enter"},
    "select by label": lambda selector, value: {"choose": value, "in": _first(selector)},
    "<select> by option text": lambda selector, value: {"choose": value, "in": _first(selector)},
    "scroll down": lambda *_: {"scroll": 1},
    "wait for seconds": _seconds,
    "wait for text": lambda _, value: {"wait_for": f"text:{value}"},
    "wait for text in element": _text_in,
    "remove elements": lambda selector, _: {"remove": selector, "optional": True},
}


def _value(source: str) -> str:
    """The value of an expression, or of the function that it is."""
    found = f"const found = ({source.strip().rstrip(';')});"
    return f"(async () => {{ {found} return typeof found === 'function' ? found() : found }})()"


def _called(source: str) -> str:
    """Statements as they are; a function is called."""
    is_function = re.match(r"\s*(?:async\s*)?(?:function\b|\(?[\w\s,]*\)?\s*=>)", source)
    return f"await {_value(source)}" if is_function else source


def _in_place_of_the_page(expression: str) -> str:
    """What an expression is worth, as all that the page says."""
    said = "typeof said === 'string' ? said : JSON.stringify(said, null, 1)"
    shown = "document.body.replaceChildren(Object.assign(document.createElement('pre'),"
    return f"const said = await {_value(expression)}; {shown} {{ textContent: {said} }}))"
