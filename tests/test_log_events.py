"""Every event has one word of one form, and every warning and error says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import daemon

PACKAGE = Path(daemon.__file__).parent
TEXT = (PACKAGE.parent / "docs" / "logs.md").read_text()
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
CHAPTERS = {
    "critical": "### Errors",
    "warning": "### Warnings",
    "error": "### Errors",
    "exception": "### Errors",
}


def events() -> Iterator[tuple[str, str]]:
    """Level and event of every call of a module's `log`."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                    args=[ast.Constant(value=str(event)), *_],
                ) if level in LEVELS:
                    yield level, event
                case ast.Call(
                    args=[ast.Attribute(value=ast.Name(id="log"), attr=level),
                          ast.Constant(value=str(event)), *_],
                ) if level in LEVELS:  # fmt: skip
                    yield level, event


EVENTS = sorted(set(events()))


def test_the_events_are_found() -> None:
    assert len(EVENTS) > 30
    assert ("exception", "check_broken") in EVENTS
    assert ("info", "stopped") in EVENTS


@pytest.mark.parametrize(("level", "event"), EVENTS)
def test_an_event_is_documented_where_its_level_is(level: str, event: str) -> None:
    word = event.split(maxsplit=1)[0]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", word), "words joined by underscores"
    heading = CHAPTERS.get(level, "### For the record")
    chapter = TEXT.split(f"{heading}\n")[1].split("\n#")[0]
    assert f"`{word}`" in chapter


def test_nothing_is_documented_that_is_not_told() -> None:
    told = {event.split()[0] for _, event in EVENTS} | {"log_line_broken"}
    tables = TEXT.split("### Errors\n")[1]
    first = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", tables, re.MULTILINE)
    assert {word for cell in first for word in re.findall(r"`([a-z_]+)`", cell)} <= told
